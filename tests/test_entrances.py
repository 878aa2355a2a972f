from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st

from bot.entrances import Beginning, links_in, read_link, read_text

NOW = datetime(2026, 11, 25, 12, 0, 0, 500, tzinfo=UTC)
HOSTS = frozenset({"app.globus.org"})
A = "aaaaaaaa-0000-4000-8000-000000000001"
B = "bbbbbbbb-0000-4000-8000-000000000002"
BOTH = (
    f"https://app.globus.org/file-manager?origin_id={A}&origin_path=%2Fdata%2Frun%201%2F"
    f"&destination_id={B}&destination_path=%2F~%2F&two_pane=true"
)


def read(text: str) -> Beginning:
    return read_text(text, app_hosts=HOSTS, now=NOW, zone=UTC)


def test_a_link_of_the_file_manager_fills_both_sides() -> None:
    assert read_link(BOTH, app_hosts=HOSTS) == {
        "source_collection": A,
        "source_path": "/data/run 1/",
        "destination_collection": B,
        "destination_path": "/~/",
    }


def test_a_link_with_one_side_fills_the_side_where_it_is_pasted() -> None:
    link = f"https://app.globus.org/file-manager?origin_id={A}&origin_path=/data"

    assert read_link(link, app_hosts=HOSTS, side="destination") == {
        "destination_collection": A,
        "destination_path": "/data/",
    }


def test_a_collections_own_page_fills_the_collection() -> None:
    link = f"https://app.globus.org/file-manager/collections/{A}/overview"

    assert read_link(link, app_hosts=HOSTS) == {"source_collection": A}


@pytest.mark.parametrize(
    "link",
    [
        f"https://evil.example/file-manager?origin_id={A}",
        "https://app.globus.org/file-manager?origin_id=banana&origin_path=/x",
        "https://app.globus.org/activity",
        "https://[broken",
    ],
)
def test_any_other_link_fills_nothing(link: str) -> None:
    assert read_link(link, app_hosts=HOSTS) == {}


def test_a_link_and_words_are_read_together() -> None:
    beginning = read(f"<{BOTH.replace('&', '&amp;')}|here> every 6h, 3 times")

    assert beginning.not_understood == ""
    assert beginning.form["destination_path"] == "/~/"
    assert beginning.form["repeat"] == "custom"
    assert beginning.form["interval"] == "6h"
    assert beginning.form["end_runs"] == "3"
    assert "start" not in beginning.form


def test_words_that_are_no_schedule_are_said_back() -> None:
    assert read("banana") == Beginning({}, "banana", "“banana” is no date that I can read.")
    assert read(f"{BOTH} banana").not_understood == "banana"
    assert read("https://evil.example/x").not_understood == "https://evil.example/x"


def test_links_in_a_message_fill_the_form_whatever_else_it_says() -> None:
    assert (
        links_in(f"look at <{BOTH.replace('&', '&amp;')}> please", app_hosts=HOSTS)["source_collection"] == A
    )


@given(st.text())
def test_no_text_breaks_the_reading(text: str) -> None:
    read(text)
    links_in(text, app_hosts=HOSTS)
