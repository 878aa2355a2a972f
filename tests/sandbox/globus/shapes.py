"""Compare two JSON values by their shape: the same keys with the same JSON types, all the way down."""

from collections.abc import Iterator, Sequence


def differences(published: object, answered: object) -> list[str]:
    """Give where `answered` has another shape than `published`, like `errors[].id is missing`.

    They are sorted, each once. `null` in what is published says nothing of a type. Each entry of an answered
    list must look like one of the published entries.
    """
    return sorted(set(_differences(published, answered, "")))


def _differences(published: object, answered: object, place: str) -> Iterator[str]:
    if published is None:
        return
    if _type(published) != _type(answered):
        yield f"{place or 'all'} is {_type(answered)}, not {_type(published)}"
    elif isinstance(published, dict) and isinstance(answered, dict):
        yield from _of_objects(published, answered, place)
    elif isinstance(published, list) and isinstance(answered, list):
        yield from _of_lists(published, answered, f"{place}[]")


def _of_objects(published: dict[str, object], answered: dict[str, object], place: str) -> Iterator[str]:
    for key in published.keys() | answered.keys():
        here = f"{place}.{key}" if place else key
        if key not in answered:
            yield f"{here} is missing"
        elif key not in published:
            yield f"{here} is extra"
        else:
            yield from _differences(published[key], answered[key], here)


def _of_lists(published: Sequence[object], answered: Sequence[object], place: str) -> Iterator[str]:
    if published and not answered:
        yield f"{place} is empty"
    for entry in answered if published else ():
        tries = (list(_differences(one, entry, place)) for one in published)
        yield from min(tries, key=len)


def _type(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return {str: "string", dict: "object", list: "array", type(None): "null"}.get(type(value), "no JSON")
