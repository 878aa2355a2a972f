"""Each way to turn a link against somebody, tried on real wires; none makes the bot ask Globus for tokens."""

import hashlib
import hmac
import json
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from bot.sandbox.browser import Browser
from bot.sandbox.globus.collections import BEAMLINE, CAMPUS, LAPTOP, SHARED
from bot.sandbox.slack.workspace import ADA, GRACE, NEIGHBOUR_TEAM, Credentials
from tests.stories.stage import LAB_DATA, Stage, free_port, words

ADA_AT_GLOBUS, GRACE_AT_GLOBUS = "ada@sandbox-lab.example", "grace@sandbox-lab.example"
TOKENS = "POST /v2/oauth2/token"


@pytest.fixture
def public(empty_stage: Stage) -> Stage:
    """A bot with a public address, and Ada with a request that waits for her sign-in."""
    port = free_port()
    credentials = Credentials()
    empty_stage.start_bot(
        PUBLIC_URL=f"http://127.0.0.1:{port}",
        PORT=port,
        SLACK_CLIENT_ID=credentials.client_id,
        SLACK_CLIENT_SECRET=credentials.client_secret,
    )
    empty_stage.schedule(BEAMLINE, CAMPUS)
    return empty_stage


def asked_for_tokens(stage: Stage) -> int:
    """Count the codes that the bot tried to exchange; its own credentials are another matter."""
    traffic = requests.get(f"{stage.globus_url}/sandbox/traffic", timeout=10).json()["traffic"]
    return sum(
        entry.get("method") == TOKENS and "authorization_code" in str(entry.get("body")) for entry in traffic
    )


def to_globus(browser: Browser, address: str, *, slack_user: str = ADA) -> str:
    """Take a link as its person would, up to Globus; gives the address of the page there."""
    asking = browser.sign_in_to_slack(address, slack_user)
    assert "Link Slack and Globus?" in asking.text, asking.text
    return browser.go_on(asking, follow=False).headers["Location"]


def give_access(browser: Browser, address: str, identity: str = ADA_AT_GLOBUS) -> requests.Response:
    return browser.give(browser.open(address), identity=identity)


def returning(browser: Browser, address: str, identity: str = ADA_AT_GLOBUS) -> str:
    """Give access at Globus, but stop before the browser goes back; gives where it would go."""
    answer = browser.give(browser.open(address), identity=identity, follow=False)
    return answer.headers["Location"]


def nothing_came_of_it(stage: Stage, answer: requests.Response) -> None:
    assert answer.status_code == 400, answer.text
    assert asked_for_tokens(stage) == 0
    assert stage.timers() == []
    assert not any("Linked as" in words(one) for one in stage.ada.direct_messages())


def test_the_honest_way_takes_one_button(public: Stage) -> None:
    browser = Browser()
    address = public.sign_in_address()
    asking = browser.sign_in_to_slack(address, ADA)
    assert "Ada Lovelace in Sandbox Lab" in asking.text
    page = browser.open(browser.go_on(asking, follow=False).headers["Location"])
    assert sorted(page.consents) == sorted([BEAMLINE.id, CAMPUS.id])

    answer = browser.give(page, identity=ADA_AT_GLOBUS)

    assert "Your request goes on by itself" in answer.text
    public.announced()
    assert public.told("Linked as *ada@sandbox-lab.example*")


def test_a_later_consent_from_the_same_browser_skips_the_slack_sign_in(public: Stage) -> None:
    browser = Browser()
    give_access(browser, to_globus(browser, public.sign_in_address()))
    public.announced()
    public.ada.close()
    public.schedule(SHARED, LAPTOP, name="No consent needed")
    public.announced(2)
    public.ada.command("connect", channel_id=LAB_DATA)
    [*_, message] = public.ada.messages(LAB_DATA)
    address = public.ada.press_in_message(message, "sign_in", channel_id=LAB_DATA)["url"]

    asking = browser.get(address)

    assert "Link Slack and Globus?" in asking.text
    assert ADA_AT_GLOBUS in asking.text


def test_another_browser_that_finishes_the_link_is_refused(public: Stage) -> None:
    attacker, victim = Browser(), Browser()
    address = to_globus(attacker, public.sign_in_address())

    answer = give_access(victim, address, GRACE_AT_GLOBUS)

    nothing_came_of_it(public, answer)


def test_another_slack_user_who_opens_the_link_is_refused(public: Stage) -> None:
    answer = Browser().sign_in_to_slack(public.sign_in_address(), GRACE)

    assert "made for another Slack user" in answer.text
    nothing_came_of_it(public, answer)


def test_the_same_user_id_in_another_workspace_is_refused(public: Stage) -> None:
    answer = Browser().sign_in_to_slack(public.sign_in_address(), ADA, team_id=NEIGHBOUR_TEAM)

    assert "made for another Slack user" in answer.text
    nothing_came_of_it(public, answer)


def test_a_state_works_once(public: Stage) -> None:
    browser = Browser()
    back = returning(browser, to_globus(browser, public.sign_in_address()))
    assert browser.get(back).status_code == 200
    public.announced()

    answer = browser.get(back)

    assert answer.status_code == 400
    assert asked_for_tokens(public) == 1


def test_of_eight_that_bring_the_same_state_one_succeeds(public: Stage) -> None:
    browser = Browser()
    back = returning(browser, to_globus(browser, public.sign_in_address()))
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: browser.get(back).status_code, range(8)))

    assert sorted(statuses) == [200] + [400] * 7
    assert asked_for_tokens(public) == 1


@pytest.mark.parametrize("table", ["tickets", "journeys", "sign_ins"])
def test_what_is_over_is_refused(public: Stage, table: str) -> None:
    browser = Browser()
    address = public.sign_in_address()
    globus = to_globus(browser, address)
    with sqlite3.connect(public.folder / "transferbot.db", timeout=10) as database:
        database.execute(f"UPDATE {table} SET expires_at = '2026-01-01T00:00:00.000000+00:00'")  # noqa: S608 - our own name

    answer = Browser().get(address) if table == "tickets" else give_access(browser, globus)

    nothing_came_of_it(public, answer)


def test_a_callback_without_the_cookie_is_refused(public: Stage) -> None:
    browser = Browser()
    back = returning(browser, to_globus(browser, public.sign_in_address()))
    browser.forget()

    nothing_came_of_it(public, browser.get(back))


@pytest.mark.parametrize("query", ["", "?code=x", "?state=", "?code=x&state=", "?code=x&state=" + "a" * 5000])
def test_a_callback_without_a_state_is_refused(public: Stage, query: str) -> None:
    browser = Browser()
    to_globus(browser, public.sign_in_address())

    nothing_came_of_it(public, browser.get(public.settings["PUBLIC_URL"] + "/globus/callback" + query))


def test_another_persons_code_under_ones_own_state_links_nobody(public: Stage) -> None:
    """The attacker feeds their own code into the victim's browser (login CSRF)."""
    victim, attacker = Browser(), Browser()
    back = returning(victim, to_globus(victim, public.sign_in_address()))
    public.schedule(BEAMLINE, CAMPUS, public.grace, destination_path="/other/")
    address = public.sign_in_address(public.grace)
    stolen = returning(attacker, to_globus(attacker, address, slack_user=GRACE), GRACE_AT_GLOBUS)
    code = parse_qs(urlsplit(stolen).query)["code"][0]
    state = parse_qs(urlsplit(back).query)["state"][0]

    with_their_state = victim.get(stolen)
    swapped = urlencode({"code": code, "state": state})
    with_own_state = victim.get(f"{public.settings['PUBLIC_URL']}/globus/callback?{swapped}")

    assert (with_their_state.status_code, with_own_state.status_code) == (400, 400)
    assert not any("Linked as" in words(one) for one in public.ada.direct_messages())
    assert public.timers() == []


@pytest.mark.parametrize(
    "change",
    [
        lambda scope: scope.replace("email ", ""),
        lambda scope: scope + " urn:globus:auth:scope:auth.globus.org:view_identities",
    ],
    ids=["fewer", "more"],
)
def test_other_scopes_than_asked_are_refused_and_given_back(
    public: Stage, change: Callable[[str], str]
) -> None:
    browser = Browser()
    parts = urlsplit(to_globus(browser, public.sign_in_address()))
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    changed = parts._replace(query=urlencode(query | {"scope": change(query["scope"])})).geturl()

    answer = give_access(browser, changed)

    assert "granted something else than was asked" in answer.text
    assert public.timers() == []
    assert public.live_tokens(ADA_AT_GLOBUS) == []


def test_another_globus_identity_at_a_later_consent_is_refused(public: Stage) -> None:
    browser = Browser()
    give_access(browser, to_globus(browser, public.sign_in_address()))
    public.announced()
    public.ada.command("connect", channel_id=LAB_DATA)
    [*_, message] = public.ada.messages(LAB_DATA)
    address = public.ada.press_in_message(message, "sign_in", channel_id=LAB_DATA)["url"]
    globus = browser.go_on(browser.get(address), follow=False).headers["Location"]

    answer = give_access(browser, globus, GRACE_AT_GLOBUS)

    assert (
        "You are linked as ada@sandbox-lab.example, but signed in as grace@sandbox-lab.example" in answer.text
    )


def test_a_scanner_that_opens_the_link_does_not_use_it_up(public: Stage) -> None:
    address = public.sign_in_address()
    for _ in range(5):
        requests.get(address, allow_redirects=False, timeout=10)
        requests.head(address, allow_redirects=False, timeout=10)

    browser = Browser()
    give_access(browser, to_globus(browser, address))

    public.announced()


def test_the_question_cannot_be_answered_from_elsewhere(public: Stage) -> None:
    browser, elsewhere = Browser(), Browser()
    asking = browser.sign_in_to_slack(public.sign_in_address(), ADA)

    answer = elsewhere.go_on(asking)

    nothing_came_of_it(public, answer)


def test_every_page_keeps_its_secrets_to_itself(public: Stage) -> None:
    address = public.sign_in_address()
    for answer in (
        requests.get(address, allow_redirects=False, timeout=10),
        requests.get(public.settings["PUBLIC_URL"] + "/globus/callback", timeout=10),
        requests.get(public.settings["PUBLIC_URL"] + "/healthz", timeout=10),
        requests.get(public.settings["PUBLIC_URL"] + "/nowhere", timeout=10),
    ):
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert "Server" not in answer.headers
    cookie = requests.get(address, allow_redirects=False, timeout=10).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Domain" not in cookie


def test_no_secret_of_the_way_reaches_the_log_or_the_database(empty_stage: Stage) -> None:
    stage, port, credentials = empty_stage, free_port(), Credentials()
    stage.start_bot(
        PUBLIC_URL=f"http://127.0.0.1:{port}",
        PORT=port,
        SLACK_CLIENT_ID=credentials.client_id,
        SLACK_CLIENT_SECRET=credentials.client_secret,
        LOG_LEVEL="DEBUG",
    )
    stage.schedule(BEAMLINE, CAMPUS)
    browser = Browser()
    address = stage.sign_in_address()
    globus = to_globus(browser, address)
    back = returning(browser, globus)
    Browser().get(back)
    browser.get(back)
    stage.announced()
    errors = [browser.get(f"{stage.settings['PUBLIC_URL']}{path}").text for path in ("/metrics", "/nowhere")]
    errors += [browser.get(back).text, browser.get(address + "x").text]
    stage.run_command("backup", "copy.db")
    stage.stop_bot()

    planted = {
        parse_qs(urlsplit(address).query)["ticket"][0],
        *(parse_qs(urlsplit(back).query)[name][0] for name in ("code", "state")),
        *browser.cookies(),
        credentials.client_secret,
        *requests.get(f"{stage.globus_url}/sandbox/secrets", timeout=10).json()["secrets"],
    }
    assert len(planted) > 8
    files = [file for file in stage.folder.glob("*.db*") if file.suffix != ".key"]
    assert stage.folder / "copy.db" in files
    stored = b"".join(file.read_bytes() for file in files)
    assert [secret for secret in planted if secret in stage.output] == []
    assert [secret for secret in planted if secret in "".join(errors)] == []
    assert [secret for secret in planted if secret.encode() in stored] == []


def signed(stage: Stage, form: dict[str, str], *, at: int | None = None) -> requests.Response:
    """Send the bot what only Slack can send."""
    body, at = urlencode(form).encode(), at or int(time.time())  # noqa: TID251 - a signature is of this moment
    secret = stage.settings["SLACK_SIGNING_SECRET"].encode()
    signature = hmac.new(secret, f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": str(at),
        "X-Slack-Signature": f"v0={signature}",
    }
    url = f"http://127.0.0.1:{stage.settings['PORT']}/slack/events"
    return requests.post(url, data=body, headers=headers, timeout=10)


def click(user_id: str, action_id: str, value: str) -> dict[str, str]:
    action = {"type": "button", "action_id": action_id, "block_id": "b", "value": value, "action_ts": "1.1"}
    payload = {
        "type": "block_actions",
        "team": {"id": "T0SANDBOX1", "domain": "sandbox-lab"},
        "user": {"id": user_id, "team_id": "T0SANDBOX1"},
        "api_app_id": "A0SANDBOX1",
        "container": {"type": "message"},
        "trigger_id": "1.2.3",
        "actions": [action],
    }
    return {"payload": json.dumps(payload)}


def test_somebody_else_cannot_settle_a_request_that_is_not_theirs(empty_stage: Stage) -> None:
    stage, port = empty_stage, free_port()
    requests.post(
        f"{stage.slack_url}/sandbox/delivery",
        json={"url": f"http://127.0.0.1:{port}/slack/events"},
        timeout=10,
    )
    stage.start_bot(SLACK_APP_TOKEN="", PORT=port)
    stage.schedule(SHARED, LAPTOP)
    stage.sign_in()
    stage.announced()
    stage.globus_fault("drop_before", times=2)
    stage.schedule(SHARED, LAPTOP, destination_path="/other/")
    view = stage.shown("it is not among your timers")
    request_id = view["private_metadata"]

    for action_id in ("create_again", "look_again", "forget", "announce_again"):
        assert signed(stage, click(GRACE, action_id, request_id)).status_code == 200

    assert len(stage.timers()) == 1
    assert stage.ada.top()["blocks"] == view["blocks"]
    stage.ada.press("forget")
    stage.shown("Forgotten, as you asked")


def test_a_request_of_slack_that_is_replayed_or_forged_does_nothing(empty_stage: Stage) -> None:
    stage, port = empty_stage, free_port()
    stage.start_bot(SLACK_APP_TOKEN="", PORT=port)
    form = click(ADA, "sign_in", "x")
    now = int(time.time())  # noqa: TID251 - a signature is of this moment

    assert signed(stage, form, at=now).status_code == 200
    assert signed(stage, form, at=now).status_code == 401
    assert signed(stage, form, at=now - 301).status_code == 401
    stage.settings["SLACK_SIGNING_SECRET"] = "another"
    assert signed(stage, form).status_code == 401
