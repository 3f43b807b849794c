"""A Google that answers from a table, and remembers what it was asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import httpx

from platforms.youtube import YouTube

Answering = Callable[[Callable[[httpx.Request], httpx.Response]], YouTube]


class Google:
    """Answers by method and path; a list of answers is used up one by one."""

    def __init__(self, **answers: Any) -> None:
        self._answers = {_address(name): answer for name, answer in answers.items()}
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self._answers[f"{request.method} {request.url.path.rpartition('/')[2].rpartition(':')[2]}"]
        if isinstance(answer, list):
            answer = answer.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    def bodies(self, method: str) -> list[Any]:
        """The JSON of the requests with this method."""
        return [json.loads(request.content) for request in self.asked if request.method == method]

    def forms(self) -> list[dict[str, str]]:
        """The forms that were posted."""
        return [{k: v[0] for k, v in parse_qs(request.content.decode()).items()} for request in self.asked]


def refused(status: int, reason: str, message: str = "no") -> httpx.Response:
    """A refusal in the Data API's shape."""
    return httpx.Response(status, json={"error": {"message": message, "errors": [{"reason": reason}]}})


def listing(*items: Any, **more: Any) -> dict[str, Any]:
    return {"items": list(items), **more}


def _address(name: str) -> str:
    method, _, path = name.partition("_")
    return f"{method.upper()} {path}"
