"""The HTML that people see at Instagram and at Facebook, made for a phone."""

from html import escape
from typing import Any

from aiohttp import web

from sandbox.instagram.directory import FACEBOOK, INSTAGRAM, PERMISSIONS

_STYLE = """
*{box-sizing:border-box}
body{margin:0;background:#fafafa;color:#1c1e21;font:16px/1.5 system-ui,sans-serif}
main{max-width:26rem;margin:0 auto;padding:1.5rem;background:#fff;min-height:100vh;overflow-wrap:anywhere}
@media(min-width:30rem){main{margin:2rem auto;min-height:0;border-radius:1rem;border:1px solid #dbdbdb}}
h1{font-size:1.375rem;font-weight:600;line-height:1.25;margin:.5rem 0 1rem}
h2{font-size:1rem;font-weight:600;margin:1.5rem 0 .5rem}
.brand{color:#65676b;font-size:.875rem}
label{display:flex;gap:.75rem;align-items:center;padding:.75rem;border:1px solid #dbdbdb;border-radius:.75rem;
margin-bottom:.5rem;min-height:3rem;cursor:pointer}
label:has(:checked){border-color:#0064d1;background:#f0f6fe}
label:has(:disabled){cursor:default}
input{width:1.25rem;height:1.25rem;flex:none;accent-color:#0064d1}
small{display:block;color:#65676b}
.choice{display:flex;gap:.75rem;margin-top:1.5rem}
button{flex:1;min-height:3rem;border-radius:.75rem;border:1px solid #8d949e;background:#fff;color:#0064d1;font:inherit;
font-weight:600;cursor:pointer}
button.yes{background:#0064d1;border-color:#0064d1;color:#fff}
:focus-visible{outline:3px solid #0064d1;outline-offset:2px}
.note{margin-top:1.5rem;color:#65676b;font-size:.8125rem}
"""
_NAME = {INSTAGRAM: "Instagram", FACEBOOK: "Facebook"}


def _html(login: str, title: str, body: str, *, status: int = 200) -> web.Response:
    name = _NAME[login]
    note = f"This is the sandbox on your own machine. Nothing here reaches {name}, and no real account is touched."
    text = (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style><main>"
        f'<div class="brand">{name} · sandbox</div>{body}<p class="note">{note}</p></main></html>'
    )
    return web.Response(text=text, status=status, content_type="text/html")


def consent(action: str, login: str, accounts: list[dict[str, Any]], scopes: list[str]) -> web.Response:
    """Which accounts, which permissions, yes or no."""
    return _html(
        login,
        "Connect an account",
        "<h1>Content Fabric wants to use an Instagram account</h1>"
        f'<form method="post" action="{escape(action)}">{_accounts(login, accounts)}'
        f"<h2>It may</h2>{_scopes(login, scopes)}"
        '<div class="choice"><button name="decision" value="deny">Deny</button>'
        '<button class="yes" name="decision" value="allow">Allow</button></div></form>',
    )


def refused(login: str, sentence: str) -> web.Response:
    """The site's own error page: no redirect, for the request can't be trusted."""
    return _html(login, "Invalid request", f"<h1>Invalid request</h1><p>{escape(sentence)}</p>", status=400)


def _accounts(login: str, accounts: list[dict[str, Any]]) -> str:
    kind = "radio" if login == INSTAGRAM else "checkbox"
    rows = [
        f'<label><input type="{kind}" name="account" value="{escape(account["id"])}"{"" if place else " checked"}>'
        f"<span>{escape(account['name'] or account['username'])}<small>@{escape(account['username'])}"
        f"{'' if login == INSTAGRAM else ' · Page ' + escape(account['page_name'])}</small></span></label>"
        for place, account in enumerate(accounts)
    ]
    return f"<h2>{'Which account?' if login == INSTAGRAM else 'Which accounts?'}</h2>{''.join(rows)}"


def _scopes(login: str, scopes: list[str]) -> str:
    return "".join(
        f'<label><input type="checkbox" name="scope" value="{escape(scope)}" checked'
        f"{' disabled' if scope == 'instagram_business_basic' else ''}>"
        f"<span>{escape(PERMISSIONS[login][scope])}<small>{escape(scope)}</small></span></label>"
        for scope in scopes
    )
