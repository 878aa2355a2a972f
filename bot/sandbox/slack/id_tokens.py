"""ID tokens: who signed in with Slack, as a signed statement.

https://docs.slack.dev/authentication/sign-in-with-slack/
"""

import base64
import hashlib
from collections.abc import Callable, Collection
from typing import Final

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.sandbox.slack.workspace import Person, Workspace
from bot.sandbox.wire import Json

ALGORITHM: Final = "RS256"
ISSUER: Final = "https://slack.com"
ID_TOKEN_SECONDS: Final = 300
_KEY_ID: Final = "sandbox"
_BITS: Final = 2048


class IdTokens:
    """Writes and signs ID tokens with a key that is made when first needed; `clock` gives epoch seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._made: rsa.RSAPrivateKey | None = None

    def keys(self) -> Json:
        """Give the public key as a JSON Web Key Set (RFC 7517)."""
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self._key().public_key(), as_dict=True)
        key = {"alg": ALGORITHM, "kid": _KEY_ID, "kty": "RSA", "use": "sig"}
        return {"keys": [key | {"n": public["n"], "e": public["e"]}]}

    def write(self, claims: Json, *, client_id: str, nonce: str, access_token: str) -> str:
        """Say these claims about a person to an app."""
        now = int(self._clock())
        said = claims | {
            "iss": ISSUER,
            "aud": client_id,
            "iat": now,
            "exp": now + ID_TOKEN_SECONDS,
            "auth_time": now,
            "at_hash": _half_hash(access_token),
        }
        if nonce:
            said["nonce"] = nonce
        return jwt.encode(said, self._key(), algorithm=ALGORITHM, headers={"kid": _KEY_ID})

    def _key(self) -> rsa.RSAPrivateKey:
        self._made = self._made or rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
        return self._made


def claims_about(person: Person, workspace: Workspace, scopes: Collection[str]) -> Json:
    """Give what the scopes let an app know about a person, as in ID tokens and `openid.connect.userInfo`."""
    claims: Json = {
        "sub": person.id,
        "https://slack.com/user_id": person.id,
        "https://slack.com/team_id": workspace.id,
    }
    if workspace.enterprise:
        claims["https://slack.com/enterprise_id"] = workspace.enterprise.id
    if "profile" in scopes:
        first, _, last = person.real_name.partition(" ")
        claims |= {
            "name": person.real_name,
            "given_name": first,
            "family_name": last,
            "locale": "en-US",
            "https://slack.com/team_name": workspace.name,
            "https://slack.com/team_domain": workspace.domain,
        }
    if "email" in scopes:
        claims |= {"email": f"{person.name}@{workspace.domain}.example", "email_verified": True}
    return claims


def _half_hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
