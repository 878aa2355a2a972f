"""Look identities and apps up; an app is an identity too."""

from typing import Final

from bot.sandbox.globus.identities import CLIENTS, PEOPLE, Client, Identity

_CLIENT_PROVIDER: Final = "3a1b4e1c-5a4d-4b0f-8b07-00000000c11e"


def client_with_id(client_id: str) -> Client | None:
    """Give the registered app with this ID, or None."""
    return next((client for client in CLIENTS if client.client_id == client_id), None)


def person_with_username(username: str) -> Identity | None:
    """Give the person with this username, or None."""
    return next((person for person in PEOPLE if person.username == username), None)


def identities() -> tuple[Identity, ...]:
    """Give everyone: the people, and the apps that can act for themselves."""
    return (*PEOPLE, *(_identity_of(client) for client in CLIENTS if client.secret))


def identity_with_id(identity_id: str) -> Identity | None:
    """Give a person's or an app's identity, or None."""
    return next((identity for identity in identities() if identity.id == identity_id), None)


def _identity_of(client: Client) -> Identity:
    username = f"{client.client_id}@clients.auth.globus.org"
    return Identity(
        client.client_id,
        username,
        client.name,
        username,
        "Sandbox Lab",
        _CLIENT_PROVIDER,
        "Globus Auth",
    )
