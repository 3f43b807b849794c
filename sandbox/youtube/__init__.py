"""The YouTube Data API v3 as its documents of November 2026 have it, mounted at `/youtube`."""

from sandbox.youtube.routes import app

__all__ = ["app"]
