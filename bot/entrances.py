"""What somebody types or pastes becomes the beginning of a form: links of the Globus web app, and words."""

import html
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Final
from urllib.parse import SplitResult, parse_qs, urlsplit

from bot.schedule_fields import form_of_words
from bot.wording import NotUnderstood

_LINK: Final = re.compile(r"https?://[^\s<>|\"]+")
_COLLECTION_PAGE: Final = re.compile(r"/file-manager/collections/(?P<id>[0-9a-fA-F-]{36})(?:/|$)")


@dataclass(frozen=True, slots=True)
class Beginning:
    """The fields that a text fills in, and the part of it that was not understood, with the reason."""

    form: Mapping[str, str] = field(default_factory=dict)
    not_understood: str = ""
    reason: str = ""


def read_text(text: str, *, app_hosts: frozenset[str], now: datetime, zone: tzinfo) -> Beginning:
    """Read links and words together: `<link> daily at 02:30`. `app_hosts` are where the web app lives."""
    form = links_in(text, app_hosts=app_hosts)
    written = html.unescape(text)
    words = " ".join(re.sub(r"<?https?://[^\s<>]+>?", " ", written).split())
    if not words:
        return Beginning(form, "" if form else written.strip())
    try:
        fields = form_of_words(words, now=now, zone=zone)
    except NotUnderstood as problem:
        return Beginning(form, words, problem.happened)
    return Beginning(form | {name: value for name, value in fields.items() if value})


def links_in(text: str, *, app_hosts: frozenset[str]) -> dict[str, str]:
    """Give the fields that the web app's links in a text fill in; the first link counts most."""
    form: dict[str, str] = {}
    for link in _LINK.findall(html.unescape(text)):
        form = read_link(link, app_hosts=app_hosts) | form
    return form


def read_link(link: str, *, app_hosts: frozenset[str], side: str = "source") -> dict[str, str]:
    """Give the fields that a link of the web app fills in; none for any other link.

    The file manager's links name an origin and perhaps a destination, each with a path; a collection's own
    page names one collection, which is taken for the `side` given.
    """
    parts = _split(link)
    if parts is None or parts.netloc.lower() not in app_hosts:
        return {}
    page = _COLLECTION_PAGE.match(parts.path)
    if page:
        return _place(side, page["id"], "")
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    origin = _place(side, query.get("origin_id", ""), query.get("origin_path", ""))
    other = "destination" if side == "source" else "source"
    return origin | _place(other, query.get("destination_id", ""), query.get("destination_path", ""))


def path_in_app(link: str, *, app_hosts: frozenset[str]) -> str:
    """Give the path of a link of the web app; empty for any other link."""
    parts = _split(link)
    return parts.path if parts and parts.netloc.lower() in app_hosts else ""


def _split(link: str) -> SplitResult | None:
    try:
        return urlsplit(link)
    except ValueError:
        return None


def _place(side: str, collection_id: str, path: str) -> dict[str, str]:
    try:
        found = {f"{side}_collection": str(uuid.UUID(collection_id))}
    except ValueError:
        return {}
    # The file manager shows folders, and leaves the slash at the end away now and then.
    return found | {f"{side}_path": path.rstrip("/") + "/"} if path else found
