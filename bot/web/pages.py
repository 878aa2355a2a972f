"""The pages that a browser meets on its way: without scripts, whole in themselves, readable on a phone."""

import base64
import hashlib
from html import escape
from typing import Final

from starlette.responses import HTMLResponse

_STYLE: Final = """
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 3rem auto; padding: 0 1rem;
       color: #1d2733; background: #fff }
h1 { font-size: 1.4rem }
dl { display: grid; grid-template-columns: auto 1fr; gap: .4rem 1rem; margin: 1.5rem 0 }
dt, .note { color: #4a5868 }
dd { margin: 0; font-weight: 600 }
.note { font-size: .9rem }
button { font: inherit; padding: .6rem 1.4rem; border: 0; border-radius: .4rem; background: #25427a;
         color: #fff; cursor: pointer }
button:focus-visible { outline: 3px solid #8fb0ef }
@media (prefers-color-scheme: dark) {
  body { background: #14181d; color: #e8edf2 }
  dt, .note { color: #a9b4c0 }
  button { background: #3a62b3 }
}
"""
STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
"""By which the content security policy knows the one style that is ours."""

_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body><main>
<h1>{title}</h1>
{body}
</main></body>
</html>
"""
_QUESTION: Final = """<p>The bot will move files with your Globus account when you ask it to in Slack.</p>
<dl>
<dt>Slack</dt><dd>{name} in {team_name}</dd>
<dt>Globus</dt><dd>{globus}</dd>
</dl>
<form method="post" action="{action}">{inputs}<button>Go on to Globus</button></form>
<p class="note">Go on only if you asked for this in Slack yourself. If somebody sent you this link, close the
page.</p>"""


def page(title: str, *sentences: str, status: int = 200) -> HTMLResponse:
    """Draw a page of plain sentences."""
    return _drawn(title, "\n".join(f"<p>{escape(one)}</p>" for one in sentences if one), status)


def question(
    *, action: str, name: str, team_name: str, linked_as: str, hidden: dict[str, str]
) -> HTMLResponse:
    """Ask whether to join a Slack user and a Globus account, both named as far as they are known."""
    inputs = "".join(
        f'<input type="hidden" name="{escape(key)}" value="{escape(value)}">' for key, value in hidden.items()
    )
    body = _QUESTION.format(
        name=escape(name),
        team_name=escape(team_name),
        globus=escape(linked_as) or "the account that you sign in with next",
        action=escape(action),
        inputs=inputs,
    )
    return _drawn("Link Slack and Globus?", body, 200)


def _drawn(title: str, body: str, status: int) -> HTMLResponse:
    return HTMLResponse(_PAGE.format(title=escape(title), style=_STYLE, body=body), status_code=status)
