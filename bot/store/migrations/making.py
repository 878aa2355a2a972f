"""Up to the timer: requests, accounts, sign-ins, drafts, presets, and where the bot is installed."""

from sqlite_utils import Database

from bot.store.migrations.steps import schema


@schema()
def m001_requests(database: Database) -> None:
    """Keep requests, from received to announced. Times are ISO 8601 in UTC, so that text sorts as time."""
    database.execute("""
        CREATE TABLE requests (
          request_id    TEXT PRIMARY KEY,         -- made when the form opened
          reference     TEXT NOT NULL UNIQUE,     -- part of the timer's name at Globus
          team_id       TEXT NOT NULL,
          user_id       TEXT NOT NULL,
          state         TEXT NOT NULL,
          plan          TEXT NOT NULL,            -- JSON: what the person filled in
          received_at   TEXT NOT NULL,
          due           TEXT,                     -- when a worker looks next; NULL rests
          view_id       TEXT,                     -- the modal that shows its progress, while it is open
          missing       TEXT NOT NULL,            -- JSON: collections whose consent it waits for
          asked_for     TEXT NOT NULL,            -- JSON: collections whose consent was ever asked for
          demanded      TEXT NOT NULL,            -- JSON: what Globus asks of the sign-in it waits for
          answered      TEXT NOT NULL,            -- JSON: what sign-ins have brought that Globus asked for
          signed_out    INTEGER NOT NULL,         -- whether an unclear outcome waits for a sign-in
          attempts      INTEGER NOT NULL,
          creations     INTEGER NOT NULL,         -- how often POST /v2/timer may have been carried out
          looks         INTEGER NOT NULL,
          unclear_since TEXT,
          job_id        TEXT UNIQUE,              -- one timer for one request
          next_run      TEXT,
          reason        TEXT NOT NULL,
          blamed_field  TEXT,
          lease_owner   TEXT,
          lease_until   TEXT
        ) STRICT""")
    database.execute("CREATE INDEX requests_due ON requests (due) WHERE due IS NOT NULL")
    database.execute("CREATE INDEX requests_by_person ON requests (team_id, user_id, state)")


@schema()
def m002_accounts(database: Database) -> None:
    """Keep the links between Slack users and Globus identities, and their sealed tokens."""
    database.execute("""
        CREATE TABLE accounts (
          team_id     TEXT NOT NULL,
          user_id     TEXT NOT NULL,
          identity_id TEXT NOT NULL,
          username    TEXT NOT NULL,
          linked_at   TEXT NOT NULL,
          ended_at    TEXT,                       -- when Globus began to refuse the tokens
          PRIMARY KEY (team_id, user_id)          -- one Globus identity for one Slack user
        ) STRICT""")
    database.execute("""
        CREATE TABLE tokens (
          team_id         TEXT NOT NULL,
          user_id         TEXT NOT NULL,
          resource_server TEXT NOT NULL,
          scope           TEXT NOT NULL,
          expires_at      INTEGER NOT NULL,       -- seconds since the epoch
          access_token    BLOB NOT NULL,          -- sealed
          refresh_token   BLOB,                   -- sealed
          PRIMARY KEY (team_id, user_id, resource_server),
          FOREIGN KEY (team_id, user_id) REFERENCES accounts (team_id, user_id) ON DELETE CASCADE
        ) STRICT""")


@schema()
def m003_sign_ins(database: Database) -> None:
    """Keep the journeys to Globus and back that are under way."""
    database.execute("""
        CREATE TABLE sign_ins (
          sign_in_id   TEXT PRIMARY KEY,
          team_id      TEXT NOT NULL,
          user_id      TEXT NOT NULL,
          state        TEXT NOT NULL,
          collections  TEXT NOT NULL,             -- JSON: whose data_access is asked for
          session      TEXT NOT NULL,             -- JSON: what Globus asks of it beyond consents
          request_id   TEXT,                      -- the request that waits for it
          opening      TEXT,                      -- JSON: the form that opens after it
          expires_at   TEXT NOT NULL,
          tries        INTEGER NOT NULL,
          view_id      TEXT,
          form_view_id TEXT,
          verifier     BLOB NOT NULL,             -- sealed: PKCE, RFC 7636
          code         BLOB,                      -- sealed, and only until it is exchanged
          due          TEXT,
          lease_owner  TEXT,
          lease_until  TEXT
        ) STRICT""")
    database.execute("CREATE INDEX sign_ins_due ON sign_ins (due) WHERE due IS NOT NULL")


@schema()
def m004_drafts(database: Database) -> None:
    """Keep unfinished forms."""
    database.execute("""
        CREATE TABLE drafts (
          team_id    TEXT NOT NULL,
          user_id    TEXT NOT NULL,
          request_id TEXT NOT NULL,               -- the request that it would have become
          form       TEXT NOT NULL,               -- JSON: the fields by their names
          saved_at   TEXT NOT NULL,
          PRIMARY KEY (team_id, user_id)          -- the latest only
        ) STRICT""")


@schema()
def m005_places(database: Database) -> None:
    """Keep what short keys stand for in Slack, and where a sign-in that interrupted browsing goes back to."""
    database.execute("""
        CREATE TABLE places (
          team_id   TEXT NOT NULL,
          user_id   TEXT NOT NULL,
          place_key TEXT NOT NULL,
          document  TEXT NOT NULL,                -- JSON
          kept_at   TEXT NOT NULL,
          PRIMARY KEY (team_id, user_id, place_key)
        ) STRICT""")
    database.execute("CREATE INDEX places_by_age ON places (kept_at)")
    database.execute("ALTER TABLE sign_ins ADD COLUMN browsing TEXT")


@schema()
def m006_presets(database: Database) -> None:
    """Keep what a channel schedules again and again."""
    database.execute("""
        CREATE TABLE presets (
          team_id    TEXT NOT NULL,
          channel_id TEXT NOT NULL,
          folded     TEXT NOT NULL,               -- the name without its case: one of a kind in a channel
          name       TEXT NOT NULL,               -- as it was typed
          form       TEXT NOT NULL,               -- JSON: the fields by their names, without a start
          saved_by   TEXT NOT NULL,               -- the user's ID
          saved_at   TEXT NOT NULL,
          PRIMARY KEY (team_id, channel_id, folded)
        ) STRICT""")


@schema()
def m007_latest_requests(database: Database) -> None:
    """Find a person's latest requests without looking at the others."""
    database.execute("CREATE INDEX requests_latest ON requests (team_id, user_id, received_at)")


@schema()
def m008_partings(database: Database) -> None:
    """Keep the disconnections that are under way."""
    database.execute("""
        CREATE TABLE partings (
          parting_id  TEXT PRIMARY KEY,
          team_id     TEXT NOT NULL,
          user_id     TEXT NOT NULL,
          begun_at    TEXT NOT NULL,
          job_ids     TEXT NOT NULL,              -- JSON: the timers still to be deleted
          tokens      BLOB NOT NULL,              -- sealed: those still to be revoked
          deleted     INTEGER NOT NULL,
          undeleted   INTEGER NOT NULL,
          attempts    INTEGER NOT NULL,
          is_told     INTEGER NOT NULL,
          due         TEXT,
          lease_owner TEXT,
          lease_until TEXT
        ) STRICT""")
    database.execute("CREATE INDEX partings_due ON partings (due) WHERE due IS NOT NULL")


@schema()
def m009_binding(database: Database) -> None:
    """Keep what binds a sign-in to one browser. Tickets, states and browsers are kept as hashes."""
    database.execute("""
        CREATE TABLE tickets (
          ticket_hash TEXT PRIMARY KEY,
          sign_in_id  TEXT NOT NULL,
          expires_at  TEXT NOT NULL
        ) STRICT""")
    database.execute("""
        CREATE TABLE journeys (
          state_hash   TEXT PRIMARY KEY,
          purpose      TEXT NOT NULL,             -- slack or globus: where the browser was sent
          sign_in_id   TEXT NOT NULL,
          browser_hash TEXT NOT NULL,
          nonce        TEXT NOT NULL,
          expires_at   TEXT NOT NULL
        ) STRICT""")
    database.execute("ALTER TABLE sign_ins ADD COLUMN reason TEXT NOT NULL DEFAULT ''")


@schema()
def m010_installations(database: Database) -> None:
    """Keep where the bot is installed."""
    database.execute("""
        CREATE TABLE installations (
          team_id       TEXT PRIMARY KEY,         -- an enterprise's ID for an org-wide installation
          team_name     TEXT NOT NULL,
          bot_token     BLOB NOT NULL,            -- sealed
          bot_user_id   TEXT NOT NULL,
          installed_by  TEXT NOT NULL,
          installed_at  TEXT NOT NULL,
          scopes        TEXT NOT NULL,            -- JSON
          is_org_wide   INTEGER NOT NULL,
          refresh_token BLOB,                     -- sealed, where Slack rotates tokens
          expires_at    TEXT
        ) STRICT""")


@schema()
def m011_removals(database: Database) -> None:
    """Keep the workspaces that removed the bot until nothing of them is left, and which tokens are dead."""
    database.execute("""
        CREATE TABLE removals (
          team_id     TEXT PRIMARY KEY,
          removed_at  TEXT NOT NULL,              -- as Slack says
          looks       INTEGER NOT NULL,
          is_left     INTEGER NOT NULL,
          due         TEXT,
          lease_owner TEXT,
          lease_until TEXT
        ) STRICT""")
    database.execute("ALTER TABLE installations ADD COLUMN died_at TEXT")
