"""Every part of the bot, with what it is made of. A part is built when it is first asked for, and once."""

import random
import secrets
from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any, Final

from bot.accounts import Accounts
from bot.binding import BrowserLinks
from bot.browsing import Browsing
from bot.checking import Checking
from bot.creating import Creating
from bot.disconnecting import Disconnecting
from bot.drafts import Drafts
from bot.folders import Visits
from bot.fulfilling import Fulfilling
from bot.globus.browsing import GlobusCollections
from bot.globus.checking import GlobusConsents, GlobusIntervals, GlobusPaths
from bot.globus.clients import Clients, Patience, Registration, Turns
from bot.globus.creating import GlobusTimers
from bot.globus.disconnecting import GlobusPartings
from bot.globus.folders import GlobusFolders
from bot.globus.linking import GlobusAuth
from bot.globus.unfurling import GlobusPreviews
from bot.installing import Installing
from bot.leaving import Leaving
from bot.linking import Linking
from bot.presets import Presets
from bot.retaining import Retaining
from bot.scheduling import Scheduling
from bot.settling import Settling
from bot.sign_ins import Links
from bot.slack.disconnecting import DisconnectingMessages
from bot.slack.folders import FolderMessages
from bot.slack.fulfilling import RequestMessages
from bot.slack.home import Home
from bot.slack.installing import SlackInstallation
from bot.slack.linking import LinkingMessages
from bot.slack.posting import Poster
from bot.slack.workflows import WorkflowMessages
from bot.slack.zones import Zones
from bot.store.binding import TicketStore
from bot.store.drafts import DraftStore
from bot.store.linking import SignInStore
from bot.store.presets import PresetStore
from bot.storing import Stores, new_id, new_reference
from bot.unfurling import Unfurling
from bot.web.installing import INSTALLED
from bot.web.linking import CALLBACK, START
from bot.workflows import Workflows
from bot.working import Line, Workers

TYPING: Final = Patience(seconds=2.0, repetitions=0)
"""For somebody who is typing: an answer that comes later is an answer to nobody."""

LISTING_SECONDS: Final = 10.0
"""For somebody who looks into a folder, and sees that it takes its time."""

LOOKUPS: Final = 64
"""Eight workers check at the same time, each with about eight calls side by side."""


class Parts(Stores, ABC):
    """The parts of one bot, on top of what it keeps."""

    @cached_property
    def sign_ins(self) -> SignInStore:
        return SignInStore(
            self.database,
            self.vault,
            self.accounts,
            clock=self.clock,
            owner=self.owner,
            wake=self.wake,
        )

    @cached_property
    def tickets(self) -> TicketStore:
        return TicketStore(self.database, clock=self.clock, sign_in=self.sign_ins.find_soon)

    # Globus

    def clients(self, patience: Patience, accounts: Accounts | None = None) -> Clients:
        """Give clients that wait so long, with the tokens of the linked accounts or of others."""
        registration = Registration(self.given.globus_client_id, self.given.globus_client_secret)
        return Clients(
            registration,
            accounts=accounts or self.accounts,
            patience=patience,
            turns=self.turns,
            meter=self.meter,
        )

    @cached_property
    def turns(self) -> Turns:
        return Turns()

    @cached_property
    def patience(self) -> Patience:
        """For workers, whom nobody waits for."""
        return Patience(self.given.globus_timeout, repetitions=1)

    @cached_property
    def patient(self) -> Clients:
        return self.clients(self.patience)

    @cached_property
    def listing(self) -> Clients:
        return self.clients(Patience(min(LISTING_SECONDS, self.given.globus_timeout), repetitions=0))

    @cached_property
    def globus_auth(self) -> GlobusAuth:
        public_url = self.given.public_url
        return GlobusAuth(self.patient, redirect_uri=public_url + CALLBACK if public_url else "")

    # Use cases

    @cached_property
    def links(self) -> Links:
        """Links that begin here where there is a public address, and at Globus where there is none."""
        if not self.given.public_url:
            return self.globus_auth
        return BrowserLinks(tickets=self.tickets, start_url=self.given.public_url + START, clock=self.clock)

    @cached_property
    def linking(self) -> Linking:
        return Linking(
            accounts=self.accounts,
            sign_ins=self.sign_ins,
            globus=self.globus_auth,
            links=self.links,
            requests=self.requests,
            news=LinkingMessages(
                poster=self.poster,
                clock=self.clock,
                refresh_home=self.home.refresh,
                # Asked for late: browsing needs linking, which needs this.
                go_on_browsing=lambda person, key: self.folder_messages.go_on(person, key),  # noqa: PLW0108
            ),
            clock=self.clock,
            new_id=lambda: secrets.token_urlsafe(24),
            new_verifier=lambda: secrets.token_urlsafe(64),
        )

    @cached_property
    def visits(self) -> Visits:
        return Visits(
            folders=GlobusFolders(self.listing, accounts=self.accounts),
            collections=GlobusCollections(self.listing),
            linking=self.linking,
            places=self.places,
            executor=self.threads("looking", 16),
        )

    @cached_property
    def fulfilling(self) -> Fulfilling:
        return Fulfilling(
            requests=self.requests,
            checking=Checking(
                collections=GlobusCollections(self.patient),
                consents=GlobusConsents(self.patient, accounts=self.accounts),
                paths=GlobusPaths(self.patient, accounts=self.accounts),
                intervals=GlobusIntervals(self.patient),
                lookups=self.threads("lookup", LOOKUPS),
            ),
            creating=Creating(
                timers=GlobusTimers(self.patient), clock=self.clock, looks=self.given.unclear_looks
            ),
            linking=self.linking,
            news=self.request_messages,
            clock=self.clock,
            chance=random.SystemRandom(),
        )

    @cached_property
    def settling(self) -> Settling:
        return Settling(requests=self.requests, clock=self.clock, wake=self.wake, show=self.fulfilling.show)

    @cached_property
    def disconnecting(self) -> Disconnecting:
        return Disconnecting(
            partings=self.partings,
            globus=GlobusPartings(self.listing, lambda tokens: self.clients(self.patience, tokens)),
            news=DisconnectingMessages(poster=self.poster, refresh_home=self.home.refresh),
            clock=self.clock,
            new_id=new_id,
            wake=self.wake,
            chance=random.SystemRandom(),
            executor=self.threads("parting", 4),
        )

    @cached_property
    def installing(self) -> Installing:
        given = self.given
        return Installing(
            installations=self.installations,
            journeys=self.journeys,
            slack=SlackInstallation(
                client_id=given.slack_client_id,
                client_secret=given.slack_client_secret or "",
                api_url=given.slack_api_url,
                redirect_uri=given.public_url + INSTALLED,
            ),
            clock=self.clock,
            executor=self.threads("installing", 4),
        )

    @cached_property
    def leaving(self) -> Leaving:
        return Leaving(
            removals=self.removals,
            installed=self.installing,
            leave=self.disconnecting.leave_workspace,
            clock=self.clock,
            wake=self.wake,
        )

    @cached_property
    def drafts(self) -> Drafts:
        return Drafts(store=DraftStore(self.database), clock=self.clock)

    @cached_property
    def scheduling(self) -> Scheduling:
        return Scheduling(
            inbox=self.requests,
            clock=self.clock,
            new_reference=new_reference,
            wake=self.wake,
        )

    @cached_property
    def browsing(self) -> Browsing:
        return Browsing(
            collections=GlobusCollections(self.clients(TYPING)),
            accounts=self.accounts,
            places=self.places,
            executor=self.threads("typing", 16),
            clock=self.clock,
            app_hosts=self.given.app_hosts,
        )

    @cached_property
    def presets(self) -> Presets:
        return Presets(store=PresetStore(self.database), timers=self.requests, clock=self.clock)

    @cached_property
    def unfurling(self) -> Unfurling:
        return Unfurling(
            choices=self.choices,
            account=self.accounts.find,
            previews=GlobusPreviews(self.listing),
            app_hosts=self.given.app_hosts,
            executor=self.threads("unfurling", 4),
        )

    @cached_property
    def workflows(self) -> Workflows:
        return Workflows(
            steps=self.steps,
            news=WorkflowMessages(poster=self.poster, app_url=self.given.globus_app_url),
            request=self.requests.find,
            app_hosts=self.given.app_hosts,
            clock=self.clock,
            new_id=new_id,
            wake=self.wake,
        )

    @cached_property
    def retaining(self) -> Retaining:
        return Retaining(old=self.old, days=self.given.retention_days, clock=self.clock, again=self.old.again)

    def lines(self) -> list[Line[Any]]:
        """The queues, and what is done with their items."""
        return [
            Line("sign-ins", self.sign_ins, self.linking.finish),
            Line("requests", self.requests, self.fulfilling.work),
            Line("partings", self.partings, self.disconnecting.work),
            Line("removals", self.removals, self.leaving.work),
            Line("steps", self.steps, self.workflows.work),
            Line("chores", self.old, self.retaining.work),
        ]

    @cached_property
    def workers(self) -> Workers:
        """What works off the queues; whatever a dead process held is free again."""
        lines = self.lines()
        for line in lines:
            line.queue.recover()
        return Workers(
            lines,
            clock=self.clock,
            set_back=self.set_back,
            is_busy=lambda: self.answering.is_busy,
            lives=(lambda: self.database.lives) if self.database.is_shared else None,
        )

    def wake(self) -> None:
        """Let the workers look for work now."""
        self.workers.wake()

    # Slack and browsers

    @property
    @abstractmethod
    def home(self) -> Home:
        """It shows timers, so those who tend them build it."""

    @cached_property
    def poster(self) -> Poster:
        return Poster(workspaces=self.installing, api_url=self.given.slack_api_url, meter=self.meter)

    @cached_property
    def folder_messages(self) -> FolderMessages:
        return FolderMessages(visits=self.visits, poster=self.poster)

    @cached_property
    def request_messages(self) -> RequestMessages:
        return RequestMessages(
            poster=self.poster,
            app_url=self.given.globus_app_url,
            new_id=new_id,
            clock=self.clock,
            refresh_home=self.home.refresh,
        )

    @cached_property
    def zones(self) -> Zones:
        return Zones(clock=self.clock)

    # What the settings mean

    @property
    def sign_in_first(self) -> bool:
        """Whether people sign in before the form: without a secret the bot cannot look at anything alone."""
        return not self.given.globus_client_secret
