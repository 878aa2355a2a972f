"""Fills a new database: people of the pretend Slack, linked to an identity of the pretend Globus.

    python -m benchmarks.seeding

It reads the bot's own settings, and needs a sandbox.
"""

from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta

from benchmarks.messages import PEOPLE, person
from benchmarks.workspace import TEAM
from bot.accounts import Account, SlackUser
from bot.operating import configured
from bot.sandbox.browser import Browser
from bot.sandbox.globus.identities import ADA
from bot.sign_ins import SignIn
from bot.storing import now
from bot.tending import Tending


def link_everybody(parts: Tending) -> None:
    """Sign in once, and let everybody have what came of it."""
    someone = SignIn("bench", SlackUser(TEAM, person(0)), "v" * 64, now() + timedelta(minutes=9))
    browser = Browser()
    page = browser.open(parts.globus_auth.authorize_url(someone, "bench"))
    code = browser.allow(page, identity=ADA.username)
    grant = parts.globus_auth.exchange(replace(someone, code=code))
    for number in range(PEOPLE):
        account = Account(SlackUser(TEAM, person(number)), grant.identity_id, grant.username)
        parts.accounts.link(account, grant.tokens)


def main() -> None:
    """Do it."""
    with ExitStack() as closing:
        link_everybody(Tending(configured(), only=None, closing=closing))


if __name__ == "__main__":
    main()
