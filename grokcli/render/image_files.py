"""Where new pictures and videos go: names that are free, or that the user chose and that may be written."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from grokcli.client.images import EXTENSIONS
from grokcli.errors import GrokError, UsageError, reason
from grokcli.files import expand, write_atomically, write_new

LONGEST_NAME = 40  # characters


class Made(Protocol):
    """A picture or a video in memory."""

    @property
    def content(self) -> bytes:
        """The bytes of its file."""

    @property
    def extension(self) -> str:
        """The usual extension of its file, without the dot."""


class ImageFiles:
    """The files that the pictures of one run are written to. No file is overwritten unless that was asked for."""

    def __init__(self, output: str | None, prompt: str, count: int, *, force: bool) -> None:
        """Name `count` files after `output`: that file, numbered ones beside it, or, in a folder, after the prompt.

        Raises UsageError for what cannot be written, before a picture has cost anything.
        """
        self._force = force
        self._names: list[Path] = []
        path = expand(output or "")
        if not output or output.endswith("/") or path.is_dir():
            self._folder, self._stem = path, _slug(prompt)
        else:
            self._folder, self._stem = path.parent, path.stem
            self._names = [path] if count == 1 else [self._numbered(k, path.suffix) for k in range(1, count + 1)]
        if not self._folder.is_dir():
            raise UsageError(f"cannot write into {self._folder}: no such folder")
        if not os.access(self._folder, os.W_OK):
            raise UsageError(f"cannot write into {self._folder}: permission denied")
        for path in self._names:
            if path.is_dir():
                raise UsageError(f"cannot write {path}: is a folder")
            if os.path.lexists(path) and not force:
                raise UsageError(f"{path} already exists", hint="use --force to overwrite it")

    def named_after(self, prompt: str) -> ImageFiles:
        """Return files in the same folder that are named after `prompt`. Raises UsageError as a new object does."""
        return ImageFiles(f"{self._folder}/", prompt, 1, force=False)

    def add(self, picture: Made) -> Path:
        """Write the picture into the next file, and return which. Raises GrokError when that cannot be done."""
        chosen = self._names.pop(0) if self._names else None
        try:
            if chosen is not None and self._force and chosen.exists():
                write_atomically(chosen, picture.content)
                return chosen
            return self._add_new(chosen, picture)
        except OSError as error:
            raise GrokError(f"cannot write {error.filename or chosen}: {reason(error)}") from error

    def _add_new(self, chosen: Path | None, picture: Made) -> Path:
        """Write the picture into a file that was not there: `chosen`, else the first numbered name that is free.

        What has come there meanwhile is spared, and the picture was paid for.
        """
        suffix = f".{picture.extension}"
        path, number = chosen, 0
        while True:
            with suppress(FileExistsError):
                if path is not None:
                    write_new(path, picture.content)
                    return path
            number += 1
            path = None if self._is_taken(number, suffix) else self._numbered(number, suffix)

    def _is_taken(self, number: int, suffix: str) -> bool:
        """Say whether a picture of any kind, or another file with that suffix, has that number."""
        suffixes = {suffix, *(f".{one}" for one in EXTENSIONS.values())}
        return any(os.path.lexists(self._numbered(number, one)) for one in suffixes)

    def _numbered(self, number: int, suffix: str) -> Path:
        return self._folder / f"{self._stem}-{number}{suffix}"


def _slug(prompt: str) -> str:
    """Return the beginning of the prompt as a name that needs no quotes in a shell."""
    return re.sub(r"[\W_]+", "-", prompt.lower()[: 2 * LONGEST_NAME]).strip("-")[:LONGEST_NAME].rstrip("-") or "image"
