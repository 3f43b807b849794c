"""Who drives the fabric, and on whose channels."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Text, UniqueConstraint

from storage.tables.base import keyed_table, moment, reference, table
from storage.types import ID, JsonText

operators = table(
    "operators",
    Column("telegram_id", BigInteger, nullable=False, unique=True),
    Column("locale", String(16), nullable=False),
    Column("timezone", String(64), nullable=False),
    moment("created_at"),
    moment("timezone_chosen_at", nullable=True),
)

accounts = table(
    "accounts",
    Column("platform", String(64), nullable=False),
    Column("external_id", String(191), nullable=False),
    Column("title", Text, nullable=False),
    Column("handle", Text, nullable=False),
    Column("status", String(32), nullable=False),
    Column("scopes", JsonText, nullable=False),
    reference("operator", "operators"),
    moment("created_at"),
    moment("updated_at"),
    UniqueConstraint("platform", "external_id"),
)

credentials = keyed_table(
    "credentials",
    Column("account", ID, ForeignKey("accounts.id"), key="account_id", primary_key=True, autoincrement=False),
    Column("access_token", Text, nullable=False),
    Column("refresh_token", Text),
    moment("expires_at", nullable=True, index=True),
    moment("refresh_expires_at", nullable=True),
    Column("scopes", JsonText, nullable=False),
    Column("kid", String(16), nullable=False, index=True),
    Column("refresh_owner", String(191)),
    moment("refresh_until", nullable=True),
    # Of the days before its end that are announced, the last that was.
    Column("warned_days", Integer),
    moment("updated_at"),
)

consents = keyed_table(
    "consents",
    Column("state_sha256", String(64), primary_key=True),
    reference("operator", "operators"),
    Column("chat_id", BigInteger, nullable=False),
    Column("platform", String(64), nullable=False),
    Column("code_verifier", Text, nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("kid", String(16), nullable=False, index=True),
    moment("expires_at", index=True),
    moment("used_at", nullable=True),
    Column("message_id", BigInteger),
    # The account that is to be connected again; NULL: whichever the person chooses.
    Column("account", ID, key="account_id"),
)

code_consents = keyed_table(
    "code_consents",
    Column("code_sha256", String(64), primary_key=True),
    reference("operator", "operators"),
    Column("chat_id", BigInteger, nullable=False),
    Column("platform", String(64), nullable=False),
    Column("account", ID, key="account_id"),
    Column("device_code", Text, nullable=False),
    Column("user_code", String(64), nullable=False),
    Column("verification_url", Text, nullable=False),
    Column("kid", String(16), nullable=False, index=True),
    Column("interval_s", Integer, nullable=False),
    moment("next_poll_at"),
    moment("expires_at", index=True),
    moment("ended_at", nullable=True),
    Column("message_id", BigInteger),
)
