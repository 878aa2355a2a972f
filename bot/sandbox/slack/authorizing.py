"""What an app asks of a person's browser, and whether it may: to install it, or to sign the person in.

https://docs.slack.dev/authentication/installing-with-oauth/
https://docs.slack.dev/authentication/sign-in-with-slack/
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot.sandbox.slack.codes import Grant, Purpose
from bot.sandbox.slack.pages import PageError
from bot.sandbox.slack.registration import OPENID_SCOPES, Registration, scopes_of, unknown_scopes
from bot.sandbox.slack.slack import Slack
from bot.sandbox.slack.workspace import Member, Workspace

_SIGNING_IN: Final = "openid"


@dataclass(frozen=True)
class Question:
    """A question that the app may ask. `redirect_uri` is empty where it named none; `team_id` is a hint."""

    purpose: Purpose
    redirect_uri: str
    scopes: tuple[str, ...]
    user_scopes: tuple[str, ...]
    state: str
    nonce: str
    team_id: str

    @classmethod
    def read(cls, purpose: Purpose, values: Mapping[str, str], app: Registration) -> "Question":
        """Read it from an address's parameters. Raises PageError."""
        if values.get("client_id") != app.credentials.client_id:
            raise PageError("Something went wrong", "Invalid client_id parameter.")
        if purpose == _SIGNING_IN and values.get("response_type") != "code":
            raise PageError("Something went wrong", "Invalid response_type parameter: only code is known.")
        question = cls(
            purpose,
            _redirect_uri(purpose, values.get("redirect_uri", ""), app),
            _scopes(values.get("scope", ""), OPENID_SCOPES if purpose == _SIGNING_IN else app.scopes),
            _scopes(values.get("user_scope", ""), app.user_scopes),
            values.get("state", ""),
            values.get("nonce", ""),
            values.get("team", ""),
        )
        question.check()
        return question

    def answered(self, candidate: "Candidate") -> Grant:
        """Give what somebody grants who allows it."""
        return Grant(
            self.purpose,
            candidate.member,
            self.redirect_uri,
            self.scopes,
            self.user_scopes,
            is_enterprise=candidate.is_enterprise,
            nonce=self.nonce,
        )

    def check(self) -> None:
        """Check that something is asked. Raises PageError."""
        if self.purpose == _SIGNING_IN and "openid" not in self.scopes:
            raise PageError("Something went wrong", "Invalid permissions requested: scope must have openid.")
        if not self.scopes and not self.user_scopes:
            raise PageError("Something went wrong", "Invalid permissions requested: there is no scope.")


@dataclass(frozen=True)
class Candidate:
    """Somebody who could answer, and for what: `value` names both in a form."""

    member: Member
    place: str
    name: str
    where: str
    is_enterprise: bool = False

    @property
    def value(self) -> str:
        """Name the place and the person."""
        return f"{self.where}/{self.member.user_id}"


def candidates(slack: Slack, question: Question) -> list[Candidate]:
    """Give everybody who could answer, those of the question's team first."""
    found = [one for workspace in slack.workspaces for one in _members(workspace)]
    if question.purpose == "install" and slack.app.org_ready:
        found += _for_enterprises(slack)
    return sorted(found, key=lambda one: one.where != question.team_id)


def _members(workspace: Workspace) -> list[Candidate]:
    return [
        Candidate(person.member, workspace.name, person.real_name, workspace.id)
        for person in workspace.people.values()
        if not person.is_deleted
    ]


def _for_enterprises(slack: Slack) -> list[Candidate]:
    """Give each member of an enterprise once, as somebody who answers for all of it."""
    found: dict[tuple[str, str], Candidate] = {}
    for workspace in slack.workspaces:
        for one in _members(workspace) if workspace.enterprise else ():
            place = f"The whole organization {workspace.enterprise.name}" if workspace.enterprise else ""
            whole = Candidate(one.member, place, one.name, workspace.realm_id, is_enterprise=True)
            found.setdefault((whole.where, one.member.user_id), whole)
    return list(found.values())


def _redirect_uri(purpose: Purpose, redirect_uri: str, app: Registration) -> str:
    is_default = not redirect_uri and purpose == "install" and bool(app.redirect_uris)
    if not is_default and not app.registered(redirect_uri):
        raise PageError(
            "Something went wrong",
            f"redirect_uri did not match any configured URIs. Passed URI: {redirect_uri or 'none'}",
        )
    return redirect_uri


def _scopes(text: str, known: tuple[str, ...]) -> tuple[str, ...]:
    scopes = scopes_of(text)
    unknown = unknown_scopes(scopes, known)
    if unknown:
        raise PageError("Something went wrong", f"Invalid permissions requested: {', '.join(unknown)}.")
    return scopes
