"""What is asked of a video on YouTube (videos.insert; the playlist is filled once the video is there)."""

from __future__ import annotations

from datetime import timedelta

from platforms.options import Choice, Offer, PostOptions, Toggle
from platforms.youtube.resources import DEFAULT_CATEGORY

POST_OPTIONS = PostOptions(
    options=(
        Choice("category_id", default=DEFAULT_CATEGORY, offer=Offer("categories", "category_id", "title")),
        Choice("playlist_id", offer=Offer("playlists", "playlist_id", "title")),
        Choice("license", values=("youtube", "creativeCommon"), default="youtube"),
        Toggle("notify_subscribers", default=True),
        Toggle("embeddable", default=True),
        Toggle("contains_synthetic_media", is_declared_by_voice=True),
    ),
    # Categories hardly ever change, and each answer costs three units of the day's allowance.
    fresh_for=timedelta(minutes=5),
)
