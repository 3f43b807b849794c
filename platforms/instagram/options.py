"""What is asked of a Reel (IG User Media reference)."""

from __future__ import annotations

from platforms.instagram.limits import REEL_LIMITS
from platforms.options import Names, PostOptions, Toggle

POST_OPTIONS = PostOptions(
    options=(
        Toggle("share_to_feed", default=True),
        Names("collaborators", max_count=REEL_LIMITS.max_collaborators),
        Toggle("contains_synthetic_media", is_declared_by_voice=True),
    ),
)
