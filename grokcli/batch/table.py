"""A table with the answers: the columns of the input, then those of the schema, or the answer, and the error."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

from grokcli.batch.records import LINE
from grokcli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from grokcli.batch.index import Index
    from grokcli.batch.journal import Journal
    from grokcli.batch.questions import Reading
    from grokcli.batch.source import QuestionFile

ANSWER, ERROR = "answer", "error"


class Table:
    """The rows of a table: those of the input, each with what came of its question."""

    def __init__(self, source: QuestionFile, reading: Reading, schema: Mapping[str, Any] | None) -> None:
        """Add the fields of `schema` to the input. Raises UsageError where that has no columns, or has such already."""
        if source.format == "jsonl":
            raise UsageError(
                "--csv adds columns to a table, but the input is JSONL",
                hint="leave out --csv: each result line has the id of its question",
            )
        self._source, self._reading = source, reading
        self._columns = [LINE] if source.format == "lines" else source.header()
        self._added = [*_fields(schema), ERROR]
        self._has_fields = bool(_properties(schema))
        if both := [name for name in self._added if name in self._columns]:
            raise UsageError(f"the input already has a column {both[0]!r}", hint="rename it, or leave out --csv")
        self._delimiter = source.delimiter()

    def rows(self, journal: Journal, index: Index) -> Iterator[bytes]:
        """Yield the lines of the table; a question without a result has empty cells."""
        yield self._line([*self._columns, *self._added])
        for question in self._source.questions(self._reading):
            place = index.get(question.id)
            result = json.loads(journal.read(place)) if place else {}
            yield self._line([*question.fields.values(), *self._cells(result)])

    def _cells(self, result: Mapping[str, Any]) -> list[str]:
        error = result.get("error") or {}
        if self._has_fields:
            data = result.get("data") or {}
            cells = [_cell(data.get(name)) for name in self._added[:-1]]
        else:
            cells = [_cell(result.get("data", result.get("answer")))]
        return [*cells, _cell(error.get("message"))]

    def _line(self, cells: list[str]) -> bytes:
        line = io.StringIO()
        csv.writer(line, delimiter=self._delimiter, lineterminator="\n").writerow(cells)
        return line.getvalue().encode("utf-8", "replace")


def _properties(schema: Mapping[str, Any] | None) -> dict[str, Any]:
    found = (schema or {}).get("properties")
    return found if isinstance(found, dict) else {}


def _fields(schema: Mapping[str, Any] | None) -> list[str]:
    return list(_properties(schema)) or [ANSWER]


def _cell(value: Any) -> str:
    """Return a value as a cell: text as it is, nothing for none, anything else as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
