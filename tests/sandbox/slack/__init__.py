"""The pretend Slack, tried with the vendor's own clients."""
