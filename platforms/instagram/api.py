"""Calls of the Graph API: one request, one JSON object, or the error that the refusal means.

Meta's examples carry the access token in the address; here it always travels in a header, so no address holds one. The
header is not documented for the Graph API, and works there as it does for rupload.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from platforms.errors import PlatformError
from platforms.http import Http, json_object
from platforms.instagram.errors import as_answer_to_commit, error_of
from platforms.instagram.usage import Usage, parse_usage

SLOW_DOWN = timedelta(minutes=10)


class GraphApi:
    """One Meta app. `usage` is what the last answer that said anything said of the call allowances."""

    def __init__(self, http: Http, graph_url: str, clock: Callable[[], datetime]) -> None:
        self._http = http
        self._graph_url = graph_url
        self._clock = clock
        self.usage = Usage()
        self._told_at = clock()

    def busy_until(self, now: datetime) -> datetime | None:
        """Until when to begin nothing new. Where Meta names no time, a rolling hour has lost a sixth of its calls."""
        if not self.usage.is_high:
            return None
        until = self._told_at + (self.usage.regain or SLOW_DOWN)
        return until if until > now else None

    async def get(self, access_token: str, path: str, params: Mapping[str, str]) -> dict[str, Any]:
        """Read a node or an edge, by its path below the version."""
        return await self._call("GET", access_token, path, params=params)

    async def post(self, access_token: str, path: str, form: Mapping[str, str]) -> dict[str, Any]:
        """Write what harms nobody if it is done twice or not known to be done."""
        return await self._call("POST", access_token, path, form=form)

    async def commit(self, access_token: str, path: str, form: Mapping[str, str]) -> dict[str, Any]:
        """Write what others see. Raises OutcomeUnknownError wherever it may have been done."""
        try:
            return await self._call("POST", access_token, path, form=form, commits=True)
        except PlatformError as error:
            failure = as_answer_to_commit(error)
        raise failure

    async def delete(self, access_token: str, path: str) -> None:
        await self._call("DELETE", access_token, path)

    async def _call(
        self,
        method: str,
        access_token: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        commits: bool = False,
    ) -> dict[str, Any]:
        response = await self._http.send(
            method,
            f"{self._graph_url}/{path}",
            headers={"Authorization": f"Bearer {access_token}"},
            params=params,
            data=form,
            commits=commits,
        )
        usage = parse_usage(response.headers)
        if usage.percent is not None:
            self.usage, self._told_at = usage, self._clock()
        if not response.is_success:
            raise error_of(response, self._clock())
        return json_object(response, self._http.platform)
