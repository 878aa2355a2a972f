"""The server and its keys, looked over beside the bots that may be running on it. Nothing is changed."""

from collections.abc import Iterator
from typing import Final

from bot.examining import Finding, ok, problem
from bot.store.examining import open_everything
from bot.store.migrations import known_steps
from bot.store.postgresql.connecting import Opened, Translating, Unreachable, connected
from bot.store.postgresql.database import OLDEST_SERVER
from bot.store.postgresql.living import HELD
from bot.store.postgresql.migrations import applied
from bot.store.vault import Vault, read_keys

_MAY_CREATE: Final = "SELECT has_schema_privilege(current_schema(), 'CREATE') AS may"


def keys(url: str, given: str | None) -> Iterator[Finding]:
    """Say whether the sealing keys can be read, and open everything in the database."""
    if not given:
        yield problem("Keys: none", "Set TRANSFERBOT_KEYS: `transferbot keys new` makes one.")
        return
    vault = Vault(read_keys(given))
    try:
        with connected(url) as opened:
            count = open_everything(Translating(opened), vault) if applied(opened) else 0
    except Unreachable:
        yield ok("Keys: TRANSFERBOT_KEYS can be read")  # what is wrong with the database is told with it
        return
    yield ok(f"Keys: TRANSFERBOT_KEYS opens all {count} sealed values")


def database(url: str) -> Iterator[Finding]:
    """Say whether the server can be reached, is recent, and what its schema is."""
    with connected(url) as opened:
        yield from _server(opened)


def _server(opened: Opened) -> Iterator[Finding]:
    version = opened.info.parameter_status("server_version")
    if opened.info.server_version < OLDEST_SERVER:
        yield problem(f"Database: PostgreSQL {version} is too old", "Use version 13 or newer.")
        return
    done, known = applied(opened), known_steps()
    if done - known:
        yield problem("Database: written by a newer transferbot", "Update transferbot, or restore a backup.")
    elif known - done:
        row = opened.execute(_MAY_CREATE).fetchone()
        if not (row and row["may"]):
            yield problem("Database: its user may not make tables", "Let the user own the database.")
            return
        yield ok(f"Database: PostgreSQL {version}; the next start brings its schema up to date")
    else:
        [row] = opened.execute(HELD.encode()).fetchall()
        yield ok(
            f"Database: PostgreSQL {version}, its schema is {max(done)}, bots running on it: {row['held']}"
        )
