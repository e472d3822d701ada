"""The code that the server runs, and its output, dimmed on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grokcli.events import CodeRun, Event, SearchStep, TextDelta
from grokcli.terminal.sanitize import clean

if TYPE_CHECKING:
    from collections.abc import Callable

    from grokcli.errors import GrokError
    from grokcli.terminal.console import Console

_DIM, _RESET = "\x1b[2m", "\x1b[0m"


class CodeRenderer:
    """Writes code and its output as they arrive; a grokcli.render.Renderer.

    Once the answer has begun on a terminal, further code is held until its end, so as not to split a line of it.
    """

    def __init__(self, console: Console, *, before: Callable[[], None] | None = None) -> None:
        """Write to stderr; call `before` first, which ends other output there."""
        self._console = console
        self._before = before
        self._dim = console.is_capable(console.stderr)
        self._held: list[str] = []
        self._told: set[tuple[str, str]] = set()
        self._has_begun = False

    def show(self, event: Event) -> None:
        """Show the code of a step once, and the output of a run."""
        if isinstance(event, TextDelta):
            self._has_begun = True
        elif isinstance(event, SearchStep) and event.kind == "code":
            self._tell_code(event.id, event.query)
        elif isinstance(event, CodeRun):
            self._tell_code(event.id, event.code)
            self._tell("output", event.stdout)
            self._tell("errors", event.stderr)
            if event.has_failed:
                code = event.exit_code
                self._write(f"the code failed ({f'exit code {code}' if code else event.status[:40]})", dim=False)

    def close(self, error: GrokError | None = None) -> None:
        """Write what was held."""
        held, self._held = self._held, []
        self._put("".join(held))

    def _tell_code(self, name: str, code: str) -> None:
        if code and (name, code) not in self._told:
            self._told.add((name, code))
            self._tell("code", code)

    def _tell(self, what: str, text: str) -> None:
        """Write a text below a heading, indented, so that no line of it looks like a message of grok."""
        if text.strip():
            lines = clean(self._console.mask(text.rstrip().replace("\r\n", "\n"))).split("\n")
            self._write("\n".join([f"{what}:", *(f"  {line}" for line in lines)]), dim=True)

    def _write(self, text: str, *, dim: bool) -> None:
        # Reset after each line, so that a killed process does not leave the terminal dim.
        lines = [f"{_DIM}{line}{_RESET}" if dim and self._dim else line for line in text.split("\n")]
        shown = "\n".join([*lines, ""])
        if self._has_begun and self._console.stdout.isatty():
            self._held.append(shown)
        else:
            self._put(shown)

    def _put(self, text: str) -> None:
        if not text:
            return
        if self._before is not None:
            self._before()
        with self._console.aside():
            self._console.stderr.write(text)
            self._console.stderr.flush()
