"""The benchmark of several bots, in small: each line is measured."""

from click.testing import CliRunner

from benchmarks.replicas import main
from tests.postgresql import required


def test_one_bot_and_three_are_measured() -> None:
    required()
    result = CliRunner().invoke(main, ["--seconds", "0.5", "--at-once", "4"], catch_exceptions=False)

    _heading, *lines = result.output.splitlines()
    assert [line.split()[0] for line in lines] == ["1", "3"]
    assert all(float(line.split()[1]) > 0 for line in lines)
