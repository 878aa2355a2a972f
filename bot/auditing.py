"""The audit trail: who did what, when. It is only ever added to."""

from enum import StrEnum


class Deed(StrEnum):
    """What the trail tells of."""

    LINKED = "linked"
    SIGNED_IN = "signed in again"
    UNLINKED = "unlinked"
    CREATED = "created"
    EDITED = "edited"
    PAUSED = "paused"
    RESUMED = "resumed"
    RENAMED = "renamed"
    DELETED = "deleted"
    INSTALLED = "installed"
    REMOVED = "removed"
    KEY_ROTATED = "key rotated"
    FORGOTTEN = "forgotten"
