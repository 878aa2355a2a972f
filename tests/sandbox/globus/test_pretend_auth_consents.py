from datetime import datetime
from typing import Any

import pytest

from bot.sandbox.globus.collections import BEAMLINE, CAMPUS
from bot.sandbox.globus.consents import Consents
from bot.sandbox.globus.identities import ADA, GRACE
from bot.sandbox.globus.scopes import (
    TIMERS_ID,
    TIMERS_SCOPE,
    TRANSFER_SCOPE,
    VIEW_CONSENTS_SCOPE,
    data_access_scope,
    parse,
)
from tests.sandbox.globus.pretend_globus import Sandbox, everything, refusal_of, sandbox

BEAM = data_access_scope(BEAMLINE.id)
CAMP = data_access_scope(CAMPUS.id)


def _timer(*names: str) -> str:
    return f"{TIMERS_SCOPE}[{TRANSFER_SCOPE}[{' '.join(names)}]]"


def _meets(globus: Sandbox, scopes: str) -> bool:
    """Ask as the bot does: sign in, read the consents, compare."""
    tokens = globus.sign_in("openid")
    return globus.auth(tokens).get_consents(ADA.id).to_forest().meets_scope_requirements(scopes)


def test_what_was_allowed_meets_what_was_asked() -> None:
    with sandbox() as globus:
        globus.sign_in(everything(BEAMLINE.id, CAMPUS.id))
        assert _meets(globus, everything(BEAMLINE.id, CAMPUS.id))
        assert _meets(globus, _timer(BEAM))


def test_what_was_declined_is_not_held_though_the_sign_in_succeeds() -> None:
    with sandbox() as globus:
        tokens = globus.sign_in(everything(BEAMLINE.id, CAMPUS.id), decline=[CAMPUS.id])
        assert tokens.by_resource_server.keys() >= {TIMERS_ID}
        assert _meets(globus, _timer(BEAM))
        assert not _meets(globus, _timer(CAMP))
        assert not _meets(globus, f"{TRANSFER_SCOPE}[{CAMP}]")


def test_a_consent_below_transfer_is_none_below_timers() -> None:
    with sandbox() as globus:
        globus.sign_in(f"{TRANSFER_SCOPE}[*{BEAM}] {TIMERS_SCOPE}[{TRANSFER_SCOPE}]")
        assert _meets(globus, f"{TRANSFER_SCOPE}[{BEAM}]")
        assert not _meets(globus, _timer(BEAM))


def test_consents_add_up_and_a_narrower_sign_in_takes_nothing_away() -> None:
    with sandbox() as globus:
        globus.sign_in(_timer(f"*{BEAM}"))
        globus.sign_in(_timer(f"*{CAMP}"))
        globus.sign_in(everything())
        assert _meets(globus, _timer(BEAM, CAMP))


def test_a_revoked_consent_takes_along_what_is_below_it() -> None:
    with sandbox() as globus:
        globus.sign_in(everything(BEAMLINE.id))
        globus.do("revoke_consent", username=ADA.username, scope=TRANSFER_SCOPE)
        left = globus.see("consents", username=ADA.username)["consents"]
    assert [one["scope_name"] for one in left] == ["openid", "profile", "email", TIMERS_SCOPE]


def test_one_collection_s_consent_can_be_revoked_alone() -> None:
    with sandbox() as globus:
        globus.sign_in(everything(BEAMLINE.id, CAMPUS.id))
        globus.do("revoke_consent", username=ADA.username, scope=BEAM)
        assert _meets(globus, _timer(CAMP))
        assert not _meets(globus, _timer(BEAM))


def test_each_consent_names_the_way_to_it() -> None:
    with sandbox() as globus:
        tokens = globus.sign_in(f"openid {_timer('*' + BEAM)}")
        consents: list[dict[str, Any]] = globus.auth(tokens).get_consents(ADA.id)["consents"]
    _, timer, transfer, data = consents
    assert data["dependency_path"] == [timer["id"], transfer["id"], data["id"]]
    assert [one["atomically_revocable"] for one in (timer, transfer, data)] == [False, False, True]
    assert transfer["client"] == TIMERS_ID
    assert data["allows_refresh"]
    assert datetime.fromisoformat(data["created"]).tzinfo


def test_people_see_only_their_own_consents() -> None:
    with sandbox() as globus:
        ada = globus.auth(globus.sign_in("openid"))
        error = refusal_of(lambda: ada.get_consents(GRACE.id))
        assert (error.http_status, error.code) == (403, "FORBIDDEN")


def test_consents_to_other_apps_need_a_scope_of_their_own() -> None:
    with sandbox() as globus:
        globus.sign_in("openid", client=globus.native())
        ada = globus.auth(globus.sign_in("openid"))
        wide = globus.auth(globus.sign_in(f"openid {VIEW_CONSENTS_SCOPE}"))
        error = refusal_of(lambda: ada.get_consents(ADA.id, all=True))
        assert error.http_status == 403
        assert len(wide.get_consents(ADA.id, all=True)["consents"]) == 3
        assert len(ada.get_consents(ADA.id)["consents"]) == 2


@pytest.mark.parametrize(
    ("path", "is_held"),
    [
        ((TIMERS_SCOPE, TRANSFER_SCOPE, BEAM), True),
        ((TIMERS_SCOPE, TRANSFER_SCOPE), True),
        ((TRANSFER_SCOPE,), False),
        ((TRANSFER_SCOPE, BEAM), False),
        ((), False),
    ],
)
def test_a_consent_is_held_only_at_its_place(path: tuple[str, ...], is_held: bool) -> None:  # noqa: FBT001 - a case
    consents = Consents(lambda: 0.0)
    consents.grant(ADA.id, "app", parse(_timer(f"*{BEAM}")), allows_refresh=True)
    assert consents.holds(ADA.id, "app", path) is is_held
    assert not consents.holds(GRACE.id, "app", path)
    assert not consents.holds(ADA.id, "other app", path)


def test_consents_are_revoked_for_one_app_or_for_all() -> None:
    consents = Consents(lambda: 0.0)
    for app in ("one", "two", "three"):
        consents.grant(ADA.id, app, parse(_timer(f"*{BEAM}")), allows_refresh=False)
    assert consents.revoke(ADA.id, "one", TRANSFER_SCOPE) == 2
    assert consents.revoke(ADA.id, None, BEAM) == 2
    assert [len(consents.of(ADA.id, app)) for app in ("one", "two", "three")] == [1, 2, 2]
