"""What all servers of the sandbox share: documents, files, time, ids, news, faults and the record of requests."""

import base64
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sandbox.clock import Clock
from sandbox.events import Events
from sandbox.faultplan import FaultPlan
from sandbox.recorder import Recorder
from sandbox.store import Store


def real_time() -> datetime:
    """Aware UTC of this machine."""
    return datetime.now(UTC)


class Ids:
    """Seeded identifiers: the same seed and the same calls give the same ids, and none is given twice."""

    def __init__(self, store: Store, seed: str) -> None:
        self._store = store
        with store.transaction():
            stored = store.get("world", "seed")
            if stored is None:
                stored = {"seed": seed}
                store.put("world", "seed", stored)
        self._seed: str = stored["seed"]

    def token(self, prefix: str = "", n: int = 24) -> str:
        """`prefix` followed by `n` characters of base64url."""
        number = self._store.next_id("ids")
        wanted = b"".join(
            hashlib.sha256(f"{self._seed}|{number}|{block}".encode()).digest() for block in range(n * 6 // 256 + 1)
        )
        return prefix + base64.urlsafe_b64encode(wanted).decode()[:n]


class World:
    """Everything that outlives a request. One instance per process, handed to each server's `app(world)`."""

    def __init__(
        self, state_dir: Path, base_url: str, *, seed: str = "content-fabric", real: Callable[[], datetime] = real_time
    ) -> None:
        state_dir.mkdir(parents=True, exist_ok=True)
        self.base_url = base_url.rstrip("/")
        self.files = state_dir / "files"
        self.files.mkdir(exist_ok=True)
        self.store = Store(state_dir / "sandbox.db")
        self.clock = Clock(self.store, real)
        self.ids = Ids(self.store, seed)
        self.events = Events()
        self.faults = FaultPlan(self.store)
        self.requests = Recorder()

    def token(self, prefix: str = "", n: int = 24) -> str:
        """A new seeded identifier."""
        return self.ids.token(prefix, n)

    def close(self) -> None:
        """End the subscriptions, let held requests go and close the store."""
        self.events.close()
        self.faults.release_all()
        self.store.close()
