"""The consents that a person holds, read from Globus Auth."""

from bot.errors import SignInNeeded
from bot.globus import scopes
from bot.globus.clients import Clients
from bot.globus.errors import reading
from bot.linking import Accounts, SlackUser


class GlobusConsents:
    """Compares what timers need with the consents that are really held."""

    def __init__(self, clients: Clients, *, accounts: Accounts) -> None:
        self._clients = clients
        self._accounts = accounts

    def missing(self, person: SlackUser, collections: frozenset[str]) -> frozenset[str]:
        """Give those collections without a `data_access` consent below the timer scope.

        Raises SignInNeeded for a person who is not linked, or whose consent to timers is gone.
        """
        account = self._accounts.find(person)
        if account is None:
            raise SignInNeeded
        with self._clients.auth(person) as auth, reading():
            forest = auth.get_consents(account.identity_id).to_forest()
        if not forest.meets_scope_requirements([scopes.timer()]):
            raise SignInNeeded("Your consent to timers is gone.")
        return frozenset(
            one for one in collections if not forest.meets_scope_requirements([scopes.timer([one])])
        )
