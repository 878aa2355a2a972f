"""Custom steps of workflows: what the app was asked to do, and how that ended.

https://docs.slack.dev/workflows/workflow-steps
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from bot.sandbox.slack.errors import ApiError
from bot.sandbox.slack.identifiers import Identifiers
from bot.sandbox.slack.tokens import Token, Tokens
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.traffic import Traffic
from bot.sandbox.wire import Json

State: TypeAlias = Literal["running", "completed", "failed"]

TOKEN_SECONDS: Final = 15 * 60
"""How long a step's own token works at most; it ends with the step."""


@dataclass(frozen=True)
class Execution:
    """One run of a step. `where` is the workspace or enterprise whose app does it; `token` is its own."""

    id: str
    where: str
    callback_id: str
    inputs: Json
    token: Token
    state: State = "running"
    outputs: Json | None = None
    error: str | None = None


class Functions:
    """All runs of steps; `clock` gives epoch seconds."""

    def __init__(
        self, clock: Callable[[], float], identifiers: Identifiers, tokens: Tokens, traffic: Traffic
    ) -> None:
        self._clock = clock
        self._identifiers = identifiers
        self._tokens = tokens
        self._traffic = traffic
        self._executions: dict[str, Execution] = {}

    def start(
        self, workspace: Workspace, where: str, scopes: tuple[str, ...], callback_id: str, inputs: Json
    ) -> Execution:
        """Start a run of a step, with a token that is good while it goes on."""
        token = Token(
            f"xwfp-{self._identifiers.secret()}",
            "bot",
            where,
            workspace.bot.user_id,
            scopes,
            expires_at=self._clock() + TOKEN_SECONDS,
            installed=False,
        )
        self._tokens.add(token)
        return self._keep(Execution(self._identifiers.new("Fx"), where, callback_id, inputs, token))

    def find(self, execution_id: str) -> Execution | None:
        """Give a run of a step."""
        return self._executions.get(execution_id)

    def end(
        self, execution_id: str, where: str, *, outputs: Json | None = None, error: str | None = None
    ) -> Execution:
        """End a run, and its token with it: well with `outputs`, else with an error in words.

        Raises ApiError `function_execution_not_found`, `access_denied`, `execution_not_in_running_state`.
        """
        found = self._executions.get(execution_id)
        if found is None:
            raise ApiError("function_execution_not_found")
        if found.where != where:
            raise ApiError("access_denied")
        if found.state != "running":
            raise ApiError("execution_not_in_running_state")
        found.token.ended_as = "token_expired"
        state: State = "completed" if error is None else "failed"
        return self._keep(replace(found, state=state, outputs=outputs, error=error))

    def _keep(self, execution: Execution) -> Execution:
        self._executions[execution.id] = execution
        self._traffic.touch()
        return execution
