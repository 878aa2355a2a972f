"""Three bots on one PostgreSQL server, any of which is killed at any moment and started again."""

from dataclasses import replace

from bot.sandbox.globus.identities import GRACE as GRACE_AT_GLOBUS
from tests.faults import tending
from tests.faults.killing import LONG_PAUSE, LOSSES, PAUSE, Flood, counted, lives
from tests.faults.table import Place, Row
from tests.replicas import own_server, replicas


def forms(place: Place) -> Row:
    """Let forms come through nginx, while the bots behind it are killed and Globus loses answers."""
    kills = place.times(6, 300)
    with own_server() as server, replicas(place.folder, server, seed=place.seed) as stage:
        url = stage.over_http()
        stage.start_bot()
        stage.link_account()
        stage.link_account(stage.grace, identity=GRACE_AT_GLOBUS.username)
        load = Flood(stage, url, pause=LONG_PAUSE if place.is_full else PAUSE)
        load.start()
        try:
            for _ in lives(stage, stage.chance, kills=kills):
                if stage.chance.random() < 0.6:
                    stage.globus_fault(**stage.chance.choice(LOSSES))
        finally:
            load.stop()
        stage.clear_globus_faults()
        return counted(
            stage,
            load.acknowledged,
            what="any of three bots behind nginx, on one PostgreSQL, is killed (kill -9) at random moments "
            "under load, while Globus loses answers",
            often=f"{kills:,} kills",
        )


def news(place: Place) -> Row:
    """Kill bots that share Socket Mode while runs fail and recover, and count what the team was told."""
    with own_server() as server, replicas(place.folder, server, seed=place.seed) as stage:
        row = tending.news_on(stage, place, kills=place.times(4, 50))
    return replace(row, what=f"the same of three bots with three connections on one PostgreSQL: {row.what}")
