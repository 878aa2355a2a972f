"""What the SDK raises, in the core's words."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

import globus_sdk
from globus_sdk.exc import GlobusConnectionError, GlobusConnectionTimeoutError, NetworkError
from globus_sdk.gare import GARE, to_gare
from requests.exceptions import SSLError
from urllib3.exceptions import MaxRetryError, NewConnectionError

from bot.errors import OutcomeUnclear, Problem, Refused, ServiceUnavailable, SignInEnded, SignInNeeded
from bot.measuring import seconds_in
from bot.sessions import NO_SESSION, SessionRequirement

GLOBUS: Final = "Globus"

NOT_FOUND: Final = 404
"""HTTP's own number, as what Globus says of a timer that is gone."""

NOT_CARRIED_OUT: Final = frozenset({400, 401, 403, 404, 409, 422, 429})
"""Answers that say a change was not made. Every other answer but success leaves it open."""


@contextmanager
def reading() -> Iterator[None]:
    """Turn the SDK's errors of a call that changes nothing into Problems."""
    try:
        yield
    except globus_sdk.GlobusAPIError as error:
        raise _answered(error) from error
    except NetworkError as error:
        raise ServiceUnavailable(GLOBUS) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        # An answer that is not what the documentation promises: a gateway's page, or half of one.
        raise ServiceUnavailable(GLOBUS) from error


@contextmanager
def changing() -> Iterator[None]:
    """Turn the SDK's errors of a call that changes something into Problems; what is uncertain is unclear."""
    try:
        yield
    except globus_sdk.GlobusAPIError as error:
        if error.http_status in NOT_CARRIED_OUT:
            raise _answered(error) from error
        raise OutcomeUnclear(GLOBUS) from error
    except NetworkError as error:
        raise (ServiceUnavailable(GLOBUS) if _never_sent(error) else OutcomeUnclear(GLOBUS)) from error
    except Problem:
        raise
    except Exception as error:
        raise OutcomeUnclear(GLOBUS) from error


def detail(error: globus_sdk.GlobusAPIError) -> str:
    """Give what a service said about an error, for the person to read."""
    said = [_said(one.raw) for one in error.errors] or [error.message or ""]
    return "; ".join(text for text in said if text) or f"HTTP status {error.http_status}."


def sentence(error: globus_sdk.GlobusAPIError) -> str:
    """Give the same as a sentence, that another can follow; some services write a full stop, others none."""
    said = detail(error).rstrip()
    return said if said.endswith((".", "!", "?")) else f"{said}."


def _said(raw: Mapping[str, Any]) -> str:
    """Read one error of any service: Timers says `loc` and `msg`, the others `detail` or `message`."""
    text = str(raw.get("msg") or raw.get("detail") or raw.get("message") or raw.get("title") or "")
    place = [str(part) for part in raw.get("loc", ()) if part != "body"]
    return f"{'.'.join(place)}: {text}" if place else text


def session_demanded(error: globus_sdk.GlobusAPIError) -> SessionRequirement:
    """Give what an error asks of a sign-in; what is empty in it, as Transfer sends it, asks for nothing.

    Any service may send it, with any status, at the top of its body or in one of its errors
    (https://docs.globus.org/guides/overviews/gares/). A missing consent is none.
    """
    return _session(_gare(error))


def session_in(document: Mapping[str, Any]) -> SessionRequirement:
    """Give what a document asks of a sign-in, such as the reason why a timer is inactive."""
    return _session(_gare(dict(document)))


def _session(gare: GARE | None) -> SessionRequirement:
    if gare is None:
        return NO_SESSION
    asked = gare.authorization_parameters
    session = SessionRequirement(
        message=asked.session_message or "",
        identities=_sorted(asked.session_required_identities),
        domains=_sorted(asked.session_required_single_domain),
        policies=_sorted(asked.session_required_policies),
        mfa=bool(asked.session_required_mfa),
        prompt="login" if asked.prompt == "login" else "",
    )
    if session or asked.required_scopes or not session.message:
        return session
    # A message alone: all that a sign-in can bring then is that it is fresh.
    return replace(session, prompt="login")


def _gare(error: globus_sdk.GlobusAPIError | dict[str, Any]) -> GARE | None:
    try:
        return to_gare(error)
    except (AttributeError, IndexError, KeyError, TypeError):
        # The SDK looks into whatever JSON a service sent, and not all of it is a document.
        return None


def _sorted(values: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(sorted({one.strip() for one in values or ()} - {""}))


def is_ended(error: globus_sdk.GlobusAPIError) -> bool:
    """Say whether Auth refused a refresh token for good."""
    return isinstance(error.raw_json, dict) and error.raw_json.get("error") == "invalid_grant"


def is_revoked(error: globus_sdk.GlobusAPIError) -> bool:
    """Say whether Auth refused a refresh token, or a service a token that cannot be refreshed."""
    return error.http_status == 401 or is_ended(error)  # noqa: PLR2004 - HTTP's own number


def _answered(error: globus_sdk.GlobusAPIError) -> Problem:
    status = error.http_status
    session = session_demanded(error)
    if session:
        return SignInNeeded(session.in_words(), session=session)
    if is_revoked(error):
        return SignInEnded()
    if status == 429 or status >= 500:  # noqa: PLR2004 - HTTP's own numbers
        return ServiceUnavailable(GLOBUS, retry_after=seconds_in(error.headers.get("Retry-After")))
    return Refused(f"Globus refused: {sentence(error)}", "Change the request and send it again.")


def _never_sent(error: NetworkError) -> bool:
    """Say whether the request certainly never left.

    A certificate is checked before anything is sent. Any other TLS error may come after the request.
    """
    if isinstance(error, GlobusConnectionTimeoutError):
        return True
    cause = error.underlying_exception
    reason = cause.args[0].reason if cause.args and isinstance(cause.args[0], MaxRetryError) else None
    if isinstance(cause, SSLError):
        return "CERTIFICATE_VERIFY_FAILED" in str(reason)
    return isinstance(error, GlobusConnectionError) and isinstance(reason, NewConnectionError)
