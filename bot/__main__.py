"""The command line."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import click

from bot import logs, settings
from bot.errors import Problem
from bot.serving import serve
from bot.settings import Settings
from bot.store.backup import back_up
from bot.store.rotation import rotate
from bot.store.vault import Vault, keys_beside, new_key, read_keys

PORT = click.option(
    "--port", default=0, show_default=True, help="Where the pretend Slack listens; 0 is any free port."
)


@click.group()
def main() -> None:
    """Schedule recurring Globus transfers from Slack."""


@main.command()
def run() -> None:
    """Run the bot: over Socket Mode if SLACK_APP_TOKEN is set, otherwise over HTTP."""
    _sentence(lambda: asyncio.run(serve(_configured())))


@main.command()
@click.option(
    "--tour", is_flag=True, help="Play the whole main job as a person would, print each step, and end."
)
@PORT
def demo(*, tour: bool, port: int) -> None:
    """Try the bot against a pretend Slack and a pretend Globus on this machine."""
    from bot.sandbox.demo import demonstrate  # noqa: PLC0415 - the bot runs without loading the sandbox

    sys.exit(demonstrate(tour=tour, port=port, say=click.echo))


@main.command("sandbox")
@PORT
def sandbox_command(*, port: int) -> None:
    """Serve only the pretend Slack and Globus, and print the settings that point a bot at them."""
    from bot.sandbox.demo import offer  # noqa: PLC0415 - the bot runs without loading the sandbox

    offer(port=port, say=click.echo)


@main.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Copy the database to FILE while the bot runs. Keep the keys elsewhere."""

    def copy() -> None:
        size = back_up(_configured().database, file)
        click.echo(f"{file}: {size:,} bytes, checked. Its secrets are sealed; the keys are not in it.")

    _sentence(copy)


@main.group()
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
        given = _configured()
        listed = read_keys(given.keys) if given.keys else keys_beside(given.database)
        rotated = rotate(given.database, Vault(listed))
        click.echo(f"{rotated.resealed} secrets were sealed anew, {rotated.current} were already.")

    _sentence(reseal)


def _configured() -> Settings:
    environ = settings.environment()
    given = settings.read(environ)
    settings.hand_over(environ)
    logs.configure(log_format=given.log_format, level=given.log_level, secrets=given.secrets)
    return given


def _sentence(command: Callable[[], None]) -> None:
    """Run a command; what stops it is told in a sentence."""
    try:
        command()
    except Problem as problem:
        raise click.ClickException(str(problem)) from problem


if __name__ == "__main__":
    main()
