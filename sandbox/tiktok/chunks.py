"""The rules by which a video may be cut, and where each chunk ends."""

from sandbox.tiktok.errors import BadParameterError
from sandbox.tiktok.settings import TiktokSettings

_MOST_CHUNKS = 1000
Plan = dict[str, int]


def check_plan(plan: Plan, rules: TiktokSettings) -> None:
    """Raises BadParameterError. `plan`: video_size, chunk_size, total_chunk_count; sizes in bytes."""
    size, chunk, count = plan["video_size"], plan["chunk_size"], plan["total_chunk_count"]
    if not 1 <= size <= rules.video_max:
        raise BadParameterError("The video size is invalid")
    if not 1 <= count <= _MOST_CHUNKS:
        raise BadParameterError("The total chunk count is invalid")
    if size < rules.chunk_min or (count == 1 and rules.one_chunk_trap):
        # A single chunk is the whole video: a smaller chunk_size with floor = 1 is what was accepted once and no more.
        if chunk != size or chunk > rules.chunk_max:
            raise BadParameterError("The chunk size is invalid")
    elif not rules.chunk_min <= chunk <= rules.chunk_max:
        raise BadParameterError("The chunk size is invalid")
    if count != size // chunk:
        raise BadParameterError("The total chunk count is invalid")
    if size - chunk * (count - 1) > rules.last_chunk_max:
        raise BadParameterError("The chunk size is invalid")


def chunk_end(plan: Plan, first: int) -> int:
    """The last byte of the chunk that holds byte `first`; the final chunk carries the remainder."""
    number = first // plan["chunk_size"]
    if number >= plan["total_chunk_count"] - 1:
        return plan["video_size"] - 1
    return (number + 1) * plan["chunk_size"] - 1
