"""The schema: one file per part of the story, one metadata for all."""

from __future__ import annotations

from storage.tables.authoring import clips, conversations, drafts, posts
from storage.tables.base import metadata
from storage.tables.mail import inbox, outbox
from storage.tables.people import accounts, code_consents, consents, credentials, operators
from storage.tables.publishing import (
    post_interactions,
    quota_locks,
    quota_overrides,
    quota_spends,
    renders,
    statistics,
    tasks,
    uploads,
)

__all__ = [
    "accounts",
    "clips",
    "code_consents",
    "consents",
    "conversations",
    "credentials",
    "drafts",
    "inbox",
    "metadata",
    "operators",
    "outbox",
    "post_interactions",
    "posts",
    "quota_locks",
    "quota_overrides",
    "quota_spends",
    "renders",
    "statistics",
    "tasks",
    "uploads",
]
