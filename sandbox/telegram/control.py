"""The Telegram server's own control routes: act as a person, read the chats, turn the limits."""

from dataclasses import asdict
from typing import Any

from aiohttp import web

from sandbox.telegram.call import Call, read_call
from sandbox.telegram.channels import BOT_STATES
from sandbox.telegram.errors import ApiError
from sandbox.telegram.files import Description
from sandbox.telegram.people import bot_user
from sandbox.telegram.person import CannotDoError, Person
from sandbox.telegram.posts import posts_of
from sandbox.telegram.settings import LOCAL_UPLOAD_LIMIT, OPERATOR_ID, BadSettingError, change_settings, load_settings
from sandbox.telegram.telegram import telegram_of
from sandbox.telegram.views import message_view
from sandbox.world import World


def routes(world: World) -> list[web.RouteDef]:
    """Relative to ``/control``."""
    control = _Control(world)
    table = [
        web.get("/telegram/users", control.users),
        web.post("/telegram/users", control.change_user),
        web.get("/telegram/channels", control.channels),
        web.post("/telegram/channels", control.change_channel),
        web.get("/telegram/videos", control.videos),
        web.get("/telegram/chat", control.chat),
        web.get("/telegram/bot", control.bot),
        web.post("/telegram/message", control.message),
        web.delete("/telegram/message", control.delete_message),
        web.post("/telegram/press", control.press),
        web.post("/telegram/block", control.block),
        web.get("/telegram/updates", control.updates),
        web.get("/telegram/settings", control.settings),
        web.post("/telegram/settings", control.change_settings),
        web.get("/telegram/log", control.log),
        web.delete("/telegram/log", control.clear_log),
        web.get("/telegram/file/{file_id}", control.file),
    ]
    return [web.route(route.method, route.path, _polite(route.handler)) for route in table]


def info(world: World) -> dict[str, Any]:
    """For ``/control/info``."""
    telegram = telegram_of(world)
    return {
        "telegram_api_url": f"{world.base_url}/telegram",
        "bot_token": telegram.settings.token,
        "bot": bot_user(),
        "operator_id": OPERATOR_ID,
        "telegram_channels": telegram.channels.all(),
        "users": [person["id"] for person in telegram.people.all()],
    }


def _polite(handler: Any) -> Any:
    """What can't be done is a sentence in JSON, not a stack trace."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            response: web.StreamResponse = await handler(request)
        except KeyError as error:
            return web.json_response({"error": f"there is no {error.args[0]}"}, status=404)
        except ApiError as error:
            return web.json_response({"error": error.description}, status=error.code)
        except (CannotDoError, BadSettingError, ValueError) as error:
            return web.json_response({"error": str(error)}, status=400)
        return response

    return answer


class _Control:
    def __init__(self, world: World) -> None:
        self._world = world
        self._telegram = telegram_of(world)

    async def users(self, _: web.Request) -> web.Response:
        return web.json_response({"users": self._telegram.people.all()})

    async def change_user(self, request: web.Request) -> web.Response:
        """``{"user", "first_name"?, "language_code"?}``: changes a person, or adds one of a new id."""
        call = await self._read(request)
        user_id = _user(call)
        if all(person["id"] != user_id for person in self._telegram.people.all()):
            self._telegram.people.add(user_id, f"User {user_id}", "en")
        changes = {name: call.text(name) for name in ("first_name", "language_code") if call.text(name)}
        person = self._telegram.people.change(user_id, **changes)
        self._world.events.publish("telegram.user", {"chat_id": user_id})
        return web.json_response(person)

    async def channels(self, _: web.Request) -> web.Response:
        return web.json_response({"channels": self._telegram.channels.all()})

    async def change_channel(self, request: web.Request) -> web.Response:
        """``{"id", "title"?, "username"?, "creator"?, "admins"?, "bot"?, "can_post_messages"?}``; a new id adds one."""
        given = (await self._read(request)).given
        known = ("title", "username", "creator", "admins", "bot", "can_post_messages")
        if given.get("bot", "left") not in BOT_STATES:
            raise ValueError(f"bot is one of {', '.join(BOT_STATES)}")
        channel_id = int(given["id"])
        changed = self._telegram.channels.put(channel_id, **{name: given[name] for name in known if name in given})
        return web.json_response(changed)

    async def videos(self, request: web.Request) -> web.Response:
        """What was posted to channels, oldest first; ``?channel=ID``. `id` is the post's path at t.me."""
        lines = posts_of(self._telegram, request.query.get("channel"))
        return web.json_response({"videos": lines})

    async def chat(self, request: web.Request) -> web.Response:
        """``?user=1001&after=0``: the chat as that person sees it."""
        user_id = int(request.query.get("user", OPERATOR_ID))
        after = int(request.query.get("after", 0))
        person = self._telegram.people.get(user_id)
        messages = [message_view(doc) for doc in self._telegram.messages.of_chat(user_id)]
        description = self._world.store.get("telegram.texts", f"description/{person['language_code']}")
        description = description or self._world.store.get("telegram.texts", "description/")
        return web.json_response(
            {
                "user": person,
                "bot": bot_user(),
                "description": description["text"] if description else "",
                "commands": self._telegram.commands.seen_by(user_id, person["language_code"]),
                "messages": [message for message in messages if message["message_id"] > after],
            }
        )

    async def bot(self, _: web.Request) -> web.Response:
        """Whether a bot polls."""
        return web.json_response({**bot_user(), "online": self._telegram.presence.online})

    async def message(self, request: web.Request) -> web.Response:
        """JSON ``{"user", "text", "reply_to"?}``, or multipart with one or more `file` parts and `caption`, `as`, …"""
        call = await self._read(request)
        try:
            person = Person(self._telegram, _user(call))
            if call.uploads:
                said = Description(call.integer("duration"), call.integer("width"), call.integer("height"))
                caption = call.text("caption") or call.text("text") or ""
                uploads = list(call.uploads.values())
                sent = person.send_files(uploads, call.text("as") or "auto", said, caption, call.integer("reply_to"))
            else:
                sent = person.say(call.text("text") or "", call.integer("reply_to"))
        finally:
            for upload in call.uploads.values():
                upload.path.unlink(missing_ok=True)
        docs = [self._telegram.messages.find(person.user_id, message["message_id"]) for message in sent]
        views = [message_view(doc) for doc in docs if doc]
        return web.json_response({"message_id": views[0]["message_id"], "messages": views})

    async def delete_message(self, request: web.Request) -> web.Response:
        """``?user&message_id``: a person deletes a message for both sides; the bot isn't told."""
        user_id = int(request.query.get("user", OPERATOR_ID))
        self._telegram.messages.delete(user_id, int(request.query["message_id"]))
        return web.json_response({"ok": True})

    async def press(self, request: web.Request) -> web.Response:
        """``{"user", "message_id", "callback_data" or "text", "forge"?, "wait_s"?}``."""
        call = await self._read(request)
        person = Person(self._telegram, _user(call))
        message_id = call.integer("message_id") or 0
        data, label = call.text("callback_data"), call.text("text")
        query_id = person.press(message_id, data=data, label=label, forge=call.flag("forge"))
        wait_s = float(call.text("wait_s") or 0)
        answer = await self._telegram.queries.wait(query_id, wait_s) if wait_s else None
        return web.json_response({"callback_query_id": query_id, "answer": answer})

    async def block(self, request: web.Request) -> web.Response:
        """``{"user", "blocked": true}``."""
        call = await self._read(request)
        Person(self._telegram, _user(call)).block(call.flag("blocked"))
        return web.json_response({"ok": True})

    async def updates(self, _: web.Request) -> web.Response:
        """What the bot has not confirmed yet."""
        return web.json_response({"updates": self._telegram.updates.pending()})

    async def settings(self, _: web.Request) -> web.Response:
        return web.json_response(asdict(load_settings(self._world)))

    async def change_settings(self, request: web.Request) -> web.Response:
        return web.json_response(asdict(change_settings(self._world, (await self._read(request)).given)))

    async def log(self, _: web.Request) -> web.Response:
        """The bot's calls (but successful polls), the oldest first, with warnings about unknown parameters."""
        return web.json_response({"calls": list(self._telegram.log)})

    async def clear_log(self, _: web.Request) -> web.Response:
        self._telegram.log.clear()
        return web.json_response({"ok": True})

    async def file(self, request: web.Request) -> web.StreamResponse:
        """The bytes of a file as the chat page plays them (ranges included)."""
        file = self._telegram.files.find(request.match_info["file_id"])
        if file is None:
            raise KeyError("such file")
        headers = {"Content-Type": file["mime_type"], "X-Content-Type-Options": "nosniff"}
        if not file["mime_type"].startswith(("video/", "audio/", "image/")) or "svg" in file["mime_type"]:
            headers["Content-Disposition"] = "attachment"
        return web.FileResponse(self._telegram.files.path_of(file), headers=headers)

    async def _read(self, request: web.Request) -> Call:
        return await read_call("control", request, self._telegram.files, LOCAL_UPLOAD_LIMIT)


def _user(call: Call) -> int:
    return call.integer("user", OPERATOR_ID) or OPERATOR_ID
