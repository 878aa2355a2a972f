"""What can be done to a pretend service over HTTP, described: for programs as OpenAPI, for people in words.

The words are the acts' own docstrings; what each takes is declared once, beside them.
"""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import isfinite
from typing import Any, Final, get_args

from bot.sandbox.faults import Kind
from bot.sandbox.pages import table
from bot.sandbox.wire import Json

PREFIX: Final = "/sandbox/"
DOCUMENT: Final = "openapi.json"
_OPTIONAL: Final = "?"
_CODE: Final = re.compile(r"`([^`]+)`")
_CHANGES: Final = "application/json"
_TYPES: Final[Mapping[str, type | tuple[type, ...]]] = {
    "string": str,
    "boolean": (bool, str),  # a query holds only texts
    "object": dict,
    "array": list,
    "null": type(None),
}
_SHAPES: Final = {
    "string": "a text",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list of what is described",
    "null": "null",
    "number": "a number",
    "integer": "a whole number from 0 on",
}


@dataclass(frozen=True)
class Parameter:
    """Something that acts take. `schema` is a JSON Schema, `words` says what it is."""

    schema: Json
    words: str


@dataclass(frozen=True)
class Described:
    """One act: its HTTP verb, its name in the address, its words, and what it takes, by name."""

    verb: str
    name: str
    words: str
    parameters: Mapping[str, Parameter]
    required: frozenset[str]


def described(
    acts: Mapping[tuple[str, str], Callable[..., Any]],
    takes: Mapping[tuple[str, str], str],
    parameters: Mapping[str, Parameter],
) -> tuple[Described, ...]:
    """Describe acts. `takes` lists their parameters as `name` or, for one that may be left out, `name?`.

    Raises KeyError for an act or a parameter that nobody described.
    """
    return tuple(
        Described(
            verb,
            name,
            inspect.getdoc(act) or "",
            {one: parameters[one] for one in takes[verb, name].replace(_OPTIONAL, "").split()},
            frozenset(one for one in takes[verb, name].split() if not one.endswith(_OPTIONAL)),
        )
        for (verb, name), act in acts.items()
    )


def check(parameters: Mapping[str, Parameter], body: Json) -> None:
    """See that what an act is given has the shape that is described; a number may come as text.

    What is left out, null or not described is the act's own affair. Raises ValueError, with a sentence.
    """
    for name, value in body.items():
        schema = parameters[name].schema if name in parameters else {}
        wanted = schema.get("type", [])
        shapes = [wanted] if isinstance(wanted, str) else wanted
        if value is not None and shapes and not any(_fits(shape, schema, value) for shape in shapes):
            needed = " or ".join(_SHAPES[shape] for shape in shapes)
            raise ValueError(f"`{name}` must be {needed}.")


def _fits(shape: str, schema: Json, value: object) -> bool:
    if shape in {"number", "integer"}:
        return _is_number(value, whole=shape == "integer")
    if isinstance(value, list) and "items" in schema:
        item = schema["items"]
        return all(_fits(item["type"], item, one) for one in value)
    return isinstance(value, _TYPES[shape])


def _is_number(value: object, *, whole: bool) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return False
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return False
    return isfinite(number) and not (whole and (number < 0 or number != int(number)))


def document(title: str, origin: str, acts: Sequence[Described], *, version: str) -> Json:
    """Write the acts as an OpenAPI document (https://spec.openapis.org/oas/v3.1.0.html)."""
    paths: dict[str, Json] = {}
    for act in acts:
        paths.setdefault(f"{PREFIX}{act.name}", {})[act.verb.lower()] = _operation(act)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": version,
            "summary": "Drive the sandbox headlessly.",
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": origin}],
        "paths": paths,
        "components": {"schemas": {"Refusal": _REFUSAL}},
    }


def in_words(acts: Sequence[Described]) -> Iterator[str]:
    """Draw the acts for people."""
    yield (
        "<p>Every act takes a query (GET) or a JSON object (all others), and answers a JSON object: 200 with "
        "<code>ok: true</code>, or 400 with <code>ok: false</code>, an <code>error</code> and a sentence in "
        f'<code>detail</code>. Programs read <a href="{PREFIX}{DOCUMENT}">the same as OpenAPI 3.1</a>.</p>'
    )
    common = frozenset.intersection(*(frozenset(act.parameters) for act in acts))
    for name in sorted(common):
        yield f"<p>Each takes <code>{escape(name)}</code> too: {_prose(acts[0].parameters[name].words)}.</p>"
    rows = (
        (f'<code class="act">{act.verb} {PREFIX}{act.name}</code>', _prose(act.words), _taken(act, common))
        for act in acts
    )
    yield table(("Act", "What it does", "What it takes"), rows)


def _operation(act: Described) -> Json:
    summary, _, rest = act.words.partition("\n\n")
    operation: Json = {
        "operationId": f"{act.verb.lower()}_{act.name}",
        "summary": summary.replace("\n", " "),
        **({"description": rest} if rest else {}),
        "responses": {
            "200": _response("It is done.", _DONE),
            "400": _response("It is refused.", {"$ref": "#/components/schemas/Refusal"}),
        },
    }
    if act.verb == "GET":
        operation["parameters"] = [
            {
                "name": name,
                "in": "query",
                "description": one.words,
                "required": name in act.required,
                "schema": one.schema,
            }
            for name, one in act.parameters.items()
        ]
    elif act.parameters:
        operation["requestBody"] = {
            "required": bool(act.required),
            "content": {_CHANGES: {"schema": _object(act)}},
        }
    return operation


def _object(act: Described) -> Json:
    properties = {name: {**one.schema, "description": one.words} for name, one in act.parameters.items()}
    return {"type": "object", "properties": properties, "required": sorted(act.required)}


def _response(words: str, schema: Json) -> Json:
    return {"description": words, "content": {_CHANGES: {"schema": schema}}}


def _taken(act: Described, common: frozenset[str]) -> str:
    lines = []
    for name in [one for one in act.parameters if one not in common]:
        one = act.parameters[name]
        optional = "" if name in act.required else " (optional)"
        lines.append(f"<div><code>{escape(name)}</code>{optional}: {_prose(one.words)}</div>")
    return "".join(lines) or "nothing"


def _prose(text: str) -> str:
    told = text.replace("Raises Refused", "Refused with")  # a docstring speaks to programmers
    return _CODE.sub(r"<code>\1</code>", escape(told)).replace("\n\n", "<br>")


_DONE: Final[Json] = {"type": "object", "properties": {"ok": {"const": True}}, "required": ["ok"]}
_REFUSAL: Final[Json] = {
    "type": "object",
    "properties": {"ok": {"const": False}, "error": {"type": "string"}, "detail": {"type": "string"}},
    "required": ["ok", "error"],
}
TEXT: Final[Json] = {"type": "string"}
NUMBER: Final[Json] = {"type": "number"}
COUNT: Final[Json] = {"type": "integer", "minimum": 0}
FLAG: Final[Json] = {"type": "boolean"}
OBJECT: Final[Json] = {"type": "object"}
TEXTS: Final[Json] = {"type": "array", "items": {"type": "string"}}
ANYTHING: Final[Json] = {}
FAULTS: Final[Mapping[str, Parameter]] = {
    "method": Parameter(TEXT, "which calls fail, by the service's own name for them; `*` for any"),
    "fault": Parameter(
        {"enum": list(get_args(Kind))},
        "what happens; those that end in `_after` carry the call out first",
    ),
    "times": Parameter(COUNT, "how many calls"),
    "status": Parameter(COUNT, "the HTTP status, for `status` and `error`"),
    "error": Parameter(TEXT, "the service's error code, for `error`"),
    "retry_after": Parameter(COUNT, "seconds, for `ratelimited`"),
    "seconds": Parameter(NUMBER, "seconds"),
    "authorization_parameters": Parameter(OBJECT, "what an `error` asks of a sign-in"),
}
"""What a fault takes, which both services have."""
FAULT: Final = "method? fault times? status? error? retry_after? seconds? authorization_parameters?"
