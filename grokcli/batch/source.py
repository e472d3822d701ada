"""The file of questions, which is read more than once: to check and count it, to ask, and to write a table."""

from __future__ import annotations

import os
import stat
from contextlib import closing
from typing import IO, TYPE_CHECKING, TypeVar

from grokcli.batch.questions import Question, Reading, read_questions
from grokcli.batch.records import TABLES, Format, format_of, read_header, table_delimiter
from grokcli.errors import UsageError, reason
from grokcli.files import expand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")

STDIN = "<stdin>"
COPIED_BYTES = 1 << 20


class QuestionFile:
    """A file of questions. One that can be read only once, such as a pipe, is copied to the disk first."""

    def __init__(self, stdin: IO[bytes] | None, path: str, kind: Format | None = None) -> None:
        """Read the file at `path`, "-" for stdin; its extension is its format unless `kind` is."""
        self.path = None if path == "-" else expand(path)
        self.name = STDIN if path == "-" else path
        self.format: Format = kind or format_of(path)
        self._is_guessed = kind is None
        self._stdin = stdin
        self._copy: IO[bytes] | None = None

    def load(self) -> None:
        """Find the file, and copy it if it can be read only once. Raises UsageError."""
        if self.path is None:
            self._load_stdin()
            return
        try:
            if not stat.S_ISREG(self.path.stat().st_mode):
                with self.path.open("rb") as stream:
                    self._copy = _copied(stream)
        except OSError as error:
            raise UsageError(f"cannot read {self.name}: {reason(error)}") from None

    def close(self) -> None:
        """Remove the copy, if there is one."""
        if self._copy is not None:
            self._copy.close()

    def questions(self, reading: Reading) -> Iterator[Question]:
        """Yield the questions from the first one on. Raises UsageError, which names the line."""
        with closing(self._open()) as stream:
            yield from read_questions(stream, self.name, reading)

    def header(self) -> list[str]:
        """Return the columns of a table. Raises UsageError."""
        return self._table(read_header)

    def delimiter(self) -> str:
        """Return what separates the cells of a table, a comma where it is none. Raises UsageError."""
        return self._table(table_delimiter) if self.format in TABLES else ","

    def _table(self, read: Callable[[IO[bytes], str, Format], T]) -> T:
        with closing(self._open()) as stream:
            return read(stream, self.name, self.format)

    def _open(self) -> IO[bytes]:
        if self._copy is not None:
            self._copy.seek(0)
            return os.fdopen(os.dup(self._copy.fileno()), "rb")
        assert self.path is not None  # noqa: S101  # for the type checker: there is a copy or a path
        try:
            return self.path.open("rb")
        except OSError as error:
            raise UsageError(f"cannot read {self.name}: {reason(error)}") from None

    def _load_stdin(self) -> None:
        if self._stdin is None:
            raise UsageError("stdin is closed", hint="name a file, or pipe the questions in")
        self._copy = _copied(self._stdin)
        if not self._is_guessed:
            return
        with closing(self._open()) as stream:
            if stream.readline(64).lstrip().startswith(b'{"'):  # as plain lines, the JSON itself would be asked
                raise UsageError(
                    "stdin looks like JSONL, but its format is not given", hint="add --format jsonl, or --format lines"
                )


def _copied(stream: IO[bytes]) -> IO[bytes]:
    import tempfile

    copy = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the object that holds it
    try:
        while piece := stream.read(COPIED_BYTES):
            copy.write(piece)
        copy.flush()
    except OSError as error:
        raise UsageError(f"cannot read the questions: {reason(error)}", hint="write them to a file first") from None
    return copy
