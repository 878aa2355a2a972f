from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from bot.errors import DatabaseProblem
from bot.store.vault import Vault, keys_beside, new_key, read_keys

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
