"""`transferbot check` over real wires: all is well, and each thing that can be wrong gets its line."""

import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import pytest
from typing_extensions import override

from bot.sandbox.slack.workspace import Credentials
from bot.store.connecting import wal_is_safe
from bot.storing import now
from tests.stories.forking import FORKS
from tests.stories.stage import Stage, _environment, free_port, staged

ROOT: Final = Path(__file__).parents[2]

Settings = dict[str, str]
Break = Callable[[Settings, Path], object]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One sandbox for all, since nothing is changed in it."""
    with staged(tmp_path_factory.mktemp("sandbox")) as stage:
        yield stage


@pytest.fixture
def given(sandbox: Stage) -> Settings:
    return dict(sandbox.settings)


class Checked:
    """What `transferbot check` said."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        given = {name: value for name, value in settings.items() if value}
        done = FORKS.run("check", folder=folder, environment=_environment() | given)
        self.code, self.text = done.returncode, done.stdout
        self.lines = done.stdout.splitlines()

    def bad(self) -> list[str]:
        return [line for line in self.lines if not line.startswith("ok")]


def test_all_is_well_before_the_first_start(given: Settings, tmp_path: Path) -> None:
    checked = Checked(given, tmp_path)

    assert checked.bad() == []
    assert checked.code == 0
    assert list(tmp_path.iterdir()) == []


def test_all_is_well_beside_a_bot_that_runs_with_a_public_address(empty_stage: Stage) -> None:
    port, credentials = free_port(), Credentials()
    empty_stage.start_bot()
    empty_stage.link_account()
    empty_stage.stop_bot()
    empty_stage.start_bot(
        PUBLIC_URL=f"http://127.0.0.1:{port}",
        PORT=port,
        SLACK_CLIENT_ID=credentials.client_id,
        SLACK_CLIENT_SECRET=credentials.client_secret,
    )

    checked = Checked(empty_stage.settings, empty_stage.folder)

    assert checked.bad() == []
    assert checked.code == 0
    assert f"a transferbot answers at http://127.0.0.1:{port}" in checked.text
    assert re.search(r"opens all [1-9]\d* sealed values", checked.text)
    assert "its ID and secret are right" in checked.text


def test_every_line_begins_with_a_verdict_and_what_is_wrong_has_a_remedy(
    given: Settings, tmp_path: Path
) -> None:
    checked = Checked(given | {"SLACK_BOT_TOKEN": "xoxb-wrong", "PORT": "x"}, tmp_path)

    assert checked.bad()
    assert all(re.match(r"(ok|warning|problem) ", line) for line in checked.lines)
    assert all("  — " in line for line in checked.bad())


def put(**settings: str) -> Break:
    return lambda given, _: given.update(settings)


def a_dotenv(text: str, mode: int) -> Break:
    def write(_: Settings, folder: Path) -> None:
        (folder / ".env").write_text(text)
        (folder / ".env").chmod(mode)

    return write


def a_manifest(old: str, new: str) -> Break:
    def write(_: Settings, folder: Path) -> None:
        text = (ROOT / "manifest.yml").read_text()
        assert old in text
        (folder / "manifest.yml").write_text(text.replace(old, new))

    return write


def a_file(name: str, content: str) -> Break:
    return lambda _, folder: (folder / name).write_text(content)


def a_key_for_all(_: Settings, folder: Path) -> None:
    key = folder / "transferbot.db.key"
    key.write_text("A" * 43 + "=\n")
    key.chmod(0o644)


def a_newer_database(_: Settings, folder: Path) -> None:
    key = folder / "transferbot.db.key"
    key.touch(mode=0o600)
    key.write_text("A" * 43 + "=\n")
    database = sqlite3.connect(folder / "transferbot.db")
    database.execute("CREATE TABLE _sqlite_migrations (migration_set, name, applied_at)")
    database.execute("INSERT INTO _sqlite_migrations VALUES ('transferbot', 'm999_tomorrow', '')")
    database.commit()
    database.close()


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        (put(GLOBUS_CLIENT_ID=""), "problem  Settings: set GLOBUS_CLIENT_ID"),
        (put(PORT="x"), "problem  Settings: PORT is a number from 0 to 65535"),
        (put(SLACK_BOT_TOKENS="x"), "warning  Settings: SLACK_BOT_TOKENS .* Did you mean SLACK_BOT_TOKEN?"),
        (
            a_dotenv("DATABASE_URI=x\n", 0o600),
            "warning  Settings: DATABASE_URI .* Did you mean DATABASE_URL?",
        ),
        (a_dotenv("", 0o644), r"problem  Settings: \.env can be read by others"),
        (
            put(GLOBUS_SDK_SERVICE_URL_TIMERS="http://x"),
            "problem  Globus: GLOBUS_SDK_SERVICE_URL_TIMERS is not read",
        ),
        (put(GLOBUS_SDK_SERVICE_URL_TIMER=""), "warning  Globus: some services .* timer https://"),
        (put(GLOBUS_SDK_VERIFY_SSL="false"), "problem  Globus: certificates are not checked"),
        (put(TRANSFERBOT_KEYS="short"), "problem  Keys: Sealing key 1 is not 32 bytes"),
        (a_key_for_all, "problem  Keys: .* can be read by others .*chmod 600"),
        (a_file("transferbot.db", ""), "problem  Keys: .* exists, but its key file"),
        (a_file("transferbot.db", "no database " * 999), "problem  Database: .* cannot be read"),
        (a_newer_database, "problem  Database: written by a newer transferbot"),
        (put(DATABASE_URL="sqlite:////dev/null/x.db"), "problem  Database: nothing can be made in /dev/null"),
        (put(DATABASE_URL="sqlite:////proc/self/x.db"), "problem  Disk: 0.0 GiB free for /proc"),
        (
            a_manifest("/schedule-transfer\n", "/transfer\n"),
            "problem  Manifest: the command /schedule-transfer is missing",
        ),
        (
            a_manifest("      - app_home_opened", "      - app_mention"),
            "problem  Manifest: the event app_home_opened is",
        ),
        (
            a_manifest("      - users:read", "      - users:write"),
            "problem  Manifest: the scope users:read is missing",
        ),
        (a_file("manifest.yml", "features: ["), "problem  Manifest: .* cannot be read"),
        (put(SLACK_BOT_TOKEN="xoxb-nobodys"), "problem  Slack bot token: refused, invalid_auth"),
        (put(SLACK_APP_TOKEN="xapp-nobodys"), "problem  Slack app token: refused"),
        (put(SLACK_CLIENT_ID="1.1", SLACK_CLIENT_SECRET="x"), "problem  Slack app: SLACK_CLIENT_ID is wrong"),
        (
            put(SLACK_CLIENT_ID=Credentials().client_id, SLACK_CLIENT_SECRET="x"),
            "problem  Slack app: SLACK_CLIENT_SECRET",
        ),
        (
            put(SLACK_API_URL="http://127.0.0.1:9/api/"),
            "problem  Slack: not reached at http://127.0.0.1:9/api/",
        ),
        (put(GLOBUS_CLIENT_SECRET="wrong"), "problem  Globus app: its ID or secret is refused with 401"),
        (
            put(GLOBUS_SDK_SERVICE_URL_AUTH="http://127.0.0.1:9"),
            "problem  Globus: not reached at http://127.0.0.1:9",
        ),
        (put(GLOBUS_SDK_SERVICE_URL_TRANSFER="http://127.0.0.1:9"), "problem  Globus search: not reached"),
        (
            put(GLOBUS_CLIENT_ID="4a71fe00-5a4d-4b0f-8b07-00000000000f"),
            "problem  Globus redirect URL: .* no sign-in page",
        ),
        (
            put(PUBLIC_URL="https://127.0.0.1:9", SLACK_CLIENT_ID="1.1", SLACK_CLIENT_SECRET="x"),
            "problem  Globus redirect URL: .* https://127.0.0.1:9/globus/callback",
        ),
        (
            put(PUBLIC_URL="https://127.0.0.1:9", SLACK_CLIENT_ID="1.1", SLACK_CLIENT_SECRET="x"),
            "warning  Public address: no transferbot answers at https://127.0.0.1:9",
        ),
        (
            put(SLACK_APP_TOKEN="", HOST="192.0.2.1"),
            "problem  Port: 192.0.2.1:3000 cannot be used",
        ),
    ],
    ids=lambda value: re.sub(r"[^\w ]", "", value)[9:60] if isinstance(value, str) else "",
)
def test_what_is_wrong_gets_its_line(given: Settings, tmp_path: Path, spoil: Break, line: str) -> None:
    spoil(given, tmp_path)

    checked = Checked(given, tmp_path)

    assert any(re.match(line, one) for one in checked.bad()), checked.text
    assert checked.code == (1 if any(one.startswith("problem") for one in checked.lines) else 0)


@pytest.mark.skipif(wal_is_safe(sqlite3.sqlite_version_info), reason="Python's own SQLite is a good one here")
def test_an_sqlite_that_loses_commits_is_told_of(given: Settings, tmp_path: Path) -> None:
    (tmp_path / "pysqlite3.py").write_text("raise ImportError('as where there is no wheel')")

    # A process of its own, which loads what it finds; copies have loaded the good one.
    done = subprocess.run(
        [sys.executable, "-m", "bot", "check"],
        cwd=tmp_path,
        env=_environment()
        | {name: value for name, value in given.items() if value}
        | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert re.search(r"^warning  SQLite: 3\.\d+\.\d+ has the WAL-reset bug", done.stdout, re.MULTILINE)
    assert done.returncode == 0


def test_a_port_that_something_else_has_is_named(given: Settings, tmp_path: Path) -> None:
    with answering() as url:
        port = url.rpartition(":")[2]
        checked = Checked(given | {"SLACK_APP_TOKEN": "", "PORT": port}, tmp_path)

    assert f"problem  Port: 127.0.0.1:{port} cannot be used: Address already in use" in checked.text


def test_a_scope_that_was_not_granted_is_named_with_what_it_is_for(given: Settings, tmp_path: Path) -> None:
    with answering(
        {"X-OAuth-Scopes": "commands,chat:write,users:read,links:read,links:write,channels:read,groups:read"}
    ) as url:
        checked = Checked(given | {"SLACK_API_URL": f"{url}/api/"}, tmp_path)

    [line] = [one for one in checked.lines if "files:write" in one]
    assert line.startswith("problem  Slack scopes: files:write is missing: no chart")
    assert "reinstall" in line


@pytest.mark.parametrize(("minutes", "verdict"), [(2, "warning"), (-2, "warning"), (6, "problem")])
def test_a_clock_that_is_off_is_noticed(given: Settings, tmp_path: Path, minutes: int, verdict: str) -> None:
    with answering({"Date": format_datetime(now() - timedelta(minutes=minutes), usegmt=True)}) as url:
        checked = Checked(given | {"SLACK_API_URL": f"{url}/api/"}, tmp_path)

    direction = "ahead of" if minutes > 0 else "behind"
    assert re.search(rf"^{verdict} +Clock: \d+ s {direction} Slack's", checked.text, re.MULTILINE)


def test_a_key_that_does_not_open_everything_is_told_of(stage: Stage) -> None:
    stage.link_account()
    stage.stop_bot()
    key = stage.folder / "transferbot.db.key"
    shutil.copy(key, stage.folder / "right.key")
    key.write_text("A" * 43 + "=\n")

    checked = Checked(stage.settings, stage.folder)

    assert re.search("problem  Keys: A secret in .* was sealed with a key that is not listed", checked.text)
    assert checked.code == 1


def test_without_a_network_each_check_ends_in_a_line(given: Settings, tmp_path: Path) -> None:
    with silent() as url:
        here = {name: f"{url}/api/" for name in given if name.endswith("_URL") or "SERVICE_URL" in name}
        checked = Checked(given | here, tmp_path)

    subjects = ("Slack bot token", "Slack app token", "Globus app", "Globus redirect URL")
    told = "\n".join(checked.bad())
    assert checked.code == 1 or "no answer in time" in told
    assert told.count("not reached") + told.count("no answer in time") + told.count(
        "could not be asked"
    ) >= len(subjects)


def test_no_secret_is_printed(given: Settings, tmp_path: Path) -> None:
    credentials = Credentials()
    given |= {"SLACK_CLIENT_ID": "1.1", "SLACK_CLIENT_SECRET": credentials.client_secret}
    given |= {"TRANSFERBOT_KEYS": "B" * 43 + "=", "PORT": given["SLACK_SIGNING_SECRET"]}
    secrets = [value for name, value in given.items() if name.endswith(("_TOKEN", "_SECRET", "_KEYS"))]

    for broken in ({}, {"SLACK_BOT_TOKEN": "xoxb-planted-1"}, {"SLACK_API_URL": "http://127.0.0.1:9/api/"}):
        checked = Checked(given | broken, tmp_path)
        assert len(secrets) == 6
        assert [one for one in [*secrets, "xoxb-planted-1"] if one in checked.text] == []


class answering:  # noqa: N801 - it reads as a sentence where it is used
    """A Slack that agrees to everything, with headers of its own; gives its address."""

    def __init__(self, headers: dict[str, str] | None = None) -> None:
        extra = headers or {}

        class Agree(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                body = b'{"ok": true, "url": "wss://x", "user": "bot", "team": "Lab"}'
                self.send_response_only(200)
                for name, value in {"Content-Type": "application/json", **extra}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            @override
            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Agree)

    def __enter__(self) -> str:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class silent:  # noqa: N801 - as above
    """Somebody who takes connections and never answers."""

    def __enter__(self) -> str:
        self._listening = socket.create_server(("127.0.0.1", 0))
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self._listening.close()
