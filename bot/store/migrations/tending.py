"""From the timer on: runs, watches, news, followers, changes, previews and workflow steps."""

from sqlite_utils import Database

from bot.store.migrations.steps import schema


@schema()
def m012_timers(database: Database) -> None:
    """Keep what is known of each timer that the bot made, its runs, and whose timers are looked at when."""
    database.execute("""
        CREATE TABLE timers (
          job_id      TEXT PRIMARY KEY,
          team_id     TEXT NOT NULL,
          user_id     TEXT NOT NULL,              -- the owner
          identity_id TEXT NOT NULL,              -- the Globus identity whose timer it is
          request_id  TEXT NOT NULL,              -- the request that became it
          title       TEXT NOT NULL,
          channel_id  TEXT,                       -- where it was announced, and as which message
          message_ts  TEXT,
          thread_ts   TEXT NOT NULL DEFAULT '',
          lost        TEXT NOT NULL DEFAULT '',   -- why the channel cannot be written to any more
          status      TEXT NOT NULL,
          inactivity  TEXT,                       -- JSON: why it is inactive
          next_run    TEXT,
          look_at     TEXT,                       -- when something is expected of it
          succeeded   INTEGER NOT NULL DEFAULT 0,
          failed      INTEGER NOT NULL DEFAULT 0,
          is_failing  INTEGER NOT NULL DEFAULT 0,
          last        TEXT,                       -- JSON: the latest run that is over
          running     TEXT NOT NULL DEFAULT '[]', -- JSON: the runs under way
          seen_until  TEXT,                       -- runs that started until then are known
          run_news    INTEGER NOT NULL DEFAULT 0,
          redraws     INTEGER NOT NULL DEFAULT 0, -- changes that its announcement does not show yet
          is_resuming INTEGER NOT NULL DEFAULT 0,
          unwatched   TEXT NOT NULL DEFAULT '',   -- why nobody looks any more
          version     INTEGER NOT NULL DEFAULT 0  -- grows with every change of what was seen
        ) STRICT""")
    database.execute("CREATE INDEX timers_by_owner ON timers (team_id, user_id)")
    database.execute("CREATE INDEX timers_by_channel ON timers (team_id, channel_id)")
    database.execute("CREATE INDEX timers_stale ON timers (team_id, channel_id) WHERE redraws > 0")
    database.execute("""
        CREATE TABLE runs (
          job_id            TEXT NOT NULL,
          started_at        TEXT NOT NULL,
          task_id           TEXT,                 -- NULL where no task could be submitted
          state             TEXT NOT NULL,
          ended_at          TEXT,
          files             INTEGER NOT NULL,
          bytes_transferred INTEGER NOT NULL,
          faults            INTEGER NOT NULL,
          skipped           INTEGER NOT NULL,
          problem           TEXT NOT NULL,
          noted_at          TEXT NOT NULL,        -- when the bot saw it so
          PRIMARY KEY (job_id, started_at)
        ) STRICT, WITHOUT ROWID""")
    database.execute("""
        CREATE TABLE watches (
          watch_id     INTEGER PRIMARY KEY,
          team_id      TEXT NOT NULL,
          user_id      TEXT NOT NULL,
          due          TEXT,                      -- NULL while nothing can be seen, or nothing is left to see
          attempts     INTEGER NOT NULL DEFAULT 0,
          silent_since TEXT,                      -- since when Globus has not answered
          is_told      INTEGER NOT NULL DEFAULT 0,
          lease_owner  TEXT,
          lease_until  TEXT,
          UNIQUE (team_id, user_id)
        ) STRICT""")
    database.execute("CREATE INDEX watches_due ON watches (due) WHERE due IS NOT NULL")
    database.execute("ALTER TABLE requests ADD COLUMN announced_ts TEXT")
    database.execute("ALTER TABLE requests ADD COLUMN replaces TEXT")  # the job ID of the timer that it edits


@schema()
def m013_telling(database: Database) -> None:
    """Keep news until Slack has them, in order for each place, and who wants to hear what."""
    database.execute("""
        CREATE TABLE mailboxes (
          mailbox_id  INTEGER PRIMARY KEY,
          team_id     TEXT NOT NULL,
          place       TEXT NOT NULL,              -- a channel's ID, or a user's for direct messages
          due         TEXT,
          attempts    INTEGER NOT NULL DEFAULT 0,
          lease_owner TEXT,
          lease_until TEXT,
          UNIQUE (team_id, place)
        ) STRICT""")
    database.execute("CREATE INDEX mailboxes_due ON mailboxes (due) WHERE due IS NOT NULL")
    database.execute("""
        CREATE TABLE posts (
          post_id    INTEGER PRIMARY KEY AUTOINCREMENT,  -- in the order in which things happened
          mailbox_id INTEGER NOT NULL REFERENCES mailboxes (mailbox_id) ON DELETE CASCADE,
          job_id     TEXT NOT NULL,
          thread_ts  TEXT NOT NULL,
          news       TEXT NOT NULL                -- JSON
        ) STRICT""")
    database.execute("CREATE INDEX posts_by_mailbox ON posts (mailbox_id, post_id)")
    database.execute("""
        CREATE TABLE followers (
          team_id TEXT NOT NULL,
          user_id TEXT NOT NULL,
          job_id  TEXT NOT NULL,
          wish    TEXT NOT NULL,                  -- all, failures, digest or nothing
          PRIMARY KEY (job_id, team_id, user_id)
        ) STRICT""")
    database.execute("CREATE INDEX followers_by_person ON followers (team_id, user_id)")
    database.execute("""
        CREATE TABLE digests (
          digest_id   INTEGER PRIMARY KEY,
          team_id     TEXT NOT NULL,
          user_id     TEXT NOT NULL,
          told_until  TEXT NOT NULL,              -- runs that ended until then were told of
          due         TEXT,
          lease_owner TEXT,
          lease_until TEXT,
          UNIQUE (team_id, user_id)
        ) STRICT""")
    database.execute("CREATE INDEX digests_due ON digests (due) WHERE due IS NOT NULL")
    database.execute("""
        CREATE TABLE muted_channels (
          team_id    TEXT NOT NULL,
          channel_id TEXT NOT NULL,
          muted_by   TEXT NOT NULL,               -- the user's ID
          muted_at   TEXT NOT NULL,
          PRIMARY KEY (team_id, channel_id)
        ) STRICT""")


@schema()
def m014_changes(database: Database) -> None:
    """Keep what owners ask of their timers, from the click until Globus has done it."""
    database.execute("""
        CREATE TABLE changes (
          change_id   TEXT PRIMARY KEY,
          team_id     TEXT NOT NULL,
          user_id     TEXT NOT NULL,
          job_id      TEXT NOT NULL,
          act         TEXT NOT NULL,              -- pause, resume, rename or delete
          name        TEXT NOT NULL,              -- the new name, where it is renamed
          asked_at    TEXT NOT NULL,
          view_id     TEXT,                       -- the view that shows the timer, while it is open
          attempts    INTEGER NOT NULL,
          outcome     TEXT NOT NULL,              -- empty until it is done
          due         TEXT,
          lease_owner TEXT,
          lease_until TEXT
        ) STRICT""")
    database.execute("CREATE INDEX changes_due ON changes (due) WHERE due IS NOT NULL")


@schema()
def m015_preferences(database: Database) -> None:
    """Keep who wants previews of the links that they post."""
    database.execute("""
        CREATE TABLE preferences (
          team_id TEXT NOT NULL,
          user_id TEXT NOT NULL,
          unfurls TEXT NOT NULL,                  -- yes, no, or asked
          PRIMARY KEY (team_id, user_id)
        ) STRICT""")


@schema()
def m016_workflow_steps(database: Database) -> None:
    """Keep the workflows that wait for somebody to schedule something.

    Slack is told when the request is over: the request's own commit makes its step due, so that neither a
    crash nor a restart can come between.
    """
    database.execute("""
        CREATE TABLE workflow_steps (
          execution_id TEXT PRIMARY KEY,          -- Slack's
          team_id      TEXT NOT NULL,
          user_id      TEXT NOT NULL,             -- whom the workflow names
          request_id   TEXT NOT NULL UNIQUE,      -- the request that it becomes when they send it
          inputs       TEXT NOT NULL,             -- JSON, as the workflow gives them
          state        TEXT NOT NULL,
          ending       TEXT NOT NULL,             -- JSON: what Slack is told
          expires_at   TEXT NOT NULL,
          attempts     INTEGER NOT NULL,
          due          TEXT,
          lease_owner  TEXT,
          lease_until  TEXT
        ) STRICT""")
    database.execute("CREATE INDEX workflow_steps_due ON workflow_steps (due) WHERE due IS NOT NULL")
    database.execute("""
        CREATE TRIGGER requests_over AFTER UPDATE OF state, due ON requests
        WHEN NEW.state IN ('announced', 'refused', 'expired') OR (NEW.state = 'created' AND NEW.due IS NULL)
        BEGIN
          UPDATE workflow_steps SET due = '0001-01-01T00:00:00.000000+00:00'
          WHERE request_id = NEW.request_id AND state = 'asked';
        END""")
