"""Every step at which a crash or a lost answer could double a video: what happens there, and how many there are then.

A 5xx and nonsense come after the site has done what was asked.

| site, step | what happens | afterwards | asked of the site |
| --- | --- | --- | --- |
| YouTube, session start | answer lost, 5xx; killed | one | nothing: an unfed session publishes nothing |
| YouTube, chunk | cut, answer lost, 5xx | one | the session: which byte is next |
| YouTube, last chunk | answer lost, 5xx, nonsense; killed | one | the session, which repeats its answer |
| YouTube, session lost after the last byte | 404, 410 | one | the channel's uploads, by our marker |
| TikTok, init | answer lost, 5xx; killed | one | nothing: an unfed upload publishes nothing |
| TikTok, chunk | cut, answer lost, 5xx | one | the status: how many bytes |
| TikTok, last chunk | answer lost, 5xx, nonsense; killed | one | the status, by publish_id |
| TikTok, last chunk refused | 403, 404 | one | the status: bytes are missing, so nothing was published |
| TikTok, publish_id unknown after the last byte | public | one | the public videos |
| TikTok, publish_id unknown after the last byte | not public | a person | TikTok cannot tell |
| Instagram, container | answer lost, 5xx; killed | one | nothing: a container publishes nothing |
| Instagram, bytes | cut, answer lost, 5xx | one | the container: how many bytes |
| Instagram, publication | answer lost, 5xx, nonsense; killed | one | the container, then the newest Reels |
| Instagram, publication refused by 4/2207051 | published | one | the same |
| Instagram, publication refused by 4/2207051 | not published | a person | the same |
| Instagram, publication failed by 1, 2 | published, or not | one | the same |

Comments are in the tests of each platform's interactions, refreshed tokens in `test_tokens.py`; what changes a video
(update, rate, delete, cover) may simply be done again, which the contract of every platform says.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from scheduler.notices import TaskFailed
from storage.values import TaskStatus
from tests.platforms.sandbox_process import running_sandbox
from tests.scheduler.outside import MB, Control, KillAfter, OutsideWorld, is_asked

Rule = dict[str, Any]
LOST, FAILED, NONSENSE = {"fault": "drop_after"}, {"fault": "status_after", "status": 503}, {"fault": "malformed"}
BEGIN = {"youtube": {"method": "POST", "path": "/upload/"}, "tiktok": {"path": "video/init"}}
BEGIN["instagram"] = {"method": "POST", "path": r"/media$"}
BYTES = {"youtube": {"method": "PUT"}, "tiktok": {"method": "PUT"}, "instagram": {"path": "/ig-api-upload/"}}
PUBLISH = {"path": "/media_publish"}
SIZES = {"youtube": 700_000, "tiktok": 12 * MB, "instagram": 300_000}
"""Bytes of a clip that goes up in three chunks (Instagram: in one)."""
MIDDLE = {"youtube": 3, "tiktok": 2, "instagram": 1}
LAST = {"youtube": 4, "tiktok": 2, "instagram": 1}
"""Which request with bytes it is; YouTube's first asks where the session stands, TikTok's last chunk is a long one."""
SITES = ("youtube", "tiktok", "instagram")


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Control]:
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as url:
        yield Control(url)


@pytest.fixture
async def place(memory_folder: Path, template: Path, control: Control, site: str) -> AsyncIterator[OutsideWorld]:
    control.reset()
    folder = Path(tempfile.mkdtemp(dir=memory_folder))
    world = OutsideWorld(folder, template, control, control.get("/info"), site)
    yield world
    await world.dispose()
    shutil.rmtree(folder)


async def live_through(place: OutsideWorld, *rules: Rule) -> None:
    """Approve a clip and let the site misbehave; in the end one upload exists, and the task says so."""
    await approve_amid(place, *rules)
    task = await place.outcome()
    assert [each["title"] for each in place.uploads()] == [task.title], task
    assert task.status is TaskStatus.COMPLETED


async def approve_amid(place: OutsideWorld, *rules: Rule) -> None:
    await place.approve_one(SIZES[place.name])
    for rule in rules:
        place.control.post("/faults", service=place.name, **rule)


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("fault", [LOST, FAILED], ids=["lost", "5xx"])
async def test_a_beginning_whose_answer_is_lost(place: OutsideWorld, fault: Rule) -> None:
    await live_through(place, BEGIN[place.name] | fault | {"nth": 1})


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("fault", [{"fault": "cut", "bytes": 100_000}, LOST, FAILED], ids=["cut", "lost", "5xx"])
async def test_bytes_that_are_cut_or_whose_answer_is_lost(place: OutsideWorld, fault: Rule) -> None:
    await live_through(place, BYTES[place.name] | fault | {"nth": MIDDLE[place.name]})


@pytest.mark.parametrize("site", ["youtube", "tiktok"])
@pytest.mark.parametrize("fault", [LOST, FAILED, NONSENSE], ids=["lost", "5xx", "nonsense"])
async def test_a_last_chunk_whose_answer_is_lost(place: OutsideWorld, fault: Rule) -> None:
    await live_through(place, BYTES[place.name] | fault | {"nth": LAST[place.name]})


@pytest.mark.parametrize("site", ["youtube"])
@pytest.mark.parametrize("status", [404, 410])
@pytest.mark.parametrize("lag_s", [0.0, 40.0])
async def test_a_session_that_is_lost_after_the_last_byte(place: OutsideWorld, status: int, lag_s: float) -> None:
    place.control.post("/youtube/settings", list_lag_s=lag_s)
    gone = BYTES["youtube"] | {"fault": "status", "status": status, "nth": LAST["youtube"] + 1}
    await live_through(place, BYTES["youtube"] | LOST | {"nth": LAST["youtube"]}, gone)


@pytest.mark.parametrize("site", ["tiktok"])
@pytest.mark.parametrize("status", [403, 404])
async def test_a_last_chunk_that_is_refused_was_not_published(place: OutsideWorld, status: int) -> None:
    await live_through(place, BYTES["tiktok"] | {"fault": "status", "status": status, "nth": LAST["tiktok"]})


UNKNOWN_ID = {"data": {}, "error": {"code": "invalid_publish_id", "message": "", "log_id": "x"}}
FORGOTTEN = {"path": "status/fetch", "fault": "status", "status": 400, "body": UNKNOWN_ID}


@pytest.mark.parametrize("site", ["tiktok"])
@pytest.mark.parametrize(("level", "asks"), [("PUBLIC_TO_EVERYONE", False), ("SELF_ONLY", True)])
async def test_tiktok_forgets_an_upload_after_its_last_byte(place: OutsideWorld, level: str, asks: bool) -> None:
    place.clip(SIZES["tiktok"])
    await place.approve(title=place.title, privacy_level=level)
    place.control.post("/faults", service="tiktok", **BYTES["tiktok"], **LOST, nth=LAST["tiktok"])
    place.control.post("/faults", service="tiktok", **FORGOTTEN, nth=2, times=1000)
    task = await place.outcome()
    assert len(place.uploads()) == 1
    assert is_asked(task) == asks, task
    assert task.status is (TaskStatus.NEEDS_ATTENTION if asks else TaskStatus.COMPLETED)


@pytest.mark.parametrize("site", ["instagram"])
@pytest.mark.parametrize("fault", [LOST, FAILED, NONSENSE], ids=["lost", "5xx", "nonsense"])
async def test_a_publication_whose_answer_is_lost(place: OutsideWorld, fault: Rule) -> None:
    await live_through(place, PUBLISH | fault | {"nth": 1})


@pytest.mark.parametrize("site", ["instagram"])
@pytest.mark.parametrize("answer", [{"code": 4, "subcode": 2207051}, {"code": 1}, {"code": 2}], ids=str)
@pytest.mark.parametrize("lag_s", [0.0, 40.0])
async def test_a_publication_that_was_refused_and_is_there(
    place: OutsideWorld, answer: dict[str, int], lag_s: float
) -> None:
    place.control.post("/instagram/settings", next_publishes=[{"published": True, **answer}], list_lag_s=lag_s)
    await live_through(place)


@pytest.mark.parametrize("site", ["instagram"])
@pytest.mark.parametrize("code", [1, 2])
async def test_a_publication_that_failed_and_is_not_there_is_made_once(place: OutsideWorld, code: int) -> None:
    place.control.post("/instagram/settings", next_publishes=[{"published": False, "code": code}])
    await live_through(place)


@pytest.mark.parametrize("site", ["instagram"])
async def test_a_publication_that_was_blocked_and_is_not_there_is_a_persons_to_judge(place: OutsideWorld) -> None:
    blocked = {"published": False, "code": 4, "subcode": 2207051}
    place.control.post("/instagram/settings", next_publishes=[blocked])
    await approve_amid(place)
    task = await place.outcome()
    assert place.uploads() == []
    assert is_asked(task), task


STEPS = [
    *((site, step) for site in SITES for step in ("open_upload", "transfer", "check")),
    ("instagram", "publish"),
]


@pytest.mark.parametrize(("site", "step"), STEPS)
async def test_killed_between_a_sites_answer_and_its_record(place: OutsideWorld, step: str) -> None:
    await approve_amid(place)
    task = await place.outcome(KillAfter(f"after {step}"))
    assert len(place.uploads()) == 1, task
    assert task.status is TaskStatus.COMPLETED


@pytest.mark.parametrize("site", SITES)
async def test_killed_while_it_asks_what_became_of_a_lost_answer(place: OutsideWorld) -> None:
    lost = PUBLISH | LOST if place.name == "instagram" else BYTES[place.name] | LOST | {"nth": LAST[place.name]}
    await approve_amid(place, {"nth": 1} | lost)
    deaths = [KillAfter("after find_published")] if place.name == "instagram" else [KillAfter("after transfer")]
    task = await place.outcome(*deaths)
    assert len(place.uploads()) == 1, task
    assert task.status is TaskStatus.COMPLETED


@pytest.mark.parametrize("site", ["youtube"])
async def test_a_video_that_the_site_has_already_is_not_offered_once_more(place: OutsideWorld) -> None:
    outcome = {"uploadStatus": "rejected", "reason": "duplicate"}
    place.control.post("/youtube/settings", next_outcomes=[outcome])
    await approve_amid(place)
    task = await place.outcome()
    (failed,) = place.recorder.of(TaskFailed)
    assert (failed.fault.code, failed.can_retry) == ("youtube.rejected_duplicate", False)
    assert task.fault is not None
    assert task.fault.params["final"] is True
