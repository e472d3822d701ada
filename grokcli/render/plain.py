"""The model's text, unchanged, for pipes, for files, and for terminals when the user wants no rendering."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from grokcli.events import TextDelta
from grokcli.terminal.sanitize import clean

if TYPE_CHECKING:
    from grokcli.errors import GrokError
    from grokcli.events import Event


class PlainRenderer:
    """Writes each piece of the answer as it comes, and a final newline if the answer lacks one."""

    def __init__(self, out: TextIO) -> None:
        """Write to `out`; if that is a terminal, without the control characters that could take it over."""
        self._out = out
        self._is_terminal = out.isatty()
        self._open_line = False

    def show(self, event: Event) -> None:
        """Write and flush a piece of the answer; other events say nothing here."""
        if isinstance(event, TextDelta):
            text = event.text
            # Noted first: Ctrl-C may come between any two steps.
            self._open_line = not text.endswith("\n")
            self._out.write(clean(text) if self._is_terminal else text)
            self._out.flush()

    def close(self, error: GrokError | None = None) -> None:
        """End the last line."""
        if self._open_line:
            self._out.write("\n")
            self._out.flush()
            self._open_line = False
