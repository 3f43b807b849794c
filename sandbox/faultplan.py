"""The plan of what shall go wrong: persistent rules that say which request meets which fault."""

import asyncio
import re
from dataclasses import asdict, dataclass, fields
from typing import Any

from sandbox.link import Link
from sandbox.store import Store

SERVICES = ("youtube", "google", "telegram", "tiktok", "instagram")
FAULTS = (
    "drop_before", "drop_after", "status", "rate_limit", "slow", "cut", "malformed", "html", "hold", "hold_after",
    "status_after",
)  # fmt: skip


class BadRuleError(Exception):
    """That is no fault rule."""


@dataclass(slots=True)
class Rule:
    """One fault. With none of nth, times, every it strikes each matching call.

    nth: only the n-th matching call (with times: `times` calls from the n-th on). times: the first n calls. every: each
    k-th call. path: regular expression searched in the path (sub-path of the sandbox, without the query). shared: all
    requests that the rule slows share its one rate, as on one line.
    """

    id: str
    fault: str
    service: str | None = None
    method: str | None = None
    path: str | None = None
    nth: int | None = None
    times: int | None = None
    every: int | None = None
    status: int | None = None
    body: Any = None
    headers: dict[str, str] | None = None
    retry_after: int | None = None
    bytes: int | None = None
    bytes_per_s: float | None = None
    shared: bool = False
    delay_s: float | None = None
    seen: int = 0
    fired: int = 0
    released: bool = False

    def matches(self, service: str, method: str, path: str) -> bool:
        """Whether this rule is about such a request."""
        return (
            self.service in (None, service)
            and self.method in (None, method)
            and (self.path is None or re.search(self.path, path) is not None)
        )

    def strikes(self) -> bool:
        """Whether the call just counted in `seen` is one to fail."""
        if self.released:
            return False
        first = self.nth or 1
        if self.every is not None and self.seen % self.every:
            return False
        last = first if self.nth and not self.times else None
        if self.times is not None:
            return self.seen >= first and self.fired < self.times
        return self.seen >= first and (last is None or self.seen <= last)


def rule_from_json(rule_id: str, body: object) -> Rule:
    """Checked at the edge: raises BadRuleError in a sentence."""
    if not isinstance(body, dict):
        raise BadRuleError("a rule is a JSON object")
    allowed = {field.name for field in fields(Rule)} - {"id", "seen", "fired", "released"}
    given = {key: value for key, value in body.items() if key != "id"}
    if unknown := sorted(set(given) - allowed):
        raise BadRuleError(f"unknown fields: {', '.join(unknown)}")
    if given.get("fault") not in FAULTS:
        raise BadRuleError(f"fault is one of {', '.join(FAULTS)}")
    if given.get("service") not in (None, *SERVICES):
        raise BadRuleError(f"service is one of {', '.join(SERVICES)}")
    for name in ("nth", "times", "every"):
        if name in given and (not isinstance(given[name], int) or given[name] < 1):
            raise BadRuleError(f"{name} is a whole number from 1")
    _check_rate(given)
    if isinstance(given.get("method"), str):
        given["method"] = given["method"].upper()
    try:
        re.compile(given.get("path") or "")
    except (re.error, TypeError) as error:
        raise BadRuleError(f"path is a regular expression: {error}") from error
    return Rule(id=rule_id, **given)


def _check_rate(given: dict[str, Any]) -> None:
    rate, shared = given.get("bytes_per_s"), given.get("shared", False)
    if rate is not None and (isinstance(rate, bool) or not isinstance(rate, int | float) or rate <= 0):
        raise BadRuleError("bytes_per_s is a number above 0")
    if not isinstance(shared, bool):
        raise BadRuleError("shared is true or false")
    if shared and (given["fault"] != "slow" or rate is None):
        raise BadRuleError("shared belongs to slow with bytes_per_s")


class FaultPlan:
    """The rules in the order they were added; they and their counts survive a restart."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rules = {doc["id"]: Rule(**doc) for doc in store.list("fault")}
        self._gates: dict[str, asyncio.Event] = {}
        self._holding: dict[str, int] = {}
        self._links: dict[str, Link] = {}

    def add(self, body: object) -> Rule:
        """A new rule; an `id` in the body is kept, and replaces the rule of that id."""
        wanted = body.get("id") if isinstance(body, dict) else None
        rule = rule_from_json(str(wanted or f"fault-{self._store.next_id('fault')}"), body)
        if rule.id in self._rules:
            self.remove(rule.id)
        self._rules[rule.id] = rule
        self._store.put("fault", rule.id, asdict(rule))
        return rule

    def strike(self, service: str, method: str, path: str) -> Rule | None:
        """Count the request in every rule about it; the first that strikes is the fault to commit."""
        struck = None
        for rule in self._rules.values():
            if not rule.matches(service, method, path):
                continue
            rule.seen += 1
            if struck is None and rule.strikes():
                rule.fired += 1
                struck = rule
            self._store.put("fault", rule.id, asdict(rule))
        return struck

    def link(self, rule: Rule) -> Link | None:
        """The line that the rule puts a request on: its own, or the one of all; None where it says no rate."""
        if not rule.bytes_per_s:
            return None
        if not rule.shared:
            return Link(rule.bytes_per_s)
        if rule.id not in self._links:
            self._links[rule.id] = Link(rule.bytes_per_s)
        return self._links[rule.id]

    async def hold(self, rule: Rule) -> None:
        """Wait until the rule is released or removed."""
        if rule.released or rule.id not in self._rules:
            return
        gate = self._gates.setdefault(rule.id, asyncio.Event())
        self._holding[rule.id] = self._holding.get(rule.id, 0) + 1
        try:
            await gate.wait()
        finally:
            self._holding[rule.id] -= 1

    def release(self, rule_id: str) -> bool:
        """Let held requests go; the rule strikes no more. False: no such rule."""
        rule = self._rules.get(rule_id)
        if rule is None:
            return False
        rule.released = True
        self._store.put("fault", rule.id, asdict(rule))
        self._open_gate(rule_id)
        return True

    def remove(self, rule_id: str) -> bool:
        """Forget the rule; what it held goes on."""
        self._open_gate(rule_id)
        self._links.pop(rule_id, None)
        self._store.delete("fault", rule_id)
        return self._rules.pop(rule_id, None) is not None

    def clear(self) -> None:
        """No faults any more."""
        for rule_id in tuple(self._rules):
            self.remove(rule_id)

    def release_all(self) -> None:
        """Let every held request go, without touching the rules (the server goes down)."""
        for rule_id in tuple(self._gates):
            self._open_gate(rule_id)

    def to_json(self) -> list[dict[str, Any]]:
        """All rules with their counts; `holding` is how many requests wait for a release now."""
        return [{**asdict(rule), "holding": self._holding.get(rule.id, 0)} for rule in self._rules.values()]

    def _open_gate(self, rule_id: str) -> None:
        gate = self._gates.pop(rule_id, None)
        if gate is not None:
            gate.set()
