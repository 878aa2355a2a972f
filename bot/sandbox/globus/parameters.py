"""What the acts of the pretend Globus take, by name."""

from collections.abc import Mapping
from typing import Final

from bot.sandbox.described import (
    COUNT,
    FAULTS,
    FLAG,
    NUMBER,
    TEXT,
    Parameter,
)

PARAMETERS: Final[Mapping[str, Parameter]] = {
    **FAULTS,
    "act": Parameter({"enum": ["pause", "resume", "rename", "delete"]}, "what the owner does"),
    "after": Parameter(COUNT, "the number of the last entry that is known"),
    "bytes": Parameter(COUNT, "bytes that it says it moved"),
    "client_id": Parameter(TEXT, "the app; without it all apps"),
    "code": Parameter(TEXT, "the problem, in Transfer's words, like `FILE_NOT_FOUND`"),
    "collection_id": Parameter(TEXT, "the collection"),
    "details": Parameter(TEXT, "the problem, in a sentence"),
    "faults": Parameter(COUNT, "faults that it says it met"),
    "held": Parameter(FLAG, "false to let tasks go on"),
    "identity_id": Parameter(TEXT, "the identity, a person's or an app's; or `username`"),
    "job_id": Parameter(TEXT, "the timer"),
    "name": Parameter(TEXT, "the new name, for `rename`"),
    "path": Parameter(TEXT, "the path, as Globus writes it"),
    "reason": Parameter(TEXT, "what becomes its `nice_status`"),
    "scope": Parameter(TEXT, "the scope, by its full name"),
    "stalled": Parameter(FLAG, "false to let it go on"),
    "task_id": Parameter(TEXT, "the task"),
    "text": Parameter(TEXT, "what the file holds"),
    "username": Parameter(TEXT, "the person, like `ada@sandbox-lab.example`"),
    "seconds": Parameter(NUMBER, "seconds"),
}
