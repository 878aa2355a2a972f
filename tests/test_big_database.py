"""The big database, in small: everything that is measured there works."""

from click.testing import CliRunner

from benchmarks.big_database import main


def test_every_line_of_the_big_database_is_measured() -> None:
    result = CliRunner().invoke(main, ["--rows", "20000", "--rounds", "2"], catch_exceptions=False)

    first, _heading, *lines = result.output.splitlines()
    assert "3,000 requests, 2,000 timers, 15,000 runs" in first
    assert len(lines) == 16
    assert "list, a channel of 500 timers" in result.output
