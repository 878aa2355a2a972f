"""The schema, step by step. An applied step is never edited; a change is a new step in the last module."""

from bot.store.migrations import making, tending, running  # isort: skip  # in the order in which the steps are applied
from bot.store.migrations.steps import schema

__all__ = ["making", "running", "schema", "tending"]
