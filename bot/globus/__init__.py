"""All that speaks to Globus: clients, scopes and the translation of its answers into the core's words."""
