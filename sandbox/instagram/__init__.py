"""The Instagram Platform, Graph API v26.0, with both of its logins, mounted at `/instagram`."""

from sandbox.instagram.routes import app

__all__ = ["app"]
