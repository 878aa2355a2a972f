"""What Slack refuses in views, messages and option lists, as pure functions that list problems."""
