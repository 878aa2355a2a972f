"""A stage for stories: the sandbox as one process, the bot as another, and a person between them."""

import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import requests

from bot.sandbox.globus.collections import Collection
from bot.sandbox.globus.identities import ADA as ADA_AT_GLOBUS, CLIENTS, NATIVE_CLIENT
from bot.sandbox.person import Browser, ConsentPage, NotDone, Person
from bot.sandbox.slack.workspace import ADA, EMBARGO, GRACE, LAB_DATA, RANDOM
from tests.stories.forking import FORKS, Fork

Json = dict[str, Any]

__all__ = ["ADA", "EMBARGO", "GRACE", "LAB_DATA", "NATIVE_CLIENT", "RANDOM", "Stage", "staged"]

IMPATIENT: Final = {"GLOBUS_SDK_HTTP_TIMEOUT": "2", "UNCLEAR_LOOKS": "0.3,1,2.5"}
"""So that a story about a lost answer takes seconds; the last look is later than the time limit."""

CREATE: Final = "POST /v2/timer"

PATIENCE: Final = 60
"""Seconds that a story waits for what is on its way, on a machine that does much else."""


class Stage:
    """One sandbox and, once it is started, one bot. `output` is everything that the bot logged."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        self.folder = folder
        self.settings = settings
        self.slack_url = settings["SLACK_API_URL"].removesuffix("/api/")
        self.globus_url = settings["GLOBUS_SDK_SERVICE_URL_AUTH"].rstrip("/")
        self.ada = Person(self.slack_url, ADA)
        self.grace = Person(self.slack_url, GRACE)
        self.browser = Browser()
        self._log = folder / "bot.log"
        self._bot: Fork | None = None

    @property
    def output(self) -> str:
        """Everything that the bot logged, over all its starts."""
        return self._log.read_text()

    # The bot

    def start_bot(self, **settings: str) -> None:
        """Start the bot and wait until it is connected."""
        before = self._connections()
        self.settings.update(settings)
        given = {key: value for key, value in self.settings.items() if value}
        self._bot = FORKS.start(
            "run", folder=self.folder, environment=_environment() | IMPATIENT | given, output=self._log
        )
        self._until_ready(before)

    def kill_bot(self) -> None:
        """Kill the bot as a power cut would."""
        assert self._bot
        self._bot.send_signal(signal.SIGKILL)
        self._bot.wait()
        self._bot = None

    def restart_bot(self) -> None:
        """Stop the bot, and start it again on the same database."""
        self.stop_bot()
        self.start_bot()

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run another of the bot's commands beside it, another bot too; gives how it ended."""
        given = {name: value for name, value in self.settings.items() if value}
        return FORKS.run(*words, folder=self.folder, environment=_environment() | given)

    def run_command(self, *words: str) -> None:
        """Run another of the bot's commands beside it, which has to succeed."""
        done = self.command(*words)
        assert done.returncode == 0, done.stdout

    def stop_bot(self) -> int | None:
        """Ask the bot to stop; gives its exit code."""
        if self._bot is None:
            return None
        self._bot.terminate()
        try:
            return self._bot.wait(20)
        finally:
            self._bot.kill()
            self._bot = None

    def _until_ready(self, connections: int) -> None:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            assert self._bot
            assert self._bot.poll() is None, self.output
            if self._is_up(connections):
                return
            time.sleep(0.05)
        raise AssertionError(f"the bot did not connect: {self.output}")

    def _is_up(self, connections: int) -> bool:
        if self.settings.get("SLACK_APP_TOKEN") and self._connections() <= connections:
            return False
        return self._listens() if self._has_face() else True

    def _has_face(self) -> bool:
        return bool(self.settings.get("PUBLIC_URL")) or not self.settings.get("SLACK_APP_TOKEN")

    def _connections(self) -> int:
        state: Json = requests.get(f"{self.slack_url}/sandbox/state", timeout=10).json()
        return int(state["connections"])

    def _listens(self) -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{self.settings['PORT']}/readyz", timeout=1).ok
        except requests.ConnectionError:
            return False

    # What a person does

    def schedule(
        self, source: Collection, destination: Collection, person: Person | None = None, **fields: object
    ) -> Json:
        """Fill in the form and send it; gives what came back. Fields that are not given get good values."""
        self.open_form(person)
        return self.fill_and_submit(source, destination, person, **fields)

    def open_form(self, person: Person | None = None) -> None:
        (person or self.ada).command(channel_id=LAB_DATA)

    def fill_and_submit(
        self, source: Collection, destination: Collection, person: Person | None = None, **fields: object
    ) -> Json:
        self.fill_in(source, destination, person, **fields)
        return (person or self.ada).submit()

    def fill_in(
        self, source: Collection, destination: Collection, person: Person | None = None, **fields: object
    ) -> None:
        person = person or self.ada
        person.choose("source_collection", source.id)
        person.choose("destination_collection", destination.id)
        filled = {"source_path": "/data/run-001/", "destination_path": "/archive/run-001/"} | fields
        for name in sorted(filled, key=list(_ORDER).index):
            person.fill(name, filled[name])

    def sign_in_page(self, person: Person | None = None) -> ConsentPage:
        """Follow the sign-in link of the view on top."""
        return self.browser.open(self.sign_in_address(person))

    def sign_in_address(self, person: Person | None = None) -> str:
        person = person or self.ada
        self.wait(lambda: has(person.top(), "sign_in"), "the sign-in link", person)
        address: str = person.press("sign_in")["url"]
        return address

    def sign_in(
        self,
        *,
        decline: tuple[str, ...] = (),
        person: Person | None = None,
        identity: str = ADA_AT_GLOBUS.username,
    ) -> ConsentPage:
        """Sign in by the link of the view on top, and paste the code; gives the page that asked."""
        person = person or self.ada
        page = self.sign_in_page(person)
        self.paste(self.browser.allow(page, identity=identity, decline=decline), person)
        self.wait(lambda: "Linked as" in words(person.top()), "the account to be linked", person)
        person.close()
        return page

    def paste(self, code: str, person: Person | None = None) -> None:
        person = person or self.ada
        person.press("open_paste_code")
        person.fill("code", code)
        person.submit()

    def link_account(self, person: Person | None = None, *, identity: str = ADA_AT_GLOBUS.username) -> None:
        """Link a person's account from the Home tab, and leave no view open."""
        person = person or self.ada
        person.open_home()
        self.wait(lambda: has(person.home(), "home_connect"), "the Home tab", person)
        person.press_at_home("home_connect")
        self.sign_in(person=person, identity=identity)
        for _ in person.views():
            person.close()

    def sign_in_by(self, message: Json, *, channel_id: str | None = None) -> ConsentPage:
        """Sign in by the link of a message, and wait until the account is linked."""
        page = self.browser.open(self.ada.press_in_message(message, "sign_in", channel_id=channel_id)["url"])
        code = self.browser.allow(page, identity=ADA_AT_GLOBUS.username)
        self.ada.press_in_message(message, "open_paste_code", channel_id=channel_id)
        self.ada.fill("code", code)
        self.ada.submit()
        self.shown("Linked as")
        self.ada.close()
        return page

    def redeliver_submission(self, *, times: int) -> None:
        """Let Slack deliver the last form that was sent again, and again."""
        [*_, last] = [one for one in self._deliveries() if one["payload"].get("type") == "view_submission"]
        for _ in range(times):
            answer = requests.post(
                f"{self.slack_url}/sandbox/redeliver", json={"number": last["number"]}, timeout=10
            )
            assert answer.ok, answer.text

    # What can be seen

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the bot's database."""
        with closing(sqlite3.connect(self.folder / "transferbot.db")) as database:
            return database.execute(query).fetchall()

    def integrity(self) -> str:
        """Give what SQLite says of the whole file."""
        [(verdict,)] = self.ask("PRAGMA integrity_check")
        return str(verdict)

    def announcements(self, channel_id: str = LAB_DATA) -> list[Json]:
        return [one for one in self.ada.messages(channel_id) if "Job ID" in words(one)]

    def announced(self, count: int = 1, channel_id: str = LAB_DATA) -> list[Json]:
        """Wait until so many timers were announced, and give the announcements."""
        self.wait(lambda: len(self.announcements(channel_id)) >= count, f"{count} announcements")
        return self.announcements(channel_id)

    def told(self, sentence: str, person: Person | None = None) -> Json:
        """Wait for a direct message that says this."""
        person = person or self.ada
        found: Json = self.wait(
            lambda: next((one for one in person.direct_messages() if sentence in words(one)), None),
            f"to be told: {sentence}",
            person,
        )
        return found

    def shown(self, sentence: str, person: Person | None = None) -> Json:
        """Wait until the view on top says this."""
        person = person or self.ada
        self.wait(lambda: sentence in words(person.top()), f"the view to say: {sentence}", person)
        return person.top()

    def timers(self) -> list[Json]:
        """Give every timer at Globus, however it came there."""
        found: list[Json] = requests.get(f"{self.globus_url}/sandbox/timers", timeout=10).json()["timers"]
        return found

    def wait(self, look: Callable[[], Any], what: str, person: Person | None = None) -> Any:  # noqa: ANN401 - whatever was looked for
        try:
            return (person or self.ada).wait_for(look, what, seconds=PATIENCE)
        except NotDone as problem:
            seen = [words(view) for view in (person or self.ada).views()]
            raise AssertionError(
                f"{problem}; the views say {seen}; the bot logged: {self.output}"
            ) from problem

    # Faults

    def globus_fault(self, fault: str, *, method: str = CREATE, **more: object) -> None:
        answer = requests.post(
            f"{self.globus_url}/sandbox/faults", json={"method": method, "fault": fault} | more, timeout=10
        )
        assert answer.ok, answer.text

    def slack_fault(self, fault: str, *, method: str, **more: object) -> None:
        answer = requests.post(
            f"{self.slack_url}/sandbox/faults", json={"method": method, "fault": fault} | more, timeout=10
        )
        assert answer.ok, answer.text

    def at_globus(self, lever: str, **body: object) -> Json:
        """Use one of the pretend Globus's levers; gives what it answered."""
        answer = requests.post(f"{self.globus_url}/sandbox/{lever}", json=body, timeout=30)
        assert answer.ok, answer.text
        found: Json = answer.json()
        return found

    def clear_slack_faults(self) -> None:
        requests.delete(f"{self.slack_url}/sandbox/faults", timeout=10).raise_for_status()

    def clear_globus_faults(self) -> None:
        requests.delete(f"{self.globus_url}/sandbox/faults", timeout=10).raise_for_status()

    def write_file(self, collection: Collection, path: str) -> None:
        """Put a file into a collection, with the folders above it."""
        place = {"collection_id": collection.id, "path": path}
        requests.post(f"{self.globus_url}/sandbox/write_file", json=place, timeout=10).raise_for_status()

    def globus_traffic(self, after: int = 0) -> list[Json]:
        """Give the calls that reached Globus after a number, oldest first, whatever became of them."""
        answer = requests.get(
            f"{self.globus_url}/sandbox/traffic", params={"after": after}, timeout=10
        ).json()
        return [entry for entry in answer["traffic"] if entry["kind"] == "call"]

    def live_tokens(self, username: str) -> list[str]:
        """Give a person's tokens at Globus that count."""
        asked = requests.get(f"{self.globus_url}/sandbox/secrets", params={"username": username}, timeout=10)
        found: list[str] = asked.json()["secrets"]
        return found

    def globus_calls(self, method: str = CREATE) -> int:
        """Count the calls of a kind that reached Globus, whatever became of them."""
        traffic = requests.get(f"{self.globus_url}/sandbox/traffic", timeout=10).json()["traffic"]
        return sum(entry.get("method") == method for entry in traffic)

    def trigger_ids_and_response_urls(self) -> set[str]:
        """Give the short-lived secrets that Slack handed to the bot."""
        given = [
            one["payload"].get(name) for one in self._deliveries() for name in ("trigger_id", "response_url")
        ]
        return {secret for secret in given if secret}

    def _deliveries(self) -> list[Json]:
        traffic = requests.get(f"{self.slack_url}/sandbox/traffic", timeout=10).json()["traffic"]
        return [entry for entry in traffic if entry["kind"] == "delivery"]


_ORDER: Final = (
    "source_path",
    "destination_path",
    "name",
    "repeat",
    "interval",
    "start",
    "end",
    "end_runs",
    "end_date",
    "sync_level",
    "options",
    "filters",
    "announce_in",
)
"""A choice that brings fields comes before them."""


@contextmanager
def staged(folder: Path, *options: str) -> Iterator[Stage]:
    """Run a sandbox, and whatever bot the story starts, until the block ends; `options` are the sandbox's."""
    said = folder / "sandbox.log"
    process = FORKS.start("sandbox", *options, folder=folder, environment=_environment(), output=said)
    try:
        stage = Stage(folder, _settings(process, said))
        try:
            yield stage
        finally:
            stage.stop_bot()
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT)  # writes down where it hangs
            process.wait()
            raise


def words(shown: Json) -> str:
    """Give all text that a view or a message shows."""
    return " ".join(_texts(shown))


def has(shown: Json, action_id: str) -> bool:
    return any(
        element.get("action_id") == action_id
        for block in shown["blocks"]
        for element in block.get("elements", ())
    )


def secret_client(client_id: str) -> str:
    return next(client.secret or "" for client in CLIENTS if client.client_id == client_id)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, one in value.items():
            if key == "text" and isinstance(one, str):
                yield one
            else:
                yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)


def _settings(process: Fork, said: Path) -> dict[str, str]:
    """Read the settings that the sandbox prints, up to its first comment."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        lines = said.read_text().splitlines() if said.exists() else []
        settings = dict(line.partition("=")[::2] for line in lines if not line.startswith("#"))
        if len(settings) < len(lines):
            return settings
        time.sleep(0.01)
    raise AssertionError("the sandbox did not say its settings")


def _environment() -> dict[str, str]:
    """Give this process's environment without anything that would point a bot elsewhere."""
    foreign = ("SLACK_", "GLOBUS_", "TRANSFERBOT_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}  # noqa: TID251 - handed on, not read
    return kept | {"NO_PROXY": "127.0.0.1", "PYTHONFAULTHANDLER": "1"}


def free_port() -> str:
    """Give a port below those that systems give to connections that go out, which would take it meanwhile."""
    while True:
        try:
            with socket.create_server(("127.0.0.1", 20_000 + secrets.randbelow(12_000))) as listening:
                return str(listening.getsockname()[1])
        except OSError:
            continue
