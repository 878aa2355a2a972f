"""What the present piece of work is about, so that every line that it logs says so."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar, copy_context
from typing import Final, ParamSpec, TypeVar

from typing_extensions import override

_Given = ParamSpec("_Given")
_Value = TypeVar("_Value")

_ABOUT: Final[ContextVar[Mapping[str, str]]] = ContextVar("about")


class _Spans:
    """What makes a span of each piece of work; nothing, unless somebody wants to see them."""

    make: Callable[[Mapping[str, str]], AbstractContextManager[None]] = staticmethod(lambda _: nullcontext())


_SPANS: Final = _Spans()


def trace_with(make: Callable[[Mapping[str, str]], AbstractContextManager[None]]) -> None:
    """Make spans of all pieces of work from now on."""
    _SPANS.make = make


@contextmanager
def about(**names: str | None) -> Iterator[None]:
    """Say what the block is about, on top of what is said already; names without a value are left out.

    It holds for whatever the block awaits, and for tasks and `asyncio.to_thread` begun in it.
    """
    added = {name: value for name, value in names.items() if value}
    token = _ABOUT.set({**current(), **added})
    try:
        with _SPANS.make(current()):
            yield
    finally:
        _ABOUT.reset(token)


def current() -> Mapping[str, str]:
    """Give what the present work is about."""
    return _ABOUT.get({})


class Threads(ThreadPoolExecutor):
    """Threads that know what the work is about of whoever hands it to them."""

    @override
    def submit(
        self, fn: Callable[_Given, _Value], /, *args: _Given.args, **kwargs: _Given.kwargs
    ) -> Future[_Value]:
        context = copy_context()
        return super().submit(lambda: context.run(fn, *args, **kwargs))
