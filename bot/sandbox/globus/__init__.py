"""A pretend Globus: Auth, Transfer over real files, and Timers that run."""
