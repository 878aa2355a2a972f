"""ID tokens: who signed in, as a signed statement (https://openid.net/specs/openid-connect-core-1_0.html)."""

import base64
import hashlib
from collections.abc import Callable, Collection
from typing import Final

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.sandbox.globus.identities import Identity
from bot.sandbox.wire import Json

ALGORITHM: Final = "RS512"
ISSUER: Final = "https://auth.globus.org"
ID_TOKEN_SECONDS: Final = 172_800
_KEY_ID: Final = "sandbox"
_BITS: Final = 2048


class IdTokens:
    """Writes and signs ID tokens with a key of its own, made anew each time the sandbox starts."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)

    def keys(self) -> Json:
        """Give the public key as a JSON Web Key Set (RFC 7517)."""
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        key = {"alg": ALGORITHM, "kid": _KEY_ID, "kty": "RSA", "use": "sig"}
        return {"keys": [key | {"n": public["n"], "e": public["e"]}]}

    def write(self, identity: Identity, *, client_id: str, scopes: Collection[str], access_token: str) -> str:
        """Say to an app who signed in, with what the scopes `profile` and `email` let it know."""
        now = int(self._clock())
        claims = claims_about(identity, scopes) | {
            "last_authentication": now,
            "iss": ISSUER,
            "aud": client_id,
            "iat": now,
            "exp": now + ID_TOKEN_SECONDS,
            "at_hash": _half_hash(access_token),
        }
        if "profile" in scopes:
            claims["identity_set"] = [_linked(identity) | {"last_authentication": now}]
        return jwt.encode(claims, self._key, algorithm=ALGORITHM, headers={"kid": _KEY_ID})


def claims_about(identity: Identity, scopes: Collection[str]) -> Json:
    """Give what the scopes let an app know about an identity, as in ID tokens and userinfo."""
    claims: Json = {"sub": identity.id}
    if "profile" in scopes:
        claims |= {
            "name": identity.name,
            "organization": identity.organization,
            "preferred_username": identity.username,
            "identity_provider": identity.provider_id,
            "identity_provider_display_name": identity.provider_name,
        }
    if "email" in scopes:
        claims["email"] = identity.email
    return claims


def _linked(identity: Identity) -> Json:
    return {
        "sub": identity.id,
        "username": identity.username,
        "name": identity.name,
        "email": identity.email,
        "organization": identity.organization,
        "identity_provider": identity.provider_id,
        "identity_provider_display_name": identity.provider_name,
    }


def _half_hash(text: str) -> str:
    digest = hashlib.sha512(text.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
