"""What can go wrong, each with a sentence for the person and the next step."""

from collections.abc import Mapping

from bot.sessions import NO_SESSION, SessionRequirement


class Problem(Exception):
    """What happened, in the person's words, and what they can do next.

    `str()` gives both, as a person reads them.
    """

    def __init__(self, happened: str, next_step: str = "") -> None:
        super().__init__(f"{happened} {next_step}".strip())
        self.happened = happened
        self.next_step = next_step


class FormProblems(Problem):
    """A form that cannot be accepted: one message for each field, by the field's name."""

    def __init__(self, by_field: Mapping[str, str]) -> None:
        super().__init__("Some fields need another look.", "Correct them and send the form again.")
        self.by_field = dict(by_field)


class Refused(Problem):
    """A request that will not become a timer; `field` names the form's field that is to blame, if one is."""

    def __init__(self, happened: str, next_step: str = "", *, field: str | None = None) -> None:
        super().__init__(happened, next_step)
        self.field = field


class UnknownCollection(Problem):
    """No collection answers to this ID, or not for the account that asked."""

    def __init__(self, collection_id: str, *, name: str = "") -> None:
        super().__init__(
            f"Globus knows no collection {name or collection_id} that your account can see.",
            "Choose another, or ask its owner to share it.",
        )
        self.collection_id = collection_id


class SignInNeeded(Problem):
    """Only another sign-in helps: never linked, revoked, unused for too long, or Globus asks for one.

    `session` is what Globus asks of that sign-in.
    """

    def __init__(
        self,
        happened: str = "You are not signed in to Globus.",
        *,
        session: SessionRequirement = NO_SESSION,
    ) -> None:
        super().__init__(happened, "Sign in with the link.")
        self.session = session


class SignInEnded(SignInNeeded):
    """Globus takes this person's tokens no more: they were revoked, or nobody used them for six months."""

    def __init__(self) -> None:
        super().__init__("Your sign-in to Globus has ended.")


class ServiceUnavailable(Problem):
    """A service could not be asked, and nothing was changed by trying.

    `retry_after` is in seconds, as the service gave it; None if it gave none.
    """

    def __init__(self, service: str, *, retry_after: float | None = None) -> None:
        super().__init__(f"{service} is not answering at the moment.", "I keep trying.")
        self.service = service
        self.retry_after = retry_after


class OutcomeUnclear(Problem):
    """A change was sent and its answer never came: it may or may not have happened."""

    def __init__(self, service: str) -> None:
        super().__init__(f"{service} did not say whether it did what was asked.", "I am looking.")
        self.service = service


class CannotPost(Problem):
    """Slack will not let the bot post in a channel; `reason` is Slack's own error code."""

    def __init__(self, happened: str, next_step: str, *, reason: str) -> None:
        super().__init__(happened, next_step)
        self.reason = reason


class CodeRefused(Problem):
    """Globus did not accept the code that was pasted."""


class SettingsProblem(Problem):
    """The bot cannot start with these settings."""


class DatabaseProblem(Problem):
    """The bot cannot start with this database or these keys."""


def unforeseen(reference: str) -> str:
    """Say that something broke which nobody foresaw; the log has what, under this reference."""
    return (
        "Something broke, and it is not your fault. Try again; if it happens again, give whoever runs "
        f"transferbot this reference: {reference}."
    )
