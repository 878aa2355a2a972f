"""A lab with a file needs nothing of PostgreSQL, and one with a server is told what is missing."""

import subprocess
import sys
from pathlib import Path

_WITHOUT = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"psycopg", "psycopg_pool"}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Missing())
from datetime import datetime, UTC
from pathlib import Path
import bot.__main__, bot.inspecting, bot.operating, bot.serving
from bot.store.opening import running

running(Path("bot.db"), owner="one", at=datetime(2026, 1, 1, tzinfo=UTC)).close()
print("kept in a file")
"""


def test_what_speaks_to_a_server_is_not_loaded_for_a_file(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert done.stdout == "kept in a file\n"
