"""The collections of the pretend Globus, one or more of each kind."""

from dataclasses import dataclass
from typing import Final, Literal

from bot.sandbox.globus.identities import ADA, GRACE, Identity

EntityType = Literal[
    "GCSv5_mapped_collection",
    "GCSv5_guest_collection",
    "GCP_mapped_collection",
    "GCP_guest_collection",
    "GCSv5_endpoint",
]


@dataclass(frozen=True)
class Collection:
    """A collection, or the endpoint that hosts some.

    `visible_to` are the identities that can see it; empty means everybody, the apps too.
    A high assurance collection lets in whoever signed in with an identity of `domain` at most
    `session_minutes` ago.
    """

    id: str
    display_name: str
    entity_type: EntityType
    owner: Identity
    description: str = ""
    keywords: str = ""
    high_assurance: bool = False
    visible_to: frozenset[str] = frozenset()
    read_only: bool = False
    domain: str = ""
    session_minutes: int = 7 * 24 * 60

    @property
    def has_data_access(self) -> bool:
        """Whether Auth knows a `data_access` scope of this collection."""
        return self.entity_type == "GCSv5_mapped_collection" and not self.high_assurance

    @property
    def holds_files(self) -> bool:
        """Whether there are files: an endpoint has none of its own."""
        return self.entity_type != "GCSv5_endpoint"

    @property
    def is_mapped(self) -> bool:
        """Whether a person has an account of their own there, and so a home folder."""
        return self.entity_type.endswith("_mapped_collection")

    @property
    def default_path(self) -> str:
        """Where a person begins to look, as Globus writes it."""
        return "/~/" if self.is_mapped else "/"

    @property
    def home(self) -> str:
        """What `/~/` stands for; paths without a slash at the front begin there."""
        return "/home/" if self.is_mapped else "/"

    def is_visible_to(self, identity_id: str) -> bool:
        """Say whether this identity, a person's or an app's, can see the collection."""
        return not self.visible_to or identity_id in self.visible_to


def _id(number: int) -> str:
    return f"5a4db0c5-c011-4ec7-8b07-{number:012d}"


BEAMLINE: Final = Collection(
    _id(1), "Beamline 7 Data", "GCSv5_mapped_collection", GRACE, "Detector output", "synchrotron detector"
)
CAMPUS: Final = Collection(
    _id(2), "Campus Storage", "GCSv5_mapped_collection", GRACE, "Research storage", "archive nas"
)
SCRATCH: Final = Collection(
    _id(3), "Cluster Scratch", "GCSv5_mapped_collection", GRACE, "Purged after 30 days", "hpc"
)
PATIENTS: Final = Collection(
    _id(4),
    "Patient Imaging (protected)",
    "GCSv5_mapped_collection",
    GRACE,
    "Clinical images",
    "hospital",
    high_assurance=True,
    domain="sandbox-lab.example",
)
SHARED: Final = Collection(
    _id(5), "Project Alpha Share", "GCSv5_guest_collection", ADA, "For our collaborators", "alpha"
)
REFERENCE: Final = Collection(
    _id(6), "Reference Genomes", "GCSv5_guest_collection", GRACE, "Public data", "genomics", read_only=True
)
LAPTOP: Final = Collection(_id(7), "Ada's Laptop", "GCP_mapped_collection", ADA, "", "personal")
LAPTOP_SHARE: Final = Collection(_id(8), "Ada's Laptop Share", "GCP_guest_collection", ADA, "", "personal")
PRIVATE: Final = Collection(
    _id(9),
    "Embargoed Results",
    "GCSv5_mapped_collection",
    GRACE,
    "Not public",
    "embargo",
    visible_to=frozenset({ADA.id, GRACE.id}),
)
ENDPOINT: Final = Collection(_id(10), "Campus Storage Endpoint", "GCSv5_endpoint", GRACE, "", "archive")

COLLECTIONS: Final = (
    BEAMLINE,
    CAMPUS,
    SCRATCH,
    PATIENTS,
    SHARED,
    REFERENCE,
    LAPTOP,
    LAPTOP_SHARE,
    PRIVATE,
    ENDPOINT,
)


def find(collection_id: str) -> Collection | None:
    """Give the collection with this ID, or None."""
    return next((one for one in COLLECTIONS if one.id == collection_id.lower()), None)
