"""Where results go: into a journal, or to stdout as they come, and at the end perhaps into an order or a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grokcli.batch.index import Index, Place
from grokcli.batch.journal import Journal, replace_file
from grokcli.batch.results import ANSWERED, result_line, result_of
from grokcli.errors import UsageError
from grokcli.files import check_target
from grokcli.terminal.sanitize import clean

if TYPE_CHECKING:
    from pathlib import Path

    from grokcli.batch.asking import Outcome
    from grokcli.batch.progress import Tally
    from grokcli.batch.table import Table
    from grokcli.terminal.console import Console
    from grokcli.turn.response_format import ResponseFormat


class Results:
    """The results of a batch: those that were there, and those that come.

    `index` says which questions have one. Without a file they go to stdout: at once, or at the end if they are to be in
    some order.
    """

    def __init__(self, console: Console, output: Path | None, *, ordered: bool, table: Table | None = None) -> None:
        """Keep results in the file `output`, None for stdout. Raises UsageError if it cannot be written.

        A `table` is written to `output` at the end; the results are then in a file beside it.
        """
        self._console = console
        self._output = output
        self._ordered = ordered
        self._table = table
        self.path = journal_of(output, is_table=table is not None)
        if table is not None and output is not None:
            _check_table(output, self.path)
        self._journal = Journal(self.path)
        self.index = Index()
        self._lines = 0

    def load(self) -> None:
        """Read the results that are there, if any are. Raises UsageError, GrokError."""
        for name, place in self._journal.load():
            self.index.put(name, place)
            self._lines += 1
        if self._journal.removed:
            self._console.note(f"removed half a line from the end of {self.path}: its question is asked again")

    @property
    def name(self) -> str:
        """What to call the file of results in a message."""
        return "stdout" if self.path is None else str(self.path)

    @property
    def is_shown(self) -> bool:
        """Whether results are written to stdout as they come."""
        return self._output is None and not self._ordered and self._table is None

    @property
    def failed(self) -> int:
        """How many questions failed, now or in an earlier run, as far as results are kept."""
        return self.index.failed()

    @property
    def failed_hint(self) -> str:
        """What to do about failures."""
        if self.path is None:
            return "their lines say why"
        return f"their lines in {self.path} say why; --retry-failed asks them again"

    def open(self) -> None:
        """Make the file of results, if it does not exist. Raises GrokError."""
        self._journal.open()

    def close(self) -> None:
        """Close the files."""
        self._journal.close()
        self.index.close()

    def write(self, outcome: Outcome, tally: Tally, response_format: ResponseFormat | None) -> bool:
        """Keep what came of a question, and return whether it was answered. Raises GrokError, OSError."""
        response = outcome.response
        result = result_of(
            outcome.question, response, error=outcome.error, response_format=response_format, console=self._console
        )
        answered = bool(result["status"] == ANSWERED)
        line = result_line(result)
        if self.is_shown:
            self._console.stdout.write(line.decode("utf-8"))
            self._console.stdout.flush()
        else:
            start = self._journal.append(line)
            self._lines += 1
            self.index.put(outcome.question.id, Place(outcome.question.hash, answered, start, len(line)))
        tally.add(response.usage, failed=not answered)
        return answered

    def finish(self) -> None:
        """Write the table, bring the file into its order, and leave one line for each question. Raises GrokError."""
        if self._table is not None:
            self._print(self._table)
        if self._journal.path is None:
            if self._ordered and self._table is None:
                for place in self.index.in_order():
                    self._console.stdout.write(self._journal.read(place).decode("utf-8"))
        elif self._ordered and self._table is None:
            self._journal.rewrite(self.index.in_order())
        elif self._lines > self.index.results():
            self._journal.rewrite(self.index.as_written())

    def _print(self, table: Table) -> None:
        rows = table.rows(self._journal, self.index)
        if self._output is not None:
            replace_file(self._output, rows)
            return
        is_read = self._console.stdout.isatty()
        for row in rows:
            text = row.decode("utf-8")
            self._console.stdout.write(clean(text) if is_read else text)


def _check_table(output: Path, journal: Path | None) -> None:
    """Raise UsageError if writing a table to `output` would replace a file that is none of ours."""
    check_target(output)
    if output.exists() and not (journal is not None and journal.exists()):
        raise UsageError(
            f"{output} exists, and has no results of grok batch beside it", hint="write to another file with -o"
        )


def journal_of(output: Path | None, *, is_table: bool) -> Path | None:
    """Return the file of result lines for what is written to `output`: the same, or beside it if that is a table."""
    return output.with_name(f"{output.name}.jsonl") if output is not None and is_table else output
