"""The HTTP face: Slack's deliveries and the health of the process."""
