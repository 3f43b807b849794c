"""What the Instagram servers do differently when a test asks for it; durable."""

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from sandbox.store import Store

_KIND = "instagram"
Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class InstagramSettings:
    """Defaults are the documented figures; durations in seconds of the virtual clock, sizes in bytes.

    A refusal is {"code", "subcode"?, "message"?, "is_transient"?}; those below stand where the documents are silent.
    """

    # Logins.
    code_life_s: int = 3600
    short_life_s: int = 3600
    long_life_s: int = 5_184_000
    refresh_from_s: int = 86_400  # a younger token is not refreshed
    login_reply: str = "flat"  # or "data": inside data[], with the permissions as text
    login_user_id: str = "app_scoped"  # or "professional"
    token_status: int = 400  # HTTP status of the errors 190; 401 has been seen
    refresh_too_young: Answer = field(default_factory=lambda: {"code": 100})
    # Containers.
    processing_s: float = 2.0
    container_life_s: int = 86_400
    containers_per_day: int = 400
    container_limit: Answer = field(default_factory=lambda: {"code": 9, "subcode": 2207042})
    largest_file: int = 300_000_000
    shortest_s: float = 3.0
    longest_s: float = 900.0
    strict_media: bool = False  # also refuse what is no mp4, and edit lists
    fetch_timeout_s: float = 10.0  # of real time, for the answer and between two pieces
    fetch_bytes_per_s: float | None = None  # of real time; None: as fast as it comes
    fetch_head: bool = False  # ask HEAD before GET
    next_outcomes: list[int] = field(default_factory=list)  # of the next files: 0 good, or an error code like 2207082
    # Publishing.
    quota_total: int = 100  # the guide says 100, the reference 50
    second_publish: Answer = field(default_factory=lambda: {"code": 9007, "subcode": 2207027})
    expired_publish: Answer = field(default_factory=lambda: {"code": 24, "subcode": 2207008})
    failed_publish: Answer = field(default_factory=lambda: {"code": 9007, "subcode": 2207027})
    next_publishes: list[Answer] = field(default_factory=list)  # {"published": bool, "code", …}; {} as usual
    # What was published.
    media_lag_s: float = 2.0  # how long a new media answers 100/33
    list_lag_s: float = 0.0
    insights_delay_s: float = 3600.0
    comments_per_hour: int = 60
    comment_limit: Answer = field(default_factory=lambda: {"code": 613})
    comment_rules: bool = True
    # Usage.
    usage_headers: bool = True
    app_calls_per_hour: int = 20_000  # 200 per user of the app
    app_limit_code: int = 4  # or 17, 32, 613
    account_calls_per_day: int = 48_000  # 4800 per impression
    usage_type: str = "instagram"

    def __post_init__(self) -> None:
        if self.login_reply not in ("flat", "data") or self.login_user_id not in ("app_scoped", "professional"):
            raise ValueError("login_reply is flat or data, login_user_id is app_scoped or professional")
        if self.token_status not in (400, 401) or self.app_limit_code not in (4, 17, 32, 613):
            raise ValueError("token_status is 400 or 401, app_limit_code is one of 4, 17, 32, 613")
        for name in (f.name for f in fields(self)):
            value = getattr(self, name)
            if isinstance(value, (int, float)) and value < 0:
                raise ValueError(f"{name} is not negative")
            if isinstance(value, dict) and "code" not in value:
                raise ValueError(f"{name} is a refusal with a code")
        if not all(isinstance(answer, dict) for answer in self.next_publishes):
            raise ValueError("next_publishes is a list of objects")
        if not all(isinstance(code, int) for code in self.next_outcomes):
            raise ValueError("next_outcomes is a list of error codes, 0 where all goes well")


def load(store: Store) -> InstagramSettings:
    """What was last saved."""
    return InstagramSettings(**(store.get("settings", _KIND) or {}))


def change(store: Store, changes: dict[str, Any]) -> InstagramSettings:
    """Save changed fields; raises ValueError or TypeError for nonsense."""
    settings = replace(load(store), **changes)
    store.put("settings", _KIND, asdict(settings))
    return settings


def to_json(settings: InstagramSettings) -> dict[str, Any]:
    """As the control route gives it."""
    return asdict(settings)


def take_outcome(store: Store) -> int:
    """The planned error of the file that is complete now; 0: none."""
    first, *rest = load(store).next_outcomes or [0]
    if rest or load(store).next_outcomes:
        change(store, {"next_outcomes": rest})
    return first


def take_publish(store: Store) -> Answer:
    """The planned end of the media_publish that comes now; {}: as usual."""
    planned = load(store).next_publishes
    if not planned:
        return {}
    change(store, {"next_publishes": planned[1:]})
    return planned[0]
