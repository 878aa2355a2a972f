"""Finding collections by words and by scope.

https://docs.globus.org/api/transfer/endpoint_and_collection_search/
"""

import re
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Final

from bot.sandbox.globus.collections import COLLECTIONS, Collection
from bot.sandbox.globus.errors import transfer_error
from bot.sandbox.globus.tasks import Task

_Wanted = Callable[[Collection, str], bool]


def _is_own(collection: Collection, identity_id: str) -> bool:
    return collection.owner.id == identity_id


def _is_personal(collection: Collection, identity_id: str) -> bool:
    return _is_own(collection, identity_id) and collection.entity_type.startswith("GCP_")


def _is_guest(collection: Collection) -> bool:
    return collection.entity_type.endswith("_guest_collection")


_SCOPES: Final[Mapping[str, _Wanted]] = {
    "all": lambda _collection, _identity_id: True,
    "my-endpoints": _is_own,
    "administered-by-me": _is_own,
    "my-gcp-endpoints": _is_personal,
    "shared-by-me": lambda one, identity_id: _is_guest(one) and _is_own(one, identity_id),
    "shared-with-me": lambda one, identity_id: _is_guest(one) and not _is_own(one, identity_id),
}
_BY_TASKS: Final = ("recently-used", "in-use")


def search(
    identity_id: str, tasks: Iterable[Task], *, scope: str, words: str, entity_types: frozenset[str]
) -> list[Collection]:
    """Give what this identity finds; `tasks` are its own, oldest first.

    Every word has to begin a word of the name, the owner, the keywords or the description.
    Raises Refused for an unknown scope, and for `all` without words.
    """
    if scope == "all" and not words.strip():
        raise transfer_error(
            HTTPStatus.BAD_REQUEST, "BadRequest", "filter_fulltext is required with filter_scope=all"
        )
    return [
        one
        for one in _in_scope(identity_id, tasks, scope)
        if one.is_visible_to(identity_id)
        and (not entity_types or one.entity_type in entity_types)
        and _matches(one, words)
    ]


def _in_scope(identity_id: str, tasks: Iterable[Task], scope: str) -> list[Collection]:
    if scope in _BY_TASKS:
        return _used([task for task in tasks if scope == "recently-used" or task.is_active])
    wanted = _SCOPES.get(scope)
    if wanted is None:
        raise transfer_error(HTTPStatus.BAD_REQUEST, "BadRequest", f"Invalid filter_scope '{scope}'")
    return [one for one in COLLECTIONS if wanted(one, identity_id)]


def _used(tasks: list[Task]) -> list[Collection]:
    """Give the collections of these tasks, the latest first, each once."""
    return list(dict.fromkeys(one for task in reversed(tasks) for one in (task.source, task.destination)))


def _matches(collection: Collection, words: str) -> bool:
    texts = collection.display_name, collection.owner.username, collection.keywords, collection.description
    known = [word for text in texts for word in _words(text)]
    return all(any(one.startswith(word) for one in known) for word in _words(words))


def _words(text: str) -> list[str]:
    return re.findall(r"[\w'@.-]+", text.lower())
