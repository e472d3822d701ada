"""How far a batch is: a bar on a terminal, a line now and then elsewhere, and a summary at the end."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grokcli.turn.budget import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from grokcli.events import Usage
    from grokcli.terminal.console import Console

LINE_SECONDS = 30.0
BAR_SECONDS = 0.1


@dataclass
class Tally:
    """What came of this run so far: of `total` questions to ask. `ticks` are 1e-10 US dollars."""

    total: int
    answered: int = 0
    failed: int = 0
    tokens: int = 0
    ticks: int = 0
    has_cost: bool = False

    @property
    def done(self) -> int:
        """The questions that have a result."""
        return self.answered + self.failed

    def add(self, usage: Usage | None, *, failed: bool) -> None:
        """Count a question that was asked."""
        self.failed += failed
        self.answered += not failed
        if usage is not None:
            self.tokens += usage.input_tokens + usage.output_tokens
            self.ticks += usage.cost_in_usd_ticks or 0
            self.has_cost = self.has_cost or usage.cost_in_usd_ticks is not None

    def figures(self) -> str:
        """Return failures, tokens and cost, as far as there are any."""
        found = [f"{self.failed:,} failed"] if self.failed else []
        found += [f"{self.tokens:,} tokens"] if self.tokens else []
        return " · ".join([*found, *([shown(self.ticks)] if self.has_cost else ())])


class Progress:
    """Shows a tally on stderr while questions are asked."""

    def __init__(
        self, console: Console, tally: Tally, *, bar: bool = True, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Show `tally`, as a `bar` if that is possible; nothing if the console is quiet."""
        self._console = console
        self._tally = tally
        self._clock = clock
        self._began = self._line_at = clock()
        self._lock = threading.RLock()
        self._bar: Any = None
        self._task: Any = None
        self._is_live = bar and console.is_capable(console.stderr) and not console.accessible and not console.quiet
        self.seconds = BAR_SECONDS if self._is_live else 1.0  # between two calls of `show`

    @contextmanager
    def showing(self) -> Iterator[None]:
        """Show the bar during the block, if there is one; other lines on stderr are written above it."""
        if not self._is_live:
            yield
            return
        self._bar = _new_bar(self._console)
        self._task = self._bar.add_task("", total=self._tally.total, figures="", rate="", left="")
        before, self._console.around = self._console.around, self._hidden
        self._bar.start()
        try:
            yield
        finally:
            self._console.around = before
            with self._lock:
                self._bar.stop()
                self._bar = None

    def show(self) -> None:
        """Bring what is shown up to date."""
        tally = self._tally
        if self._bar is not None:
            rate, left = self._pace()
            figures = tally.figures()
            self._bar.update(self._task, completed=tally.done, figures=figures, rate=rate, left=left)
        elif self._clock() - self._line_at >= LINE_SECONDS:
            self._line_at = self._clock()
            rate, left = self._pace()
            pieces = [f"{tally.done:,} of {tally.total:,} done", tally.figures(), rate, left]
            self._console.note(" · ".join(filter(None, pieces)))

    def summary(self) -> str:
        """Return what came of the run, on one line."""
        pieces = [f"{self._tally.answered:,} answered", self._tally.figures(), duration(self._clock() - self._began)]
        return " · ".join(filter(None, pieces))

    def _pace(self) -> tuple[str, str]:
        """Return the questions per second, and the time that is left."""
        seconds, done = self._clock() - self._began, self._tally.done
        if not done or seconds <= 0:
            return "", ""
        left = duration((self._tally.total - done) * seconds / done)
        return f"{done / seconds:.1f}/s", f"{left} left"

    @contextmanager
    def _hidden(self) -> Iterator[None]:
        with self._lock:  # threads have something to say, too
            if self._bar is not None:
                self._bar.stop()
            try:
                yield
            finally:
                if self._bar is not None:
                    self._bar.start()


def duration(seconds: float) -> str:
    """Return a time for people: "4.2 s", "12 min", "3 h 5 min"."""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours else f"{minutes} min"


def _new_bar(console: Console) -> Any:
    from rich.console import Console as RichConsole
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (
        BarColumn(bar_width=24),  # with room beside it: what is typed, ^C say, would begin a line that is not erased
        MofNCompleteColumn(),
        TextColumn("{task.fields[figures]}"),
        TextColumn("{task.fields[rate]}", style="dim"),
        TextColumn("{task.fields[left]}", style="dim"),
    )
    shown_on = RichConsole(file=console.stderr, force_terminal=True, highlight=False, markup=False)
    return Progress(*columns, console=shown_on, transient=True, refresh_per_second=1 / BAR_SECONDS)
