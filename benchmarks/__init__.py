"""What the bot costs, measured: each module is a command that prints a table."""
