"""The database on a PostgreSQL server, which several bots may share: all that imports psycopg."""
