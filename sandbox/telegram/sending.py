"""The methods that put something into a chat, change it or take it away."""

from collections.abc import Callable
from typing import Any

from sandbox.telegram.call import Call
from sandbox.telegram.errors import bad_request
from sandbox.telegram.markup import check_inline, check_markup
from sandbox.telegram.media_input import described, take_file, take_group_item
from sandbox.telegram.messages import MEDIA_KINDS, caption_body, media_body, media_kind, text_body
from sandbox.telegram.telegram import Telegram
from sandbox.telegram.texts import Text, read_caption, read_text

Answer = Any
_ACTIONS = {
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
    "choose_sticker", "find_location", "record_video_note", "upload_video_note",
}  # fmt: skip
_TEXT_FIELDS = ("text", "entities", "reply_markup")
_CAPTION_FIELDS = ("caption", "caption_entities", "reply_markup")


def send_message(telegram: Telegram, call: Call) -> Answer:
    chat_id = telegram.reachable(call.chat_id)
    text = read_text(call.text("text"), call.text("parse_mode"), call.structure("entities", "entities"))
    return _send(telegram, call, chat_id, text_body(text))


def media_sender(kind: str) -> Callable[[Telegram, Call], Answer]:
    """sendVideo, sendAudio, … : the file stands in the parameter of its kind."""

    def send_media(telegram: Telegram, call: Call) -> Answer:
        chat_id = telegram.reachable(call.chat_id)
        caption = _caption(call)
        markup = check_markup(call.structure("reply_markup", "reply keyboard markup"))
        telegram.pace(chat_id)
        file = take_file(telegram, call, kind, kind, described(call))
        extra = {name: True for name in ("has_spoiler",) if call.flag(name)}
        body = {**media_body(file, caption), **{f"has_media_{name[4:]}": value for name, value in extra.items()}}
        return telegram.messages.send(chat_id, body, markup=markup, **_reply(telegram, call, chat_id))

    return send_media


def send_media_group(telegram: Telegram, call: Call) -> Answer:
    chat_id = telegram.reachable(call.chat_id)
    items = call.structure("media", "media")
    if not isinstance(items, list):
        raise bad_request("can't parse media: expected an Array of InputMedia")
    if not 2 <= len(items) <= 10:
        raise bad_request("media group must include 2-10 items" if items else "there are no messages to send")
    telegram.pace(chat_id)
    reply = _reply(telegram, call, chat_id)
    bodies = [take_group_item(telegram, call, item) for item in items]
    group = {"media_group_id": str(13_000_000_000_000_000 + telegram.world.store.next_id("telegram.group"))}
    return [telegram.messages.send(chat_id, {**body, **group}, **reply) for body in bodies]


def send_chat_action(telegram: Telegram, call: Call) -> Answer:
    chat_id = telegram.reachable(call.chat_id)
    action = call.text("action")
    if action not in _ACTIONS:
        raise bad_request("wrong parameter action in request")
    telegram.world.events.publish("telegram.action", {"chat_id": chat_id, "action": action})
    return True


def edit_text(telegram: Telegram, call: Call) -> Answer:
    chat_id, message_id = _target(telegram, call)
    text = read_text(call.text("text"), call.text("parse_mode"), call.structure("entities", "entities"))
    if "text" not in telegram.messages.own(chat_id, message_id)["message"]:
        raise bad_request("there is no text in the message to edit")
    changes = {**text_body(text), "reply_markup": _inline(call)}
    return _edit(telegram, chat_id, message_id, changes, _TEXT_FIELDS)


def edit_caption(telegram: Telegram, call: Call) -> Answer:
    chat_id, message_id = _target(telegram, call)
    if media_kind(telegram.messages.own(chat_id, message_id)["message"]) is None:
        raise bad_request("there is no caption in the message to edit")
    changes = {**caption_body(_caption(call)), "reply_markup": _inline(call)}
    return _edit(telegram, chat_id, message_id, changes, _CAPTION_FIELDS)


def edit_markup(telegram: Telegram, call: Call) -> Answer:
    chat_id, message_id = _target(telegram, call)
    return _edit(telegram, chat_id, message_id, {"reply_markup": _inline(call)}, ("reply_markup",))


def edit_media(telegram: Telegram, call: Call) -> Answer:
    chat_id, message_id = _target(telegram, call)
    if media_kind(telegram.messages.own(chat_id, message_id)["message"]) is None:
        raise bad_request("there is no media in the message to edit")
    changes = {**take_group_item(telegram, call, call.structure("media", "media")), "reply_markup": _inline(call)}
    return _edit(telegram, chat_id, message_id, changes, (*MEDIA_KINDS, *_CAPTION_FIELDS))


def delete_message(telegram: Telegram, call: Call) -> Answer:
    chat_id = telegram.seen(call.chat_id)
    telegram.messages.delete(chat_id, call.integer("message_id"))
    return True


def delete_messages(telegram: Telegram, call: Call) -> Answer:
    """Those that can't be found are skipped, as the Bot API says."""
    chat_id = telegram.seen(call.chat_id)
    wanted = call.structure("message_ids", "message_ids")
    if not isinstance(wanted, list) or not 1 <= len(wanted) <= 100:
        raise bad_request("can't parse message identifiers: expected an Array of 1-100 numbers")
    for message_id in (call.whole(number, "message identifier") for number in wanted):
        if telegram.messages.find(chat_id, message_id):
            telegram.messages.delete(chat_id, message_id)
    return True


def answer_callback_query(telegram: Telegram, call: Call) -> Answer:
    answer = {"text": call.text("text"), "show_alert": call.flag("show_alert"), "url": call.text("url")}
    telegram.queries.answer(call.text("callback_query_id") or "", answer, telegram.settings.callback_ttl_s)
    return True


def _send(telegram: Telegram, call: Call, chat_id: int, body: dict[str, Any]) -> Answer:
    markup = check_markup(call.structure("reply_markup", "reply keyboard markup"))
    reply = _reply(telegram, call, chat_id)
    telegram.pace(chat_id)
    return telegram.messages.send(chat_id, body, markup=markup, **reply)


def _reply(telegram: Telegram, call: Call, chat_id: int) -> dict[str, Any]:
    parameters = call.structure("reply_parameters", "reply parameters")
    if parameters is None and (old := call.integer("reply_to_message_id")):
        parameters = {"message_id": old, "allow_sending_without_reply": call.flag("allow_sending_without_reply")}
    if not isinstance(parameters, dict) or parameters.get("message_id") is None:
        return {}
    message_id = call.whole(parameters["message_id"], "reply parameters")
    lenient = bool(parameters.get("allow_sending_without_reply"))
    return telegram.messages.reply_target(chat_id, message_id, lenient=lenient)


def _target(telegram: Telegram, call: Call) -> tuple[int, int | None]:
    if call.text("inline_message_id"):
        raise bad_request("MESSAGE_ID_INVALID")  # the sandbox has no inline mode
    chat_id = telegram.reachable(call.chat_id)
    message_id = call.integer("message_id")
    if not message_id:
        raise bad_request("message identifier is not specified")
    return chat_id, message_id


def _edit(
    telegram: Telegram, chat_id: int, message_id: int | None, changes: dict[str, Any], drop: tuple[str, ...]
) -> Answer:
    telegram.pace(chat_id)
    return telegram.messages.edit(chat_id, message_id, changes, drop)


def _caption(call: Call) -> Text | None:
    entities = call.structure("caption_entities", "caption entities")
    return read_caption(call.text("caption"), call.text("parse_mode"), entities)


def _inline(call: Call) -> dict[str, Any] | None:
    return check_inline(call.structure("reply_markup", "reply keyboard markup"))
