"""What the server looks up before it answers, a line each: `searching X: grok`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

from grokcli.events import Event, SearchStep, TextDelta
from grokcli.terminal.sanitize import clean

if TYPE_CHECKING:
    from grokcli.errors import GrokError

_DIM, _RESET = "\x1b[2m", "\x1b[0m"
_LONGEST = 100  # characters of a query
_WORDS = {
    "web": "searching the web",
    "x": "searching X",
    "page": "reading",
    "files": "searching files",
    "code": "running code",
    "mcp": "calling",
    "image": "making an image",
}


class SearchRenderer:
    """Writes a line for each step until the answer begins; a grokcli.render.Renderer.

    Later steps stay untold: the answer may be on the same terminal, half a line of it.
    """

    def __init__(
        self, stream: TextIO, *, dim: bool, pause: Callable[[], None], resume: Callable[[], None] = lambda: None
    ) -> None:
        """Write to `stream`, `dim` where it understands that, between `pause` and `resume` of what else is there."""
        self._stream = stream
        self._dim = dim
        self._pause = pause
        self._resume = resume
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
        # Code is many lines and nobody asked to read it.
        query = "" if step.kind == "code" else " ".join(step.query.split())
        if not query and step.status == "in_progress" and step.kind not in ("code", "image"):
            return
        line = _WORDS[step.kind] + (f": {query[:_LONGEST]}" if query else "")
        name = f"{step.id} {line}"
        if name in self._told:
            return
        self._told.add(name)
        line = clean(line)
        self._pause()
        self._stream.write(f"{_DIM}{line}{_RESET}\n" if self._dim else f"{line}\n")
        self._stream.flush()
        self._resume()
