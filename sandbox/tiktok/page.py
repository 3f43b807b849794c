"""The HTML that creators see at tiktok.com, made for a phone."""

from html import escape
from typing import Any

from aiohttp import web

from sandbox.tiktok.directory import ALWAYS_GRANTED, SCOPES

_STYLE = """
*{box-sizing:border-box}
body{margin:0;background:#f1f1f2;color:#161823;font:16px/1.5 system-ui,sans-serif}
main{max-width:26rem;margin:0 auto;padding:1.5rem;background:#fff;min-height:100vh}
@media(min-width:30rem){main{margin:2rem auto;min-height:0;border-radius:1rem}}
h1{font-size:1.5rem;font-weight:700;line-height:1.25;margin:.5rem 0 1rem}
h2{font-size:1rem;font-weight:600;margin:1.5rem 0 .5rem}
.brand{color:#75767b;font-size:.875rem}
label{display:flex;gap:.75rem;align-items:center;padding:.75rem;border:1px solid #e3e3e4;border-radius:.5rem;
margin-bottom:.5rem;min-height:3rem;cursor:pointer}
label:has(:checked){border-color:#161823;background:#f8f8f8}
input{width:1.25rem;height:1.25rem;flex:none;accent-color:#ea284e}
small{display:block;color:#5f6066}
.choice{display:flex;gap:.75rem;margin-top:1.5rem}
button{flex:1;min-height:3rem;border-radius:.5rem;border:1px solid #d0d1d3;background:#fff;color:#161823;font:inherit;
font-weight:600;cursor:pointer}
button.yes{background:#d4213f;border-color:#d4213f;color:#fff}
.note{margin-top:1.5rem;color:#5f6066;font-size:.8125rem}
code{word-break:break-all}
"""
_NOTE = "This is the sandbox on your own machine. Nothing here reaches TikTok, and no real account is touched."


def consent(action: str, creators: list[dict[str, Any]], scopes: list[str]) -> web.Response:
    """Which creator, which permissions, yes or no."""
    return _html(
        "Authorize Content Fabric",
        "<h1>Content Fabric would like to access your TikTok account</h1>"
        f'<form method="post" action="{escape(action)}"><h2>Who are you?</h2>{_creators(creators)}'
        f"<h2>It may</h2>{_scopes(scopes)}"
        '<div class="choice"><button name="decision" value="deny">Cancel</button>'
        '<button class="yes" name="decision" value="allow">Continue</button></div></form>',
    )


def refused(code: str, text: str) -> web.Response:
    """TikTok's own error page: no redirect, for the request can't be trusted."""
    return _html(
        "Something went wrong",
        f"<h1>Something went wrong</h1><p>{escape(text)}</p><p><code>{escape(code)}</code></p>",
        status=400,
    )


def _html(title: str, body: str, *, status: int = 200) -> web.Response:
    text = (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style><main>"
        f'<div class="brand">TikTok · sandbox</div>{body}<p class="note">{_NOTE}</p></main></html>'
    )
    return web.Response(text=text, status=status, content_type="text/html")


def _creators(creators: list[dict[str, Any]]) -> str:
    return "".join(
        f'<label><input type="radio" name="creator" value="{escape(creator["id"])}"{" checked" if at == 0 else ""}>'
        f"<span>{escape(creator['nickname'])}<small>@{escape(creator['username'])} · "
        f"{'private' if creator['is_private'] else 'public'} account</small></span></label>"
        for at, creator in enumerate(creators)
    )


def _scopes(scopes: list[str]) -> str:
    return "".join(
        f'<label><input type="checkbox" name="scope" value="{escape(scope)}" checked'
        f"{' disabled' if scope == ALWAYS_GRANTED else ''}>"
        f"<span>{escape(SCOPES[scope])}<small>{escape(scope)}</small></span></label>"
        for scope in scopes
    )
