"""TikTok as its developer documents of autumn 2026 have it, mounted at `/tiktok`."""

from sandbox.tiktok.routes import app

__all__ = ["app"]
