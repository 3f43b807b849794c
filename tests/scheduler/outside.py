"""A fabric without a bot: real adapters and, over HTTP, the sandbox's servers; one clock for all of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from platforms.base import Grant, Platform
from platforms.registry import load_platforms
from scheduler.service import Scheduler
from storage.values import Account, Operator, Post, Task, TaskStatus, Tokens
from tests.scheduler.world import CLIP_SIZE, World
from tests.support.crash import Executioner, Killed

REDIRECT_URI = "http://127.0.0.1:9/callback"
MB = 1_000_000
RESET: dict[str, dict[str, Any]] = {
    "youtube": {"processing_s": 2.0, "list_lag_s": 0.0, "next_outcomes": [], "inserts_per_day": 100},
    "tiktok": {"posts_per_day": 1000, "inits_per_minute": 100, "next_outcomes": [], "processing_s": 2.0},
    "instagram": {
        "processing_s": 2.0,
        "media_lag_s": 0.0,
        "list_lag_s": 0.0,
        "next_outcomes": [],
        "next_publishes": [],
        "quota_total": 100,
    },
}


class Control:
    """The sandbox's levers."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=f"{url}/control", trust_env=False, timeout=30)

    def get(self, path: str) -> Any:
        return self.http.get(path).raise_for_status().json()

    def post(self, path: str, /, **body: Any) -> Any:
        return self.http.post(path, json=body).raise_for_status().json()

    def reset(self) -> None:
        self.http.delete("/faults").raise_for_status()
        self.post("/clock", reset=True)
        for site, rules in RESET.items():
            self.post(f"/{site}/settings", **rules)
        self.post("/youtube/quota", clear=True)
        self.post("/tiktok/windows/clear")
        self.post("/instagram/usage", clear=True, app=0)


class SandboxClock:
    """The sandbox's time, which runs, and can be set forward."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._offset = timedelta()

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) + self._offset

    @now.setter
    def now(self, moment: datetime) -> None:
        ahead = moment - self.now
        if ahead > timedelta():
            self._offset += ahead
            self._control.post("/clock", advance_s=ahead.total_seconds())

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **delta: float) -> None:
        self.now += timedelta(**delta)


class KillAfter(Executioner):
    """Dies when a call to a site was answered and nothing was written down of it: `after publish`, the nth time."""

    def __init__(self, point: str, nth: int = 1) -> None:
        super().__init__()
        self._point, self._left = point, nth

    def __call__(self, point: str) -> None:
        super().__call__(point)
        self._left -= point == self._point
        if self._left == 0:
            self.dead = True
            raise Killed(point)


class MortalSite:
    """An adapter in a process that may die after any call; the clip's random bytes are not fitted."""

    render_profile = "unfitted"
    watched = frozenset({"open_upload", "transfer", "publish", "check", "find_published"})

    def __init__(self, site: Platform, point: Executioner) -> None:
        self._site, self._point = site, point

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._site, name)
        if name not in self.watched:
            return found

        async def call(*args: Any, **named: Any) -> Any:
            result = await found(*args, **named)
            self._point(f"after {name}")
            return result

        return call


class OutsideWorld(World):
    """One site of the sandbox at a time."""

    def __init__(self, folder: Path, template: Path, control: Control, info: dict[str, Any], site: str) -> None:
        super().__init__(folder, template)
        self.control, self.name = control, site
        self.clock: Any = SandboxClock(control)
        self.site_settings = settings_of(site, info)
        self._adapters: list[Platform] = []
        self.title = f"Title {folder.name}"

    def clip(self, size: int) -> None:
        """The clip has so many bytes, which no site has seen before."""
        self.clip_path.write_bytes(Random().randbytes(size))

    def platforms(self, executioner: Executioner | None = None) -> dict[str, Any]:
        if not self._adapters:
            self._adapters.append(load_platforms({self.name: self.site_settings}, clock=self.clock)[self.name])
        return {self.name: MortalSite(self._adapters[0], executioner or Executioner())}

    async def dispose(self) -> None:
        for adapter in self._adapters:
            await adapter.close()
        await super().dispose()

    async def add_account(self, uow: Any, operator: Operator, number: int = 1) -> Account:
        site = self.platforms()[self.name]
        grant = await sign_in(site, self.control)
        who = await site.oauth.identify(grant.access_token)
        account: Account = await uow.accounts.connect(
            platform=self.name,
            external_id=who.external_id,
            title=who.title,
            handle=who.handle,
            scopes=set(grant.scopes),
            operator_id=operator.id,
        )
        tokens = Tokens(grant.access_token, grant.refresh_token, grant.expires_at, frozenset(grant.scopes))
        await uow.credentials.store(account.id, tokens)
        return account

    async def approve_one(self, size: int = CLIP_SIZE) -> Post:
        self.clip(size)
        choices: dict[str, Any] = {"privacy_level": "PUBLIC_TO_EVERYONE"} if self.name == "tiktok" else {}
        return await self.approve(title=self.title, **choices)

    async def outcome(self, *deaths: Executioner) -> Task:
        """One process after another, the last of which lives until nothing is left to do."""
        for number, executioner in enumerate([*deaths, Executioner()]):
            scheduler = self.scheduler(executioner, seed=number)
            try:
                await scheduler.recover()
                await self.live(scheduler)
            except Killed:
                pass
            await bury(scheduler)
        return await self.task()

    def uploads(self) -> list[dict[str, Any]]:
        """What the site has of this clip."""
        listed = self.control.get(f"/{self.name}/videos")["videos"]
        return [each for each in listed if each["title"] == self.title]


async def sign_in(site: Platform, control: Control) -> Grant:
    """Say yes on the site's consent page."""
    question = site.oauth.authorize(state="s", redirect_uri=REDIRECT_URI)
    route = {"youtube": "/google/consent"}.get(site.name, f"/{site.name}/consent")
    code = parse_qs(urlsplit(control.post(route, url=question.url)["redirect"]).query)["code"][0]
    return await site.oauth.exchange(code=code, code_verifier=question.code_verifier, redirect_uri=REDIRECT_URI)


async def bury(scheduler: Scheduler) -> None:
    """What still runs of a dead process must not run on."""
    await scheduler._dispatcher.stop()


def is_asked(task: Task) -> bool:
    """Whether a person has been asked what became of it."""
    return task.status is TaskStatus.NEEDS_ATTENTION


def settings_of(site: str, info: dict[str, Any]) -> dict[str, str]:
    """What the adapter is told; chunks are small, so that a small clip has several."""
    if site == "youtube":
        return {
            "client_id": info["oauth_client_id"],
            "client_secret": info["oauth_client_secret"],
            "api_url": info["youtube_api_url"],
            "oauth_url": info["google_oauth_url"],
            "accounts_url": info["google_accounts_url"],
            "chunk_size": str(256 * 1024),
        }
    if site == "tiktok":
        return {
            "client_key": info["tiktok_client_key"],
            "client_secret": info["tiktok_client_secret"],
            "api_url": info["tiktok_api_url"],
            "auth_url": info["tiktok_auth_url"],
            "mode": "direct",
            "chunk_size": str(5 * 1024 * 1024),
            "largest_single": "0",
        }
    urls = info["instagram_urls"]
    return {
        "client_id": info["instagram_facebook_client_id"],
        "client_secret": info["instagram_facebook_client_secret"],
        "login": "facebook",
        "api_url": urls["facebook"],
        "auth_url": urls["facebook-www"],
        "token_url": urls["facebook"],
        "upload_url": urls["rupload"],
    }
