"""YouTube Data API v3."""
