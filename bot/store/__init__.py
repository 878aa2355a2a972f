"""All that is kept: requests, accounts and sealed tokens in SQLite."""
