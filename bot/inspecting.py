"""`transferbot check`: everything that a start needs, looked over before it, or beside a bot that runs."""

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Final

from bot import settings
from bot.examining import Examination, Finding, ok, problem, warning
from bot.globus.clients import Registration
from bot.globus.examining import MISSPELT, GlobusExamination, addresses
from bot.installing import Installation
from bot.secret import Secret
from bot.serving import join
from bot.setting_list import SETTINGS
from bot.settings import Settings
from bot.slack.app import Listen
from bot.slack.examining import SlackExamination, manifest
from bot.store import examining as store
from bot.store.opening import need_driver
from bot.storing import now
from bot.web import examining as web
from bot.web.linking import CALLBACK

MANIFEST: Final = "manifest.yml"

LIKENESS: Final = 0.8
"""How alike two names are, of 1, where one is taken for the other misspelt."""


def examinations(environ: Mapping[str, str]) -> Sequence[Examination]:
    """Give everything to look at, in the order in which it is told. `environ` is what the bot is given."""
    given, problems = settings.read_leniently(environ)
    return [
        Examination("Settings", partial(_settings, environ, problems)),
        *_of_the_database(given),
        Examination("Manifest", partial(_manifest, given)),
        *_of_slack(given),
        *_of_globus(given, environ),
        *_of_the_face(given),
    ]


def _settings(environ: Mapping[str, str], problems: Sequence[str]) -> Iterator[Finding]:
    for what in problems:
        yield problem(f"Settings: {what}", "Set it in the environment or in .env in this folder.")
    for name in settings.strangers(environ):
        if name == MISSPELT:
            continue  # told of with what it does
        meant = get_close_matches(name, [setting.name for setting in SETTINGS], n=1, cutoff=LIKENESS)
        remedy = f"Did you mean {meant[0]}?" if meant else "Remove it if it was meant for the bot."
        yield warning(f"Settings: {name} is set, and the bot does not read it", remedy)
    if _readable_by_others(Path(".env")):
        yield problem("Settings: .env can be read by others", "Run `chmod 600 .env`.")
    set_here = [setting.name for setting in SETTINGS if environ.get(setting.name, "").strip()]
    yield ok(f"Settings: {', '.join(set_here) or 'none'} set, all others as by default")


def _readable_by_others(dotenv: Path) -> bool:
    return dotenv.exists() and bool(dotenv.stat().st_mode & 0o077)


def _manifest(given: Settings) -> Iterator[Finding]:
    installed = Path(sys.prefix) / "share" / "transferbot" / MANIFEST
    beside = (Path(MANIFEST), Path(__file__).parents[1] / MANIFEST, installed)
    path = next((one for one in beside if one.exists()), None)
    with tempfile.TemporaryDirectory(prefix="transferbot-check-") as folder, ExitStack() as closing:
        yield from manifest(path, listens(given, Path(folder), closing))


def listens(given: Settings, folder: Path, closing: ExitStack) -> Listen:
    """Give what a bot of this version listens to, by building one that is not started."""
    token = Secret("xoxb-nobody")
    harmless = replace(given, database=folder / "check.db", keys=None, slack_bot_token=token)
    only = Installation("T", "", token, "", "", now())
    return join(harmless, only=only, closing=closing).listens


def _of_the_database(given: Settings) -> Iterator[Examination]:
    where = given.database
    if isinstance(where, Path):
        yield Examination("Keys", partial(store.keys, where, given.keys))
        yield Examination("Database", partial(store.database, where))
        yield Examination("Disk", partial(store.space, where))
        yield Examination("SQLite", store.sqlite)
        return

    def server(of: str) -> Iterator[Finding]:
        need_driver()
        from bot.store.postgresql import examining as there  # noqa: PLC0415 - an extra

        return there.keys(where, given.keys) if of == "keys" else there.database(where)

    yield Examination("Keys", lambda: server("keys"))
    yield Examination("Database", lambda: server("database"))


def _of_slack(given: Settings) -> Iterator[Examination]:
    asking = SlackExamination(api_url=given.slack_api_url, clock=now)
    if given.slack_bot_token:
        yield Examination("Slack bot token", partial(asking.bot_token, given.slack_bot_token))
    if given.slack_app_token:
        yield Examination("Slack app token", partial(asking.app_token, given.slack_app_token))
    if given.slack_client_id and given.slack_client_secret:
        yield Examination("Slack app", partial(asking.app, given.slack_client_id, given.slack_client_secret))


def _of_globus(given: Settings, environ: Mapping[str, str]) -> Iterator[Examination]:
    yield Examination("Globus", partial(addresses, environ))
    if not given.globus_client_id:
        return
    redirect_uri = given.public_url + CALLBACK if given.public_url else ""

    def asking() -> GlobusExamination:
        registration = Registration(given.globus_client_id, given.globus_client_secret)
        return GlobusExamination(registration, redirect_uri=redirect_uri, clock=now)

    yield Examination("Globus app", lambda: asking().app())
    yield Examination("Globus redirect URL", lambda: asking().redirect())


def _of_the_face(given: Settings) -> Iterator[Examination]:
    if given.public_url or not given.slack_app_token:
        yield Examination("Port", partial(web.port, given.host, given.port))
    if given.public_url:
        yield Examination("Public address", partial(web.public_url, given.public_url))
