"""All that speaks Slack: views, messages and the handlers that translate between them and the core."""
