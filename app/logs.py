"""Log lines for people or for machines, with every secret struck out on the way."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal

STRUCK = "•••"
# A bot token stands in Telegram's URLs, an upload session in Google's; both open doors.
PATTERNS = (
    re.compile(r"(?<=/bot)\d+:[\w-]+"),
    # The signature in the address of a prepared file; whoever has it may fetch the file.
    re.compile(r"(?<=\.)[0-9a-f]{8}\.[\w-]{43}(?=\.\w)"),
    re.compile(r"(?i)\b(bearer )[\w.~+/=-]+"),
    # Google's access tokens, refresh tokens, client secrets and one-time codes, wherever they stand.
    re.compile(r"\b(?:ya29\.|1//|GOCSPX-|4/0)[\w.-]{10,}"),
    # Meta's access tokens, which its errors repeat.
    re.compile(r"\b(?:EAA|IGAA|IGQ)[\w-]{16,}"),
    # A database's password.
    re.compile(r"(?<=://)([^\s:/?#@]*:)[^\s/?#]+(?=@)"),
    re.compile(r"(?<=upload_id=)[^&\s\"']+"),
    re.compile(r"\b((?:access_token|refresh_token|client_secret|code_verifier)[\"']?[=:]\s*[\"']?)[^&\s\"',}]+"),
    re.compile(r"(?<=[?&])((?:code|state|token)=)[^&\s\"']+"),
)


class SecretFilter(logging.Filter):
    """Strikes known secrets, and what looks like one, out of a record's message and traceback."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__()
        self._secrets = sorted((secret for secret in secrets if len(secret) >= 6), key=len, reverse=True)

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = self.strike(record.getMessage())
        record.args = ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = self.strike(record.exc_text)
        return True

    def strike(self, text: str) -> str:
        """The text with its secrets replaced."""
        for secret in self._secrets:
            text = text.replace(secret, STRUCK)
        for pattern in PATTERNS:
            text = pattern.sub(lambda match: (match.group(1) if match.groups() else "") + STRUCK, text)
        return text


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, message, traceback."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_text:
            entry["traceback"] = record.exc_text
        return json.dumps(entry, ensure_ascii=False)


def set_up_logs(level: str, form: Literal["console", "json"], secrets: Iterable[str]) -> None:
    """Send every logger's records to standard error through one handler that strikes secrets out."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(SecretFilter(secrets))
    handler.setFormatter(
        JsonFormatter() if form == "json" else logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # Their lines print whole URLs, a line for every timer or, of the database's driver, every row that is written.
    for chatty in ("httpx", "httpcore", "aiohttp.access", "apscheduler", "aiogram.event", "alembic", "aiosqlite"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
