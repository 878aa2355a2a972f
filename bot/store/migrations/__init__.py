"""The schema, step by step. An applied step is never edited; a change is a new step in the last module."""

from sqlite_utils import Database

from bot.store.migrations import making, tending, running  # isort: skip  # in the order in which the steps are applied
from bot.store.migrations.steps import schema

__all__ = ["known_steps", "making", "running", "schema", "tending"]


def known_steps() -> frozenset[str]:
    """Give the names of the steps that this version knows; the last one is the greatest."""
    nothing = Database(memory=True)
    try:
        return frozenset(step.name for step in schema.pending(nothing))
    finally:
        nothing.close()
