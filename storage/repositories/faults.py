"""Faults as JSON, both directions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from storage.values import Fault


def fault_to_json(fault: Fault | None) -> dict[str, Any] | None:
    return None if fault is None else {"code": fault.code, "params": dict(fault.params)}


def fault_from_json(data: Mapping[str, Any] | None) -> Fault | None:
    return None if data is None else Fault(data["code"], data["params"])
