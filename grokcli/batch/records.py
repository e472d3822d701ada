"""The lines of an input file as records: JSON objects, rows of a table, or plain lines.

Nothing is held but the line at hand, however large the file is. A malformed line is a UsageError that names it.
"""

from __future__ import annotations

import codecs
import csv
import json
from pathlib import PurePath
from typing import IO, TYPE_CHECKING, Any, Literal, NamedTuple, NoReturn, get_args

from grokcli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

Format = Literal["jsonl", "csv", "tsv", "lines"]
FORMATS: tuple[Format, ...] = get_args(Format)
TABLES: tuple[Format, ...] = ("csv", "tsv")
# The only field of a plain line.
LINE = "line"
MAX_LINE_BYTES = 32 << 20

_BY_EXTENSION: dict[str, Format] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
}


class Record(NamedTuple):
    """One line that is not empty: the number of the line, from 1, and its fields.

    A row of a table may take several lines; `line` is the first of them.
    """

    line: int
    fields: dict[str, Any]


def format_of(name: str) -> Format:
    """Return the format that the extension of a file stands for; plain lines for any other."""
    return _BY_EXTENSION.get(PurePath(name).suffix.lower(), "lines")


def error_at(name: str, line: int, what: str, *, hint: str | None = None) -> UsageError:
    """Return the error for a line of the file `name`."""
    return UsageError(f"{name}, line {line}: {what}", hint=hint)


def read_records(stream: IO[bytes], name: str, kind: Format) -> Iterator[Record]:
    """Yield the records of `stream`, the file `name`, from its beginning. Raises UsageError at a malformed line."""
    lines = _lines(stream, name)
    if kind in TABLES:
        return _rows(lines, name, kind)
    return _objects(lines, name) if kind == "jsonl" else _plain(lines)


def read_header(stream: IO[bytes], name: str, kind: Format) -> list[str]:
    """Return the columns of a table. Raises UsageError."""
    return _header(_table(_lines(stream, name), name, kind)[0], name)


def table_delimiter(stream: IO[bytes], name: str, kind: Format) -> str:
    """Return what separates the cells of a table. Raises UsageError."""
    return _table(_lines(stream, name), name, kind)[1]


def _lines(stream: IO[bytes], name: str) -> Iterator[tuple[int, str]]:
    """Yield each line with its number, without a byte order mark, and with its end."""
    number = 0
    while raw := stream.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(raw) > MAX_LINE_BYTES:
            raise error_at(name, number, f"longer than {MAX_LINE_BYTES >> 20} MiB")
        if number == 1:
            raw = raw.removeprefix(codecs.BOM_UTF8)
        try:
            yield number, raw.decode("utf-8")
        except UnicodeDecodeError as error:
            hint = "convert it: iconv -f WINDOWS-1252 -t UTF-8 FILE"
            raise error_at(name, number, f"not UTF-8 at byte {error.start + 1} of the line", hint=hint) from None


def _plain(lines: Iterator[tuple[int, str]]) -> Iterator[Record]:
    for number, line in lines:
        if text := line.strip():
            yield Record(number, {LINE: text})


def _objects(lines: Iterator[tuple[int, str]], name: str) -> Iterator[Record]:
    for number, line in lines:
        if not line.strip():
            continue
        try:
            fields = json.loads(line, parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            hint = "an array needs one object a line: jq -c '.[]' FILE" if line.lstrip().startswith("[") else None
            reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
            raise error_at(name, number, f"not JSON: {reason}", hint=hint) from None
        if not isinstance(fields, dict):
            raise error_at(name, number, "not a JSON object", hint='for example: {"id": "1", "prompt": "hello"}')
        yield Record(number, fields)


def _rows(lines: Iterator[tuple[int, str]], name: str, kind: Format) -> Iterator[Record]:
    reader, _ = _table(lines, name, kind)
    header = _header(reader, name)
    for start, row in _cells(reader, name):
        if len(row) != len(header):
            what = f"{len(row)} column{'s' if len(row) != 1 else ''}, but the header has {len(header)}"
            raise error_at(name, start, what, hint="is a cell with a comma or a line break not in quotes?")
        yield Record(start, dict(zip(header, row, strict=True)))


def _table(lines: Iterator[tuple[int, str]], name: str, kind: Format) -> tuple[Any, str]:
    """Return a reader of rows, and what separates their cells. Where a comma means the decimals, it is a semicolon."""
    first = next(lines, None)
    if first is None:
        raise UsageError(f"{name} is empty", hint="its first line should name the columns")
    delimiter = "\t" if kind == "tsv" else ";" if ";" in first[1] and "," not in first[1] else ","
    csv.field_size_limit(MAX_LINE_BYTES)

    def texts() -> Iterator[str]:
        yield first[1]
        yield from (text for _, text in lines)

    # Strict: a quote that is never closed would otherwise take in the rest of the file.
    return csv.reader(texts(), delimiter=delimiter, strict=True), delimiter


def _cells(reader: Any, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not empty, each with the number of its first line."""
    while True:
        start = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            hint = "is a quote in a cell doubled, and each quoted cell closed?"
            raise error_at(name, start, f"malformed: {error}", hint=hint) from None
        if row:
            yield start, row


def _header(reader: Any, name: str) -> list[str]:
    """Return the columns. Raises UsageError for two of one name, which nothing could tell apart."""
    start, row = next(_cells(reader, name), (1, []))
    header = [cell.strip() for cell in row]
    twice = next((column for column in header if header.count(column) > 1), None)
    if not any(header):
        raise error_at(name, start, "no columns", hint="the first line should name the columns")
    if twice is not None:
        raise error_at(name, start, f"two columns are called {twice!r}", hint="rename one of them")
    return header


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number in JSON")
