"""The steps for whoever runs the bot: the audit trail, and what is kept for how long."""

from sqlite_utils import Database

from bot.store.migrations.steps import schema


@schema()
def m017_audit(database: Database) -> None:
    """Keep who did what, when, for good: nothing of it can be changed but whose name stands there.

    A name can be replaced once, by one that begins with `forgotten-`, and what it said in detail be left out.
    """
    database.execute("""
        CREATE TABLE audit (
          audit_id INTEGER PRIMARY KEY AUTOINCREMENT,
          at       TEXT NOT NULL,
          team_id  TEXT NOT NULL,                 -- empty where no workspace is concerned
          user_id  TEXT NOT NULL,                 -- who did it; empty where it was whoever runs the bot
          act      TEXT NOT NULL,
          subject  TEXT NOT NULL,                 -- a timer's job ID, for what was done to one
          detail   TEXT NOT NULL
        ) STRICT""")
    database.execute("CREATE INDEX audit_by_time ON audit (at)")
    database.execute("CREATE INDEX audit_by_person ON audit (team_id, user_id)")
    refuse = "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
    database.execute(f"CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit {refuse}")
    # A row that replaces another is deleted without a trigger.
    database.execute(f"""
        CREATE TRIGGER audit_is_not_replaced BEFORE INSERT ON audit
        WHEN EXISTS (SELECT 1 FROM audit WHERE audit_id = NEW.audit_id) {refuse}""")
    database.execute(f"""
        CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
        WHEN NEW.user_id NOT GLOB 'forgotten-*' OR OLD.user_id GLOB 'forgotten-*'
          OR NEW.audit_id <> OLD.audit_id OR NEW.at <> OLD.at OR NEW.team_id <> OLD.team_id
          OR NEW.act <> OLD.act OR NEW.subject <> OLD.subject OR NEW.detail NOT IN (OLD.detail, '')
        {refuse}""")


@schema()
def m018_retention(database: Database) -> None:
    """Find what is old, know since when a timer is over, count by state, and look once a day."""
    database.execute("ALTER TABLE timers ADD COLUMN over_since TEXT")  # as the daily look found it first
    database.execute("CREATE INDEX requests_by_age ON requests (received_at)")
    database.execute("CREATE INDEX requests_by_state ON requests (state)")
    database.execute("CREATE INDEX runs_by_age ON runs (started_at)")
    database.execute("CREATE INDEX requests_unclear ON requests (unclear_since) WHERE state = 'unclear'")
    database.execute("""
        CREATE TABLE chores (
          name        TEXT PRIMARY KEY,
          due         TEXT,
          lease_owner TEXT,
          lease_until TEXT
        ) STRICT""")
    database.execute(
        "INSERT INTO chores (name, due) VALUES ('retention', '2000-01-01T00:00:00.000000+00:00')"
    )


@schema()
def m020_many_rows(database: Database) -> None:
    """Find among a million rows: whose modal was closed, what a timer waits for, and what is over."""
    database.execute("CREATE INDEX requests_by_view ON requests (view_id) WHERE view_id IS NOT NULL")
    database.execute("CREATE INDEX changes_by_timer ON changes (job_id)")
    database.execute("CREATE INDEX posts_by_timer ON posts (job_id)")
    database.execute("CREATE INDEX timers_by_status ON timers (status)")
    database.execute("CREATE INDEX timers_by_end ON timers (over_since) WHERE over_since IS NOT NULL")


@schema()
def m021_leases(database: Database) -> None:
    """Find what is held, which is little, among what waits and rests."""
    for table in (
        "changes",
        "chores",
        "digests",
        "mailboxes",
        "partings",
        "removals",
        "requests",
        "sign_ins",
        "watches",
        "workflow_steps",
    ):
        database.execute(f"CREATE INDEX {table}_held ON {table} (lease_owner) WHERE lease_owner IS NOT NULL")


@schema()
def m022_stale(database: Database) -> None:
    """Find the announcement that is the furthest behind without looking at all of a channel's."""
    database.execute("DROP INDEX timers_stale")
    database.execute(
        "CREATE INDEX timers_stale ON timers (team_id, channel_id, redraws DESC, job_id) WHERE redraws > 0"
    )


@schema()
def m023_asking(database: Database) -> None:
    """Know the message that asks somebody for a workflow, so that it can say what became of it."""
    database.execute("ALTER TABLE workflow_steps ADD COLUMN channel_id TEXT NOT NULL DEFAULT ''")
    database.execute("ALTER TABLE workflow_steps ADD COLUMN message_ts TEXT NOT NULL DEFAULT ''")
