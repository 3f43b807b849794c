"""Which function answers which method of the Bot API. Names are matched without regard to case, as Telegram does."""

from collections.abc import Awaitable, Callable
from typing import Any

from sandbox.telegram import account, sending
from sandbox.telegram.call import Call
from sandbox.telegram.errors import unknown_method
from sandbox.telegram.telegram import Telegram

Method = Callable[[Telegram, Call], Any | Awaitable[Any]]

_DESCRIPTION = account.OwnText("description", 512)
_SHORT_DESCRIPTION = account.OwnText("short_description", 120)
_NAME = account.OwnText("name", 64, "Content Fabric")

METHODS: dict[str, Method] = {
    "getMe": account.get_me,
    "logOut": account.leave,
    "close": account.leave,
    "getUpdates": account.get_updates,
    "setWebhook": account.set_webhook,
    "deleteWebhook": account.delete_webhook,
    "getWebhookInfo": account.get_webhook_info,
    "getFile": account.get_file,
    "getChat": account.get_chat,
    "getChatMember": account.get_chat_member,
    "setMyCommands": account.set_my_commands,
    "getMyCommands": account.get_my_commands,
    "deleteMyCommands": account.delete_my_commands,
    "setMyDescription": _DESCRIPTION.set,
    "getMyDescription": _DESCRIPTION.get,
    "setMyShortDescription": _SHORT_DESCRIPTION.set,
    "getMyShortDescription": _SHORT_DESCRIPTION.get,
    "setMyName": _NAME.set,
    "getMyName": _NAME.get,
    "setChatMenuButton": account.set_menu_button,
    "getChatMenuButton": account.get_menu_button,
    "sendMessage": sending.send_message,
    "sendVideo": sending.media_sender("video"),
    "sendAnimation": sending.media_sender("animation"),
    "sendAudio": sending.media_sender("audio"),
    "sendVoice": sending.media_sender("voice"),
    "sendDocument": sending.media_sender("document"),
    "sendPhoto": sending.media_sender("photo"),
    "sendMediaGroup": sending.send_media_group,
    "sendChatAction": sending.send_chat_action,
    "editMessageText": sending.edit_text,
    "editMessageCaption": sending.edit_caption,
    "editMessageReplyMarkup": sending.edit_markup,
    "editMessageMedia": sending.edit_media,
    "deleteMessage": sending.delete_message,
    "deleteMessages": sending.delete_messages,
    "answerCallbackQuery": sending.answer_callback_query,
}
_BY_LOWER_NAME = {name.lower(): name for name in METHODS}


def find_method(name: str) -> str:
    """The method's own spelling; raises 404."""
    found = _BY_LOWER_NAME.get(name.lower())
    if found is None:
        raise unknown_method()
    return found
