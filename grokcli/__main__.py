"""The program's first lines: `python -m grokcli` and the console scripts."""

from __future__ import annotations

import sys

if __name__ == "__main__" and not sys.flags.safe_path:
    # The current folder, which `-m` puts first: no file there may stand in for a module of ours.
    del sys.path[0]

import os
import signal

TYPE_CHECKING = False  # as in the package itself
if TYPE_CHECKING:
    from typing import NoReturn

STOP_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


def run() -> NoReturn:
    """Load grok and run it. A signal that comes while it loads ends it as quietly as a later one would."""
    for name in STOP_SIGNALS:
        number = getattr(signal, name, None)
        # Who starts grok may have it ignore a signal: nohup does, and a shell with its background jobs.
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _leave)
    from grokcli.cli import run

    run()


def _leave(number: int, _frame: object) -> NoReturn:
    # An exception would have to pass through half-done imports, some of which catch everything.
    os._exit(128 + number)


if __name__ == "__main__":
    run()
