"""Running a batch: questions are handed to threads, and what comes of them is written by this one alone."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from grokcli.batch.asking import Asker, Outcome
from grokcli.errors import APIError, GrokError, NetworkError

if TYPE_CHECKING:
    from grokcli.batch.pace import Pace
    from grokcli.batch.progress import Progress
    from grokcli.batch.questions import Question
    from grokcli.terminal.console import Console

# So many failures without an answer between them, and the others would fail as well.
MAX_FAILURES = 30
INTERRUPT = "interrupt"


class BatchRun:
    """Asks questions with several threads, until there are no more, or until it is to stop."""

    def __init__(
        self,
        console: Console,
        asker: Asker,
        pace: Pace,
        progress: Progress,
        write: Callable[[Outcome], bool],
        parallel: int,
    ) -> None:
        """Have `asker` ask with `parallel` threads; `write` keeps an outcome and returns whether it is an answer."""
        self._console = console
        self._asker = asker
        self._pace = pace
        self._progress = progress
        self._write = write
        self._parallel = parallel
        self._questions: SimpleQueue[Question | None] = SimpleQueue()
        # From the threads and from the signal handler, to whom this queue is safe.
        self._inbox: SimpleQueue[Any] = SimpleQueue()
        self._outstanding = 0
        self._failures = 0
        self._is_stopping = False
        self.has_ended = False  # with all that was asked
        self._error: BaseException | None = None

    def run(self, questions: Iterator[Question]) -> None:
        """Ask all questions.

        The first Ctrl-C waits for the answers under way, the second does not; both raise KeyboardInterrupt. Raises what
        reading and writing raise, and a GrokError that all further questions would meet.
        """
        working = self._start()
        try:
            with self._progress.showing(), _interrupts(self._inbox):
                while working:
                    self._feed(questions)
                    with suppress(Empty):
                        if (item := self._inbox.get(timeout=self._progress.seconds)) is None:
                            working -= 1
                        else:
                            self._take(item)
                    self._progress.show()
                self.has_ended = True
        finally:
            self._stop()
        if self._error is not None:
            raise self._error

    def _start(self) -> int:
        for number in range(self._parallel):
            arguments = (self._questions, self._inbox)
            threading.Thread(target=self._asker.work, args=arguments, name=f"ask {number}", daemon=True).start()
        return self._parallel

    def _feed(self, questions: Iterator[Question]) -> None:
        """Hand out questions, one more than there are threads for each of them to find one waiting."""
        while not self._is_stopping and self._outstanding < 2 * self._parallel:
            try:
                question = next(questions, None)
            except GrokError as error:  # the file was changed since it was checked
                self._fail(error)
                return
            if question is None:
                self._stop(at_once=False)
                return
            self._questions.put(question)
            self._outstanding += 1

    def _take(self, item: Any) -> None:
        if item is INTERRUPT:
            self._interrupt()
        elif isinstance(item, Outcome):
            self._outstanding -= 1
            if item.fatal and item.error is not None:
                self._fail(item.error)
            else:
                self._keep(item)
        else:
            self._fail(item)

    def _keep(self, outcome: Outcome) -> None:
        try:
            answered = self._write(outcome)
        except (GrokError, OSError) as error:
            self._fail(error)
            return
        is_servers = isinstance(outcome.error, (APIError, NetworkError))
        self._failures = 0 if answered or not is_servers else self._failures + 1
        if self._failures >= MAX_FAILURES + self._parallel and outcome.error is not None:
            hint = "run the same command with --retry-failed once that is solved"
            self._fail(_stopped(outcome.error, f"{self._failures} questions in a row failed", hint))

    def _interrupt(self) -> None:
        if self._is_stopping and isinstance(self._error, KeyboardInterrupt):
            raise KeyboardInterrupt
        self._console.note("waiting for the answers under way; press Ctrl-C again to stop at once")
        self._fail(KeyboardInterrupt())

    def _fail(self, error: BaseException) -> None:
        """Stop, and raise `error` when the answers under way are written; the first error is the one that counts."""
        if self._error is None or isinstance(error, KeyboardInterrupt):
            self._error = error
        self._stop()

    def _stop(self, *, at_once: bool = True) -> None:
        """Ask no more questions; unless `at_once`, after those that are handed out."""
        if at_once:
            self._pace.close()
        if not self._is_stopping:
            self._is_stopping = True
            for _ in range(self._parallel):
                self._questions.put(None)


def _stopped(error: GrokError, why: str, hint: str) -> GrokError:
    """Return an error of the same kind that says why the batch stopped."""
    return type(error)(f"{why}, the last because: {error.message}", hint=hint)


@contextmanager
def _interrupts(inbox: SimpleQueue[Any]) -> Iterator[None]:
    """Put Ctrl-C into `inbox` during the block, unless whoever started this process has it ignored."""
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        yield
        return
    before = signal.signal(signal.SIGINT, lambda *_: inbox.put(INTERRUPT))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
