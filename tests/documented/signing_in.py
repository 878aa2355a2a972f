"""Ada at a terminal: runs a command that asks her to sign in, does so in her browser, and types the code."""

import subprocess
import sys

from bot.sandbox.browser import Browser
from bot.sandbox.globus.identities import ADA


def main(command: list[str]) -> int:
    """Run a command of globus-cli that shows a link and waits for a code; gives how it ended."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as asking:
        assert asking.stdin
        assert asking.stdout
        for line in asking.stdout:
            sys.stdout.write(line)
            if line.startswith("http"):
                browser = Browser()
                code = browser.allow(browser.open(line.strip()), identity=ADA.username)
                asking.stdin.write(f"{code}\n")
                asking.stdin.flush()
    return asking.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
