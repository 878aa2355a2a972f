"""What people chose about previews, in SQLite."""

from bot.accounts import SlackUser
from bot.store.port import Connection, Database, upsert
from bot.unfurling import Choice

_FIND = "SELECT unfurls FROM preferences WHERE team_id = ? AND user_id = ?"
_ASK = "INSERT INTO preferences (team_id, user_id, unfurls) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"


class ChoiceStore:
    """Keeps one choice for each person who was asked."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, person: SlackUser) -> Choice | None:
        """Give what a person chose; None if they were never asked."""
        who = [person.team_id, person.user_id]
        rows = self._database.read(lambda database: list(database.query(_FIND, who)))
        return Choice(rows[0]["unfurls"]) if rows else None

    def ask(self, person: SlackUser) -> bool:
        """Note that a person is asked; False if they were before, and then nothing changes."""
        row = [person.team_id, person.user_id, Choice.ASKED.value]
        return self._database.write(lambda database: database.execute(_ASK, row).rowcount == 1)

    async def choose(self, person: SlackUser, choice: Choice) -> None:
        """Keep what a person chose."""
        row = {"team_id": person.team_id, "user_id": person.user_id, "unfurls": choice.value}

        def choose(database: Connection) -> None:
            upsert(database, "preferences", row, key=("team_id", "user_id"))

        await self._database.write_soon(choose)
