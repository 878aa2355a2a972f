"""What becomes of each command of the documents. One without an entry fails; so does an entry without one.

Commands of one scene are run in this order.
"""

from collections.abc import Mapping
from typing import Final

from benchmarks.__main__ import main as benchmarks
from benchmarks.big_database import main as big_database
from benchmarks.replicas import main as replicas
from tests.documented.ways import (
    SIGNING_IN,
    Elsewhere,
    Here,
    Long,
    Scene,
    Served,
    Way,
)
from tests.faults.__main__ import main as faults

TRY_IT: Final = Elsewhere(".ci/run: block '## Try it'")
TEST_IT: Final = Elsewhere(".ci/run: block '## Test it'")
_SHORT_FAULTS: Final = (
    "tests/faults/test_campaigns.py::test_what_is_promised_holds_when_it_is_broken_on_purpose"
)
_REPOSITORY: Final = "tests/documented/test_documented.py::test_in_the_repository"
_BARE: Final = Long(
    benchmarks,
    "tests/test_benchmarks.py::test_the_command_starts_everything_and_draws_a_table_without_bad_answers",
)
_DAY: Final = Here(Scene.CHECKOUT, "calls to Globus per run", instead="{} --people 3 --hours 2")


# Nothing that was told to these tests is for those that look for mutants.
_MUTATED: Final = "unset PYTEST_ADDOPTS COVERAGE_PROCESS_CONFIG COVERAGE_PROCESS_START && {}"
_IMMUTABLE: Final = (
    'python -c "import sqlite3; '
    "print(*sqlite3.connect('file:copy.db?immutable=1', uri=True).execute('select act from audit'))\""
)

_COPY: Final = '"$BEAMLINE:/data/run-001/" "$SHARED:/archive/copied/" --interval 1d --name "Made by hand"'

ENTRIES: Final[Mapping[str, Way]] = {
    # README, CONTRIBUTING
    "python3 -m venv .venv": TRY_IT,
    "pip install --quiet -r requirements.lock": TRY_IT,
    "pip install --quiet --no-deps -e .": TRY_IT,
    "transferbot demo --tour": TRY_IT,
    "pip install --quiet -r requirements-dev.lock": TEST_IT,
    "coverage run -m pytest -n auto": TEST_IT,
    "coverage combine --quiet": TEST_IT,
    "coverage report --fail-under=85": TEST_IT,
    "pytest -n auto": Here(
        Scene.CHECKOUT,
        "test_settings.py: ",
        instead="pytest -n auto --collect-only -qq tests/test_settings.py",
    ),
    "ruff check .": Elsewhere(".ci/run: .venv/bin/ruff check ."),
    "ruff format --check .": Elsewhere(".ci/run: .venv/bin/ruff format --check ."),
    "mypy": Elsewhere(".ci/run: .venv/bin/mypy"),
    "lint-imports": Elsewhere(".ci/run: .venv/bin/lint-imports"),
    ".ci/run": Elsewhere(".ci/run: #!/usr/bin/env bash"),
    "python -m docs.screenshots": Elsewhere(
        "tests/browser/test_screenshots.py::test_every_picture_is_taken_anew"
    ),
    "pip install -r requirements-charts.lock": Here(
        Scene.CHECKOUT, "matplotlib", instead="{} --dry-run --no-deps"
    ),
    "ls bot/*/linking.py bot/linking.py": Here(Scene.CHECKOUT, "bot/store/linking.py"),
    # Running it
    "chmod 600 .env": Here(Scene.BESIDE_A_BOT),
    "transferbot check": Here(Scene.BESIDE_A_BOT, "ok"),
    "transferbot health --alive": Here(Scene.BESIDE_A_BOT, '"alive":true'),
    "transferbot health": Here(Scene.BESIDE_A_BOT, '"workers":true'),
    "transferbot audit --since 2026-11-01 --format csv > audit.csv": Here(
        Scene.BESIDE_A_BOT, "linked", instead="{} && cat audit.csv"
    ),
    "transferbot audit --format json": Here(Scene.BESIDE_A_BOT, '"act": "linked"'),
    "transferbot backup copy.db": Here(Scene.BESIDE_A_BOT, "checked"),
    "sqlite-utils rows copy.db audit --where \"act = 'deleted'\" --table": Here(Scene.BESIDE_A_BOT),
    # Datasette is not among our dependencies; this opens the file as it does.
    "datasette --immutable copy.db": Here(Scene.BESIDE_A_BOT, "linked", instead=_IMMUTABLE),
    "transferbot backup FILE": Here(Scene.BESIDE_A_BOT, "checked"),
    "transferbot restore FILE --verify": Here(Scene.BESIDE_A_BOT, "is whole"),
    "transferbot keys new": Here(Scene.BESIDE_A_BOT, "="),
    "transferbot keys rotate": Here(Scene.BESIDE_A_BOT, "secrets were sealed anew"),
    "transferbot forget TEAM USER": Here(Scene.BESIDE_A_BOT, "Forgotten: ", typed="y\n"),
    "transferbot restore FILE": Here(Scene.AT_REST, "What was there is"),
    'transferbot copy --from sqlite:///transferbot.db --to "$NEW"': Here(Scene.ON_A_SERVER, "are the same"),
    'pg_dump --format=custom --no-owner --file=transferbot.dump "$NEW"': Here(Scene.ON_A_SERVER),
    'pg_restore --no-owner --exit-on-error --dbname="$ANOTHER" transferbot.dump': Here(
        Scene.ON_A_SERVER,
        "schema is",
        instead='{} && export DATABASE_URL="$ANOTHER" TRANSFERBOT_KEYS="$(cat *.key)" && transferbot check',
    ),
    "transferbot run": Served(Scene.AT_REST, "ready"),
    # The sandbox
    "transferbot sandbox --port 8000 --globus-port 8001": Served(Scene.SANDBOX, "# To drive it"),
    "curl -s http://127.0.0.1:8001/sandbox/openapi.json": Here(Scene.SANDBOX, '"openapi"'),
    "curl -s http://127.0.0.1:8001/sandbox/timers": Here(Scene.SANDBOX, '"timers"'),
    "curl -s http://127.0.0.1:8001/sandbox/advance --json '{\"seconds\": 3600}'": Here(Scene.SANDBOX, '"'),
    "curl -s http://127.0.0.1:8001/sandbox/faults "
    '--json \'{"method": "POST /v2/timer", "fault": "drop_after"}\'': Here(Scene.SANDBOX, '"'),
    "transferbot sandbox": Served(Scene.CHECKOUT, "# To drive it"),
    "transferbot demo": Served(Scene.CHECKOUT, "Ctrl-C ends it"),
    # Deploying
    "sudo python3 -m venv /opt/transferbot": Here(Scene.MACHINE),
    "sudo /opt/transferbot/bin/pip install --require-hashes -r requirements.lock": Here(Scene.MACHINE),
    "sudo /opt/transferbot/bin/pip install --no-deps .": Here(Scene.MACHINE, "transferbot"),
    "sudo install -D -m 0600 .env /etc/transferbot/env": Here(Scene.MACHINE),
    "sudo systemctl enable --now transferbot": Here(Scene.MACHINE, "multi-user.target.wants"),
    "journalctl -u transferbot": Here(Scene.MACHINE, '"event": "ready"', patient=True),
    "sudo systemd-run --pipe --wait -p DynamicUser=yes -p User=transferbot -p StateDirectory=transferbot "
    "-p WorkingDirectory=/var/lib/transferbot -p EnvironmentFile=/etc/transferbot/env "
    "-p Environment=DATABASE_URL=sqlite:////var/lib/transferbot/transferbot.db "
    "/opt/transferbot/bin/transferbot check": Here(Scene.MACHINE, "ok"),
    "docker compose run --rm transferbot transferbot check": Here(
        Scene.CONTAINERS, "share/transferbot/manifest.yml fits"
    ),
    "docker compose up --detach": Here(Scene.CONTAINERS),
    "docker compose exec transferbot transferbot backup /data/copy.db": Here(
        Scene.CONTAINERS, "checked", patient=True
    ),
    # Broken on purpose, measured
    "python -m tests.faults": Here(Scene.CHECKOUT, "1 rows in", instead="{} --only one-queue"),
    "python -m tests.faults --full": Long(faults, _SHORT_FAULTS),
    "python -m tests.faults --only kill": Long(faults, _SHORT_FAULTS),
    "python -m tests.faults --full --only kill": Long(faults, _SHORT_FAULTS),
    "python -m tests.faults --only replicas --only replicas-news": Long(faults, _SHORT_FAULTS),
    "pytest tests/faults -n 4": Elsewhere(_SHORT_FAULTS),
    "python -m benchmarks": _BARE,
    "python -m benchmarks --only answers --seconds 1 --rounds 2": _BARE,
    "python -m benchmarks --only disk": Long(benchmarks, _REPOSITORY),
    "python -m benchmarks --only disk --only starting --only trips --only screens": Here(
        Scene.CHECKOUT, "the Home tab, from the event", instead="{} --quick"
    ),
    "python -m benchmarks.simulated_day": _DAY,
    "python -m benchmarks.simulated_day --people 10000": _DAY,
    "python -m benchmarks.big_database": Long(
        big_database, "tests/test_big_database.py::test_every_line_of_the_big_database_is_measured"
    ),
    "python -m benchmarks.replicas": Long(
        replicas, "tests/test_replicas.py::test_one_bot_and_three_are_measured"
    ),
    "cp -r . /tmp/mutated && cd /tmp/mutated && mutmut run 'bot.globus.transport.x_service_of*' "
    "&& mutmut results": Here(
        Scene.CHECKOUT, "🎉 bot.globus.transport.x_service_of__mutmut_1\n", instead=_MUTATED
    ),
    # What the bot is compared with
    "globus timer": Here(Scene.COMMAND_LINE, "create", instead="{} --help"),
    "globus timer list": Here(Scene.COMMAND_LINE, "Made with the bot"),
    "globus endpoint search": Here(Scene.COMMAND_LINE, "Beamline 7 Data", instead="{} beamline"),
    "globus ls": Here(Scene.COMMAND_LINE, "run-001/", instead='{} "$SHARED:/data/"'),
    "globus timer create transfer": Here(
        Scene.COMMAND_LINE,
        "globus session consent",
        instead=f"{{}} {_COPY} || [ $? = 4 ]",
    ),
    "globus session consent …": Here(
        Scene.COMMAND_LINE, instead=f"{SIGNING_IN} && globus timer create transfer {_COPY}"
    ),
    "globus timer resume": Here(
        Scene.COMMAND_LINE,
        "Successfully resumed",
        instead="timer=$(globus timer list --jmespath '[0].job_id' --format unix) && "
        "globus timer pause $timer && {} $timer",
    ),
}
