"""The user's paths, and writing files so that nobody ever sees half of one."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from grokcli.errors import GrokError, UsageError, reason

PRIVATE = 0o600
PRIVATE_FOLDER = 0o700
MOST_BYTES = 1_000_000


def expand(path: str | Path) -> Path:
    """Return `path` with the home folder that its `~` or `~name` stands for. Raises UsageError for what is no path."""
    if "\0" in str(path):
        raise UsageError(f"invalid path: {str(path)!r} contains a NUL")
    try:
        return Path(path).expanduser()
    except RuntimeError:
        user = Path(path).parts[0]
        raise UsageError(f"cannot expand {user!r}: no such user", hint="write the path in full") from None


def write_atomically(path: Path, content: bytes, *, mode: int | None = None) -> None:
    """Put `content` at `path` in one step: readers find the old file or the new one, whatever happens.

    `mode` is given to the new file before anything is in it; without one, an existing file's mode is kept. A symbolic
    link stays a link and its target is written; one that leads to nothing is refused. What is no regular file, a device
    or a pipe, is written to as it is. Missing folders are made, for their owner alone when `mode` is PRIVATE. Raises
    OSError.
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
    """Raise UsageError when `path` cannot be a file that the user wants something saved to.

    A folder that is missing is not made: it is more likely a typing error.
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
    """Put what the user wants saved at `path`, in one step and in place of a file that is there; return what to say.

    Raises UsageError as `check_target` does, and GrokError when the file cannot be written.
    """
    check_target(path)
    replaced = " (replaced)" if path.is_file() else ""
    try:
        write_atomically(path, content, mode=mode)
    except OSError as error:
        raise GrokError(f"cannot write {path}: {reason(error)}") from error
    return f"saved to {path}{replaced}"


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


def read_own_file(path: Path) -> bytes:
    """Return what is in a file of grok's own. Raises OSError for what cannot be one: a pipe would be waited for."""
    check_own_file(path)
    return path.read_bytes()


def check_own_file(path: Path) -> None:
    """Raise OSError when at `path` is something else than a file of a sensible size, or nothing."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a regular file")
    if status.st_size > MOST_BYTES:
        raise OSError(errno.EFBIG, f"larger than {MOST_BYTES:,} bytes")


def make_folder(path: Path) -> None:
    """Make a folder of grok's own, and those above it that are missing, for the user alone. Raises OSError."""
    missing = [folder for folder in path.parents if not folder.exists()]
    for folder in (*reversed(missing), path):
        try:
            folder.mkdir(PRIVATE_FOLDER)
        except FileExistsError:
            if not folder.is_dir():
                raise
        else:
            folder.chmod(PRIVATE_FOLDER)  # a umask can take bits that the owner needs


def _mode_of(path: Path) -> int:
    """Return the mode of the file at `path`, or the one that a new file would get."""
    try:
        return path.stat().st_mode & 0o777
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
