"""Authorised calls of Google's APIs that answer JSON."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from typing import Any

import httpx

from platforms.http import Http, json_object
from platforms.youtube.errors import error_of

DATA_ROOT = "/youtube/v3"


class YouTubeApi:
    """One request, one answer: the JSON object, or the error that the refusal means."""

    def __init__(self, http: Http, base_url: str, clock: Callable[[], datetime], *, root: str = DATA_ROOT) -> None:
        self._http = http
        self._root = f"{base_url}{root}"
        self._clock = clock

    async def get(self, access_token: str, resource: str, params: Mapping[str, str]) -> dict[str, Any]:
        """Read a resource, by name."""
        response = await self._send("GET", access_token, resource, params)
        return json_object(response, self._http.platform)

    async def delete(self, access_token: str, resource: str, params: Mapping[str, str]) -> None:
        """Delete a resource; the answer is empty."""
        await self._send("DELETE", access_token, resource, params)

    async def write(
        self,
        method: str,
        access_token: str,
        resource: str,
        params: Mapping[str, str],
        body: Mapping[str, Any] | None = None,
        *,
        commits: bool = False,
    ) -> httpx.Response:
        """Change something. `commits`: a repetition would do it twice, so a lost answer is OutcomeUnknownError."""
        headers = {} if body is None else {"Content-Type": "application/json; charset=UTF-8"}
        content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode("utf-8")
        return await self._send(
            method, access_token, resource, params, headers=headers, content=content, commits=commits
        )

    async def upload(
        self, access_token: str, resource: str, params: Mapping[str, str], pieces: AsyncIterator[bytes], **kind: str
    ) -> dict[str, Any]:
        """Send bytes in one request; `kind` gives their `content_type` and `content_length`."""
        headers = {"Content-Type": kind["content_type"], "Content-Length": kind["content_length"]}
        response = await self._send("POST", access_token, resource, params, headers=headers, content=pieces)
        return json_object(response, self._http.platform)

    async def _send(
        self,
        method: str,
        access_token: str,
        resource: str,
        params: Mapping[str, str],
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | AsyncIterator[bytes] | None = None,
        commits: bool = False,
    ) -> httpx.Response:
        response = await self._http.send(
            method,
            f"{self._root}/{resource}",
            headers=bearer(access_token) | dict(headers or {}),
            params=params,
            content=content,
            commits=commits,
        )
        if not response.is_success:
            raise error_of(response, self._clock())
        return response


def bearer(access_token: str) -> dict[str, str]:
    """Return the header that carries an access token."""
    return {"Authorization": f"Bearer {access_token}"}
