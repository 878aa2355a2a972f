"""The pretend Globus as one object: its parts, built and joined."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

from bot.sandbox.chance import Chance
from bot.sandbox.doors import Doors
from bot.sandbox.faults import Faults
from bot.sandbox.globus.codes import Codes
from bot.sandbox.globus.consents import Consents
from bot.sandbox.globus.files import Files
from bot.sandbox.globus.grants import Grants
from bot.sandbox.globus.id_tokens import IdTokens
from bot.sandbox.globus.sessions import Sessions
from bot.sandbox.globus.tasks import Tasks
from bot.sandbox.globus.timers import Timers
from bot.sandbox.traffic import Traffic


@dataclass
class Globus:
    """Everything the sandbox's Globus knows; all of it is touched from one event loop only.

    `origin` is the address under which it was last called, like `http://127.0.0.1:8000`. `redirect_uris` are
    registered for every app, on top of its own. `closed` are the identities of people who left Globus.
    `doors` leads to the pretend Slack.
    """

    clock: Callable[[], float]
    faults: Faults
    traffic: Traffic
    consents: Consents
    grants: Grants
    codes: Codes
    sessions: Sessions
    id_tokens: IdTokens
    files: Files
    tasks: Tasks
    timers: Timers
    redirect_uris: frozenset[str] = frozenset()
    origin: str = ""
    closed: set[str] = field(default_factory=set)
    doors: Doors = field(default_factory=Doors)

    @classmethod
    def build(
        cls,
        clock: Callable[[], float],
        files: Path,
        *,
        signing_clock: Callable[[], float] | None = None,
        redirect_uris: Collection[str] = (),
        chance: Chance | None = None,
        doors: Doors | None = None,
    ) -> "Globus":
        """Build all parts around one clock and one folder, in which each collection gets its own.

        `signing_clock` gives the times in ID tokens, and the time of whoever makes a timer; otherwise `clock`
        does. `chance` gives identifiers and tokens, `doors` where the pretend Slack is.
        """
        chance = chance or Chance()
        consents = Consents(clock)
        grants = Grants(clock, consents, chance)
        kept = Files(files)
        traffic = Traffic(clock)
        sessions = Sessions(clock)
        tasks = Tasks(clock, kept, consents, sessions, chance, changed=traffic.touch)
        return cls(
            clock=clock,
            faults=Faults(),
            traffic=traffic,
            consents=consents,
            grants=grants,
            codes=Codes(clock, grants, chance),
            sessions=sessions,
            id_tokens=IdTokens(signing_clock or clock),
            files=kept,
            tasks=tasks,
            timers=Timers(
                clock,
                tasks,
                consents,
                chance,
                senders_clock=signing_clock or clock,
                changed=traffic.touch,
            ),
            redirect_uris=frozenset(redirect_uris),
            doors=doors or Doors(),
        )
