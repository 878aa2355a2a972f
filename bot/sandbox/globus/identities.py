"""Who there is at the pretend Globus: people with their identities, and the apps that ask them."""

from dataclasses import dataclass
from typing import Final

CODE_PAGE: Final = "/v2/web/auth-code"
"""The path of Auth's own page that shows a code; every app may send people there."""


@dataclass(frozen=True)
class Identity:
    """A person's identity, as Auth describes it."""

    id: str
    username: str
    name: str
    email: str
    organization: str
    provider_id: str
    provider_name: str


@dataclass(frozen=True)
class Client:
    """A registered app. Without a secret it is a native app, which has to use PKCE (RFC 7636).

    `redirect_uris` come on top of Auth's own code page.
    """

    client_id: str
    name: str
    secret: str | None = None
    redirect_uris: frozenset[str] = frozenset()


ADA: Final = Identity(
    id="a0a0ada0-1815-4a52-8312-86065a9e0001",
    username="ada@sandbox-lab.example",
    name="Ada Lovelace",
    email="ada@sandbox-lab.example",
    organization="Sandbox Lab",
    provider_id="41143743-f3c8-4d60-bbdb-eeecaba85bd9",
    provider_name="Sandbox Lab",
)
GRACE: Final = Identity(
    id="96ace000-1906-4a52-8312-86065a9e0002",
    username="grace@sandbox-lab.example",
    name="Grace Hopper",
    email="grace@sandbox-lab.example",
    organization="Sandbox Lab",
    provider_id="41143743-f3c8-4d60-bbdb-eeecaba85bd9",
    provider_name="Sandbox Lab",
)
KATHERINE: Final = Identity(
    id="ca7be000-1918-4a52-8312-86065a9e0003",
    username="katherine@partner-institute.example",
    name="Katherine Johnson",
    email="katherine@partner-institute.example",
    organization="Partner Institute",
    provider_id="9e1f4a52-5a4d-4b0f-8b07-00000000ea57",
    provider_name="Partner Institute",
)
PEOPLE: Final = (ADA, GRACE, KATHERINE)

CONFIDENTIAL_CLIENT: Final = Client(
    client_id="c0f1de00-5a4d-4b0f-8b07-000000000001",
    name="transferbot",
    secret="SandboxGlobusSecret0000000000000000000000000=",  # noqa: S106 - opens only the sandbox
)
NATIVE_CLIENT: Final = Client(client_id="4a71fe00-5a4d-4b0f-8b07-000000000002", name="transferbot (native)")
COMMAND_LINE_CLIENT: Final = Client(
    client_id="c11c11c0-5a4d-4b0f-8b07-000000000003",
    name="Globus CLI",
    secret="SandboxCommandLineSecret00000000000000000000=",  # noqa: S106 - opens only the sandbox
)
CLIENTS: Final = (CONFIDENTIAL_CLIENT, NATIVE_CLIENT, COMMAND_LINE_CLIENT)
