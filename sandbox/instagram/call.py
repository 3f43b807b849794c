"""One call of the Graph API with its parameters, wherever they stood: query, form or JSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox.instagram.errors import GraphError, bad_parameter, no_token
from sandbox.instagram.grants import Access


async def parameters_of(request: web.Request) -> dict[str, str]:
    """Query and body as one; what is not text becomes its JSON. Raises GraphError for a body that is none."""
    given = dict(request.query)
    if request.content_type == "application/json" and request.can_read_body:
        try:
            body = await request.json()
        except ValueError as error:
            raise GraphError(100, None, "(#100) The request body is not JSON") from error
        if not isinstance(body, dict):
            raise bad_parameter("The request body must be a JSON object")
        given |= {name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()}
    elif request.method == "POST":
        given |= {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    return given


def token_of(request: web.Request, given: Mapping[str, str]) -> str:
    """The access token: a parameter, or a bearer header. Raises GraphError 104."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    found = given.get("access_token") or (token.strip() if scheme.lower() == "bearer" else "")
    if not found:
        raise no_token()
    return found


@dataclass(frozen=True, slots=True)
class Call:
    """A call that came through the gate. `account`: the Instagram user it is about; {} where it is about none."""

    request: web.Request
    access: Access
    given: Mapping[str, str]
    node: str
    account: dict[str, Any]
    target: dict[str, Any]  # the container, media or comment named in the path
    version: str

    def text(self, name: str, default: str = "") -> str:
        """One parameter."""
        return self.given.get(name, default)

    def fields(self, default: str = "id") -> tuple[str, ...]:
        """Of `fields`, each once; what stands in braces belongs to its field."""
        names, depth = [""], 0
        for character in self.given.get("fields") or default:
            depth += {"{": 1, "}": -1}.get(character, 0)
            if character == "," and depth == 0:
                names.append("")
            else:
                names[-1] += character
        return tuple(dict.fromkeys(name.strip() for name in names if name.strip()))

    def flag(self, name: str) -> bool | None:
        """A boolean parameter; None where it is absent."""
        value = self.given.get(name)
        if value is None:
            return None
        if value.lower() not in ("true", "false", "1", "0"):
            raise bad_parameter(f"Param {name} must be a boolean")
        return value.lower() in ("true", "1")

    def number(self, name: str) -> int | None:
        """A whole number from 0; None where it is absent."""
        value = self.given.get(name)
        if value is None:
            return None
        if not value.isdecimal():
            raise bad_parameter(f"Param {name} must be an integer greater than or equal to 0")
        return int(value)

    def listed(self, name: str) -> list[str]:
        """A list, as JSON or separated by commas."""
        value = self.given.get(name, "").strip()
        if not value.startswith("["):
            return [part.strip() for part in value.split(",") if part.strip()]
        try:
            parsed = json.loads(value)
        except ValueError as error:
            raise bad_parameter(f"Param {name} must be an array") from error
        return [str(part) for part in parsed]

    def thing(self, name: str) -> Any:
        """A parameter in JSON; None where it is absent."""
        try:
            return json.loads(self.given[name]) if name in self.given else None
        except ValueError as error:
            raise bad_parameter(f"Param {name} must be a JSON object") from error


def chosen(available: Mapping[str, Any], names: tuple[str, ...], kind: str) -> dict[str, Any]:
    """The asked-for fields, and the id always; a field without a value is left out, as the API does."""
    shown: dict[str, Any] = {}
    for name in names:
        plain = name.partition("{")[0].partition(".")[0]
        if plain not in available:
            raise bad_parameter(f"Tried accessing nonexisting field ({plain}) on node type ({kind})")
        if available[plain] is not None:
            shown[plain] = available[plain]
    return {**shown, "id": available["id"]}
