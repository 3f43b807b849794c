"""Which parameters each method knows (Bot API 10.3): an unknown one is ignored, but noted in the log."""

_ROUTE = "business_connection_id message_thread_id direct_messages_topic_id"
_MANNER = "disable_notification protect_content allow_paid_broadcast message_effect_id reply_parameters"
_OLD = "allow_sending_without_reply reply_to_message_id"
_SEND = f"chat_id {_ROUTE} {_MANNER} {_OLD} suggested_post_parameters reply_markup ephemeral_message_parameters"
_SEND += " receiver_user_id callback_query_id"
_CAPTION = "caption parse_mode caption_entities"
_OVER = "show_caption_above_media has_spoiler"
_EDIT = "business_connection_id chat_id message_id inline_message_id reply_markup"
_FRAME = "duration width height thumbnail"

_KNOWN = {
    "getMe": "",
    "logOut": "",
    "close": "",
    "getUpdates": "offset limit timeout allowed_updates",
    "setWebhook": "url certificate ip_address max_connections allowed_updates drop_pending_updates secret_token",
    "deleteWebhook": "drop_pending_updates",
    "getWebhookInfo": "",
    "sendMessage": f"{_SEND} text parse_mode entities link_preview_options disable_web_page_preview",
    "sendVideo": f"{_SEND} video {_CAPTION} {_OVER} {_FRAME} cover start_timestamp supports_streaming",
    "sendAnimation": f"{_SEND} animation {_CAPTION} {_OVER} {_FRAME}",
    "sendAudio": f"{_SEND} audio {_CAPTION} duration performer title thumbnail",
    "sendVoice": f"{_SEND} voice {_CAPTION} duration",
    "sendDocument": f"{_SEND} document {_CAPTION} thumbnail disable_content_type_detection",
    "sendPhoto": f"{_SEND} photo {_CAPTION} {_OVER}",
    "sendMediaGroup": f"chat_id media {_ROUTE} {_MANNER} {_OLD}",
    "sendChatAction": "chat_id action business_connection_id message_thread_id",
    "editMessageText": f"{_EDIT} text parse_mode entities link_preview_options rich_message disable_web_page_preview",
    "editMessageCaption": f"{_EDIT} {_CAPTION} show_caption_above_media",
    "editMessageReplyMarkup": _EDIT,
    "editMessageMedia": f"{_EDIT} media",
    "deleteMessage": "chat_id message_id",
    "deleteMessages": "chat_id message_ids",
    "answerCallbackQuery": "callback_query_id text show_alert url cache_time",
    "getFile": "file_id",
    "setMyCommands": "commands scope language_code",
    "getMyCommands": "scope language_code",
    "deleteMyCommands": "scope language_code",
    "setMyDescription": "description language_code",
    "getMyDescription": "language_code",
    "setMyShortDescription": "short_description language_code",
    "getMyShortDescription": "language_code",
    "setMyName": "name language_code",
    "getMyName": "language_code",
    "setChatMenuButton": "chat_id menu_button",
    "getChatMenuButton": "chat_id",
    "getChat": "chat_id",
    "getChatMember": "chat_id user_id",
}

KNOWN_PARAMETERS: dict[str, frozenset[str]] = {name: frozenset(words.split()) for name, words in _KNOWN.items()}
