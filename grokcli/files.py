"""Expanding the user's paths, safe file names, and writing files atomically."""

from __future__ import annotations

import errno
import os
import re
import stat
from pathlib import Path

from grokcli.errors import GrokError, UsageError, reason

PRIVATE = 0o600
PRIVATE_FOLDER = 0o700
MOST_BYTES = 1_000_000


def expand(path: str | Path) -> Path:
    """Return `path` with `~` or `~name` expanded to a home folder. Raises UsageError for an invalid path."""
    if "\0" in str(path):
        raise UsageError(f"invalid path: {str(path)!r} contains a NUL")
    try:
        return Path(path).expanduser()
    except RuntimeError:
        user = Path(path).parts[0]
        raise UsageError(f"cannot expand {user!r}: no such user", hint="write the path in full") from None


def safe_name(name: str) -> str:
    """Return the last part of a path or a URL as a plain file name: letters, digits, `_`, `-` and dots inside."""
    last = re.split(r"[/\\]", name.rstrip("/\\"))[-1]
    return re.sub(r"[^\w.-]+", "_", last).lstrip(".") or "file"


def write_atomically(path: Path, content: bytes, *, mode: int | None = None) -> None:
    """Write `content` to `path` atomically: readers see the old file or the new one, never a partial one.

    `mode` is set before the new file takes its place at `path`; without one, an existing file keeps its mode. A
    symbolic link is followed, and its target is written; a broken link is refused. A device or a pipe is written to
    directly. Missing folders are created, accessible only by their owner if `mode` is PRIVATE. Raises OSError.
    """
    import tempfile

    if path.exists() and not path.is_file():
        with path.open("wb") as stream:
            stream.write(content)
        return
    if path.is_symlink() and not path.exists():
        raise FileNotFoundError(errno.ENOENT, "it is a broken link", str(path))
    path = Path(os.path.realpath(path))
    if mode == PRIVATE:
        make_folder(path.parent)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
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


def check_target(path: Path) -> None:
    """Raise UsageError if `path` cannot be written as a file.

    A missing folder is not created, because it is more likely a typing error.
    """
    try:
        is_folder, has_folder = path.is_dir(), path.parent.is_dir()
    except OSError as error:  # a name that is too long
        raise UsageError(f"cannot write {path}: {reason(error)}") from None
    if is_folder:
        raise UsageError(f"cannot write {path}: it is a folder")
    if not has_folder:
        import shlex

        raise UsageError(
            f"cannot write {path}: no such folder: {path.parent}", hint=f"mkdir -p {shlex.quote(str(path.parent))}"
        )


def save(path: Path, content: bytes, *, mode: int | None = None) -> str:
    """Write `content` to `path` atomically, replacing an existing file; return a message that reports it.

    Raises UsageError as `check_target` does, and GrokError if the file cannot be written.
    """
    check_target(path)
    replaced = " (replaced)" if path.is_file() else ""
    try:
        write_atomically(path, content, mode=mode)
    except OSError as error:
        raise GrokError(f"cannot write {path}: {reason(error)}") from error
    return f"saved to {path}{replaced}"


def write_new(path: Path, content: bytes) -> None:
    """Write `content` to a new file at `path`. Raises FileExistsError if anything exists there, even a broken link.

    If several processes try at the same time, only one succeeds.
    """
    with path.open("xb") as file:
        try:
            file.write(content)
            file.flush()
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def read_own_file(path: Path) -> bytes:
    """Return the content of one of grok's own files.

    Raises OSError if it is not a regular file: reading a pipe, for example, would block.
    """
    check_own_file(path)
    return path.read_bytes()


def check_own_file(path: Path) -> None:
    """Raise OSError unless `path` is a regular file of at most MOST_BYTES."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a regular file")
    if status.st_size > MOST_BYTES:
        raise OSError(errno.EFBIG, f"larger than {MOST_BYTES:,} bytes")


def make_folder(path: Path) -> None:
    """Create one of grok's own folders and its missing parents, accessible only by the user. Raises OSError."""
    missing = [folder for folder in path.parents if not folder.exists()]
    for folder in (*reversed(missing), path):
        try:
            folder.mkdir(PRIVATE_FOLDER)
        except FileExistsError:
            if not folder.is_dir():
                raise
        else:
            folder.chmod(PRIVATE_FOLDER)  # the umask may have cleared bits that the owner needs


def _mode_of(path: Path) -> int:
    """Return the mode of the file at `path`, or the mode of a new file under the current umask."""
    try:
        return path.stat().st_mode & 0o777
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
