"""What answers the app and people: a method of the Web API, and a page."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from aiohttp import web

from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.slack import Slack
from bot.sandbox.wire import Json

Method: TypeAlias = Callable[[Slack, Arguments], Json]
Methods: TypeAlias = Mapping[str, tuple[Method, tuple[str, ...]]]
"""Methods by their names, each with the scopes of which its token must have one."""

Handler: TypeAlias = Callable[[Slack, web.Request], Awaitable[web.StreamResponse]]
Routes: TypeAlias = Mapping[tuple[str, str], Handler]
"""Handlers by verb and path."""
