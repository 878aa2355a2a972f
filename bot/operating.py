"""The commands for whoever runs the bot: look it over, and care for what it keeps."""

import csv
import json
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from bot import logs, settings
from bot.accounts import SlackUser
from bot.auditing import Deed
from bot.errors import Problem
from bot.examining import Verdict, examine
from bot.settings import Settings, database_at
from bot.store.auditing import COLUMNS, exported, note_beside
from bot.store.backup import back_up
from bot.store.copying import copy
from bot.store.forgetting import Forgotten, forget
from bot.store.opening import beside
from bot.store.restoring import Verified, restore, verify
from bot.store.rotation import rotate
from bot.store.vault import Vault, keys_there, new_key, read_keys
from bot.storing import file_of, new_id, now, vault_of
from bot.web.asking import asked

FILE: Final = click.Path(dir_okay=False, path_type=Path)


def configured() -> Settings:
    """Read the settings, and send the logs where they say; raises SettingsProblem."""
    environ = settings.environment()
    given = settings.read(environ)
    settings.hand_over(environ)
    logs.configure(log_format=given.log_format, level=given.log_level, secrets=given.secrets)
    return given


def sentence(command: Callable[[], None]) -> None:
    """Run a command; what stops it is told in a sentence."""
    try:
        command()
    except Problem as problem:
        raise click.ClickException(str(problem)) from problem


@click.command()
def check() -> None:
    """Say what is wrong with settings, keys, database, manifest, Slack and Globus, each with its remedy."""
    from bot.inspecting import examinations  # noqa: PLC0415 - it loads the whole bot, as no other does

    environ = settings.environment()
    given, _ = settings.read_leniently(environ)
    settings.hand_over(environ)
    hidden = logs.Redaction(given.secrets)
    logs.configure(log_format=given.log_format, level="ERROR", secrets=given.secrets)
    found = []
    for finding in examine(examinations(environ)):
        found.append(finding.verdict)
        click.echo(hidden.of(str(finding)))
    sys.exit(1 if Verdict.PROBLEM in found else 0)


@click.command()
@click.option("--alive", is_flag=True, help="Ask only whether it lives, not whether it is of use.")
def health(*, alive: bool) -> None:
    """Ask the bot that runs here how it is; the exit code is 1 if it is of no use, or does not answer."""

    def ask() -> None:
        given = configured()
        is_served = given.public_url or not given.slack_app_token
        port = given.port if is_served else given.health_port
        if not port:
            raise Problem("It tells nobody how it is.", "Set HEALTH_PORT.")
        is_well, said = asked(given.host, port, "/healthz" if alive else "/readyz")
        click.echo(said)
        sys.exit(0 if is_well else 1)

    sentence(ask)


@click.command()
@click.argument("file", type=FILE)
def backup(file: Path) -> None:
    """Copy the database to FILE while the bot runs. Keep the keys elsewhere."""

    def copy() -> None:
        size = back_up(file_of(configured()), file)
        click.echo(f"{file}: {size:,} bytes, checked. Its secrets are sealed; the keys are not in it.")

    sentence(copy)


@click.command("restore")
@click.argument("file", type=FILE)
@click.option("--verify", "only_verify", is_flag=True, help="Only read all of FILE and open every secret.")
def restore_command(file: Path, *, only_verify: bool) -> None:
    """Put the backup FILE in the database's place, while no bot runs; what was there is kept aside."""

    def put_back() -> None:
        given = configured()
        to = file_of(given)
        vault = Vault(read_keys(given.keys) if given.keys else keys_there(to))
        if only_verify:
            _tell_of(file, verify(file, vault))
            return
        verified, aside = restore(file, to, vault, at=now())
        _tell_of(file, verified)
        click.echo(f"It is {to} now." + (f" What was there is {aside}." if aside else ""))

    sentence(put_back)


def _tell_of(file: Path, verified: Verified) -> None:
    rows = ", ".join(f"{count} {table}" for table, count in verified.rows.items() if count)
    click.echo(f"{file} is whole: schema {verified.schema}; {rows or 'no rows'}.")
    click.echo(f"All {verified.opened} sealed values open with these keys.")


@click.command("forget")
@click.argument("team")
@click.argument("user")
@click.option(
    "--audit", "with_trail", is_flag=True, help="Put a random name in its place in the audit trail."
)
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget_command(team: str, user: str, *, with_trail: bool, yes: bool) -> None:
    """Forget everything of one person: USER (U…) in TEAM (T…, or E… for an organization)."""

    def let_go() -> None:
        given = configured()
        if not yes:
            click.confirm(f"Forget everything of {user} in {team}?", abort=True)
        vault = vault_of(given)
        with beside(given.database) as database:
            forgotten = forget(
                database,
                vault,
                SlackUser(team, user),
                clock=now,
                new_id=new_id,
                with_trail=with_trail,
            )
        for line in _told(forgotten):
            click.echo(line)

    sentence(let_go)


def _told(forgotten: Forgotten) -> list[str]:
    """Say what went, and what remains and why."""
    rows: Mapping[str, int] = forgotten.rows
    told = [
        "Forgotten: " + (", ".join(f"{count} {table}" for table, count in rows.items()) or "nothing") + "."
    ]
    if forgotten.names:
        told.append(f"{forgotten.names} things of channels and workspaces stay, without their name.")
    if forgotten.is_parting:
        told.append("Remains until Globus confirms: their sealed tokens, which the running bot revokes.")
    if forgotten.under_way:
        told.append(
            f"Remains: {forgotten.under_way} requests under way, each of which may have a timer by now. "
            "Run this again when they are over."
        )
    trail = "under a random name" if forgotten.is_renamed else "with their ID; --audit takes it out"
    told.append(
        f"Remains: {forgotten.trail} rows of the audit trail, {trail}. It is kept for who must account."
    )
    told.append("Not the bot's to delete: their timers at Globus, its messages in Slack, and your backups.")
    return told


@click.command()
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
    help="From this day or moment on, in UTC.",
)
@click.option("--format", "form", type=click.Choice(["csv", "json"]), default="csv", show_default=True)
def audit(*, since: datetime | None, form: str) -> None:
    """Print the audit trail: who linked, created, changed or deleted what, when."""

    def print_trail() -> None:
        with beside(configured().database) as database:
            rows = exported(database, since=since.replace(tzinfo=UTC) if since else None)
            if form == "json":
                for row in rows:
                    click.echo(json.dumps(row))
                return
            writer = csv.DictWriter(sys.stdout, COLUMNS)
            writer.writeheader()
            writer.writerows(rows)

    sentence(print_trail)


@click.group()
def keys() -> None:
    """The keys that seal tokens."""


@keys.command("new")
def keys_new() -> None:
    """Print a new sealing key, for the front of TRANSFERBOT_KEYS."""
    click.echo(new_key())


@keys.command("rotate")
def keys_rotate() -> None:
    """Seal everything anew with the first key listed, while the bot runs; then the others can go."""

    def reseal() -> None:
        given = configured()
        vault = vault_of(given)
        with beside(given.database) as database:
            rotated = rotate(database, vault)
            done = f"{rotated.resealed} secrets were sealed anew, {rotated.current} were already."
            note_beside(database, Deed.KEY_ROTATED, at=now(), detail=done)
        click.echo(done)

    sentence(reseal)


@click.command("copy")
@click.option("--from", "source", metavar="URL", help="sqlite:///… or postgresql://…; else DATABASE_URL.")
@click.option("--to", "target", metavar="URL", help="The same, of a new database; else DATABASE_URL.")
def copy_command(source: str | None, target: str | None) -> None:
    """Copy everything from one database to another, new one, while no bot runs, and compare the two."""

    def move() -> None:
        given = configured()
        ends = [database_at(url) if url else given.database for url in (source, target)]
        if ends[0] == ends[1]:
            raise Problem("Both are the same database.", "Give --from and --to.")
        copied = copy(*ends, at=now())
        for table, found in copied.items():
            if found.rows:
                click.echo(f"{table}: {found.rows:,} rows, sha256 {found.digest[:16]}")
        click.echo(f"All {sum(found.rows for found in copied.values()):,} rows are there, and are the same.")
        click.echo(_next_step(given, ends[1]))

    sentence(move)


def _next_step(given: Settings, target: Path | str) -> str:
    """Say what makes the bot run on the copy; without its keys it could open nothing in it."""
    there = "DATABASE_URL is" if given.database == target else "Set DATABASE_URL to"
    keys = "" if given.keys else ", and TRANSFERBOT_KEYS to what stands in the key file beside the old one"
    return f"Next: {there} the new one{keys}; `transferbot check`; start the bot. Keep the old one a while."


COMMANDS: Final = (check, health, backup, restore_command, copy_command, forget_command, audit, keys)
