"""Where the app is installed: in one workspace each, or in all of an enterprise at once.

https://docs.slack.dev/enterprise/organization-ready-apps/
"""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.sandbox.slack.workspace import Bot, Workspace


@dataclass
class Installation:
    """The app in a workspace or enterprise; `id` is the ID of that. It is inactive once it was removed."""

    id: str
    bot: Bot
    scopes: tuple[str, ...]
    is_enterprise: bool = False
    is_active: bool = True


class Installations:
    """All workspaces, and where the app is installed."""

    def __init__(self, workspaces: Iterable[Workspace]) -> None:
        self.workspaces = {workspace.id: workspace for workspace in workspaces}
        self._active: dict[str, Installation] = {}

    def install(self, home: Workspace, scopes: Iterable[str], *, is_enterprise: bool = False) -> Installation:
        """Install in a workspace, or in all of its enterprise; scopes come on top of those given before."""
        where = home.realm_id if is_enterprise else home.id
        before = self._active.get(where)
        if before:
            before.scopes = tuple(dict.fromkeys((*before.scopes, *scopes)))
            return before
        installation = Installation(where, home.bot, tuple(scopes), is_enterprise=is_enterprise)
        self._active[where] = installation
        return installation

    def remove(self, installation: Installation) -> None:
        """Take the app away, with its bot user."""
        installation.is_active = False
        del self._active[installation.id]
        for workspace in self.covered(installation.id):
            if self.of(workspace) is None:
                workspace.dismiss_bot()

    def of(self, workspace: Workspace) -> Installation | None:
        """Give the installation that serves a workspace: its enterprise's before its own."""
        return self._active.get(workspace.realm_id) or self._active.get(workspace.id)

    def with_id(self, where: str) -> Installation | None:
        """Give the installation in this workspace or enterprise."""
        return self._active.get(where)

    def covered(self, where: str) -> list[Workspace]:
        """Give the workspaces that this ID means: one, or all of an enterprise."""
        return [one for one in self.workspaces.values() if where in {one.id, one.realm_id}]
