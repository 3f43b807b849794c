"""JSON in and refusals out, the same for every control route."""

from typing import Any

from aiohttp import web


async def json_object(request: web.Request) -> dict[str, Any]:
    """The request's JSON object; {} for an empty body; 400 otherwise."""
    if not request.can_read_body:
        return {}
    try:
        body = await request.json()
    except ValueError as error:
        raise refusal("the body is not JSON") from error
    if not isinstance(body, dict):
        raise refusal("the body is a JSON object")
    return body


def refusal(sentence: str) -> web.HTTPBadRequest:
    """400 with the sentence as JSON."""
    return web.HTTPBadRequest(text=web.json_response({"error": sentence}).text, content_type="application/json")


def missing(sentence: str) -> web.HTTPNotFound:
    """404 with the sentence as JSON."""
    return web.HTTPNotFound(text=web.json_response({"error": sentence}).text, content_type="application/json")
