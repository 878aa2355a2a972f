"""What Globus asks of a sign-in: in every shape that services have for it, and in the address."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import globus_sdk
import pytest
import requests

from bot.accounts import SlackUser
from bot.errors import OutcomeUnclear, Problem, Refused, ServiceUnavailable, SignInEnded, SignInNeeded
from bot.globus.clients import Clients, Patience, Registration
from bot.globus.errors import changing, reading, session_demanded
from bot.globus.linking import GlobusAuth
from bot.sessions import NO_SESSION, SessionRequirement
from bot.sign_ins import SignIn

MESSAGE = "Session reauthentication required (Globus Transfer)"
PROTECTED = {
    "session_message": MESSAGE,
    "session_required_identities": [],
    "session_required_mfa": False,
    "session_required_single_domain": ["globus.org"],
}
"""What Transfer sends of a high assurance collection."""


def error(body: object, status: int = 403) -> globus_sdk.GlobusAPIError:
    answer = requests.Response()
    answer.status_code = status
    answer.headers["Content-Type"] = "application/json"
    answer._content = json.dumps(body).encode()
    answer.request = requests.Request("GET", "https://globus.example/").prepare()
    is_of_timers = isinstance(body, dict) and isinstance(body.get("error"), dict)
    return (globus_sdk.TimersAPIError if is_of_timers else globus_sdk.GlobusAPIError)(answer)


ROWS: list[tuple[object, SessionRequirement]] = [
    ({"code": "ConsentRequired", "message": "M", "required_scopes": ["s"]}, NO_SESSION),
    ({"code": "ConsentRequired", "required_scope": "s", "description": "D"}, NO_SESSION),
    (
        {"code": "AuthorizationRequired", "authorization_parameters": {"session_required_policies": "p,q"}},
        SessionRequirement(policies=("p", "q")),
    ),
    (
        {"error": "dependent_consent_required", "errors": [{"unapproved_scopes": ["s"]}]},
        NO_SESSION,
    ),
    (
        {
            "error": {
                "code": "ERROR",
                "detail": "d",
                "status": 403,
                "authorization_parameters": {"session_required_mfa": True},
            }
        },
        SessionRequirement(mfa=True),
    ),
    ({"code": "ConsentRequired"}, NO_SESSION),
    ({"code": "X", "authorization_parameters": {}}, NO_SESSION),
    ({"code": "PermissionDenied", "message": "no"}, NO_SESSION),
    ({"code": "X", "authorization_parameters": {"session_required_mfa": "yes"}}, NO_SESSION),
    (
        {"code": "ExternalError.DirListingFailed.LoginFailed", "authorization_parameters": PROTECTED},
        SessionRequirement(domains=("globus.org",)),
    ),
    (
        {"authorization_parameters": {"session_required_identities": ["b", "a"], "prompt": "login"}},
        SessionRequirement(identities=("a", "b"), prompt="login"),
    ),
    (
        {"errors": [{"code": "A"}, {"code": "B", "authorization_parameters": {"prompt": "login"}}]},
        SessionRequirement(prompt="login"),
    ),
    # A message and nothing else asks for a fresh sign-in, since there is nothing else that it could ask for.
    ({"code": "X", "authorization_parameters": {"session_message": "M"}}, SessionRequirement(prompt="login")),
    (
        {"code": "X", "authorization_parameters": {"session_message": "M", "required_scopes": ["s"]}},
        NO_SESSION,
    ),
    ({"code": "X", "authorization_parameters": {"prompt": "none"}}, NO_SESSION),
    ({"code": "X", "authorization_parameters": "nonsense"}, NO_SESSION),
    ({"error": "dependent_consent_required", "errors": []}, NO_SESSION),
    (["nonsense"], NO_SESSION),
    ("nonsense", NO_SESSION),
    (None, NO_SESSION),
]


@pytest.mark.parametrize(("body", "expected"), ROWS)
@pytest.mark.parametrize("status", [403, 502])
def test_what_is_asked_is_read_in_every_shape(
    body: object, expected: SessionRequirement, status: int
) -> None:
    assert session_demanded(error(body, status)) == expected


def problem_of(status: int, body: object, *, of_change: bool = False) -> Any:  # noqa: ANN401 - a Problem
    with pytest.raises(Problem) as raised, changing() if of_change else reading():
        raise error(body, status)
    return raised.value


@pytest.mark.parametrize(("status", "of_change"), [(403, False), (502, False), (403, True), (401, False)])
def test_a_demand_is_a_sign_in_with_the_session_and_a_sentence(status: int, *, of_change: bool) -> None:
    problem = problem_of(status, {"code": "X", "authorization_parameters": PROTECTED}, of_change=of_change)

    assert isinstance(problem, SignInNeeded)
    assert problem.session == SessionRequirement(domains=("globus.org",))
    assert problem.session.message == MESSAGE
    assert problem.happened == "Globus wants you to sign in with an account of globus.org."


@pytest.mark.parametrize(
    ("status", "body", "of_change", "expected"),
    [
        (400, {"error": "invalid_grant"}, False, SignInEnded),
        (401, {"code": "AuthenticationFailed"}, True, SignInEnded),
        # A gateway may have passed a change on before it said this: what is not certain stays unclear.
        (502, {"code": "X", "authorization_parameters": PROTECTED}, True, OutcomeUnclear),
        (403, {"code": "X", "authorization_parameters": {}}, False, Refused),
        (503, {"code": "X"}, False, ServiceUnavailable),
    ],
)
def test_what_asks_for_no_session_is_what_it_was(
    status: int, body: object, expected: type[Problem], *, of_change: bool
) -> None:
    assert type(problem_of(status, body, of_change=of_change)) is expected


@pytest.mark.parametrize("secret", ["secret", None], ids=["confidential", "native"])
@pytest.mark.parametrize(
    ("session", "asked"),
    [
        (NO_SESSION, {}),
        (SessionRequirement(message="only said"), {}),
        (
            SessionRequirement("M", ("a", "b"), ("c", "d"), ("e", "f"), mfa=True),
            {
                "session_message": ["M"],
                "session_required_identities": ["a,b"],
                "session_required_single_domain": ["c,d"],
                "session_required_policies": ["e,f"],
                "session_required_mfa": ["True"],
                "prompt": ["login"],
            },
        ),
        (
            SessionRequirement(domains=("c",)),
            {"session_required_single_domain": ["c"], "prompt": ["login"]},
        ),
    ],
)
def test_the_address_asks_for_it_and_for_nothing_empty(
    session: SessionRequirement, asked: dict[str, list[str]], secret: str | None
) -> None:
    unused: Any = None
    registration = Registration("c0f1de00-5a4d-4b0f-8b07-000000000001", secret)
    auth = GlobusAuth(Clients(registration, accounts=unused, patience=Patience(1.0, repetitions=0)))
    moment = datetime(2026, 11, 24, tzinfo=UTC)
    sign_in = SignIn("s1", SlackUser("T1", "U1"), "v" * 43, moment, session=session)

    query = parse_qs(urlsplit(auth.make(sign_in).url).query, keep_blank_values=True)

    assert {key: one for key, one in query.items() if "session" in key or key == "prompt"} == asked
    assert query["code_challenge_method"] == ["S256"]


@pytest.mark.parametrize(
    ("session", "words"),
    [
        (SessionRequirement(identities=("ada@lab.example",)), "you to sign in as ada@lab.example"),
        (
            SessionRequirement(identities=("8ca2",)),
            "you to sign in with another of your Globus identities",
        ),
        (
            SessionRequirement(domains=("a.example", "b.example"), mfa=True),
            "you to sign in with an account of a.example or b.example and confirm with a second factor",
        ),
        (SessionRequirement(mfa=True), "you to confirm with a second factor"),
        (SessionRequirement(policies=("p",)), "you to sign in once more"),
        (
            SessionRequirement("Come\n back.", prompt="login"),
            "you to sign in once more (“Come back”)",
        ),
    ],
)
def test_a_person_reads_what_is_wanted(session: SessionRequirement, words: str) -> None:
    assert session.in_words() == f"Globus wants {words}."
    assert SessionRequirement.read(session.written()) == session
    assert SessionRequirement.read(session.written()).message == session.message
