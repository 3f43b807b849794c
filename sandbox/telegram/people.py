"""The people of the sandbox: who may write to the bot, who has begun, who has blocked it."""

from typing import Any

from sandbox.telegram.errors import bad_request, forbidden
from sandbox.telegram.settings import BOT_ID, BOT_USERNAME, OPERATOR_ID, STRANGER_ID
from sandbox.world import World

_KIND = "telegram.user"
_BORN: tuple[dict[str, Any], ...] = (
    {"id": OPERATOR_ID, "first_name": "Alex", "username": "alex_operator", "language_code": "en"},
    {"id": STRANGER_ID, "first_name": "Robin", "username": "robin_stranger", "language_code": "en"},
)


def bot_user() -> dict[str, Any]:
    """The bot as a Bot API User."""
    return {"id": BOT_ID, "is_bot": True, "first_name": "Content Fabric", "username": BOT_USERNAME}


class People:
    """Users by id, on disk. A person whom the bot has never seen is `chat not found` to it."""

    def __init__(self, world: World) -> None:
        self._store = world.store
        with self._store.transaction():
            for person in _BORN:
                if self._store.get(_KIND, person["id"]) is None:
                    self._store.put(_KIND, person["id"], {**person, "started": False, "blocked": False})

    def all(self) -> list[dict[str, Any]]:
        return self._store.list(_KIND)

    def get(self, user_id: int) -> dict[str, Any]:
        """Raises KeyError for a stranger to the sandbox itself."""
        person = self._store.get(_KIND, user_id)
        if person is None:
            raise KeyError(user_id)
        return person

    def change(self, user_id: int, **changes: Any) -> dict[str, Any]:
        person = {**self.get(user_id), **changes}
        self._store.put(_KIND, user_id, person)
        return person

    def add(self, user_id: int, first_name: str, language_code: str) -> dict[str, Any]:
        person = {"id": user_id, "first_name": first_name, "username": f"user{user_id}", "language_code": language_code}
        self._store.put(_KIND, user_id, {**person, "started": False, "blocked": False})
        return self.get(user_id)

    def user(self, user_id: int) -> dict[str, Any]:
        """As a Bot API User."""
        person = self.get(user_id)
        return {
            "id": person["id"],
            "is_bot": False,
            **{k: person[k] for k in ("first_name", "username", "language_code")},
        }

    def chat(self, user_id: int) -> dict[str, Any]:
        """As a Bot API Chat."""
        person = self.get(user_id)
        return {
            "id": person["id"],
            "type": "private",
            "first_name": person["first_name"],
            "username": person["username"],
        }

    def seen_by_bot(self, chat_id: int | str | None) -> dict[str, Any]:
        """The person behind a chat id, known to the bot whether or not they block it."""
        if chat_id is None or chat_id == "":
            raise bad_request("chat_id is empty")
        person = self._store.get(_KIND, chat_id)
        if person is None or not person["started"]:
            raise bad_request("chat not found")
        return person

    def reachable(self, chat_id: int | str | None) -> int:
        """The chat that the bot may write to now."""
        person = self.seen_by_bot(chat_id)
        if person["blocked"]:
            raise forbidden("bot was blocked by the user")
        return int(person["id"])
