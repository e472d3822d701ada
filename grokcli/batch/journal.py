"""The file of results, which is also the journal: what stands in it is not asked again.

A line is appended whole, or not at all. A process that is killed can leave half a line at the end, which the next one
removes. No other file is changed: what does not look like results is an error.
"""

from __future__ import annotations

import json
import os
import stat
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any

from grokcli.batch.index import Place
from grokcli.batch.results import ANSWERED, FAILED
from grokcli.config.lock import is_taken
from grokcli.errors import GrokError, UsageError, reason
from grokcli.files import check_target

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

# How each result line begins.
BEGINNING = b'{"id": "'


class Journal:
    """A file of result lines, open for appending, which no other process may append to meanwhile."""

    def __init__(self, path: Path | None) -> None:
        """Write to the file at `path`, or to a temporary one. Raises UsageError if it cannot be one."""
        self.path = path
        # Where the next line begins; what has been written is there, or nothing is.
        self._end = 0
        self.removed = False
        self._file = _temporary() if path is None else None
        if path is not None:
            check_target(path)

    def load(self) -> Iterator[tuple[str, Place]]:
        """Open the file if it exists, and yield the id of each result, and where it is.

        Half a line at the end is removed when all else is read; `removed` says so. Raises UsageError at a line that is
        no result, GrokError.
        """
        if self.path is None or not self.path.exists():
            return
        self.open()
        self._stream.seek(0)
        for number, line in enumerate(self._stream, 1):
            found = _parsed(line)
            start, is_whole = self._end, line.endswith(b"\n")
            if found is None and not is_whole and _is_begun(line):
                self._truncate(start)
                self.removed = True
                return
            if found is None:
                raise UsageError(
                    f"{self.path}, line {number}: not a result of grok batch", hint="write to another file with -o"
                )
            self._end = start + len(line)
            if not is_whole:
                self.append(b"\n")
            yield found["id"], Place(found["hash"], found["status"] == ANSWERED, start, self._end - start)
            if not is_whole:
                return

    def open(self) -> None:
        """Open the file, and make it if it does not exist. Raises UsageError, GrokError."""
        if self._file is None and self.path is not None:
            self._file = _opened(self.path)

    @property
    def _stream(self) -> IO[bytes]:
        self.open()
        assert self._file is not None  # noqa: S101  # for the type checker
        return self._file

    def close(self) -> None:
        """Close the file, and let other processes have it."""
        if self._file is not None:
            self._file.close()

    def append(self, line: bytes) -> int:
        """Write a line to the end, and return where it begins. Raises GrokError; then nothing of it is left."""
        start, descriptor, rest = self._end, self._stream.fileno(), memoryview(line)
        try:
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(descriptor, start)
            raise GrokError(
                f"cannot write {self.path or 'a temporary file'}: {reason(error)}",
                hint="nothing written is lost: free some space, and run the same command again to continue",
            ) from error
        self._end = start + len(line)
        return start

    def read(self, place: Place) -> bytes:
        """Return the line of a result."""
        self._stream.seek(place.start)
        return self._stream.read(place.size)

    def rewrite(self, places: Iterable[Place]) -> None:
        """Replace the file by one with these lines only, in this order; it is there until the other is complete.

        Raises GrokError, and leaves the file as it is.
        """
        assert self.path is not None  # noqa: S101  # a temporary file needs no order
        replace_file(self.path, (self.read(place) for place in places))

    def _truncate(self, size: int) -> None:
        try:
            os.ftruncate(self._stream.fileno(), size)
        except OSError as error:
            raise GrokError(f"cannot write {self.path}: {reason(error)}", hint="check the permissions") from None


def replace_file(path: Path, pieces: Iterable[bytes]) -> None:
    """Write `pieces` to a new file that then takes the place of the one at `path`, with its permissions.

    Raises GrokError, and leaves the one at `path` as it is.
    """
    import tempfile
    from pathlib import Path as RealPath

    target = RealPath(os.path.realpath(path))
    temporary: RealPath | None = None
    try:
        mode = target.stat().st_mode & 0o777 if target.exists() else None
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        temporary = RealPath(name)
        with os.fdopen(descriptor, "wb") as stream:
            stream.writelines(pieces)
            stream.flush()
            os.fsync(descriptor)
        temporary.chmod(_usual_mode() if mode is None else mode)
        temporary.replace(target)
    except OSError as error:
        raise GrokError(f"cannot write {path}: {reason(error)}", hint="check free space and permissions") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _parsed(line: bytes) -> dict[str, Any] | None:
    """Return a result line as an object, None if it is none."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or found.get("status") not in (ANSWERED, FAILED):
        return None
    return found if isinstance(found.get("id"), str) and isinstance(found.get("hash"), str) else None


def _is_begun(line: bytes) -> bool:
    """Return whether a line without an end may be half a result: its beginning, or what a power cut makes of it."""
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return line[: len(BEGINNING)] == BEGINNING[: len(line)] or not line.strip(b"\0")
    return False  # all of something else


def _usual_mode() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _temporary() -> IO[bytes]:
    import tempfile

    return tempfile.TemporaryFile("a+b")


def _opened(path: Path) -> IO[bytes]:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o666)
    except OSError as error:
        raise GrokError(f"cannot write {path}: {reason(error)}", hint="check the permissions") from None
    stream = os.fdopen(descriptor, "rb")
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        stream.close()
        raise UsageError(f"cannot write {path}: not a regular file", hint="leave out -o to write to stdout")
    # On Windows a lock would keep this process from reading the file, too.
    if os.name != "nt" and is_taken(descriptor):
        stream.close()
        raise UsageError(f"another process writes to {path}", hint="wait for it, or write to another file with -o")
    return stream
