"""What the model thinks, beside the answer: dim on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from grokcli.events import Event, ReasoningDelta, TextDelta, ToolCall
from grokcli.terminal.sanitize import StreamCleaner

if TYPE_CHECKING:
    from grokcli.errors import GrokError

_DIM, _RESET = "\x1b[2m", "\x1b[0m"


class ReasoningRenderer:
    """Shows reasoning as plain text that the terminal wraps, and a blank line before the answer begins."""

    def __init__(self, stream: TextIO, *, dim: bool) -> None:
        """Write to `stream`; `dim` where it is a terminal that understands escape sequences."""
        self._stream = stream
        self._dim = dim
        self._cleaner = StreamCleaner()
        self._open = False  # something was written since the last blank line
        self._in_line = False

    def show(self, event: Event) -> None:
        """Write a piece of reasoning; end it when a piece of the answer comes, or a call."""
        if isinstance(event, ReasoningDelta):
            self._write(self._cleaner.feed(event.text))
        elif isinstance(event, (TextDelta, ToolCall)):
            self.close()

    def close(self, error: GrokError | None = None) -> None:
        """End the reasoning, if any is open. May be called twice."""
        self._write(self._cleaner.finish())
        if self._open:
            self._open = False
            self._stream.write("\n\n" if self._in_line else "\n")
            self._stream.flush()

    def _write(self, text: str) -> None:
        if not text:
            return
        self._open = True
        self._in_line = not text.endswith("\n")
        # Undimmed after every piece: a process that is killed leaves the terminal as it was.
        self._stream.write(f"{_DIM}{text}{_RESET}" if self._dim else text)
        self._stream.flush()
