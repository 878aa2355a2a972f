"""A Slack bot with which a research team schedules recurring Globus transfers."""
