"""Reply markup as Telegram checks it: inline keyboards whose buttons do one thing, and reply keyboards."""

from typing import Any
from urllib.parse import urlsplit

from sandbox.telegram.errors import bad_request

_ACTIONS = (
    "url", "callback_data", "web_app", "login_url", "switch_inline_query", "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat", "copy_text", "callback_game", "pay",
)  # fmt: skip
_BUTTON_FIELDS = {"text", "style", "disabled", "icon_custom_emoji_id", *_ACTIONS}
_STYLES = {"danger", "success", "primary"}
MAX_BUTTONS = 100
MAX_CALLBACK_BYTES = 64


def check_markup(markup: Any) -> dict[str, Any] | None:
    """The markup that the message will carry, or None. Raises the server's `400`."""
    if markup is None or markup == "" or markup == {}:
        return None
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" in markup:
        return _inline(markup["inline_keyboard"])
    if "keyboard" in markup:
        return {**markup, "keyboard": [[_reply_button(b) for b in row] for row in _rows(markup["keyboard"])]}
    if markup.get("remove_keyboard") or markup.get("force_reply"):
        return markup
    raise bad_request("object expected as reply markup")


def check_inline(markup: Any) -> dict[str, Any] | None:
    """As `check_markup`, where only an inline keyboard is allowed (edits)."""
    checked = check_markup(markup)
    if checked is not None and "inline_keyboard" not in checked:
        raise bad_request("inline keyboard expected")
    return checked


def _rows(rows: Any) -> list[list[Any]]:
    if not isinstance(rows, list):
        raise bad_request('field "inline_keyboard" must be of type Array')
    for row in rows:
        if not isinstance(row, list):
            raise bad_request("can't parse inline keyboard row: expected an Array of InlineKeyboardButton")
    return rows


def _inline(rows: Any) -> dict[str, Any] | None:
    checked = [[_button(button) for button in row] for row in _rows(rows) if row]
    if sum(map(len, checked)) > MAX_BUTTONS:
        raise bad_request("reply markup is too long")
    return {"inline_keyboard": checked} if checked else None


def _button(button: Any) -> dict[str, Any]:
    if not isinstance(button, dict):
        raise bad_request("can't parse inline keyboard button: expected an Object")
    text = button.get("text")
    if not isinstance(text, str):
        raise bad_request("can't parse inline keyboard button: Can't find field \"text\"")
    if not text.strip():
        raise bad_request("inline keyboard button text is empty")
    actions = [name for name in _ACTIONS if button.get(name) is not None]
    if not actions:
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if len(actions) > 1:
        raise bad_request("can't parse inline keyboard button: exactly one of the optional fields must be used")
    if (style := button.get("style")) is not None and style not in _STYLES:
        raise bad_request("can't parse inline keyboard button: invalid button style specified")
    _check_action(actions[0], button[actions[0]])
    return {name: value for name, value in button.items() if name in _BUTTON_FIELDS and value is not None}


def _check_action(action: str, value: Any) -> None:
    if action == "callback_data" and not 1 <= len(str(value).encode()) <= MAX_CALLBACK_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
    if action == "url":
        address = urlsplit(str(value) if "://" in str(value) else f"http://{value}")
        if address.scheme not in {"http", "https", "tg", "ton"}:
            raise bad_request(f"inline keyboard button URL '{value}' is invalid: unsupported URL protocol")
        # Telegram wants a host with a dot in it: `localhost` is refused, 127.0.0.1 is not.
        if address.scheme in {"http", "https"} and "." not in (address.hostname or ""):
            raise bad_request(f"inline keyboard button URL '{value}' is invalid: wrong HTTP URL")


def _reply_button(button: Any) -> dict[str, Any]:
    if isinstance(button, str):
        return {"text": button}
    if not isinstance(button, dict) or not isinstance(button.get("text"), str):
        raise bad_request("can't parse keyboard button: Can't find field \"text\"")
    return button
