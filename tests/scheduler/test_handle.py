"""The stored session, and errors as data."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from platforms.errors import TransientError
from scheduler.faults import fault_of
from scheduler.handle import Handle

handles = st.builds(
    Handle,
    data=st.dictionaries(st.text(), st.text() | st.integers()),
    upload_id=st.none() | st.text(),
    url=st.text(),
    absent_since=st.none() | st.datetimes(timezones=st.just(UTC), min_value=datetime(2020, 1, 1)),  # noqa: DTZ001
)


@given(handles)
def test_a_handle_survives_the_database(handle: Handle) -> None:
    assert Handle.from_json(json.loads(json.dumps(handle.to_json()))) == handle


def test_a_handle_keeps_its_secret_out_of_its_repr() -> None:
    assert "secret" not in repr(Handle({"uri": "https://example/secret"}))


def test_a_fault_can_be_stored_as_json() -> None:
    fault = fault_of(TransientError("boom", platform="fake", reason="backendError"))
    assert json.loads(json.dumps(dict(fault.params)))["reason"] == "backendError"


def test_a_stranger_among_errors_tells_its_type_alone() -> None:
    fault = fault_of(ValueError("token=secret"))
    assert (fault.code, fault.params) == ("task.unexpected", {"error": "ValueError"})
