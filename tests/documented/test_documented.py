"""Every command that a document shows is run as it stands there, or by a test that does the same."""

import shlex
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import pytest

from bot.__main__ import main
from bot.sandbox.globus.collections import BEAMLINE, SHARED
from tests.documented import scenes
from tests.documented.entries import ENTRIES, TEST_IT, TRY_IT
from tests.documented.shown import ROOT, shown, shown_in
from tests.documented.ways import (
    Elsewhere,
    Here,
    Long,
    Scene,
    Served,
    assert_done_elsewhere,
    assert_ours,
    assert_read,
)
from tests.replicas import own_server
from tests.stories.stage import Stage, staged
from tests.test_commands import commands


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path) as made:
        yield made


NO_TOOLS: Final = (
    "import importlib.util as u; print([n for n in ('pip', 'setuptools', 'hatchling') if u.find_spec(n)])"
)
IN_THE_IMAGE: Final = [
    ("docker healthcheck run srv_transferbot_1", ""),
    ("docker compose exec transferbot sh -c 'id -u && ! touch /opt/file'", "10001\n"),
    (f'docker compose exec transferbot python -c "{NO_TOOLS}"', "[]"),
    ("docker compose stop && docker inspect --format '{{.State.ExitCode}}.' srv_transferbot_1", "\n0."),
]
"""What the image and the Compose file promise beside that; and the bot ends when it is told."""


def of(scene: Scene) -> Iterator[tuple[str, Here]]:
    """Give what is run to its end in a scene."""
    return ((text, way) for text, way in ENTRIES.items() if isinstance(way, Here) and way.scene is scene)


def served(scene: Scene) -> Iterator[tuple[str, Served]]:
    """Give what is started and ended in a scene."""
    return ((text, way) for text, way in ENTRIES.items() if isinstance(way, Served) and way.scene is scene)


def test_it_is_known_of_every_command_in_the_documents_how_it_is_tried_and_of_no_other() -> None:
    there = {one.text for one in shown()}

    assert {one.text: one.document for one in shown() if one.text not in ENTRIES} == {}
    assert sorted(ENTRIES.keys() - there) == []


def test_commands_are_found_in_blocks_and_in_the_text() -> None:
    page = "Say `transferbot\nrun`, not `transferbot`:\n\n```sh\n$ cp a \\\n  b  # why\n\n# so\n```\n"

    assert [(one.text, one.in_block) for one in shown_in(page, "a page")] == [
        ("cp a b", True),
        ("transferbot run", False),
    ]


def test_each_of_our_commands_is_in_the_documents_and_run() -> None:
    run = [text for text, way in ENTRIES.items() if isinstance(way, Here | Served)]
    counted = Counter(name for name, _ in commands(main) for text in run if f"{text} ".startswith(f"{name} "))

    assert {name for name, _ in commands(main)} == counted.keys()


def test_beside_a_bot_that_runs_and_after_it(stage: Stage) -> None:
    place = scenes.beside(stage)
    for text, way in of(Scene.BESIDE_A_BOT):
        place.run(text, way)
    stage.stop_bot()
    for text, way in of(Scene.AT_REST):
        place.run(text, way)
    for text, serving in served(Scene.AT_REST):
        with place.serving(text, serving):
            pass


def test_on_a_machine_that_has_nothing_yet(stage: Stage, tmp_path: Path) -> None:
    folder = tmp_path / "machine"
    folder.mkdir()
    with scenes.nothing_yet(stage, folder) as place:
        for text, way in of(Scene.MACHINE):
            place.run(text, way)
        stage.open_form()
        assert stage.ada.top()["callback_id"] == "schedule_transfer"
        stopped = "sudo systemctl stop transferbot && systemctl show --property Result transferbot"
        place.run(stopped, Here(Scene.MACHINE, "Result=success"))


def test_in_a_container_of_the_image_that_the_dockerfile_makes(stage: Stage, tmp_path: Path) -> None:
    folder = tmp_path / "machine"
    folder.mkdir()
    with scenes.containers(stage, folder) as place:
        for text, way in of(Scene.CONTAINERS):
            place.run(text, way)
        stage.open_form()
        assert stage.ada.top()["callback_id"] == "schedule_transfer"
        for text, says in IN_THE_IMAGE:
            place.run(text, Here(Scene.CONTAINERS, says))


def test_on_a_server(stage: Stage) -> None:
    stage.start_bot()
    stage.link_account()
    stage.stop_bot()
    with own_server() as server, server.empty("new") as new, server.empty("another") as another:
        place = scenes.on_a_server(stage, new, another)
        for text, way in of(Scene.ON_A_SERVER):
            place.run(text, way)


def test_in_the_sandbox(tmp_path: Path) -> None:
    place = scenes.sandbox(tmp_path)
    [(text, serving)] = served(Scene.SANDBOX)
    with place.serving(text, serving):
        for asked, way in of(Scene.SANDBOX):
            place.run(asked, way)


def test_in_the_repository(tmp_path: Path) -> None:
    place = scenes.checkout(tmp_path / "repository")
    for text, way in of(Scene.CHECKOUT):
        place.run(text, way)
    for text, serving in served(Scene.CHECKOUT):
        with place.serving(text, serving):
            pass


@pytest.mark.parametrize("text", [text for text, way in ENTRIES.items() if isinstance(way, Elsewhere | Long)])
def test_what_is_long_or_done_elsewhere_is_there(text: str) -> None:
    way = ENTRIES[text]
    assert isinstance(way, Elsewhere | Long)

    assert_done_elsewhere(way.where)
    if isinstance(way, Long):
        assert_read(way.command, shlex.split(text)[3:])


def test_at_the_command_line_of_globus(stage: Stage, tmp_path: Path) -> None:
    stage.start_bot()
    stage.schedule(BEAMLINE, SHARED, name="Made with the bot", repeat="daily")
    stage.sign_in()
    stage.announced()
    place = scenes.command_line(stage, tmp_path)
    for text, way in of(Scene.COMMAND_LINE):
        place.run(text, way)

    names = sorted(timer["name"].partition(" [")[0] for timer in stage.timers())
    assert names == ["Made by hand", "Made with the bot"]


@pytest.mark.parametrize(("way", "heading"), [(TRY_IT, "## Try it"), (TEST_IT, "## Test it")])
def test_what_the_last_check_runs_of_the_readme_is_what_stands_there(way: Elsewhere, heading: str) -> None:
    section = (ROOT / "README.md").read_text().partition(f"{heading}\n")[2].partition("\n## ")[0]
    run = {one.text for one in shown_in(section, "README.md") if one.in_block}

    assert {text for text, known in ENTRIES.items() if known == way} <= run


@pytest.mark.parametrize("text", [text for text, way in ENTRIES.items() if isinstance(way, Elsewhere)])
def test_what_the_last_check_runs_on_its_own_are_the_very_words(text: str) -> None:
    way = ENTRIES[text]
    assert isinstance(way, Elsewhere)

    path, _, words = way.where.partition(": ")
    assert path != ".ci/run" or words.startswith(("block", "#!")) or words.endswith(text)


@pytest.mark.parametrize(
    "wrong", ["transferbot bakcup FILE", "transferbot run --quickly", "docker exec x transferbot keys"]
)
def test_a_command_that_does_not_exist_is_noticed(wrong: str) -> None:
    with pytest.raises((AssertionError, click.UsageError)):
        assert_ours(wrong)


def test_a_test_that_does_not_exist_is_noticed() -> None:
    with pytest.raises(AssertionError):
        assert_done_elsewhere("tests/test_settings.py::test_of_nothing")
