"""Refusals of the OAuth servers, in their flat JSON shape."""

from aiohttp import web


class OAuthError(Exception):
    """Answered as {"error": code, "error_description": description}."""

    def __init__(self, status: int, code: str, description: str) -> None:
        super().__init__(description)
        self.status, self.code, self.description = status, code, description

    def response(self) -> web.Response:
        """The HTTP answer."""
        return web.json_response({"error": self.code, "error_description": self.description}, status=self.status)
