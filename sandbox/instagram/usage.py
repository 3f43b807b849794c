"""How much of its allowance an app and an account have used: percentages in headers, and refusals at 100."""

import json
from datetime import timedelta
from typing import Any

from sandbox.instagram import settings
from sandbox.instagram.errors import GraphError
from sandbox.world import World

_KIND = "instagram_usage"
_APP_WINDOW_S, _ACCOUNT_WINDOW_S = 3600, 86_400
_SLICES = 60  # a window is counted in so many slices


class Usage:
    """Calls are counted per app over the last hour, per account over the last day; durable."""

    def __init__(self, world: World) -> None:
        self._world, self._store = world, world.store

    def count(self, client_id: str, account: str | None) -> None:
        """One more call. Raises GraphError 4, 17, 32, 613 or 80002 when an allowance is used up."""
        self._add(f"app|{client_id}", _APP_WINDOW_S)
        if account:
            self._add(f"account|{account}", _ACCOUNT_WINDOW_S)
        rules = settings.load(self._store)
        if self.app_percent(client_id) >= 100:
            raise GraphError(rules.app_limit_code)
        if account and self.account_percent(account) >= 100:
            raise GraphError(80002)

    def headers(self, client_id: str, account: str | None) -> dict[str, str]:
        """As the answers carry them."""
        rules = settings.load(self._store)
        if not rules.usage_headers:
            return {}
        percent = self.app_percent(client_id)
        told = {"X-App-Usage": json.dumps({"call_count": percent, "total_time": percent, "total_cputime": percent})}
        if account:
            percent = self.account_percent(account)
            used: dict[str, Any] = {"type": rules.usage_type, "call_count": percent, "total_cputime": percent}
            used |= {"total_time": percent, "estimated_time_to_regain_access": self._minutes(account, percent)}
            told["X-Business-Use-Case-Usage"] = json.dumps({account: [used]})
        return told

    def app_percent(self, client_id: str) -> int:
        """Of the app's hour."""
        size = settings.load(self._store).app_calls_per_hour
        return self._percent(f"app|{client_id}", _APP_WINDOW_S, size)

    def account_percent(self, account: str) -> int:
        """Of the account's day."""
        size = settings.load(self._store).account_calls_per_day
        return self._percent(f"account|{account}", _ACCOUNT_WINDOW_S, size)

    def raise_to(self, key: str, percent: int) -> None:
        """Pretend that calls made until now come to that much; they leave the window as others do."""
        window, rules = (_APP_WINDOW_S if key.startswith("app|") else _ACCOUNT_WINDOW_S), settings.load(self._store)
        size = rules.app_calls_per_hour if key.startswith("app|") else rules.account_calls_per_day
        self._store.put("instagram_usage_key", key, {"key": key})
        self._store.put(_KIND, key, {"slices": {str(self._slice(window)): -(-size * percent // 100)}})

    def clear(self) -> None:
        """Nothing was used."""
        for account_or_app in self._store.list("instagram_usage_key"):
            self._store.delete(_KIND, account_or_app["key"])

    def all(self) -> dict[str, int]:
        """Percent by "app|<client id>" and "account|<id>"."""
        told = {}
        for known in self._store.list("instagram_usage_key"):
            kind, _, name = known["key"].partition("|")
            told[known["key"]] = self.app_percent(name) if kind == "app" else self.account_percent(name)
        return told

    def _slice(self, window_s: int) -> int:
        return int(self._world.clock.now().timestamp()) // (window_s // _SLICES)

    def _live(self, key: str, window_s: int) -> dict[str, int]:
        stored, oldest = self._store.get(_KIND, key) or {"slices": {}}, self._slice(window_s) - _SLICES
        return {moment: calls for moment, calls in stored["slices"].items() if int(moment) > oldest}

    def _add(self, key: str, window_s: int) -> None:
        slices, now = self._live(key, window_s), str(self._slice(window_s))
        if not slices:
            self._store.put("instagram_usage_key", key, {"key": key})
        self._store.put(_KIND, key, {"slices": {**slices, now: slices.get(now, 0) + 1}})

    def _percent(self, key: str, window_s: int, size: int) -> int:
        return sum(self._live(key, window_s).values()) * 100 // max(1, size)

    def _minutes(self, account: str, percent: int) -> int:
        """Until the oldest counted calls leave the window; 0 while there is room."""
        if percent < 100:
            return 0
        oldest = min(int(moment) for moment in self._live(f"account|{account}", _ACCOUNT_WINDOW_S))
        freed = timedelta(seconds=(oldest + _SLICES + 1) * (_ACCOUNT_WINDOW_S // _SLICES))
        return max(1, int((freed.total_seconds() - self._world.clock.now().timestamp()) // 60) + 1)
