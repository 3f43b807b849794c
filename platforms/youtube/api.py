"""Authorised calls of the YouTube Data API that answer JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import httpx

from platforms.http import Http, json_object
from platforms.youtube.errors import error_of


class YouTubeApi:
    """One request, one answer: the JSON object, or the error that the refusal means."""

    def __init__(self, http: Http, base_url: str, clock: Callable[[], datetime]) -> None:
        self._http = http
        self._base_url = base_url
        self._clock = clock

    async def get(self, access_token: str, resource: str, params: Mapping[str, str]) -> dict[str, Any]:
        """Read a resource of /youtube/v3, by name."""
        response = await self._send("GET", access_token, resource, params)
        return json_object(response, self._http.platform)

    async def delete(self, access_token: str, resource: str, params: Mapping[str, str]) -> None:
        """Delete a resource of /youtube/v3; the answer is empty."""
        await self._send("DELETE", access_token, resource, params)

    async def _send(self, method: str, access_token: str, resource: str, params: Mapping[str, str]) -> httpx.Response:
        response = await self._http.send(
            method, f"{self._base_url}/youtube/v3/{resource}", headers=bearer(access_token), params=params
        )
        if not response.is_success:
            raise error_of(response, self._clock())
        return response


def bearer(access_token: str) -> dict[str, str]:
    """Return the header that carries an access token."""
    return {"Authorization": f"Bearer {access_token}"}
