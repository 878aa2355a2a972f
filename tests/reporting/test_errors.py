"""What leaves the house about an error: where it was, and nothing that was in hand."""

import json
from typing import Any

import pytest

from bot.errors import SettingsProblem
from bot.reporting.errors import report_to, scrub

SECRET = "planted"


def event(logger: str = "bot.working") -> dict[str, Any]:
    """Make an event with a secret wherever Sentry may put one."""
    frame = {"function": "work", "module": "bot.working", "filename": "bot/working.py", "lineno": 7}
    return {
        "event_id": "e1",
        "level": "error",
        "logger": logger,
        "release": "1",
        "server_name": SECRET,
        "user": {"id": SECRET},
        "request": {"url": SECRET, "data": SECRET},
        "contexts": {"runtime": {"name": SECRET}},
        "breadcrumbs": {"values": [{"message": SECRET}]},
        "extra": {"reference": "abcd1234", "team": SECRET, "sys.argv": [SECRET]},
        "tags": {"channel": SECRET},
        "logentry": {"message": "work ended", "params": [SECRET], "formatted": SECRET},
        "modules": {SECRET: "1"},
        "threads": {"values": [{"name": SECRET}]},
        "exception": {
            "values": [
                {
                    "type": "ValueError",
                    "module": "builtins",
                    "value": SECRET,
                    "mechanism": {"data": SECRET},
                    "stacktrace": {
                        "frames": [
                            frame
                            | {
                                "vars": {"token": SECRET},
                                "context_line": SECRET,
                                "abs_path": f"/home/{SECRET}/x",
                            }
                        ]
                    },
                }
            ]
        },
    }


def test_an_event_keeps_where_it_was_and_how_it_is_found_in_the_log() -> None:
    kept = scrub(event(), {"queue": "requests", "request_id": "r1", "person": SECRET})

    assert kept["tags"] == {"reference": "abcd1234", "queue": "requests", "request_id": "r1"}
    assert kept["logentry"] == {"message": "work ended"}
    [error] = kept["exception"]["values"]
    assert error["type"] == "ValueError"
    assert error["stacktrace"]["frames"][0]["lineno"] == 7


def test_nothing_else_is_kept_wherever_it_stands() -> None:
    assert SECRET not in json.dumps(scrub(event(), {"person": SECRET}))


@pytest.mark.parametrize("logger", ["uvicorn.error", "asyncio", "slack_bolt", "botnet", ""])
def test_the_sentences_of_others_do_not_leave(logger: str) -> None:
    kept = scrub(event(logger) | {"logentry": {"message": f"Failed: {SECRET}"}}, {})

    assert kept["logentry"] == {"message": "an error"}


@pytest.mark.parametrize("odd", [{}, {"exception": None, "extra": None}, {"logentry": {"message": {"a": 1}}}])
def test_an_odd_event_is_scrubbed_too(odd: dict[str, Any]) -> None:
    assert scrub(odd, {})["exception"] == {"values": []}


def test_what_is_no_dsn_is_said_without_quoting_it() -> None:
    with pytest.raises(SettingsProblem) as caught:
        report_to("planted-no-dsn", release="1", about=dict)

    assert "SENTRY_DSN is no DSN" in str(caught.value)
    assert SECRET not in str(caught.value)
