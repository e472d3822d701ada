"""Changing a file that other processes change at the same time."""

from __future__ import annotations

import errno
import os
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from grokcli.files import PRIVATE, make_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

WAIT_SECONDS = 10.0
RETRY_SECONDS = 0.01


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other processes out of this block as long as it runs: between reading the file at `path` and writing it.

    The lock is on a file beside it, which stays. It ends with its process, however that ends. Where the file system
    knows no locks, nobody is kept out. Raises OSError when another process holds the lock for WAIT_SECONDS.
    """
    path = Path(os.path.realpath(path))
    make_folder(path.parent)
    descriptor = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT, PRIVATE)
    try:
        deadline = time.monotonic() + WAIT_SECONDS
        while _is_taken(descriptor):
            if time.monotonic() >= deadline:
                raise TimeoutError(errno.ETIMEDOUT, "another process is changing it")
            time.sleep(RETRY_SECONDS)
        yield
    finally:
        os.close(descriptor)


def _is_taken(descriptor: int) -> bool:
    """Take the lock, or say that another process has it."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]  # on Windows it has them
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
    return False
