"""Task rows and task values, both directions; the upload session is sealed on the way in."""

from __future__ import annotations

import json
from typing import Any

from storage.errors import SecretError
from storage.keyring import Keyring
from storage.repositories.faults import fault_from_json, fault_to_json
from storage.transaction import Record
from storage.values import JsonObject, Stage, Task, TaskStatus

RECORDABLE = frozenset(
    {
        "title",
        "description",
        "keywords",
        "voice_preset",
        "options",
        "scheduled_time",
        "status",
        "stage",
        "priority",
        "retry_count",
        "begun_anew",
        "same_error_count",
        "next_attempt_at",
        "render_id",
        "session",
        "opened_at",
        "bytes_confirmed",
        "bytes_total",
        "commit_started_at",
        "video_id",
        "fault",
    }
)
"""What a worker or an operator may write; leases and fences have their own ways."""

INTERNAL = frozenset({"running_account", "session_kid"})


def session_context(task_id: int, account_id: int, platform: str) -> tuple[object, ...]:
    """What a sealed session is bound to: moved to another task or account, it does not open."""
    return account_id, platform, "session", task_id


UNREADABLE_SESSION: JsonObject = {}
"""Stands for a sealed session that no key opens: there is one, so nobody may believe that none was opened."""


def task_from_row(row: Record, keyring: Keyring) -> Task:
    """The task; one whose session cannot be read can still be shown, cancelled and dropped."""
    fields = {key: value for key, value in row.items() if key not in INTERNAL}
    fields["keywords"] = tuple(row["keywords"])
    fields["status"] = TaskStatus(row["status"])
    fields["stage"] = Stage(row["stage"])
    fields["fault"] = fault_from_json(row["fault"])
    if row["session"] is not None:
        fields["session"] = _opened(row, keyring)
    return Task(**fields)


def has_unreadable_session(task: Task) -> bool:
    return task.session is UNREADABLE_SESSION


def _opened(row: Record, keyring: Keyring) -> JsonObject:
    try:
        text = keyring.decrypt(row["session"], *session_context(row["id"], row["account_id"], row["platform"]))
    except SecretError:
        return UNREADABLE_SESSION
    session: JsonObject = json.loads(text)
    return session


def columns_of_changes(changes: dict[str, Any], row: Record, keyring: Keyring) -> dict[str, Any]:
    """Task fields as column values for the task in `row`; raises TypeError for a name that is not recordable."""
    if unknown := changes.keys() - RECORDABLE:
        raise TypeError(f"not a recordable field of a task: {sorted(unknown)}")
    values = dict(changes)
    if "fault" in values:
        values["fault"] = fault_to_json(values["fault"])
    if "keywords" in values:
        values["keywords"] = list(values["keywords"])
    if "session" in values:
        values |= _sealed(values["session"], row, keyring)
    return values


def _sealed(session: JsonObject | None, row: Record, keyring: Keyring) -> dict[str, Any]:
    if session is None:
        return {"session": None, "session_kid": None}
    context = session_context(row["id"], row["account_id"], row["platform"])
    return {"session": keyring.encrypt(json.dumps(dict(session)), *context), "session_kid": keyring.newest}
