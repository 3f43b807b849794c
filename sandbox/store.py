"""A small document store that has every word on disk before it answers."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Document = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, key TEXT NOT NULL, doc TEXT NOT NULL, UNIQUE (kind, key)
);
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
"""


class Store:
    """JSON documents by (kind, key); each write is committed at once, unless it stands inside `transaction()`."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        # NORMAL in WAL mode survives a kill -9 of this process; only a power cut could take the last commits.
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_SCHEMA)
        self._depth = 0

    def get(self, kind: str, key: str | int) -> Document | None:
        """The document, or None."""
        row = self._db.execute("SELECT doc FROM documents WHERE kind = ? AND key = ?", (kind, str(key))).fetchone()
        return None if row is None else _document(row[0])

    def put(self, kind: str, key: str | int, doc: Document) -> None:
        """Insert or replace; a replaced document keeps its place in `list`."""
        self._db.execute(
            "INSERT INTO documents (kind, key, doc) VALUES (?, ?, ?)"
            " ON CONFLICT (kind, key) DO UPDATE SET doc = excluded.doc",
            (kind, str(key), json.dumps(doc, ensure_ascii=False)),
        )

    def delete(self, kind: str, key: str | int) -> bool:
        """Whether there was something to delete."""
        return self._db.execute("DELETE FROM documents WHERE kind = ? AND key = ?", (kind, str(key))).rowcount > 0

    def list(self, kind: str) -> list[Document]:
        """All documents of a kind in the order of their first insertion."""
        rows = self._db.execute("SELECT doc FROM documents WHERE kind = ? ORDER BY seq", (kind,)).fetchall()
        return [_document(row[0]) for row in rows]

    def next_id(self, name: str) -> int:
        """1, 2, 3, … per name; a number is never given twice, not even after a crash."""
        row = self._db.execute(
            "INSERT INTO counters (name, value) VALUES (?, 1)"
            " ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
            (name,),
        ).fetchone()
        return int(row[0])

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside become durable together, or none. Nests. Must not be held across an await."""
        if self._depth == 0:
            self._db.execute("BEGIN IMMEDIATE")
        self._depth += 1
        try:
            yield
        except BaseException:
            self._depth -= 1
            if self._depth == 0:
                self._db.execute("ROLLBACK")
            raise
        self._depth -= 1
        if self._depth == 0:
            self._db.execute("COMMIT")

    def close(self) -> None:
        """Close the database file."""
        self._db.close()


def _document(text: str) -> Document:
    loaded: Document = json.loads(text)
    return loaded
