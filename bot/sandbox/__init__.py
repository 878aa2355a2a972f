"""A pretend Slack and a pretend Globus on loopback, for trying the bot and for its tests."""
