"""How Transfer describes collections and endpoints.

https://docs.globus.org/api/transfer/endpoints_and_collections/
"""

from typing import Final

from bot.sandbox.globus.collections import BEAMLINE, ENDPOINT, Collection
from bot.sandbox.globus.identities import ADA
from bot.sandbox.wire import Json

_SUBSCRIPTION_ID: Final = "5ab5c21b-0000-4000-8b07-000000000001"
_POLICY_ID: Final = "90110c1e-0000-4000-8b07-000000000001"
_BOOKMARKED: Final = {ADA.id: (("Beamline runs", BEAMLINE.id, "/data/"),)}


def described(collection: Collection, identity_id: str) -> Json:
    """Give the endpoint document as this identity sees it."""
    is_personal = collection.entity_type.startswith("GCP_")
    return {
        "DATA_TYPE": "endpoint",
        "id": collection.id,
        "display_name": collection.display_name,
        "entity_type": collection.entity_type,
        "description": collection.description or None,
        "keywords": collection.keywords or None,
        "organization": collection.owner.organization,
        "department": None,
        "contact_email": collection.owner.email,
        "contact_info": None,
        "info_link": None,
        "user_message": None,
        "user_message_link": None,
        "owner_id": collection.owner.id,
        "owner_string": collection.owner.username,
        "my_effective_roles": ["administrator"] if identity_id == collection.owner.id else [],
        "public": not collection.visible_to,
        "default_directory": collection.default_path if collection.holds_files else None,
        "gcp_connected": True if is_personal else None,
        "gcp_paused": False if is_personal else None,
        "subscription_id": None if is_personal else _SUBSCRIPTION_ID,
        "non_functional": collection.entity_type == "GCSv5_endpoint",
        "https_server": None if is_personal else f"https://g-{collection.id[-4:]}.sandbox.example",
        **_protection(collection),
        **_hosts(collection),
        **_transfer_options(),
        **_deprecated(collection),
    }


def bookmarks(identity_id: str) -> list[Json]:
    """Give the entries of `bookmark_list`."""
    return [
        {
            "DATA_TYPE": "bookmark",
            "id": f"b00c3a4c-0000-4000-8b07-{number:012d}",
            "name": name,
            "endpoint_id": collection_id,
            "path": path,
            "pinned": False,
        }
        for number, (name, collection_id, path) in enumerate(_BOOKMARKED.get(identity_id, ()), start=1)
    ]


def _protection(collection: Collection) -> Json:
    """Give what a high assurance collection asks of a session."""
    protected = collection.high_assurance
    return {
        "high_assurance": protected if collection.holds_files else None,
        "authentication_timeout_mins": collection.session_minutes if protected else None,
        "authentication_policy_id": _POLICY_ID if protected else None,
        "mfa_required": False,
        "restrict_transfers_to_high_assurance": None,
    }


def _hosts(collection: Collection) -> Json:
    is_guest = collection.entity_type.endswith("_guest_collection")
    return {
        "host_endpoint_id": ENDPOINT.id if is_guest else None,
        "host_endpoint_display_name": ENDPOINT.display_name if is_guest else None,
        "mapped_collection_id": ENDPOINT.id if is_guest else None,
        "mapped_collection_display_name": ENDPOINT.display_name if is_guest else None,
        "host_path": "/" if is_guest else None,
        "acl_available": is_guest,
        "acl_editable": False,
        "acl_max_expiration_period_mins": None,
        "in_use": False,
        "non_functional_endpoint_id": None,
        "non_functional_endpoint_display_name": None,
    }


def _transfer_options() -> Json:
    return {
        "disable_verify": False,
        "disable_anonymous_writes": False,
        "force_verify": False,
        "force_encryption": False,
        "preserve_modtime": None,
        "requester_pays": False,
        "associated_flow_policy": None,
        "sharing_target_endpoint": None,
        "sharing_target_root_path": None,
        "tlsftp_server": None,
        "last_accessed_time": None,
    }


def _deprecated(collection: Collection) -> Json:
    """Give the fields that Transfer still sends and nobody is to use any more."""
    return {
        "name": f"sandbox#{collection.id}",
        "canonical_name": f"sandbox#{collection.id}",
        "username": "sandbox",
        "is_globus_connect": collection.entity_type.startswith("GCP_"),
        "globus_connect_setup_key": None,
        "is_go_storage": False,
        "shareable": False,
        "activated": False,
        "expires_in": -1,
        "expire_time": None,
        "myproxy_server": None,
        "myproxy_dn": None,
        "oauth_server": None,
        "s3_url": None,
        "s3_owner_activated": False,
        "french_english_bilingual": False,
        "DATA": [],
    }
