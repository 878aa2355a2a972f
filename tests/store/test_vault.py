import base64
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from bot.errors import DatabaseProblem
from bot.store.vault import (
    KEY_BYTES,
    KEY_NAME_BYTES,
    NONCE_BYTES,
    VERSION,
    Vault,
    keys_beside,
    keys_there,
    new_key,
    read_keys,
)

PLACE = ("tokens", "access_token", "T1", "U1", "transfer.api.globus.org")


def vault(*keys: str) -> Vault:
    return Vault(read_keys(",".join(keys)))


@given(st.text())
def test_what_is_sealed_opens_in_its_own_place(secret: str) -> None:
    sealing = vault(new_key())

    assert sealing.open(sealing.seal(secret, *PLACE), *PLACE) == secret


@pytest.mark.parametrize(
    "elsewhere",
    [
        ("tokens", "refresh_token", *PLACE[2:]),
        ("sign_ins", *PLACE[1:]),
        (*PLACE[:3], "U2", PLACE[4]),
        (*PLACE[:2], "T1U", "1", PLACE[4]),
        PLACE[:-1],
    ],
)
def test_a_secret_moved_to_another_row_or_column_does_not_open(elsewhere: tuple[str, ...]) -> None:
    sealing = vault(new_key())

    with pytest.raises(DatabaseProblem, match="moved there"):
        sealing.open(sealing.seal("secret", *PLACE), *elsewhere)


def test_no_changed_byte_goes_unnoticed() -> None:
    sealing = vault(new_key())
    sealed = sealing.seal("secret", *PLACE)

    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(DatabaseProblem):
            sealing.open(bytes(changed), *PLACE)


def test_the_first_key_seals_and_every_listed_key_opens() -> None:
    old, new = new_key(), new_key()
    before, between, after = vault(old), vault(new, old), vault(new)
    sealed_before = before.seal("secret", *PLACE)

    assert between.open(sealed_before, *PLACE) == "secret"
    assert after.open(between.seal("secret", *PLACE), *PLACE) == "secret"
    with pytest.raises(DatabaseProblem, match="not listed"):
        after.open(sealed_before, *PLACE)


@pytest.mark.parametrize("text", ["banana", "AAAA", "A" * 43 + "=,x", "ü" * 44])
def test_a_key_that_is_none_is_refused_without_being_quoted(text: str) -> None:
    with pytest.raises(DatabaseProblem) as refused:
        read_keys(text)

    assert text not in str(refused.value)


def test_the_key_file_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    made = keys_beside(tmp_path / "bot.db")

    assert keys_beside(tmp_path / "bot.db") == made
    assert (tmp_path / "bot.db.key").stat().st_mode & 0o777 == 0o600


def test_a_database_that_lost_its_key_file_is_not_given_a_new_one(tmp_path: Path) -> None:
    (tmp_path / "bot.db").touch()

    with pytest.raises(DatabaseProblem, match="key file"):
        keys_beside(tmp_path / "bot.db")


def test_what_is_signed_reads_back_for_its_own_purpose_only() -> None:
    old, new = new_key(), new_key()
    signed = vault(old).sign("T1 U1 ü\n", "known browser")

    assert vault(new, old).verified(signed, "known browser") == "T1 U1 ü\n"
    assert vault(old).verified(signed, "question") is None
    assert vault(new).verified(signed, "known browser") is None


@given(position=st.integers(0, 10_000), replacement=st.characters(codec="ascii"))
def test_no_changed_character_of_a_signed_text_goes_unnoticed(position: int, replacement: str) -> None:
    sealing = vault("A" * 43 + "=")
    signed = sealing.sign("T1 U1", "known browser")
    position %= len(signed)
    changed = signed[:position] + replacement + signed[position + 1 :]

    assert sealing.verified(changed, "known browser") == ("T1 U1" if changed == signed else None)


@given(text=st.text())
def test_no_text_breaks_the_reading_of_what_is_signed(text: str) -> None:
    assert vault("A" * 43 + "=").verified(text, "question") is None


def test_a_vault_without_keys_is_refused() -> None:
    with pytest.raises(DatabaseProblem) as refused:
        Vault([])

    assert str(refused.value) == "There is no sealing key. Make one with `transferbot keys new`."


def test_a_sealed_value_says_its_version_and_its_key_and_differs_each_time() -> None:
    key = new_key()
    first, second = (vault(key).seal("secret", *PLACE) for _ in range(2))
    start = len(VERSION) + KEY_NAME_BYTES

    assert first[:start] == second[:start]
    assert first[: len(VERSION)] == VERSION
    assert first[start : start + NONCE_BYTES] != second[start : start + NONCE_BYTES]
    assert len(first) == start + NONCE_BYTES + len("secret") + 16
    assert vault(key).knows(first[len(VERSION) : start])
    assert not vault(new_key()).knows(first[len(VERSION) : start])


def test_a_value_is_current_if_the_first_key_sealed_it() -> None:
    old, new = new_key(), new_key()
    sealed = vault(old).seal("secret", *PLACE)

    assert vault(old, new).is_current(sealed)
    assert not vault(new, old).is_current(sealed)


def test_what_cannot_be_opened_says_why_and_what_to_do() -> None:
    key = new_key()
    sealed = vault(key).seal("secret", *PLACE)

    with pytest.raises(DatabaseProblem) as unknown:
        vault(new_key()).open(sealed, *PLACE)
    with pytest.raises(DatabaseProblem) as other_version:
        vault(key).open(b"\xff" + sealed[1:], *PLACE)
    with pytest.raises(DatabaseProblem) as changed:
        vault(key).open(sealed[:-1] + bytes([sealed[-1] ^ 1]), *PLACE)

    assert (
        str(unknown.value)
        == str(other_version.value)
        == (
            "A secret in tokens was sealed with a key that is not listed. "
            "Add the key that was used before to TRANSFERBOT_KEYS, behind the new one."
        )
    )
    assert str(changed.value) == (
        "A secret in tokens was changed, or moved there from another row. Restore the database from a backup."
    )


def test_keys_are_read_one_by_one_and_a_bad_one_is_named_by_its_place() -> None:
    keys = [new_key(), new_key()]

    assert [len(key) for key in read_keys(f" {keys[0]} ,, {keys[1]} ,")] == [KEY_BYTES, KEY_BYTES]
    assert read_keys(keys[0]) != read_keys(keys[1])
    assert read_keys("") == []
    with pytest.raises(DatabaseProblem) as refused:
        read_keys(f"{keys[0]},{keys[1][:-4]}")
    assert str(refused.value) == (
        "Sealing key 2 is not 32 bytes in base64. Make one with `transferbot keys new`."
    )


def test_a_key_with_the_letters_of_url_safe_base64_is_read() -> None:
    assert read_keys("-_" * 21 + "8=") == [base64.b64decode("+/" * 21 + "8=")]


def test_the_key_file_is_read_as_it_is_and_named_where_it_is_missing(tmp_path: Path) -> None:
    key = new_key()
    (tmp_path / "bot.db.key").write_text(f"{key}\n")
    (tmp_path / "bot.db").touch()
    (tmp_path / "other.db").touch()

    assert keys_beside(tmp_path / "bot.db") == read_keys(key)
    with pytest.raises(DatabaseProblem) as missing:
        keys_beside(tmp_path / "other.db")
    assert str(missing.value) == (
        f"The database {tmp_path / 'other.db'} exists, but its key file other.db.key does not. "
        "Put the key file back, or set TRANSFERBOT_KEYS."
    )


def test_a_key_file_that_was_made_holds_the_key_that_is_given(tmp_path: Path) -> None:
    made = keys_beside(tmp_path / "bot.db")

    written = (tmp_path / "bot.db.key").read_text()
    assert read_keys(written) == made
    assert written.endswith("\n")


def test_a_signature_cannot_be_moved_between_texts_and_purposes() -> None:
    sealing = vault(new_key())

    assert sealing.sign("b", "a") != sealing.sign("", "ab")
    assert sealing.verified("YQ==." + sealing.sign("a", "p").partition(".")[2], "p") == "a"
    assert sealing.verified("YR==." + sealing.sign("a", "p").partition(".")[2], "p") is None
    assert sealing.verified("YQ==", "p") is None
    assert sealing.verified("YQ==.\ud800", "p") is None
    assert sealing.verified("ü.", "p") is None
    assert sealing.verified("_w==.", "p") is None


def test_what_an_earlier_version_sealed_and_signed_still_counts() -> None:
    earlier = vault("A" * 43 + "=")
    sealed = base64.b64decode("AbZeR4QAAQIDBAUGBwgJCgv7rlAgZYneWq0mHZeLCi11BJUpP43z")

    assert earlier.open(sealed, *PLACE) == "secret"
    assert earlier.sign("T1 U1", "known browser") == (
        "VDEgVTE=.04dc2877ae58979fffde064440460c56ce4ca88c88a8f2a541701b62741710d4"
    )


def test_a_key_with_a_letter_that_is_none_is_refused() -> None:
    with pytest.raises(DatabaseProblem, match="Sealing key 1"):
        read_keys("A" * 20 + "!" + "A" * 23 + "=")


def test_the_keys_of_a_backup_are_read_even_if_the_database_is_gone(tmp_path: Path) -> None:
    made = keys_beside(tmp_path / "bot.db")

    assert keys_there(tmp_path / "bot.db") == made
    with pytest.raises(DatabaseProblem) as missing:
        keys_there(tmp_path / "other.db")
    assert str(missing.value) == (
        f"There is no key file {tmp_path / 'other.db.key'}. "
        "Put it back, or set TRANSFERBOT_KEYS: a backup has no keys."
    )
    assert not (tmp_path / "other.db.key").exists()
