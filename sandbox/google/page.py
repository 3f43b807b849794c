"""The HTML that people see at accounts.google.com, made for a phone."""

from collections.abc import Mapping
from html import escape
from typing import Any

from aiohttp import web

from sandbox.google.directory import SCOPES

_STYLE = """
*{box-sizing:border-box}
body{margin:0;background:#f0f4f9;color:#1f1f1f;font:16px/1.5 system-ui,sans-serif}
main{max-width:26rem;margin:0 auto;padding:1.5rem;background:#fff;min-height:100vh}
@media(min-width:30rem){main{margin:2rem auto;min-height:0;border-radius:1.5rem}}
h1{font-size:1.5rem;font-weight:500;line-height:1.25;margin:.5rem 0 1rem}
h2{font-size:1rem;font-weight:600;margin:1.5rem 0 .5rem}
.brand{color:#5f6368;font-size:.875rem}
label{display:flex;gap:.75rem;align-items:center;padding:.75rem;border:1px solid #dadce0;border-radius:.75rem;
margin-bottom:.5rem;min-height:3rem;cursor:pointer}
label:has(:checked){border-color:#0b57d0;background:#f3f7fe}
input[type=radio],input[type=checkbox]{width:1.25rem;height:1.25rem;flex:none;accent-color:#0b57d0}
input[type=text]{width:100%;padding:.75rem;font:inherit;font-size:1.25rem;letter-spacing:.1em;text-transform:uppercase;
border:1px solid #747775;border-radius:.5rem}
small{display:block;color:#5f6368}
.choice{display:flex;gap:.75rem;margin-top:1.5rem}
button{flex:1;min-height:3rem;border-radius:1.5rem;border:1px solid #747775;background:#fff;color:#0b57d0;font:inherit;
font-weight:500;cursor:pointer}
button.yes{background:#0b57d0;border-color:#0b57d0;color:#fff}
.note{margin-top:1.5rem;color:#5f6368;font-size:.8125rem}
code{word-break:break-all}
"""
_NOTE = "This is the sandbox on your own machine. Nothing here reaches Google, and no real account is touched."


def _html(title: str, body: str, *, status: int = 200) -> web.Response:
    text = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style><main>"
        f'<div class="brand">Sign in · sandbox</div>{body}<p class="note">{_NOTE}</p></main></html>'
    )
    return web.Response(text=text, status=status, content_type="text/html")


def consent(action: str, query: Mapping[str, str], channels: list[dict[str, Any]], scopes: list[str]) -> web.Response:
    """Which channel, which permissions, yes or no."""
    return _html(
        "Choose a channel",
        f"<h1>Content Fabric wants to use a YouTube channel</h1><div><small>{escape(query['client_id'])}</small></div>"
        f'<form method="post" action="{escape(action)}">{_channels(channels)}<h2>It may</h2>{_scopes(scopes)}'
        f"{_buttons()}</form>",
    )


def device(channels: list[dict[str, Any]], user_code: str, scopes: list[str], sentence: str = "") -> web.Response:
    """Type the code that the device shows."""
    told = f"<p>{escape(sentence)}</p>" if sentence else ""
    asked = f"<h2>It may</h2>{_scopes(scopes)}" if scopes else ""
    return _html(
        "Connect a device",
        f'<h1>Connect a device</h1>{told}<form method="post"><h2>The code it shows</h2>'
        f'<input type="text" name="user_code" value="{escape(user_code)}" autocomplete="off" required>'
        f"{_channels(channels)}{asked}{_buttons()}</form>",
    )


def told(sentence: str) -> web.Response:
    """One sentence."""
    return _html(sentence, f"<h1>{escape(sentence)}</h1>")


def refused(status: int, code: str, text: str) -> web.Response:
    """Google's own error page: no redirect, for the request can't be trusted."""
    return _html(
        f"Error {status}: {code}",
        f"<h1>Access blocked: the request is invalid</h1><p>{escape(text)}</p>"
        f"<p><code>Error {status}: {escape(code)}</code></p>",
        status=status,
    )


def _channels(channels: list[dict[str, Any]]) -> str:
    rows = [
        f'<label><input type="radio" name="channel" value="{escape(channel["id"])}"{" checked" if first else ""}>'
        f"<span>{escape(channel['title'])}<small>{escape(channel['handle'])} · {escape(channel['email'])}</small>"
        "</span></label>"
        for first, channel in ((index == 0, channel) for index, channel in enumerate(channels))
    ]
    return f"<h2>Which channel?</h2>{''.join(rows)}"


def _scopes(scopes: list[str]) -> str:
    return "".join(
        f'<label><input type="checkbox" name="scope" value="{escape(scope)}" checked>'
        f"<span>{escape(SCOPES.get(scope, scope))}<small>{escape(scope.rsplit('/', 1)[-1])}</small></span></label>"
        for scope in scopes
    )


def _buttons() -> str:
    return (
        '<div class="choice"><button name="decision" value="deny">Deny</button>'
        '<button class="yes" name="decision" value="allow">Allow</button></div>'
    )
