from contextlib import suppress

import pytest
from globus_sdk.scopes import ScopeParser
from hypothesis import given, strategies as st

from bot.sandbox.globus.collections import BEAMLINE, COLLECTIONS
from bot.sandbox.globus.scopes import (
    TIMERS_ID,
    TIMERS_SCOPE,
    BadScope,
    Scope,
    collection_of,
    data_access_scope,
    parse,
    paths,
    resource_server,
    unknown,
    without,
    write,
)

_NAMES = st.text(st.characters(exclude_characters="[]*", exclude_categories=["Z", "C"]), min_size=1)


@st.composite
def _forests(draw: st.DrawFn, depth: int = 3) -> tuple[Scope, ...]:
    """Give trees in which each name stands once, so that nothing depends on itself."""
    names = iter(draw(st.lists(_NAMES, min_size=12, max_size=12, unique=True)))

    def tree(left: int) -> Scope:
        below = draw(st.integers(0, 2)) if left else 0
        return Scope(next(names), draw(st.booleans()), tuple(tree(left - 1) for _ in range(below)))

    return tuple(tree(depth - 2) for _ in range(draw(st.integers(0, 4))))


@given(_forests())
def test_what_is_written_is_read_back(forest: tuple[Scope, ...]) -> None:
    assert parse(write(forest)) == forest


@given(_forests())
def test_the_vendor_reads_the_same(forest: tuple[Scope, ...]) -> None:
    theirs = ScopeParser.parse(write(forest))
    assert set(paths(parse(" ".join(str(one) for one in theirs)))) == set(paths(forest))


@given(st.text(st.sampled_from("ab[]* \t\n")) | st.text())
def test_garbage_is_read_or_refused_and_nothing_else(text: str) -> None:
    with suppress(BadScope):
        scopes = parse(text)
        assert parse(write(scopes)) == scopes


@pytest.mark.parametrize(
    "text", ["*", "a[", "a]", "a[]", "a[b]c", "a[b", "a b]", "a *", "[a]", "a[a]", "a[b[a]]", "a[" * 5000]
)
def test_a_malformed_scope_is_refused(text: str) -> None:
    with pytest.raises(BadScope):
        parse(text)


def test_only_mapped_collections_without_high_assurance_have_data_access() -> None:
    having = {one.display_name for one in COLLECTIONS if collection_of(data_access_scope(one.id))}
    assert having == {"Beamline 7 Data", "Campus Storage", "Cluster Scratch", "Embargoed Results"}


def test_unknown_scopes_are_named_at_any_depth() -> None:
    beam = data_access_scope(BEAMLINE.id)
    assert unknown(parse(f"openid nonsense {TIMERS_SCOPE}[email[*{beam} *{beam}x]]")) == [
        "nonsense",
        f"{beam}x",
    ]


def test_each_scope_is_served_by_someone() -> None:
    assert resource_server(TIMERS_SCOPE) == TIMERS_ID
    assert resource_server(data_access_scope(BEAMLINE.id)) == BEAMLINE.id
    with pytest.raises(KeyError):
        resource_server("nonsense")


def test_what_is_declined_takes_along_what_is_below() -> None:
    assert write(without(parse("a[*b[c] d] *b"), {"b"})) == "a[d]"
