import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import requests
from slack_bolt.async_app import AsyncApp
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.oauth.installation_store import Bot, FileInstallationStore
from slack_sdk.oauth.state_store import FileOAuthStateStore
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.person import Browser
from bot.sandbox.serving import served
from bot.sandbox.slack.neighbours import ENTERPRISE_ID, HENRIETTA, OBSERVATORY_TEAM, ROSALIND, VERA
from bot.sandbox.slack.workspace import ADA, APP_ID, BOT_ID, BOT_USER_ID, NEIGHBOUR_TEAM, TEAM_ID
from tests.sandbox.slack.pretend_slack import (
    CALLBACK,
    CREDENTIALS,
    Sandbox,
    answer_page,
    error_of,
    free_port,
    install,
    install_address,
    page_at,
    sandbox,
    vendor_client,
)

pytestmark = vendor_client

Json = dict[str, Any]
NEIGHBOUR = f"{NEIGHBOUR_TEAM}/{ROSALIND}"


def _refreshed(slack: Sandbox, refresh_token: str) -> Any:  # noqa: ANN401 - an awaitable answer
    return AsyncWebClient(base_url=f"{slack.base}/api/").oauth_v2_access(
        client_id=CREDENTIALS.client_id,
        client_secret=CREDENTIALS.client_secret,
        grant_type="refresh_token",
        refresh_token=refresh_token,
    )


def test_an_installation_gives_a_token_of_that_workspace() -> None:
    with sandbox() as slack:
        answer = asyncio.run(install(slack, NEIGHBOUR))
        token = answer.pop("access_token")
        said = asyncio.run(_said(slack.client(token)))
    assert token.startswith("xoxb-")
    assert answer == {
        "ok": True,
        "app_id": APP_ID,
        "authed_user": {"id": ROSALIND},
        "scope": "commands,chat:write,users:read",
        "token_type": "bot",
        "bot_user_id": "U0BOT00002",
        "team": {"id": NEIGHBOUR_TEAM, "name": "Neighbour Institute"},
        "enterprise": None,
        "is_enterprise_install": False,
    }
    assert (said["team_id"], said["user_id"], said["bot_id"]) == (
        NEIGHBOUR_TEAM,
        "U0BOT00002",
        "B0BOT00002",
    )


async def _said(client: AsyncWebClient) -> Json:
    answer = (await client.auth_test()).data
    assert isinstance(answer, dict)
    return answer


def test_installed_again_without_rotation_the_app_keeps_its_token_and_adds_scopes() -> None:
    async def story() -> list[Json]:
        first = await install(slack, f"{TEAM_ID}/{ADA}", scope="commands")
        return [first, await install(slack, NEIGHBOUR), await install(slack, NEIGHBOUR, scope="im:write")]

    with sandbox() as slack:
        mine, first, again = asyncio.run(story())
    assert mine["access_token"] == CREDENTIALS.bot_token
    assert again["access_token"] == first["access_token"]
    assert again["scope"] == "commands,chat:write,users:read,im:write"


def test_a_token_has_the_scopes_that_were_asked_for_and_no_others() -> None:
    async def story() -> tuple[str, str]:
        client = slack.client((await install(slack, NEIGHBOUR, scope="users:read"))["access_token"])
        answer = await client.users_info(user=ROSALIND)
        return (
            await error_of(client.chat_postMessage(channel=ROSALIND, text="hello")),
            answer.headers["X-OAuth-Scopes"],
        )

    with sandbox() as slack:
        assert asyncio.run(story()) == ("missing_scope", "users:read")


def test_a_person_may_be_asked_for_scopes_of_their_own() -> None:
    with sandbox() as slack:
        answer = asyncio.run(install(slack, NEIGHBOUR, user_scope="openid"))
    assert answer["authed_user"]["id"] == ROSALIND
    assert answer["authed_user"]["scope"] == "openid"
    assert answer["authed_user"]["token_type"] == "user"
    assert answer["authed_user"]["access_token"].startswith("xoxp-")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"scope": "chat:write,admin"}, "admin"),
        ({"scope": ""}, "no scope"),
        ({"user_scope": "admin"}, "admin"),
        ({"client_id": "9.9"}, "client_id"),
        ({"redirect_uri": "https://example.org/callback"}, "redirect_uri did not match"),
    ],
)
def test_an_installation_that_is_not_right_ends_on_a_page_of_slacks(
    change: dict[str, str], sentence: str
) -> None:
    with sandbox() as slack:
        answer = requests.get(install_address(slack, **change), timeout=10, allow_redirects=False)
    assert answer.status_code == 400
    assert sentence in answer.text


def test_an_administrator_may_cancel_and_must_be_somebody() -> None:
    with sandbox() as slack:
        page = page_at(install_address(slack))
        assert answer_page(page, NEIGHBOUR, decision="deny") == {"error": "access_denied", "state": "s-1"}
        form = page.hidden | {"who": "T0NOWHERE1/U0NOBODY01", "decision": "allow"}
        answer = requests.post(page.action, data=form, timeout=10, allow_redirects=False)
        state = asyncio.run(slack.see("state", team_id=NEIGHBOUR_TEAM))
    assert answer.status_code == 400
    assert state["is_installed"] is False


def test_client_credentials_may_come_in_the_form_too() -> None:
    with sandbox() as slack:
        code = answer_page(page_at(install_address(slack)), NEIGHBOUR)["code"]
        form = {
            "code": code,
            "redirect_uri": CALLBACK,
            "client_id": CREDENTIALS.client_id,
            "client_secret": CREDENTIALS.client_secret,
        }
        address = f"{slack.base}/api/oauth.v2.access"
        assert requests.post(address, data=form, timeout=10).json()["ok"]
        refused = requests.post(address, data=form, timeout=10).json()
    assert refused == {"ok": False, "error": "code_already_used"}


def test_without_a_redirect_uri_the_first_registered_one_is_meant() -> None:
    with sandbox() as slack:
        address = install_address(slack, redirect_uri="")
        code = answer_page(page_at(address), NEIGHBOUR)["code"]
        client = AsyncWebClient(base_url=f"{slack.base}/api/")
        given = {"client_id": CREDENTIALS.client_id, "client_secret": CREDENTIALS.client_secret}
        assert asyncio.run(error_of(client.oauth_v2_access(code=code, **given))) == "ok"


def test_an_enterprise_is_installed_as_a_whole() -> None:
    async def story() -> tuple[Json, Json, str]:
        answer = await install(slack, f"{ENTERPRISE_ID}/{VERA}")
        said = await _said(slack.client(answer["access_token"]))
        page = page_at(install_address(slack))
        code = answer_page(page, f"{OBSERVATORY_TEAM}/{VERA}")["code"]
        client = AsyncWebClient(base_url=f"{slack.base}/api/")
        again = client.oauth_v2_access(
            client_id=CREDENTIALS.client_id,
            client_secret=CREDENTIALS.client_secret,
            code=code,
            redirect_uri=CALLBACK,
        )
        return answer, said, await error_of(again)

    with sandbox() as slack:
        answer, said, error = asyncio.run(story())
    assert answer["team"] is None
    assert answer["enterprise"] == {"id": ENTERPRISE_ID, "name": "Sandbox Consortium"}
    assert answer["is_enterprise_install"] is True
    assert (said["enterprise_id"], said["is_enterprise_install"]) == (ENTERPRISE_ID, True)
    assert error == "cannot_install_an_org_installed_app"


def test_a_person_of_any_workspace_of_an_enterprise_may_be_asked_for_scopes_of_their_own() -> None:
    async def story() -> tuple[Json, Json]:
        answer = await install(slack, f"{ENTERPRISE_ID}/{HENRIETTA}", user_scope="openid")
        client = slack.client(answer["authed_user"]["access_token"])
        said = (await client.openid_connect_userInfo()).data
        assert isinstance(said, dict)
        return said, await _said(client)

    with sandbox() as slack:
        info, tested = asyncio.run(story())
    assert info["https://slack.com/user_id"] == tested["user_id"] == HENRIETTA
    assert info["https://slack.com/enterprise_id"] == ENTERPRISE_ID


def test_one_workspace_of_an_enterprise_is_installed_alone() -> None:
    with sandbox() as slack:
        answer = asyncio.run(install(slack, f"{OBSERVATORY_TEAM}/{VERA}"))
    assert answer["team"] == {"id": OBSERVATORY_TEAM, "name": "Observatory"}
    assert answer["enterprise"]["id"] == ENTERPRISE_ID
    assert answer["is_enterprise_install"] is False


def test_only_an_app_that_is_ready_for_it_is_offered_to_a_whole_enterprise() -> None:
    with sandbox(org_ready=False) as slack:
        assert not [one for one in page_at(install_address(slack)).people if one.startswith("E")]
        asyncio.run(slack.do("registration", org_ready=True))
        assert f"{ENTERPRISE_ID}/{VERA}" in page_at(install_address(slack)).people


def test_the_registration_can_be_changed_while_it_runs_but_not_the_credentials() -> None:
    with sandbox(redirect_uris=()) as slack:
        assert requests.get(install_address(slack), timeout=10).status_code == 400
        changed = asyncio.run(slack.do("registration", redirect_uris=[CALLBACK], token_rotation=True))
        assert {name: changed[name] for name in changed.keys() - {"commands", "shortcuts"}} == {
            "ok": True,
            "redirect_uris": [CALLBACK],
            "token_rotation": True,
            "org_ready": True,
            "unfurl_domains": [],
        }
        page_at(install_address(slack))
        refused = asyncio.run(slack.refused("registration", credentials="mine"))
        assert refused["error"] == "invalid_arguments"


def test_a_rotated_token_has_a_successor_and_lives_on_until_it_expires() -> None:
    async def story() -> None:
        first = await install(slack, NEIGHBOUR)
        assert first["access_token"].startswith("xoxe.xoxb-")
        assert first["expires_in"] == 43_200
        second = await _refreshed(slack, first["refresh_token"])
        assert second["token_type"] == "bot"
        assert second["team"]["id"] == NEIGHBOUR_TEAM
        assert await error_of(_refreshed(slack, first["refresh_token"])) == "invalid_refresh_token"
        slack.clock.advance(43_199)
        assert await error_of(slack.client(first["access_token"]).auth_test()) == "ok"
        third = await _refreshed(slack, second["refresh_token"])
        slack.clock.advance(2)
        assert await error_of(slack.client(first["access_token"]).auth_test()) == "token_expired"
        assert await error_of(slack.client(third["access_token"]).auth_test()) == "ok"

    with sandbox(token_rotation=True) as slack:
        asyncio.run(story())


def test_the_vendors_own_rotator_renews_a_token() -> None:
    async def story() -> tuple[str, str]:
        answer = await install(slack, NEIGHBOUR)
        bot = Bot(
            bot_token=answer["access_token"],
            bot_id="B0BOT00002",
            bot_user_id="U0BOT00002",
            bot_refresh_token=answer["refresh_token"],
            bot_token_expires_in=answer["expires_in"],
            installed_at=1.0,
        )
        rotator = AsyncTokenRotator(
            client=AsyncWebClient(base_url=f"{slack.base}/api/"),
            client_id=CREDENTIALS.client_id,
            client_secret=CREDENTIALS.client_secret,
        )
        renewed = await rotator.perform_bot_token_rotation(bot=bot, minutes_before_expiration=24 * 60)
        assert renewed
        return str(renewed.bot_token), await error_of(slack.client(renewed.bot_token).auth_test())

    with sandbox(token_rotation=True) as slack:
        token, error = asyncio.run(story())
    assert token.startswith("xoxe.xoxb-")
    assert error == "ok"


def test_bolts_own_flow_installs_in_a_browser(tmp_path: Path) -> None:
    store = FileInstallationStore(base_dir=str(tmp_path), client_id=CREDENTIALS.client_id)
    with sandbox(redirect_uris=("http://127.0.0.1/slack/oauth_redirect",)) as slack:
        port = free_port()
        app = _bolt(slack, store, tmp_path, redirect_uri=f"http://127.0.0.1:{port}/slack/oauth_redirect")
        with served(app.web_app(path="/slack/events"), port=port) as base:
            page = Browser().install_in_slack(f"{base}/slack/install", ROSALIND, where=NEIGHBOUR_TEAM)
            assert page.status_code == 200, page.text
            kept = store.find_installation(enterprise_id=None, team_id=NEIGHBOUR_TEAM)
            assert kept
            assert (kept.bot_id, kept.bot_user_id) == ("B0BOT00002", "U0BOT00002")
            whole = Browser().install_in_slack(f"{base}/slack/install", VERA, where=ENTERPRISE_ID)
            assert whole.status_code == 200, whole.text
        kept = store.find_installation(enterprise_id=ENTERPRISE_ID, team_id=None, is_enterprise_install=True)
        assert kept
        assert kept.is_enterprise_install
        assert str(kept.enterprise_url).startswith("https://sandbox-consortium.")


def _bolt(slack: Sandbox, store: FileInstallationStore, folder: Path, *, redirect_uri: str) -> AsyncApp:
    settings = AsyncOAuthSettings(
        client_id=CREDENTIALS.client_id,
        client_secret=CREDENTIALS.client_secret,
        scopes=["commands", "chat:write"],
        installation_store=store,
        state_store=FileOAuthStateStore(expiration_seconds=600, base_dir=str(folder / "states")),
        install_page_rendering_enabled=False,
        redirect_uri=redirect_uri,
        authorization_url=f"{slack.base}/oauth/v2/authorize",
    )
    return AsyncApp(
        client=AsyncWebClient(base_url=f"{slack.base}/api/"),
        signing_secret=CREDENTIALS.signing_secret,
        process_before_response=True,
        oauth_settings=settings,
    )


def test_a_wrong_basic_authentication_is_refused() -> None:
    async def story() -> Json:
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                f"{slack.base}/api/oauth.v2.access", headers={"Authorization": "Basic !"}
            ) as response,
        ):
            answer: Json = await response.json()
            return answer

    with sandbox() as slack:
        assert asyncio.run(story()) == {"ok": False, "error": "invalid_client_id"}


def test_the_workspace_the_app_begins_in_is_as_it_always_was() -> None:
    with sandbox() as slack:
        said = asyncio.run(_said(slack.client()))
    assert (said["team_id"], said["user_id"], said["bot_id"]) == (TEAM_ID, BOT_USER_ID, BOT_ID)
