"""The steps of the schema, in their order. An applied step is never edited; a change is a new step."""

from typing import Final

from sqlite_utils import Migrations

schema: Final = Migrations("transferbot")
