"""Runs an MCP server, and ends it with all that it started as soon as grok is gone, however that went.

A program of its own, started with a connection to grok (the number of its descriptor) and the server's command line.
It leads the process group that the server is in. Only what grok's end closes tells of a `kill -9`.
"""

import _thread
import os
import signal
import sys
from contextlib import suppress

# Ignored here, and as usual again in the server.
IGNORED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def main(lifeline: int, command: list[str]) -> None:
    """Run `command` until it ends or grok does; write "exit CODE", or why it cannot be run, to `lifeline`."""
    os.set_inheritable(lifeline, False)  # noqa: FBT003  # its only parameter
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)
    try:
        child = os.posix_spawnp(command[0], command, os.environ, setsigdef=[*IGNORED, signal.SIGPIPE, signal.SIGXFSZ])
    except OSError as error:
        _end(lifeline, f"{os.strerror(error.errno or 0).lower()}: {command[0]!r}")
        return
    # The end of the server must be the end of its streams.
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)
    _thread.start_new_thread(_wait_for_the_end_of_grok, (lifeline,))
    _, status = os.waitpid(child, 0)
    _end(lifeline, f"exit {os.waitstatus_to_exitcode(status)}")


def _wait_for_the_end_of_grok(lifeline: int) -> None:
    with suppress(OSError):
        os.read(lifeline, 1)
    os.killpg(0, signal.SIGKILL)


def _end(lifeline: int, last_words: str) -> None:
    with suppress(OSError):
        os.write(lifeline, last_words.encode("utf-8", "replace"))
    os.killpg(0, signal.SIGKILL)  # what the server started and left behind, and this process


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
