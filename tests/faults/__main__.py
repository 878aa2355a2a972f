"""`python -m tests.faults`: break everything on purpose, and print what stayed whole."""

import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import click

from tests.faults.campaigns import CAMPAIGNS, fight
from tests.faults.table import markdown, plain


@click.command()
@click.option("--full", is_flag=True, help="As often as the documentation says; hours instead of a minute.")
@click.option("--only", multiple=True, type=click.Choice(list(CAMPAIGNS)), help="This row; may be repeated.")
@click.option("--seed", default=1, show_default=True, help="Draws the same moments again.")
@click.option("--jobs", default=2, show_default=True, help="Campaigns at the same time.")
@click.option("--markdown", "is_markdown", is_flag=True, help="Print the table for a page.")
def main(*, full: bool, only: tuple[str, ...], seed: int, jobs: int, is_markdown: bool) -> None:
    """Break the bot on purpose in every way that is known, and print the table; exit 1 if a row is not ok."""
    begun = time.monotonic()
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        names = only or tuple(CAMPAIGNS)
        rows = list(pool.map(fight, names, [full] * len(names), [seed] * len(names)))
    click.echo(markdown(rows) if is_markdown else plain(rows))
    click.echo(f"\n{len(rows)} rows in {time.monotonic() - begun:.0f} s, seed {seed}.")
    for row in rows:
        for name, found in row.bad.items():
            for one in list(found)[:5]:
                click.echo(f"NOT OK  {row.what}: {name}: {one}", err=True)
    sys.exit(0 if all(row.holds for row in rows) else 1)


if __name__ == "__main__":
    main()
