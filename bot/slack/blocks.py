"""Block Kit, as far as the bot draws with it, within Slack's limits (https://docs.slack.dev/reference/block-kit/)."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

Block = dict[str, Any]
View = dict[str, Any]

SECTION_TEXT: Final = 3000
BUTTON_TEXT: Final = 75
BUTTON_URL: Final = 3000
OPTION_TEXT: Final = 75
VIEW_TITLE: Final = 24
CONTEXT_ELEMENTS: Final = 10


_EDGE: Final = re.compile(r"(?<![^\W_])[_~]|[_~](?![^\W_])")
"""Where these are marks; between letters, as in run_001, they are none."""

_TURNS: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""What makes text run the other way, even beyond its own end (https://unicode.org/reports/tr9/)."""

_LOOK_ALIKES: Final = {"_": "\N{MODIFIER LETTER LOW MACRON}", "~": "\N{TILDE OPERATOR}"}


def escape(text: str) -> str:
    """Make text from outside harmless in mrkdwn: no mention, link or emphasis can be written with it.

    Marks are shown as characters that look like them.
    """
    unmarked = _EDGE.sub(lambda found: _LOOK_ALIKES[found[0]], text)
    return _unlinked(unmarked.replace("*", "\N{ASTERISK OPERATOR}"))


def _unlinked(text: str) -> str:
    text = _TURNS.sub("\N{REPLACEMENT CHARACTER}", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def code(text: str) -> str:
    """Show text as it is, such as a path or an ID; a backtick would end it and is shown as a prime."""
    return "`" + _unlinked(text).replace("`", "\N{MODIFIER LETTER PRIME}") + "`"


def bold(text: str) -> str:
    """Show text in bold."""
    return f"*{escape(text)}*"


def moment(at: datetime) -> str:
    """Show a moment in each reader's own time zone, and in UTC where that cannot be done."""
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} at {{time}}|{in_utc(at)}>"


def in_utc(at: datetime) -> str:
    """Write a moment in UTC, where a reader's own time zone is not known."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def shortened(text: str, most: int) -> str:
    """Cut text that is too long for its place, and show that it was cut."""
    return text if len(text) <= most else text[: most - 1] + "…"


def plain(text: str, most: int) -> Block:
    """Plain text, cut to fit."""
    return {"type": "plain_text", "text": shortened(text, most), "emoji": True}


def section(text: str) -> Block:
    """A paragraph of mrkdwn."""
    return {"type": "section", "text": _mrkdwn(text)}


def context(*texts: str) -> Block:
    """Small print in mrkdwn."""
    return {"type": "context", "elements": [_mrkdwn(text) for text in texts[:CONTEXT_ELEMENTS]]}


def _mrkdwn(text: str) -> Block:
    """Text in which Slack makes links and mentions only of what is marked as such.

    https://docs.slack.dev/reference/block-kit/composition-objects/text-object
    """
    return {"type": "mrkdwn", "text": shortened(text, SECTION_TEXT), "verbatim": True}


def actions(*elements: Block) -> Block:
    """A row of buttons."""
    return {"type": "actions", "elements": list(elements)}


def button(
    text: str, action_id: str, *, value: str = "", url: str = "", primary: bool = False, danger: bool = False
) -> Block:
    """A button, which leads somewhere if it has a URL. One too long for Slack is refused with ValueError."""
    if len(url) > BUTTON_URL:
        raise ValueError("the address is too long for a button")
    drawn: Block = {"type": "button", "action_id": action_id, "text": plain(text, BUTTON_TEXT)}
    if value:
        drawn["value"] = value
    if url:
        drawn["url"] = url
    if primary or danger:
        drawn["style"] = "primary" if primary else "danger"
    return drawn


def confirmation(title: str, text: str) -> Block:
    """What a button has that deletes: Slack asks about it before it tells the bot."""
    return {
        "confirm": {
            "title": plain(title, 100),
            "text": plain(text, 300),
            "confirm": plain("Delete", 30),
            "deny": plain("Keep it", 30),
            "style": "danger",
        }
    }


def option(text: str, value: str, *, description: str = "") -> Block:
    """One choice of a list."""
    drawn: Block = {"text": plain(text, OPTION_TEXT), "value": value}
    if description:
        drawn["description"] = plain(description, OPTION_TEXT)
    return drawn


def field(
    name: str,
    label: str,
    element: Mapping[str, Any],
    *,
    hint: str = "",
    optional: bool = False,
    redraws: bool = False,
) -> Block:
    """An input whose block_id and action_id are both its name; `redraws` tells the bot of each change."""
    drawn: Block = {
        "type": "input",
        "block_id": name,
        "label": {"type": "plain_text", "text": label},
        "element": {"action_id": name, **element},
        "optional": optional,
    }
    if hint:
        drawn["hint"] = {"type": "plain_text", "text": hint}
    if redraws:
        drawn["dispatch_action"] = True
    return drawn


def modal(
    callback_id: str,
    title: str,
    blocks: Sequence[Block],
    *,
    metadata: str = "",
    submit: str = "",
    close: str = "Close",
    tell_when_closed: bool = False,
) -> View:
    """A modal; `metadata` comes back with everything that is done in it."""
    drawn: View = {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain(title, VIEW_TITLE),
        "close": plain(close, VIEW_TITLE),
        "blocks": list(blocks),
        "private_metadata": metadata,
        "notify_on_close": tell_when_closed,
    }
    if submit:
        drawn["submit"] = plain(submit, VIEW_TITLE)
    return drawn
