"""Authorised calls of TikTok's API: a JSON body or query goes out, the `data` of the envelope comes back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import httpx

from platforms.errors import UnexpectedAnswerError
from platforms.http import Http
from platforms.tiktok.errors import body_of, error_of, refusal_of
from platforms.tiktok.settings import NAME

SUCCESS = "ok"


class TikTokApi:
    """One request, one answer: what is in the envelope, or the error that the refusal means.

    No call of it publishes: of all that is asked here, the most that a lost answer leaves behind is an upload that
    nobody feeds, and TikTok drops that after an hour.
    """

    def __init__(self, http: Http, base_url: str, clock: Callable[[], datetime]) -> None:
        self._http = http
        self._base_url = base_url
        self._clock = clock

    async def post(
        self, access_token: str, path: str, body: Mapping[str, Any], *, fields: str | None = None
    ) -> Mapping[str, Any]:
        """Call a method by its path below /v2, as `post/publish/status/fetch/`."""
        return self._data(
            await self._http.send(
                "POST",
                f"{self._base_url}/v2/{path}",
                headers=_bearer(access_token) | {"Content-Type": "application/json; charset=UTF-8"},
                params=_fields(fields),
                content=json.dumps(body, ensure_ascii=False).encode("utf-8"),
            )
        )

    async def get(self, access_token: str, path: str, *, fields: str) -> Mapping[str, Any]:
        """Read a resource by its path below /v2, as `user/info/`."""
        url = f"{self._base_url}/v2/{path}"
        return self._data(await self._http.send("GET", url, headers=_bearer(access_token), params=_fields(fields)))

    def _data(self, response: httpx.Response) -> Mapping[str, Any]:
        """Open the envelope. Its code decides, not the status: creator_info refuses with 200."""
        body = body_of(response)
        code = refusal_of(body).code
        if not response.is_success or code not in (SUCCESS, ""):
            raise error_of(response, self._clock())
        data = body.get("data")
        if code != SUCCESS or not isinstance(data, dict):
            raise UnexpectedAnswerError(
                "The answer is no envelope with data.",
                platform=NAME,
                reason="malformed",
                http_status=response.status_code,
            )
        return data


def _bearer(access_token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {access_token}"}


def _fields(fields: str | None) -> dict[str, str] | None:
    return None if fields is None else {"fields": fields}
