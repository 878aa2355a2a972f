"""A pretend Slack: Web API, Socket Mode, signed HTTP delivery, and a person's hands."""
