"""Sealed secrets: AES-256-GCM, bound to the row and column in which they lie."""

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.errors import DatabaseProblem

VERSION: Final = b"\x01"
KEY_BYTES: Final = 32
KEY_NAME_BYTES: Final = 4
NONCE_BYTES: Final = 12
"""The nonce length that GCM is specified for (NIST SP 800-38D)."""


class Vault:
    """Seals with the first key and opens with any; a sealed value names the key it needs.

    Layout: version (1 byte), key name (4), nonce (12), ciphertext with its tag. The place — table,
    column and the row's key — is authenticated with it, so that a value moved elsewhere does not open.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys:
            raise DatabaseProblem("There is no sealing key.", "Make one with `transferbot keys new`.")
        self._keys = {_name(key): AESGCM(key) for key in keys}
        self._first = _name(keys[0])
        # Keys of their own for signing: no key serves two algorithms.
        self._signing = [hmac.digest(key, b"transferbot signing", "sha256") for key in keys]

    def seal(self, secret: str, *place: str) -> bytes:
        """Seal a secret for one place."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._keys[self._first].encrypt(nonce, secret.encode(), _bound(self._first, place))
        return VERSION + self._first + nonce + sealed

    def knows(self, key_name: bytes) -> bool:
        """Say whether a key of this name is listed."""
        return key_name in self._keys

    def is_current(self, sealed: bytes) -> bool:
        """Say whether a value is sealed with the first key."""
        return sealed[len(VERSION) : len(VERSION) + KEY_NAME_BYTES] == self._first

    def open(self, sealed: bytes, *place: str) -> str:
        """Open what was sealed for this place; raises DatabaseProblem if it cannot be opened."""
        start = len(VERSION) + KEY_NAME_BYTES
        key_name, nonce = sealed[len(VERSION) : start], sealed[start : start + NONCE_BYTES]
        key = self._keys.get(key_name)
        if sealed[: len(VERSION)] != VERSION or key is None:
            raise DatabaseProblem(
                f"A secret in {place[0]} was sealed with a key that is not listed.",
                "Add the key that was used before to TRANSFERBOT_KEYS, behind the new one.",
            )
        try:
            return key.decrypt(nonce, sealed[start + NONCE_BYTES :], _bound(key_name, place)).decode()
        except InvalidTag as error:
            raise DatabaseProblem(
                f"A secret in {place[0]} was changed, or moved there from another row.",
                "Restore the database from a backup.",
            ) from error

    def sign(self, text: str, purpose: str) -> str:
        """Give the text with a signature, for one purpose; it can be read by whoever has it."""
        written = base64.urlsafe_b64encode(text.encode()).decode()
        return f"{written}.{_signature(self._signing[0], purpose, text)}"

    def verified(self, signed: str, purpose: str) -> str | None:
        """Give the text of a signed one; None if it was changed, or was signed for another purpose."""
        written, _, signature = signed.partition(".")
        try:
            text = base64.urlsafe_b64decode(written.encode("ascii")).decode()
        except ValueError:
            return None
        if base64.urlsafe_b64encode(text.encode()).decode() != written:
            return None  # base64 has several ways to write the same, and one is enough
        right = (_signature(key, purpose, text).encode() for key in self._signing)
        given = signature.encode("utf-8", "surrogatepass")
        return text if any(hmac.compare_digest(one, given) for one in right) else None


def _signature(key: bytes, purpose: str, text: str) -> str:
    return hmac.digest(key, b"".join(_parted([purpose.encode(), text.encode()])), "sha256").hex()


def new_key() -> str:
    """Make a sealing key, as it is written in TRANSFERBOT_KEYS."""
    return base64.urlsafe_b64encode(os.urandom(KEY_BYTES)).decode()


def read_keys(text: str) -> list[bytes]:
    """Read keys parted by commas, as in TRANSFERBOT_KEYS; raises DatabaseProblem without quoting them."""
    keys = []
    for number, part in enumerate(filter(None, map(str.strip, text.split(","))), start=1):
        try:
            key = base64.b64decode(part, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != KEY_BYTES:
            raise DatabaseProblem(
                f"Sealing key {number} is not {KEY_BYTES} bytes in base64.",
                "Make one with `transferbot keys new`.",
            )
        keys.append(key)
    return keys


def key_file(database: Path) -> Path:
    """Give where the keys of a database are kept that are not in the settings."""
    return database.with_name(database.name + ".key")


def keys_there(database: Path) -> list[bytes]:
    """Read the key file beside a database that may itself be gone; raises DatabaseProblem without one."""
    file = key_file(database)
    if not file.exists():
        raise DatabaseProblem(
            f"There is no key file {file}.", "Put it back, or set TRANSFERBOT_KEYS: a backup has no keys."
        )
    return read_keys(file.read_text())


def keys_beside(database: Path) -> list[bytes]:
    """Read the key file beside a database, or make it, readable by its owner only, if there is none yet.

    Raises DatabaseProblem if the database exists without its keys: a new key could open nothing in it.
    """
    file = key_file(database)
    if file.exists():
        return read_keys(file.read_text())
    if database.exists():
        raise DatabaseProblem(
            f"The database {database} exists, but its key file {file.name} does not.",
            "Put the key file back, or set TRANSFERBOT_KEYS.",
        )
    key = new_key()
    file.touch(mode=0o600, exist_ok=False)
    file.write_text(key + "\n")
    return read_keys(key)


def _name(key: bytes) -> bytes:
    return hashlib.sha256(b"transferbot key name" + key).digest()[:KEY_NAME_BYTES]


def _bound(key_name: bytes, place: Sequence[str]) -> bytes:
    return b"".join(_parted([VERSION, key_name, *(part.encode() for part in place)]))


def _parted(parts: Sequence[bytes]) -> list[bytes]:
    """Put each part's length before it, so that no two lists of parts are written alike."""
    return [len(part).to_bytes(4, "big") + part for part in parts]
