"""Progress before the answer, on a terminal: a counter of seconds, and a line for each search."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from grokcli.events import Event, SearchStep, TextDelta
from grokcli.terminal.sanitize import one_line

if TYPE_CHECKING:
    from grokcli.errors import GrokError
    from grokcli.terminal.console import Console

_DIM, _RESET = "\x1b[2m", "\x1b[0m"
_LONGEST = 100  # characters of a query
_WORDS = {
    "web": "searching the web",
    "x": "searching X",
    "page": "reading",
    "files": "searching files",
    "code": "running code",
    "mcp": "calling",
    "image": "generating an image",
}


class StatusRenderer:
    """Counts the seconds on the status line until the answer begins; a grokcli.render.Renderer."""

    def __init__(self, console: Console) -> None:
        """Begin to count, on the terminal that `console` has for stderr."""
        self._console = console
        console.start_status()

    def show(self, event: Event) -> None:
        """Stop when the answer begins; count on while the model thinks."""
        if isinstance(event, TextDelta):
            self._console.stop_status()

    def close(self, error: GrokError | None = None) -> None:
        """Stop, if that has not happened yet."""
        self._console.stop_status()


class SearchRenderer:
    """Writes a line for each step until the answer begins; a grokcli.render.Renderer.

    Later steps stay untold: the answer may be on the same terminal, half a line of it.
    """

    def __init__(self, console: Console, *, before: Callable[[], None] | None = None) -> None:
        """Write to stderr, dim where it understands that, after `before` has ended what is open there."""
        self._console = console
        self._dim = console.is_capable(console.stderr)
        self._before = before
        self._told: set[str] = set()
        self._is_over = False

    def show(self, event: Event) -> None:
        """Tell a step, once, when it is known what it looks for."""
        if isinstance(event, TextDelta):
            self._is_over = True
        elif isinstance(event, SearchStep) and not self._is_over:
            self._tell(event)

    def close(self, error: GrokError | None = None) -> None:
        """Nothing is open."""

    def _tell(self, step: SearchStep) -> None:
        # Code has many lines, and is shown by --code only.
        query = "" if step.kind == "code" else self._console.mask(" ".join(step.query.split()))
        if not query and step.status == "in_progress" and step.kind not in ("code", "image"):
            return
        line = _WORDS[step.kind] + (f": {query[:_LONGEST]}" if query else "")
        name = f"{step.id} {line}"
        if name in self._told:
            return
        self._told.add(name)
        line = one_line(line)
        if self._before is not None:
            self._before()
        with self._console.aside():
            self._console.stderr.write(f"{_DIM}{line}{_RESET}\n" if self._dim else f"{line}\n")
            self._console.stderr.flush()
