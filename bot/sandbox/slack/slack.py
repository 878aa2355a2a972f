"""The pretend Slack as one object: its parts, built and joined."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bot.sandbox.chance import Chance
from bot.sandbox.doors import Doors
from bot.sandbox.faults import Faults
from bot.sandbox.slack.codes import Codes
from bot.sandbox.slack.delivery import Delivery
from bot.sandbox.slack.errors import Refused
from bot.sandbox.slack.files import Files
from bot.sandbox.slack.functions import Functions
from bot.sandbox.slack.id_tokens import IdTokens
from bot.sandbox.slack.identifiers import Identifiers
from bot.sandbox.slack.installations import Installation, Installations
from bot.sandbox.slack.messages import Content, Message, Messages
from bot.sandbox.slack.neighbours import neighbours
from bot.sandbox.slack.registration import Registration
from bot.sandbox.slack.response_urls import Kind, ResponseUrls
from bot.sandbox.slack.sockets import Sockets
from bot.sandbox.slack.tokens import Token, Tokens
from bot.sandbox.slack.triggers import Triggers
from bot.sandbox.slack.unfurling import Unfurls
from bot.sandbox.slack.views import Views
from bot.sandbox.slack.workspace import Member, Workspace
from bot.sandbox.traffic import Traffic
from bot.sandbox.wire import Json


@dataclass
class Slack:
    """Everything the sandbox's Slack knows, looked at from one workspace.

    All of it is touched from one event loop only, and shared between the workspaces. `workspace` is the one
    in which a person acts or for which a Web API call is made; `caller` is the token of such a call.
    `suggested` holds the options last given for an external select, by view ID, `block_id` and `action_id`.
    `read_marks` says up to which `ts` a user has read a conversation.
    `origin` is the address under which it was last called, like `http://127.0.0.1:8000`.
    """

    clock: Callable[[], float]
    workspace: Workspace
    app: Registration
    identifiers: Identifiers
    traffic: Traffic
    triggers: Triggers
    messages: Messages
    views: Views
    response_urls: ResponseUrls
    faults: Faults
    sockets: Sockets
    delivery: Delivery
    installations: Installations
    tokens: Tokens
    codes: Codes
    id_tokens: IdTokens
    files: Files
    unfurls: Unfurls
    functions: Functions
    suggested: dict[tuple[str, str, str], list[Json]] = field(default_factory=dict)
    read_marks: dict[tuple[Member, str], str] = field(default_factory=dict)
    origin: str = ""
    doors: Doors = field(default_factory=Doors)
    caller: Token | None = None

    @classmethod
    def build(
        cls,
        clock: Callable[[], float],
        workspace: Workspace,
        signing_clock: Callable[[], float],
        app: Registration,
        *,
        seed: int | None = None,
        doors: Doors | None = None,
    ) -> "Slack":
        """Build all parts around one clock; the app is installed in `workspace`, and in no other yet.

        With a `seed` the secrets repeat from run to run too. `doors` leads to the pretend Globus.
        """
        chance = Chance(seed)
        seeded = random.Random(20260101 if seed is None else seed)  # noqa: S311 - identifiers that repeat from run to run, no secrets
        identifiers = Identifiers(clock, seeded, chance)
        traffic = Traffic(clock)
        messages = Messages(identifiers, traffic)
        sockets = Sockets(identifiers, traffic)
        installations = Installations((workspace, *neighbours()))
        installations.install(workspace, workspace.scopes)
        tokens = Tokens(clock, chance)
        files = Files(clock, identifiers, traffic)
        bot = workspace.bot.user_id
        tokens.add(Token(app.credentials.bot_token, "bot", workspace.id, bot, workspace.scopes))
        return cls(
            clock=clock,
            workspace=workspace,
            app=app,
            identifiers=identifiers,
            traffic=traffic,
            triggers=Triggers(clock, identifiers),
            messages=messages,
            views=Views(clock, identifiers, traffic, files),
            response_urls=ResponseUrls(clock, identifiers, messages, files),
            faults=Faults(),
            sockets=sockets,
            delivery=Delivery(sockets, traffic, app.credentials, signing_clock),
            installations=installations,
            tokens=tokens,
            codes=Codes(clock, chance),
            id_tokens=IdTokens(signing_clock),
            files=files,
            unfurls=Unfurls(identifiers),
            functions=Functions(clock, identifiers, tokens, traffic),
            doors=doors or Doors(),
        )

    @property
    def workspaces(self) -> list[Workspace]:
        """All workspaces, the sandbox's own first."""
        return list(self.installations.workspaces.values())

    @property
    def bot(self) -> Member:
        """The app's bot user here."""
        return Member(self.workspace.id, self.workspace.bot.user_id)

    @property
    def where(self) -> str:
        """The workspace or enterprise whose token makes this call; empty where nobody calls."""
        return self.caller.where if self.caller else ""

    @property
    def installation(self) -> Installation:
        """The installation that serves this workspace. Raises Refused `app_not_installed`."""
        return self.installation_in(self.workspace.id)

    def installation_in(self, team_id: str) -> Installation:
        """Give the installation that serves a workspace. Raises Refused `app_not_installed`."""
        workspace = self.installations.workspaces[team_id]
        found = self.installations.of(workspace)
        if found is None:
            raise Refused("app_not_installed", f"The app is not installed in {workspace.name}.")
        return found

    def in_team(self, team_id: str | None) -> "Slack":
        """Look at everything from another workspace. Raises Refused `team_not_found`."""
        if team_id is None:
            return self
        if team_id not in self.installations.workspaces:
            raise Refused("team_not_found", "There is no workspace with this ID.")
        return replace(self, workspace=self.installations.workspaces[team_id])

    def called_with(self, token: Token, arguments: Json) -> "Slack":
        """Look at everything as a Web API call does: from the workspace that its token opens.

        For an enterprise's token it is the workspace to which the arguments belong. No method here takes a
        `team_id`, so one that comes along counts for nothing, as at Slack.
        """
        opened = self.installations.covered(token.where)
        given = [arguments.get(key) for key in ("channel", "channel_id", "user", "users", "user_id")]
        named = [token.user_id] if token.kind == "user" else [one for one in given if isinstance(one, str)]
        meant = (one for one in opened if any(name in one.people or name in one.channels for name in named))
        return replace(self, workspace=next(meant, opened[0]), caller=token)

    def post_as_bot(
        self,
        channel_id: str,
        content: Content,
        *,
        thread_ts: str | None = None,
        only_for: Member | None = None,
    ) -> Message:
        """Post a message of the app's. Raises ApiError `thread_not_found`."""
        bot_id = self.workspace.bot.id
        return self.messages.post(
            channel_id, self.bot, content, bot_id=bot_id, thread_ts=thread_ts, only_for=only_for
        )

    def response_url(
        self,
        kind: Kind,
        member: Member,
        channel_id: str,
        original_ts: str | None = None,
        *,
        by: Installation,
    ) -> str:
        """Give a new `response_url` for an act of this user, of which an installation hears."""
        author = Member(self.workspace.id if by.is_enterprise else by.id, by.bot.user_id)
        path = self.response_urls.issue(kind, member, channel_id, author, by.bot.id, original_ts)
        return f"{self.origin}{path}"
