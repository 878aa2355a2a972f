"""The other workspaces of the sandbox: a neighbour on its own, and two that belong to one enterprise.

The app is installed in none of them until somebody does so.
"""

from dataclasses import replace
from typing import Final

from bot.sandbox.slack.workspace import (
    ADA,
    NEIGHBOUR_TEAM,
    PARTNERS,
    TEAM_ID,
    Bot,
    Channel,
    Enterprise,
    Person,
    Workspace,
)

NAMESAKE: Final = ADA
"""Somebody in the neighbour's workspace who has Ada's user ID there."""
ROSALIND: Final = "U0ROSALI01"
CRYO_DATA: Final = "C0CRYODAT1"

ENTERPRISE_ID: Final = "E0CONSORT1"
OBSERVATORY_TEAM: Final = "T0OBSERVA1"
ARCHIVE_TEAM: Final = "T0ARCHIVE1"
VERA: Final = "U0VERA0001"
"""Somebody who is in both workspaces of the enterprise, under one user ID."""
HENRIETTA: Final = "U0HENRIET1"
SKY_DATA: Final = "C0SKYDATA1"
PLATES: Final = "C0PLATES01"

_CONSORTIUM: Final = Enterprise(ENTERPRISE_ID, "Sandbox Consortium", "sandbox-consortium")
_LONDON: Final = ("Europe/London", "Greenwich Mean Time", "British Summer Time")
_PACIFIC: Final = ("America/Los_Angeles", "Pacific Standard Time", "Pacific Daylight Time")
_EASTERN: Final = ("America/New_York", "Eastern Standard Time", "Eastern Daylight Time")


def neighbours() -> tuple[Workspace, ...]:
    """Give the other workspaces as they are at the start."""
    return (_neighbour(), *_enterprise())


def _neighbour() -> Workspace:
    people = (
        Person(NAMESAKE, "adam", "Adam Lovett", *_LONDON, team_id=NEIGHBOUR_TEAM),
        Person(ROSALIND, "rosalind", "Rosalind Franklin", *_LONDON, team_id=NEIGHBOUR_TEAM),
    )
    everybody = {person.id for person in people}
    channels = (
        Channel(CRYO_DATA, "cryo-data", set(everybody)),
        Channel(PARTNERS, "partner-data", set(everybody), connected=(TEAM_ID,)),
    )
    return Workspace(
        people={person.id: person for person in people},
        channels={channel.id: channel for channel in channels},
        id=NEIGHBOUR_TEAM,
        name="Neighbour Institute",
        domain="neighbour-institute",
        bot=Bot("U0BOT00002", "B0BOT00002"),
        direct_prefix="D2",
    )


def _enterprise() -> tuple[Workspace, ...]:
    vera = Person(VERA, "vera", "Vera Rubin", *_PACIFIC)
    henrietta = Person(HENRIETTA, "henrietta", "Henrietta Leavitt", *_EASTERN)
    return (
        _division(OBSERVATORY_TEAM, "Observatory", Channel(SKY_DATA, "sky-data", {VERA}), vera),
        _division(
            ARCHIVE_TEAM, "Plate Archive", Channel(PLATES, "plates", {VERA, HENRIETTA}), vera, henrietta
        ),
    )


def _division(team_id: str, name: str, channel: Channel, *people: Person) -> Workspace:
    """Build a workspace of the enterprise; the app's bot user is the same in all of them."""
    return Workspace(
        people={person.id: replace(person, team_id=team_id) for person in people},
        channels={channel.id: channel},
        id=team_id,
        name=name,
        domain=name.lower().replace(" ", "-"),
        bot=Bot("U0BOT00003", "B0BOT00003"),
        enterprise=_CONSORTIUM,
        direct_prefix="D3",
    )
