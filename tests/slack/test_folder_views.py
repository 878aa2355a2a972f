"""Whatever lies in a folder, Slack takes the view that shows it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings, strategies as st

from bot.errors import Problem, Refused, ServiceUnavailable, SignInNeeded
from bot.folders import PAGE, ConsentNeeded, Entry, EntryKind, Folder, NotListed, Obstacle, Seen, Visit
from bot.sandbox.slack.limits.surfaces import view_is_too_large, view_problems
from bot.sessions import SessionRequirement
from bot.sign_ins import SignInLink
from bot.slack.folder_views import broken_view, looking_view, seen_view, slow_view, unchosen_view
from bot.slack.form import FormContext

CAMPUS = "5a4db0c5-c011-4ec7-8b07-000000000002"
ZONES = ("UTC", "America/Chicago", "Pacific/Kiritimati")

names = st.one_of(
    st.text(min_size=1, max_size=255),
    st.sampled_from(
        ["&" * 255, "`" * 255, " ", "\n", "a\u2028b", ":smile:", "<!channel>", "👩‍🔬" * 60, "x" * 255]
    ),
)
folders = st.builds(lambda parts: "".join(f"/{part}" for part in parts) + "/", st.lists(names, max_size=12))
moments = st.one_of(
    st.none(), st.datetimes(timezones=st.just(UTC)), st.just(datetime.max.replace(tzinfo=UTC))
)
sizes = st.one_of(st.none(), st.integers(min_value=-1, max_value=2**80))
entries = st.builds(Entry, names, st.sampled_from(EntryKind), sizes, moments)
links = st.builds(
    SignInLink,
    st.just("s1"),
    st.text("ab", max_size=2000).map(lambda query: f"https://auth.example/?{query}"),
)
problems = st.one_of(
    st.sampled_from(Obstacle).map(NotListed),
    st.builds(ServiceUnavailable, st.just("Globus")),
    st.builds(Refused, st.text(max_size=5000)),
    st.builds(Problem, st.text(max_size=5000)),
)
some = st.lists(st.text(max_size=3000), max_size=5).map(tuple)
sessions = st.builds(SessionRequirement, st.text(max_size=5000), some, some, some, st.booleans())
closed = st.one_of(
    st.builds(ConsentNeeded, sessions),
    st.builds(SignInNeeded),
    sessions.map(lambda one: SignInNeeded(one.in_words(), session=one)),
)


@st.composite
def pages(draw: st.DrawFn) -> Folder:
    offset = draw(st.integers(min_value=0, max_value=100_000))
    found = tuple(draw(st.lists(entries, max_size=PAGE)))
    total = draw(st.integers(min_value=offset + len(found), max_value=200_000))
    return Folder(draw(folders), found, offset, total)


@st.composite
def visits(draw: st.DrawFn, folder: Folder | None = None) -> Visit:
    path = folder.path if folder else draw(st.one_of(st.just(""), folders))
    files = tuple(one.name for one in folder.entries) if folder else ()
    ticked = [path + name for name in draw(st.lists(st.sampled_from(files)))] if files else []
    return Visit(
        key="browse:0123456789abcdef",
        side=draw(st.sampled_from(["source", "destination"])),
        context=FormContext("r1", zone=draw(st.sampled_from(ZONES))).written(),
        form={"source_collection": CAMPUS, "destination_collection": CAMPUS},
        form_view_id="V1",
        path=path,
        offset=folder.offset if folder else 0,
        name=draw(names),
        names=files,
        ticked=(*ticked, *draw(st.lists(names, max_size=3))),
    )


def taken(view: dict[str, object]) -> bool:
    assert view_problems(view) == []
    return not view_is_too_large(view)


@settings(max_examples=300)
@given(st.data())
def test_any_folder_can_be_shown(data: st.DataObject) -> None:
    folder = data.draw(pages())
    visit = data.draw(visits(folder))

    assert taken(seen_view(visit, Seen(folder=folder, name=visit.name)))


def test_a_page_of_the_longest_names_can_be_shown() -> None:
    files = tuple(Entry("&" * 254 + chr(65 + index), EntryKind.FILE, 1) for index in range(PAGE))
    folder = Folder("/" + "&" * 255 + "/", files, 0, 100_000)
    for side in ("source", "destination"):
        visit = Visit("k", side, FormContext("r1").written(), {}, "V1", path=folder.path)
        assert taken(seen_view(visit, Seen(folder=folder)))


@given(visits(), problems)
def test_any_obstacle_can_be_shown(visit: Visit, problem: Problem) -> None:
    assert taken(seen_view(visit, Seen(problem=problem, name=visit.name)))


@given(visits(), closed, links, st.booleans())
def test_any_link_can_be_shown(visit: Visit, problem: Problem, link: SignInLink, signed_in: bool) -> None:  # noqa: FBT001 - drawn, not passed by hand
    assert taken(seen_view(visit, Seen(problem=problem, link=link, name=visit.name, signed_in=signed_in)))


@given(visits())
def test_what_stands_there_until_globus_answers_can_be_shown(visit: Visit) -> None:
    for view in (looking_view(visit), slow_view(visit), broken_view(visit, "12345678"), unchosen_view()):
        assert taken(view)


def drawn(side: str, *entries: Entry, path: str = "/data/") -> list[dict[str, object]]:
    visit = Visit("k", side, FormContext("r1").written(), {}, "V1", path=path)
    view = seen_view(visit, Seen(folder=Folder(path, entries, 0, len(entries))))
    blocks: list[dict[str, object]] = view["blocks"]
    return blocks


@pytest.mark.parametrize("name", ["a\nb", "a\u2028b", "a ", "x" * 1000])
def test_a_file_that_the_form_cannot_hold_can_be_seen_and_not_ticked(name: str) -> None:
    blocks = drawn("source", Entry(name, EntryKind.FILE, 1))

    assert not [one for one in blocks if one["type"] == "input"]
    assert "1 B" in str(blocks)


def test_a_folder_that_the_form_cannot_hold_can_be_seen_and_not_opened() -> None:
    blocks = drawn("source", Entry("a\nb", EntryKind.FOLDER), Entry("c", EntryKind.FOLDER))

    assert [one["accessory"]["value"] for one in blocks if "accessory" in one] == ["/data/c/"]  # type: ignore[index]


def test_nothing_in_a_name_becomes_markup_or_an_emoji() -> None:
    blocks = str(
        drawn("source", Entry("<!channel> :fire:", EntryKind.FILE), Entry("<@U1>", EntryKind.FOLDER))
    )

    assert "'text': '<!channel> :fire:', 'emoji': False" in blocks
    assert "`&lt;@U1&gt;`" in blocks
