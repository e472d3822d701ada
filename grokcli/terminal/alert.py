"""Notifying a user who looks elsewhere: a bell or a desktop notification, through the terminal on stderr."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from grokcli.terminal.console import Console

BELL = "\a"


class Alert:
    """Notifies the user. The text is always ours: a model must not write notifications."""

    def __init__(self, console: Console, environ: Mapping[str, str], how: str, after: float) -> None:
        """Notify through the terminal on `console`'s stderr, if it is one; `how` is "bell" or "desktop".

        `at_end` notifies only if `after` seconds have passed.
        """
        self._console = console
        self._environ = environ
        self._how = how
        self._after = after

    @contextmanager
    def at_end(self, text: str) -> Iterator[None]:
        """Notify at the end of the block if it took long, also when it failed, but not after Ctrl-C."""
        began = time.monotonic()
        try:
            yield
        except KeyboardInterrupt:
            raise
        except BaseException:
            self._say_if_long(began, text)
            raise
        self._say_if_long(began, text)

    def say(self, text: str) -> None:
        """Notify now: ring, or show `text`."""
        stderr = self._console.stderr
        if stderr.isatty():
            stderr.write(self._sequence(text))
            stderr.flush()

    def _say_if_long(self, began: float, text: str) -> None:
        if time.monotonic() - began >= self._after:
            self.say(text)

    def _sequence(self, text: str) -> str:
        # The Linux console prints sequences that it does not know.
        knows_it = self._console.is_capable(self._console.stderr) and self._environ.get("TERM") != "linux"
        if self._how != "desktop" or not knows_it:
            return BELL
        notification = f"\x1b]9;grok: {text}\a"
        if "TMUX" in self._environ:  # passes on the content of this sequence, in which each ESC is doubled
            return f"\x1bPtmux;{notification.replace(chr(27), chr(27) * 2)}\x1b\\"
        return notification
