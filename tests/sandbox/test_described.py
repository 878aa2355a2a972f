"""The sandbox's own HTTP API is described completely, and nothing uses more than is described."""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import requests

from bot.sandbox import faults
from bot.sandbox.demo import opened
from bot.sandbox.described import FAULT, FAULTS, Described
from bot.sandbox.globus import api_pages as globus_api, control
from bot.sandbox.slack import api_pages as slack_api, person
from tests.sandbox.globus.pretend_globus import sandbox as pretend_globus
from tests.sandbox.slack.pretend_slack import sandbox as pretend_slack

ROOT = Path(__file__).parents[2]
HALVES = [
    pytest.param(globus_api.acts(), control.ACTS, globus_api.TAKES, id="globus"),
    pytest.param(slack_api.acts(), person.ACTS, slack_api.TAKES, id="slack"),
]
ELSEWHERE = {"order_fault", "register", "_identity_id"}
"""Those that read a body as a whole, or only look at what is in it."""

Acts = Mapping[tuple[str, str], Callable[..., Any]]


@pytest.mark.parametrize(("described", "acts", "takes"), HALVES)
def test_every_act_is_described_in_words_and_no_other(
    described: tuple[Described, ...], acts: Acts, takes: Mapping[tuple[str, str], str]
) -> None:
    assert takes.keys() == acts.keys()
    assert [one for one in described if len(one.words) < 10] == []


def test_every_option_of_a_fault_is_described() -> None:
    assert set(FAULTS) == {"method", "fault", *faults._TYPES}
    assert set(FAULT.replace("?", "").split()) == set(FAULTS)


@pytest.mark.parametrize(("described", "acts"), [one.values[:2] for one in HALVES])
def test_everything_that_an_act_reads_is_described(described: tuple[Described, ...], acts: Acts) -> None:
    told = {(one.verb, one.name): set(one.parameters) for one in described}
    missing = {
        name: read - told[name] for name, act in acts.items() if (read := set(_read_by(act))) - told[name]
    }

    assert missing == {}


def test_the_documents_are_served_and_as_openapi_has_it() -> None:
    with pretend_globus() as globus, pretend_slack() as slack:
        for base, acts in ((globus.base, control.ACTS), (slack.base, person.ACTS)):
            served = requests.get(f"{base}/sandbox/openapi.json", timeout=10).json()
            operations = [one for path in served["paths"].values() for one in path.values()]

            assert served["openapi"] == "3.1.0"
            assert served["servers"] == [{"url": base}]
            assert len(operations) == len(acts)
            assert len({one["operationId"] for one in operations}) == len(acts)
            for operation in operations:
                for schema in _schemas(operation):
                    jsonschema.Draft202012Validator.check_schema(schema)


def test_what_has_another_shape_than_is_described_is_refused_in_a_sentence() -> None:
    with pretend_globus() as globus, pretend_slack() as slack:
        for base, acts in ((globus.base, globus_api.acts()), (slack.base, slack_api.acts())):
            for act in acts:
                for name, value in _misfits(act):
                    query, body = ({name: str(value)}, None) if act.verb == "GET" else (None, {name: value})
                    address = f"{base}/sandbox/{act.name}"
                    answer = requests.request(act.verb, address, params=query, json=body, timeout=10)

                    asked = (act.verb, act.name, name, value)
                    assert (answer.status_code, answer.json()["ok"]) == (400, False), asked
                    assert f"`{name}` must be" in answer.json()["detail"], asked


def test_a_page_lists_the_acts_in_words() -> None:
    with pretend_globus() as globus, pretend_slack() as slack:
        for base, acts in ((globus.base, control.ACTS), (slack.base, person.ACTS)):
            page = requests.get(f"{base}/sandbox/", timeout=10).text

            assert [
                f"{verb} /sandbox/{name}" for verb, name in acts if f"{verb} /sandbox/{name}<" not in page
            ] == []


def test_the_stories_use_only_what_is_described() -> None:
    known = {(one.verb, one.name): one for one in (*globus_api.acts(), *slack_api.acts())}
    client = ast.parse((ROOT / "bot" / "sandbox" / "person.py").read_text())
    used = list(_calls(client))

    assert len(used) > 20
    for verb, name, given in used:
        assert given <= set(known[verb, name].parameters), (verb, name)
    stage = (ROOT / "tests" / "stories" / "stage.py").read_text()
    named = re.findall(r"/sandbox/(\w+)", stage)
    assert len(named) > 5
    assert set(named) <= {name for _, name in known}


def test_a_seed_makes_the_same_sandbox_twice_and_its_clock_begins_where_it_is_told() -> None:
    def beginning(seed: int) -> tuple[str, str, float]:
        with opened(seed=seed, start=1_767_600_000) as sandbox:
            given = sandbox.settings
            client = (given["GLOBUS_CLIENT_ID"], given["GLOBUS_CLIENT_SECRET"])
            asked = {"grant_type": "client_credentials", "scope": "openid"}
            token = requests.post(f"{sandbox.globus_url}/v2/oauth2/token", asked, auth=client, timeout=10)
            app = {"Authorization": f"Bearer {given['SLACK_APP_TOKEN']}"}
            socket = requests.post(f"{given['SLACK_API_URL']}apps.connections.open", headers=app, timeout=10)
            ticket = str(socket.json()["url"]).partition("?")[2]
            state = requests.get(f"{sandbox.slack_url}/sandbox/state", timeout=10).json()
            return str(token.json()["access_token"]), ticket, float(state["now"])

    first, again, other = beginning(7), beginning(7), beginning(8)

    assert first[:2] == again[:2]
    assert first[0] != other[0]
    assert first[1] != other[1]
    assert 0 <= first[2] - 1_767_600_000 < 60


def _read_by(act: Callable[..., Any], seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """Give the names that an act reads from its body, itself or through what it hands the body to."""
    if act.__name__ in ELSEWHERE:
        return
    tree = ast.parse(textwrap.dedent(inspect.getsource(act)))
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and _is_body(node.value) and isinstance(node.slice, ast.Constant):
            yield str(node.slice.value)
        if not isinstance(node, ast.Call):
            continue
        arguments = node.args
        if isinstance(node.func, ast.Attribute) and node.func.attr == "get" and _is_body(node.func.value):
            yield _constant(arguments[0])
        elif isinstance(node.func, ast.Name) and node.func.id in {"text_of", "number_of"}:
            yield _constant(arguments[1])
        elif isinstance(node.func, ast.Name) and any(map(_is_body, arguments)):
            called = act.__globals__.get(node.func.id)
            if inspect.isfunction(called) and called.__name__ not in seen:
                yield from _read_by(called, seen | {called.__name__})


def _is_body(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "body"


def _constant(node: ast.expr) -> str:
    assert isinstance(node, ast.Constant)
    return str(node.value)


def _calls(tree: ast.Module) -> Iterator[tuple[str, str, set[str]]]:
    """Give the acts that the story client does, each with what it says by name."""
    verbs = {"_post": "POST", "_get": "GET"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in verbs:
            given = {one.arg for one in node.keywords if one.arg}
            yield verbs[node.func.attr], _constant(node.args[0]), given


def _misfits(act: Described) -> Iterator[tuple[str, object]]:
    """Give values that do not fit what an act takes, with their names; in a query, which is text, few are."""
    if act.name == "faults":
        return  # it reads its body as a whole
    for name, one in act.parameters.items():
        kind = str(one.schema.get("type", ""))
        if kind in {"integer", "number"}:
            yield from ((name, wrong) for wrong in ("x", "NaN", "1e999"))
        if kind == "integer":
            yield name, "-1"
        if kind and act.verb != "GET":
            yield name, 10**400 if kind in {"integer", "number"} else 7
            yield name, [["a"]] if kind == "array" else ["a"]


def _schemas(operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for parameter in operation.get("parameters", ()):
        yield parameter["schema"]
    for content in operation.get("requestBody", {}).get("content", {}).values():
        yield content["schema"]
