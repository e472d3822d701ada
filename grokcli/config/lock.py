"""Locking a file that several processes may change at the same time."""

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
    """Hold an exclusive lock while the block reads the file at `path` and writes it.

    The lock is on a file beside it, which is not removed; the system releases it when the process ends. If the file
    system does not support locks, there is none. Raises OSError if another process holds the lock for WAIT_SECONDS.
    """
    path = Path(os.path.realpath(path))
    make_folder(path.parent)
    descriptor = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT, PRIVATE)
    try:
        deadline = time.monotonic() + WAIT_SECONDS
        while is_taken(descriptor):
            if time.monotonic() >= deadline:
                raise TimeoutError(errno.ETIMEDOUT, "another process is changing it")
            time.sleep(RETRY_SECONDS)
        yield
    finally:
        os.close(descriptor)


def is_taken(descriptor: int) -> bool:
    """Try to take the lock, and return whether another process has it."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]  # defined on Windows only
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
    return False
