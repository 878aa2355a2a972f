"""Where a collection's files really are, for tests that look behind the sandbox's back."""

from pathlib import Path

from bot.sandbox.globus.collections import Collection
from tests.sandbox.globus.pretend_globus import Sandbox


def on_disk(globus: Sandbox, collection: Collection) -> Path:
    """Give a collection's folder. Its files are there as soon as somebody looks."""
    globus.see("files", collection_id=collection.id, path="/")
    return globus.files / collection.id
