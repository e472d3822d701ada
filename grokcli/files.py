"""The user's paths, and writing files so that nobody ever sees half of one."""

from __future__ import annotations

import os
from pathlib import Path

from grokcli.errors import UsageError

PRIVATE = 0o600


def expand(path: str | Path) -> Path:
    """Return `path` with the home folder that its `~` or `~name` stands for. Raises UsageError for what is no path."""
    if "\0" in str(path):
        raise UsageError(f"{str(path)!r} is not a path: it holds a NUL")
    try:
        return Path(path).expanduser()
    except RuntimeError:
        user = Path(path).parts[0]
        raise UsageError(f"{user!r} is not the home folder of any user here", hint="write the path in full") from None


def write_atomically(path: Path, content: bytes, *, mode: int | None = None) -> None:
    """Put `content` at `path` in one step: readers find the old file or the new one, whatever happens.

    `mode` is given to the new file before anything is in it; without one, an existing file's mode is kept. A symbolic
    link stays a link and its target is written. What is no regular file, a device or a pipe, is written to as it is.
    Missing folders are made, readable by their owner only when `mode` is PRIVATE. Raises OSError.
    """
    import tempfile

    if path.exists() and not path.is_file():
        with path.open("wb") as stream:
            stream.write(content)
        return
    path = Path(os.path.realpath(path))
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if mode == PRIVATE else 0o777)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        temporary.chmod(_mode_of(path) if mode is None else mode)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_new(path: Path, content: bytes) -> None:
    """Put `content` into a new file at `path`. Raises FileExistsError for whatever is there, links to nothing included.

    Of several programs that try at once one has the file.
    """
    with path.open("xb") as file:
        try:
            file.write(content)
            file.flush()
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def _mode_of(path: Path) -> int:
    """Return the mode of the file at `path`, or the one that a new file would get."""
    try:
        return path.stat().st_mode & 0o777
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
