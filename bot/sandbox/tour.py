"""The whole main job, played as a person would: nothing here knows how the bot does it."""

import re
import time
from collections.abc import Callable
from typing import Any, Final

import requests

from bot.sandbox.globus.identities import ADA as ADA_AT_GLOBUS
from bot.sandbox.person import PATIENCE, Browser, NotDone, Person
from bot.sandbox.slack.workspace import ADA, LAB_DATA

_CONSENT: Final = re.compile(r"Access data on (.+?) \(optional\)")
SOURCE: Final = "Beamline"
DESTINATION: Final = "Campus"
_JOB_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

Say = Callable[[str], object]


def take(slack_url: str, globus_url: str, *, say: Say) -> bool:
    """Schedule two transfers between the same collections; True if both timers exist at Globus."""
    ada = Person(slack_url, ADA)
    say("The tour: Ada Lovelace schedules two transfers, as a person would, and then we ask Globus.")
    say("")
    try:
        first = _schedule(ada, say, name="Nightly run data", repeat="daily", signs_in=True)
        say("")
        say("Once more, with the same collections: Globus knows Ada now, so there is no link.")
        second = _schedule(ada, say, name="Hourly calibration", repeat="hourly", signs_in=False)
    except NotDone as problem:
        say(f"  It stopped here: {problem}")
        return False
    return all(_exists(globus_url, job_id, say) for job_id in (first, second))


def _schedule(ada: Person, say: Say, *, name: str, repeat: str, signs_in: bool) -> str:
    say("Ada types /schedule-transfer in #lab-data.")
    # The bot starts beside us, and until it is there a command has nowhere to go.
    _retrying(lambda: ada.command(channel_id=LAB_DATA))
    source = _choose(ada, say, "source_collection", SOURCE)
    _choose(ada, say, "destination_collection", DESTINATION, other_than=source)
    ada.fill("source_path", "/data/")
    ada.fill("destination_path", f"/archive/{repeat}/")
    ada.fill("name", name)
    ada.fill("repeat", repeat)
    say(f"  She fills in /data/ to /archive/{repeat}/, {repeat}, and calls it “{name}”.")
    answer = ada.submit()
    if answer.get("errors"):
        raise NotDone(f"the form was refused: {answer['errors']}")
    say("  She presses Schedule.")
    if signs_in:
        _sign_in(ada, say)
    say("  The bot checks both collections, then creates the timer …")
    job_id = _announced(ada, name)
    say(f"  The bot tells #lab-data: “{name}” is scheduled. Job ID {job_id}")
    ada.close()
    return job_id


def _choose(ada: Person, say: Say, field: str, text: str, *, other_than: str = "") -> str:
    options = [option for option in ada.search(field, text) if option["value"] != other_than]
    if not options:
        raise NotDone(f"nothing is found for {text!r}")
    ada.fill(field, options[0]["value"])
    say(f"  She types “{text}” and chooses {options[0]['text']['text']}.")
    value: str = options[0]["value"]
    return value


def _sign_in(ada: Person, say: Say) -> None:
    ada.wait_for(lambda: _has(ada.top(), "sign_in"), "the sign-in link")
    address = ada.press("sign_in")["url"]
    browser = Browser()
    page = browser.open(address)
    say(f"  One link carries the sign-in and the consents to {' and '.join(_CONSENT.findall(page.words))}.")
    code = browser.allow(page, identity=ADA_AT_GLOBUS.username)
    say("  She allows it, and Globus shows her a code.")
    ada.press("open_paste_code")
    ada.fill("code", code)
    ada.submit()
    ada.wait_for(lambda: "Linked as" in str(ada.top()["blocks"]), "the account to be linked")
    say(f"  She pastes it in Slack, which says: Linked as {ADA_AT_GLOBUS.username}.")
    ada.close()


def _announced(ada: Person, name: str) -> str:
    def look() -> str | None:
        for message in ada.messages(LAB_DATA):
            found = _JOB_ID.search(str(message.get("blocks")))
            if found and name in str(message.get("blocks")):
                return found.group()
        return None

    return ada.wait_for(look, "the message in the channel")


def _exists(globus_url: str, job_id: str, say: Say) -> bool:
    timers: list[dict[str, Any]] = requests.get(f"{globus_url}/sandbox/timers", timeout=10).json()["timers"]
    exists = [timer["job_id"] for timer in timers].count(job_id) == 1
    say(f"Globus has timer {job_id}." if exists else f"Globus has no timer {job_id}!")
    return exists


def _has(view: dict[str, Any], action_id: str) -> bool:
    return any(
        element.get("action_id") == action_id
        for block in view["blocks"]
        for element in block.get("elements", ())
    )


def _retrying(command: Callable[[], object]) -> None:
    """Wait for the bot to connect: until then a command has nowhere to go."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            command()
        except NotDone:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return
