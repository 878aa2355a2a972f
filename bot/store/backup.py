"""An online copy of the database. Its secrets stay sealed, and the keys are not in it."""

from pathlib import Path

from bot.errors import DatabaseProblem
from bot.store.connecting import connected, sqlite3


def back_up(path: Path, to: Path) -> int:
    """Copy the database while the bot runs, and check the copy; gives its size in bytes.

    Raises DatabaseProblem, and leaves nothing half done: the copy appears under its name when it is whole.
    """
    if to.exists():
        raise DatabaseProblem(f"{to} exists already.", "Choose another name; a backup overwrites nothing.")
    half = to.with_name(f".{to.name}.part")
    try:
        half.touch(mode=0o600)
        with connected(path) as database:
            copy = sqlite3.connect(half)
            try:
                database.conn.backup(copy)
                [(verdict,)] = copy.execute("PRAGMA integrity_check").fetchall()
            finally:
                copy.close()
        if verdict != "ok":
            raise DatabaseProblem(
                f"The copy is damaged: {verdict}.", "Check the disk, and the database itself."
            )
        half.replace(to)
    except (OSError, sqlite3.Error) as error:
        raise DatabaseProblem(f"{to} could not be written: {error}.", "Choose another place.") from error
    finally:
        half.unlink(missing_ok=True)
    return to.stat().st_size
