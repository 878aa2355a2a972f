"""The command line."""

import asyncio
import sys
from datetime import datetime

import click

from bot.operating import COMMANDS, configured, sentence
from bot.setting_list import SETTINGS

PORT = click.option(
    "--port", default=0, show_default=True, help="Where the pretend Slack listens; 0 is any free port."
)


@click.group()
def main() -> None:
    """Schedule recurring Globus transfers from Slack."""


@main.command()
def run() -> None:
    """Run the bot: over Socket Mode if SLACK_APP_TOKEN is set, otherwise over HTTP."""
    from bot.serving import serve  # noqa: PLC0415 - no other command loads the whole bot

    sentence(lambda: asyncio.run(serve(configured())))


@main.command()
@click.option(
    "--tour", is_flag=True, help="Play the whole main job as a person would, print each step, and end."
)
@PORT
def demo(*, tour: bool, port: int) -> None:
    """Try the bot against a pretend Slack and a pretend Globus on this machine."""
    from bot.sandbox.demo import demonstrate  # noqa: PLC0415 - the bot runs without loading the sandbox

    hidden = {one.name for one in SETTINGS} - {"LOG_LEVEL", "LOG_FORMAT"}
    sys.exit(demonstrate(tour=tour, port=port, say=click.echo, hidden=hidden))


@main.command("sandbox")
@PORT
@click.option(
    "--globus-port",
    default=0,
    show_default=True,
    help="Where the pretend Globus listens; 0 is any free port.",
)
@click.option("--seed", type=int, help="Give the same IDs, codes and tokens in every run with this number.")
@click.option(
    "--clock",
    type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z"]),
    help="Begin at this moment, like 2026-11-26T08:00:00Z, and go on from there; otherwise at the present.",
)
def sandbox_command(*, port: int, globus_port: int, seed: int | None, clock: datetime | None) -> None:
    """Serve only the pretend Slack and Globus, and print the settings that point a bot at them."""
    from bot.sandbox.demo import offer  # noqa: PLC0415 - the bot runs without loading the sandbox

    start = clock.timestamp() if clock else None
    offer(port=port, globus_port=globus_port, seed=seed, start=start, say=click.echo)


for command in COMMANDS:
    main.add_command(command)


if __name__ == "__main__":
    main()
