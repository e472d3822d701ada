"""Which questions have a result, and where it is: on the disk, so that the memory stays the same for any number."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_SCHEMA = """
PRAGMA journal_mode = OFF;
CREATE TABLE result (id TEXT PRIMARY KEY, hash TEXT, answered INTEGER, start INTEGER, size INTEGER) WITHOUT ROWID;
CREATE TABLE question (id TEXT PRIMARY KEY, number INTEGER, line INTEGER) WITHOUT ROWID;
"""


class Place(NamedTuple):
    """A result: the hash of its question, whether that was answered, and where its line is, in bytes."""

    hash: str
    answered: bool
    start: int
    size: int


class Index:
    """Finds results by the ids of their questions. For one thread."""

    def __init__(self) -> None:
        """Begin empty, in a temporary file that the system removes."""
        import sqlite3

        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript(_SCHEMA)
        self._db.execute("BEGIN")  # it never ends: nothing of this is to last, and each commit would write to the disk

    def close(self) -> None:
        """Remove the file."""
        self._db.close()

    def put(self, name: str, place: Place) -> None:
        """Note a result; a later one of the same question takes the place of an earlier one."""
        self._db.execute("INSERT OR REPLACE INTO result VALUES (?, ?, ?, ?, ?)", (name, *place))

    def get(self, name: str) -> Place | None:
        """Return the result of a question, None if it has none."""
        row = self._db.execute("SELECT hash, answered, start, size FROM result WHERE id = ?", (name,)).fetchone()
        return None if row is None else Place(row[0], bool(row[1]), row[2], row[3])

    def add_question(self, name: str, number: int, line: int) -> int | None:
        """Note a question; return the line of an earlier one with the same id, None if there is none."""
        inserted = self._db.execute("INSERT OR IGNORE INTO question VALUES (?, ?, ?)", (name, number, line))
        if inserted.rowcount:
            return None
        return int(self._db.execute("SELECT line FROM question WHERE id = ?", (name,)).fetchone()[0])

    def results(self) -> int:
        """Return how many questions have a result."""
        return int(self._db.execute("SELECT count(*) FROM result").fetchone()[0])

    def failed(self) -> int:
        """Return how many questions have a result and no answer."""
        query = "SELECT count(*) FROM result JOIN question USING (id) WHERE NOT answered"
        return int(self._db.execute(query).fetchone()[0])

    def foreign(self) -> int:
        """Return how many results have no question."""
        query = "SELECT count(*) FROM result WHERE id NOT IN (SELECT id FROM question)"
        return int(self._db.execute(query).fetchone()[0])

    def in_order(self) -> Iterator[Place]:
        """Yield the results in the order of the questions, then those without a question as they were written."""
        query = (
            "SELECT hash, answered, start, size FROM result LEFT JOIN question USING (id)"
            " ORDER BY number IS NULL, number, start"
        )
        return (Place(*row) for row in self._db.execute(query))

    def as_written(self) -> Iterator[Place]:
        """Yield the results in the order in which they were written."""
        query = "SELECT hash, answered, start, size FROM result ORDER BY start"
        return (Place(*row) for row in self._db.execute(query))
