"""Where the two pretend services are, so that the page of one can lead to the other."""

from dataclasses import dataclass


@dataclass
class Doors:
    """The services' addresses without a slash at the end; empty until they are served.

    Neither half of the sandbox knows the other: whoever serves both fills this in.
    """

    slack_url: str = ""
    globus_url: str = ""
