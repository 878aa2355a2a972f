"""The script that takes the documents' pictures still does."""

from pathlib import Path

import pytest

from docs.screenshots import PICTURES, main


@pytest.mark.usefixtures("chromium_path")
def test_every_picture_is_taken_anew(tmp_path: Path) -> None:
    main(tmp_path)

    assert {one.name for one in tmp_path.iterdir()} == set(PICTURES)
