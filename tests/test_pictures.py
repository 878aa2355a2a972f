"""The documents' pictures are there, and each can be taken anew by the script."""

import re
from pathlib import Path

import pytest

from docs.screenshots import PICTURES

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
LARGEST = 400_000


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: one.name)
def test_every_picture_that_a_document_shows_is_there_is_described_and_can_be_taken_anew(
    document: Path,
) -> None:
    for words, address in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", document.read_text()):
        picture = (document.parent / address).resolve()
        assert picture.is_file(), address
        assert picture.parent == IMAGES, address
        assert picture.name in PICTURES, address
        assert len(words) > 15, f"{address} needs words for those who do not see it"


def test_no_picture_is_kept_that_nobody_takes() -> None:
    assert {one.name for one in IMAGES.glob("*.png")} == set(PICTURES)


def test_the_pictures_are_small_enough_to_be_read_on_the_way() -> None:
    assert {
        one.name: one.stat().st_size for one in IMAGES.glob("*.png") if one.stat().st_size > LARGEST
    } == {}
