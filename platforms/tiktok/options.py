"""What is asked of a post on TikTok. Its rules for direct posts: no default audience, interactions off until they are
switched on, commercial content disclosed, and the consent beside the button that posts
(developers.tiktok.com/doc/content-sharing-guidelines).
"""

from __future__ import annotations

from collections.abc import Mapping

from platforms.options import Choice, Note, Offer, PostOptions, Toggle, When
from platforms.tiktok.settings import NAME, Mode

DISCLOSES = "discloses"
BRANDED = "brand_content_toggle"
OWN_BRAND = "brand_organic_toggle"

DIRECT_OPTIONS = PostOptions(
    options=(
        Choice("privacy_level", offer=Offer("privacy_levels"), is_required=True),
        Toggle("disable_comment", default=True, is_inverse=True, forbidden_by="comment_disabled"),
        Toggle("disable_duet", default=True, is_inverse=True, forbidden_by="duet_disabled"),
        Toggle("disable_stitch", default=True, is_inverse=True, forbidden_by="stitch_disabled"),
        Toggle(DISCLOSES),
        Toggle(OWN_BRAND, when=When(DISCLOSES)),
        Toggle(BRANDED, when=When(DISCLOSES)),
        Toggle("contains_synthetic_media", is_declared_by_voice=True),
    ),
    notes=(
        Note("music", when=When(BRANDED, False), is_on_card=True),
        Note("branded", when=When(BRANDED), is_on_card=True),
    ),
    facts=("nickname", "username", "max_duration_s"),
)

# Everything is said in TikTok itself when the post is finished there.
INBOX_OPTIONS = PostOptions(notes=(Note("inbox", is_on_card=True),))


def privacy_sentence(level: str) -> str:
    """The key of the words for an audience, as the chat says it."""
    return f"option.{NAME}.privacy_level.{level.lower()}"


POST_OPTIONS: Mapping[Mode, PostOptions] = {Mode.DIRECT: DIRECT_OPTIONS, Mode.INBOX: INBOX_OPTIONS}
