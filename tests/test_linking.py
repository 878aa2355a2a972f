"""Signing in, from the link over the code to the account, without any wire."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from bot.accounts import Account, Grant, SlackUser, Token
from bot.errors import CodeRefused, OutcomeUnclear, Problem, ServiceUnavailable
from bot.linking import CODE_TRIES, SIGN_IN_LIFE, TOLD_WITHIN, Linking, Wanted
from bot.sessions import NO_SESSION, SessionRequirement
from bot.sign_ins import SignIn, SignInLink, SignInState

ADA, EVE = SlackUser("T1", "U1"), SlackUser("T1", "U2")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TOKENS = (Token("transfer", "scope", "access", "refresh", 1),)
GRANT = Grant("identity", "ada@example.org", TOKENS)
MFA = SessionRequirement(mfa=True)
OTHER_IDENTITY = (
    "You are linked as ada@work.example, but signed in as ada@example.org. Sign in as ada@work.example. "
    "To link another account, use /schedule-transfer disconnect first."
)
INTERRUPTED = "Globus did not confirm the code in time, and a code works only once. Here is a new link."


@dataclass
class World:
    """Everything around the linking, kept in memory."""

    now: datetime = NOW
    account: Account | None = None
    kept: dict[str, SignIn] = field(default_factory=dict)
    states: list[SignInState] = field(default_factory=list)
    to_tell: set[str] = field(default_factory=set)
    problem: Exception | None = None
    grant: Grant = GRANT
    exchanged: list[SignIn] = field(default_factory=list)
    given_back: list[tuple[Token, ...]] = field(default_factory=list)
    give_back_problem: Exception | None = None
    linked_tokens: tuple[Token, ...] = ()
    said: list[tuple[str, str, str]] = field(default_factory=list)
    forms: list[tuple[str, str]] = field(default_factory=list)
    silent: ServiceUnavailable | None = None
    later: list[tuple[SignIn, datetime]] = field(default_factory=list)
    received: list[tuple[object, ...]] = field(default_factory=list)

    # Accounts

    def find(self, person: SlackUser) -> Account | None:
        return self.account if self.account and self.account.person == person else None

    def tokens(self, person: SlackUser) -> Mapping[str, Token]:
        raise NotImplementedError

    def end(self, person: SlackUser, token: Token) -> None:
        raise NotImplementedError

    def renew(self, person: SlackUser, token: Token) -> None:
        raise NotImplementedError

    # Globus

    def exchange(self, sign_in: SignIn) -> Grant:
        assert self.kept[sign_in.sign_in_id] == sign_in, "marked on disk before the exchange"
        self.exchanged.append(sign_in)
        if self.problem:
            raise self.problem
        return self.grant

    def give_back(self, tokens: tuple[Token, ...]) -> None:
        self.given_back.append(tokens)
        if self.give_back_problem:
            raise self.give_back_problem

    def make(self, sign_in: SignIn) -> SignInLink:
        return SignInLink(sign_in.sign_in_id, f"https://auth/{sign_in.sign_in_id}/{sign_in.verifier}")

    # Requests and news

    def waiting_for(self, person: SlackUser) -> Wanted:
        assert person == ADA
        return Wanted(frozenset({"collection"}), MFA)

    def linked(self, sign_in: SignIn, account: Account) -> None:
        assert sign_in.person == account.person
        assert sign_in.sign_in_id in self.to_tell, "kept on disk before it is said"
        if self.silent:
            raise self.silent
        self.said.append(("linked", account.username, ""))

    def code_failed(self, sign_in: SignIn, problem: Problem, link: SignInLink) -> None:
        assert sign_in.person == ADA
        assert sign_in.sign_in_id in self.to_tell, "kept on disk before it is said"
        self.said.append(("failed", str(problem), link.sign_in_id))


class SignIns:
    """The kept sign-ins."""

    def __init__(self, world: World) -> None:
        self._world = world

    def open(self, sign_in: SignIn) -> None:
        assert sign_in.sign_in_id not in self._world.kept
        self._world.kept[sign_in.sign_in_id] = sign_in

    def find(self, sign_in_id: str) -> SignIn | None:
        return self._world.kept.get(sign_in_id)

    def save(self, sign_in: SignIn) -> None:
        self._world.kept[sign_in.sign_in_id] = sign_in
        self._world.states.append(sign_in.state)
        self._world.to_tell.add(sign_in.sign_in_id)

    def finish(self, sign_in: SignIn, account: Account, tokens: tuple[Token, ...]) -> SignIn:
        self._world.account, self._world.linked_tokens = account, tokens
        done = replace(sign_in, state=SignInState.DONE, code=None)
        self.save(done)
        return done

    def later(self, sign_in: SignIn, *, due: datetime) -> None:
        self._world.kept[sign_in.sign_in_id] = sign_in
        self._world.later.append((sign_in, due))

    def told(self, sign_in: SignIn) -> None:
        assert self._world.kept[sign_in.sign_in_id] == sign_in
        self._world.to_tell.remove(sign_in.sign_in_id)

    async def receive(
        self, sign_in_id: str, person: SlackUser, *, code: str, view_id: str | None, form_view_id: str | None
    ) -> bool:
        self._world.received.append((sign_in_id, person, code, view_id, form_view_id))
        return sign_in_id in self._world.kept

    async def show_in(self, sign_in_id: str, form_view_id: str) -> None:
        self._world.forms.append((sign_in_id, form_view_id))


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def linking(world: World) -> Linking:
    numbers, verifiers = count(1), count(1)
    return Linking(
        accounts=world,
        sign_ins=SignIns(world),
        globus=world,
        links=world,
        requests=world,
        news=world,
        clock=lambda: world.now,
        new_id=lambda: f"sign-in {next(numbers)}",
        new_verifier=lambda: f"verifier {next(verifiers)}",
    )


def begun(linking: Linking, world: World, **changes: object) -> SignIn:
    """Begin a sign-in and let its code be pasted."""
    link = linking.begin(ADA, collections=frozenset({"c"}), session=MFA, request_id="r1")
    sign_in = replace(
        world.kept[link.sign_in_id],
        **{"state": SignInState.CODE_RECEIVED, "code": "the code"} | changes,  # type: ignore[arg-type]
    )
    world.kept[link.sign_in_id] = sign_in
    world.to_tell.add(link.sign_in_id)
    return sign_in


def test_a_link_carries_everything_that_it_asks_for(linking: Linking, world: World) -> None:
    link = linking.begin(
        ADA, collections=frozenset({"c"}), session=MFA, request_id="r1", browsing="b", opening="o"
    )

    assert world.kept[link.sign_in_id] == SignIn(
        "sign-in 1",
        ADA,
        "verifier 1",
        NOW + timedelta(minutes=10),
        frozenset({"c"}),
        MFA,
        request_id="r1",
        browsing="b",
        opening="o",
    )
    assert link == SignInLink("sign-in 1", "https://auth/sign-in 1/verifier 1")


def test_a_plain_link_asks_for_nothing_more(linking: Linking, world: World) -> None:
    linking.begin(ADA)

    assert world.kept["sign-in 1"] == SignIn("sign-in 1", ADA, "verifier 1", NOW + SIGN_IN_LIFE)


def test_connecting_asks_for_all_that_waits(linking: Linking, world: World) -> None:
    world.account = Account(ADA, "identity", "ada")

    account, link = asyncio.run(linking.connect(ADA))

    assert account == world.account
    asked = world.kept[link.sign_in_id]
    assert (asked.person, asked.collections, asked.session) == (ADA, frozenset({"collection"}), MFA)


def test_a_form_opens_after_a_plain_sign_in(linking: Linking, world: World) -> None:
    async def play() -> SignInLink:
        link = await linking.begin_before_form(ADA, "opening")
        await linking.show_form_in(link, "V1")
        return link

    link = asyncio.run(play())

    asked = world.kept[link.sign_in_id]
    assert (asked.person, asked.opening, asked.collections) == (ADA, "opening", frozenset())
    assert world.forms == [(link.sign_in_id, "V1")]


def test_an_account_is_found_for_its_person_only(linking: Linking, world: World) -> None:
    world.account = Account(ADA, "identity", "ada")

    assert linking.account(ADA) == asyncio.run(linking.account_soon(ADA)) == world.account
    assert linking.account(EVE) is None


def test_a_code_is_kept_without_the_spaces_around_it(linking: Linking, world: World) -> None:
    linking.begin(ADA)

    def receive(sign_in_id: str) -> bool:
        return asyncio.run(
            linking.receive_code(sign_in_id, ADA, code=" code\n", view_id="V1", form_view_id="V2")
        )

    assert receive("sign-in 1")
    assert not receive("unknown")
    assert world.received[0] == ("sign-in 1", ADA, "code", "V1", "V2")


def test_a_code_is_exchanged_once_and_links_the_account(linking: Linking, world: World) -> None:
    sign_in = begun(linking, world)

    linking.finish(sign_in)

    assert world.account == Account(ADA, "identity", "ada@example.org")
    assert world.linked_tokens == TOKENS
    assert world.states == [SignInState.EXCHANGING, SignInState.DONE]
    assert world.kept["sign-in 1"] == replace(sign_in, state=SignInState.DONE, code=None, tries=1)
    assert [one.code for one in world.exchanged] == ["the code"]
    assert world.said == [("linked", "ada@example.org", "")]
    assert world.given_back == []


def test_a_later_sign_in_of_the_same_identity_renews_the_account(linking: Linking, world: World) -> None:
    world.account = Account(ADA, "identity", "ada's old name", is_ended=True)

    linking.finish(begun(linking, world))

    assert world.account == Account(ADA, "identity", "ada@example.org")
    assert world.linked_tokens == TOKENS


@pytest.mark.parametrize(
    "problem", [None, ServiceUnavailable("Globus")], ids=["given back", "not given back"]
)
def test_a_sign_in_of_another_identity_changes_nothing(
    linking: Linking, world: World, problem: Exception | None
) -> None:
    held = world.account = Account(ADA, "another identity", "ada@work.example")
    world.give_back_problem = problem

    linking.finish(begun(linking, world))

    assert world.account == held
    assert world.linked_tokens == ()
    assert world.given_back == [TOKENS]
    assert world.said == [
        (
            "failed",
            OTHER_IDENTITY,
            "sign-in 2",
        )
    ]
    failed = world.kept["sign-in 1"]
    assert (failed.state, failed.code) == (SignInState.FAILED, None)
    assert failed.reason == world.said[0][1]


@pytest.mark.parametrize("problem", [OutcomeUnclear("Globus"), ServiceUnavailable("Globus")])
def test_an_exchange_without_an_answer_is_not_repeated(
    linking: Linking, world: World, problem: Exception
) -> None:
    world.problem = problem

    linking.finish(begun(linking, world))

    assert len(world.exchanged) == 1
    assert world.states == [SignInState.EXCHANGING, SignInState.FAILED]
    assert world.said == [("failed", INTERRUPTED, "sign-in 2")]
    assert world.account is None


def test_an_exchange_that_a_crash_interrupted_is_not_repeated(linking: Linking, world: World) -> None:
    linking.finish(begun(linking, world, state=SignInState.EXCHANGING))

    assert world.exchanged == []
    assert world.said == [("failed", INTERRUPTED, "sign-in 2")]
    again = world.kept["sign-in 2"]
    assert (again.state, again.code, again.tries, again.reason) == (SignInState.OPEN, None, 0, "")
    assert (again.collections, again.session, again.request_id) == (frozenset({"c"}), MFA, "r1")
    assert (again.verifier, again.expires_at) == ("verifier 2", NOW + SIGN_IN_LIFE)


def test_what_a_crash_kept_from_being_said_is_said_afterwards(linking: Linking, world: World) -> None:
    world.account = Account(ADA, "identity", "ada@example.org")

    linking.finish(begun(linking, world, state=SignInState.DONE, code=None))
    linking.finish(begun(linking, world, state=SignInState.FAILED, code=None, reason="No."))
    linking.finish(begun(linking, world, state=SignInState.OPEN, code=None, reason="Not quite."))

    assert world.said == [
        ("linked", "ada@example.org", ""),
        ("failed", "No.", "sign-in 3"),
        ("failed", "Not quite.", "sign-in 4"),
    ]
    assert world.exchanged == []
    assert world.to_tell == set()


def test_what_slack_could_not_take_is_said_later_and_shown_no_more(linking: Linking, world: World) -> None:
    sign_in = begun(linking, world, view_id="V1", form_view_id="V2", opening="o")
    world.silent = ServiceUnavailable("Slack", retry_after=60)
    linking.finish(sign_in)

    [(kept, due)] = world.later
    assert due == NOW + timedelta(seconds=60)
    assert (kept.state, kept.view_id, kept.form_view_id, kept.opening) == (SignInState.DONE, None, None, None)
    assert world.said == []
    world.silent = None
    linking.finish(kept)
    assert world.said == [("linked", "ada@example.org", "")]
    assert world.to_tell == set()


def test_what_slack_does_not_take_for_an_hour_is_said_no_more(linking: Linking, world: World) -> None:
    sign_in = begun(linking, world)
    world.silent = ServiceUnavailable("Slack")
    linking.finish(sign_in)
    world.now = sign_in.expires_at + TOLD_WITHIN
    linking.finish(world.kept["sign-in 1"])

    assert len(world.later) == 1
    assert world.to_tell == set()


def test_who_disconnected_before_it_was_said_is_not_told_that_they_are_linked(
    linking: Linking, world: World
) -> None:
    linking.finish(begun(linking, world, state=SignInState.DONE, code=None))

    assert world.said == []
    assert world.to_tell == set()


def test_a_code_that_comes_at_the_end_of_its_life_is_too_late(linking: Linking, world: World) -> None:
    sign_in = begun(linking, world)
    world.now = sign_in.expires_at

    linking.finish(sign_in)

    assert world.exchanged == []
    assert world.said == [("failed", "That link was older than ten minutes. Here is a new one.", "sign-in 2")]


def test_a_code_that_comes_just_in_time_counts(linking: Linking, world: World) -> None:
    sign_in = begun(linking, world)
    world.now = sign_in.expires_at - timedelta(microseconds=1)

    linking.finish(sign_in)

    assert world.account


def test_a_wrong_code_may_be_pasted_again_with_the_same_link(linking: Linking, world: World) -> None:
    world.problem = CodeRefused("Globus does not know that code.", "Copy the code again.")

    linking.finish(begun(linking, world))

    waiting = world.kept["sign-in 1"]
    assert (waiting.state, waiting.code, waiting.tries) == (SignInState.OPEN, None, 1)
    assert waiting.reason == "Globus does not know that code. Copy the code again."
    assert world.said == [("failed", waiting.reason, "sign-in 1")]


@pytest.mark.parametrize(("tries", "link"), [(CODE_TRIES - 2, "sign-in 1"), (CODE_TRIES - 1, "sign-in 2")])
def test_the_third_wrong_code_ends_the_sign_in(linking: Linking, world: World, tries: int, link: str) -> None:
    world.problem = CodeRefused("No.", "Again.")

    linking.finish(begun(linking, world, tries=tries))

    sentence = "No. Again."
    if link == "sign-in 2":
        sentence = "That was the third code that did not fit. Here is a new link."
        assert world.kept["sign-in 1"].state is SignInState.FAILED
    assert world.said == [("failed", sentence, link)]


def test_a_link_for_pasting_is_given_to_its_person_only(linking: Linking, world: World) -> None:
    link = linking.begin(ADA)

    assert asyncio.run(linking.link_for_pasting(link.sign_in_id, ADA)) == link
    assert asyncio.run(linking.link_for_pasting(link.sign_in_id, EVE)) is None
    assert asyncio.run(linking.link_for_pasting("unknown", ADA)) is None
    assert list(world.kept) == ["sign-in 1"]


@pytest.mark.parametrize(
    "changes", [{"state": SignInState.DONE}, {"state": SignInState.FAILED}, {"expires_at": NOW}]
)
def test_a_sign_in_that_is_over_is_replaced_by_one_that_asks_for_the_same(
    linking: Linking, world: World, changes: dict[str, object]
) -> None:
    open_one = {"state": SignInState.OPEN, "code": None, "tries": 2, "reason": "No."}
    sign_in = begun(linking, world, **open_one | changes)

    link = asyncio.run(linking.link_for_pasting(sign_in.sign_in_id, ADA))

    assert link == SignInLink("sign-in 2", "https://auth/sign-in 2/verifier 2")
    assert world.kept["sign-in 2"] == SignIn(
        "sign-in 2", ADA, "verifier 2", NOW + SIGN_IN_LIFE, frozenset({"c"}), MFA, request_id="r1"
    )


def test_nothing_is_wanted_unless_something_waits() -> None:
    assert Wanted() == Wanted(frozenset(), NO_SESSION)
