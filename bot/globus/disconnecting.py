"""What a parting asks of Globus: which timers live on, deleting them, and revoking tokens."""

from collections.abc import Callable, Mapping, Sequence

from typing_extensions import override

from bot.accounts import SlackUser, Token
from bot.disconnecting import Parting
from bot.globus.clients import Clients, NoAccounts
from bot.globus.creating import GlobusTimers
from bot.globus.errors import reading
from bot.globus.linking import GlobusAuth
from bot.globus.watching import OVER, timer_from
from bot.timers import Timer


class PartingTokens(NoAccounts):
    """A parting's tokens, in the place where clients look for a person's; the account is gone already.

    A refreshed token is used and forgotten: its refresh token is revoked with the others.
    """

    def __init__(self, parting: Parting) -> None:
        self._parting = parting

    @override
    def tokens(self, person: SlackUser) -> Mapping[str, Token]:
        return self._parting.tokens


class GlobusPartings:
    """Speaks to Globus for those who leave."""

    def __init__(self, clients: Clients, clients_of: Callable[[PartingTokens], Clients]) -> None:
        self._clients = clients
        self._clients_of = clients_of

    def live(self, person: SlackUser) -> Sequence[Timer]:
        """Give the timers that run or may run again; raises SignInNeeded or ServiceUnavailable."""
        with self._clients.timers(person) as timers, reading():
            answer = timers.list_jobs(query_params={"order": "submitted_at asc"})
            return [timer_from(job) for job in answer["jobs"] if job.get("status") not in OVER]

    def delete_timer(self, parting: Parting, job_id: str) -> None:
        """Delete a timer; one that is gone is fine. Raises SignInNeeded or ServiceUnavailable."""
        GlobusTimers(self._clients_of(PartingTokens(parting))).delete(parting.person, job_id)

    def revoke(self, token: Token) -> None:
        """Revoke the refresh token and the access token (RFC 7009); raises ServiceUnavailable."""
        GlobusAuth(self._clients).give_back((token,))
