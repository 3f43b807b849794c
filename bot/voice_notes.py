"""What is worth knowing of a voice that was changed: a phrase too long for its place, a rough separation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from bot import formats
from bot.texts import Speech
from storage.unit_of_work import UnitOfWork
from storage.values import JsonObject, Task

Notes: TypeAlias = tuple[JsonObject, ...]

SHOWN = 3
"""Notes with a time that a card names; of more it tells how many."""


async def notes_of(uow: UnitOfWork, tasks: Sequence[Task]) -> Notes:
    """The notes of all that was made for these tasks, each once: several sites get files of the same voice."""
    found: list[JsonObject] = []
    for render_id in dict.fromkeys(task.render_id for task in tasks if task.render_id is not None):
        render = await uow.renders.get(render_id)
        found += [note for note in render.notes if note not in found]
    return tuple(found)


def note_lines(notes: Notes, t: Speech, *, shown: int = SHOWN) -> list[str]:
    """A line each, as Telegram HTML; `shown` is how many phrases are named."""
    return list(_lines(notes, t, shown))


def _lines(notes: Notes, t: Speech, shown: int) -> Iterator[str]:
    left_out = 0
    for note in notes:
        if note.get("code") == "others":
            left_out += int(note.get("count", 0))
        elif "at_s" in note and shown <= 0:
            left_out += 1
        else:
            shown -= "at_s" in note
            yield from _line(note, t)
    if left_out:
        yield t.count("note.others", left_out)


def _line(note: JsonObject, t: Speech) -> Iterator[str]:
    """Nothing where a newer version has noted what this one has no sentence for."""
    key = f"note.{note.get('code')}"
    if not t.knows(key):
        return
    facts: dict[str, object] = {name: value for name, value in note.items() if name != "code"}
    if "at_s" in note:
        facts["at"] = formats.duration(float(note["at_s"]))
    if "overflow_ms" in note:
        facts["over"] = formats.length(float(note["overflow_ms"]) / 1000, t)
    yield t(key, **facts)
