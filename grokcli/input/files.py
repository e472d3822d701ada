"""Files, folders and pages that go along with a question."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from grokcli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

# More than the largest context, and than the largest image.
MAX_FILE_BYTES = 32 * 1024 * 1024
MAX_PAGE_BYTES = 10 * 1024 * 1024


def read_files(sources: list[str]) -> list[tuple[str, str]]:
    """Return (tag, text) for each text file that `sources` name: files, folders, glob patterns and http(s) URLs.

    In folders, hidden files and files that are not text are passed over; a file that is named must be text. Raises
    UsageError for what cannot be read, NetworkError and APIError for pages.
    """
    return [
        (f"file path={json.dumps(name, ensure_ascii=False)}", text)
        for source in sources
        for name, text in _texts(source)
    ]


def read_text(source: str) -> str:
    """Return the text in the file at `source`. Raises UsageError."""
    return _decoded(source, _bytes(Path(source).expanduser()))


def _texts(source: str) -> Iterator[tuple[str, str]]:
    import glob

    if source.startswith(("http://", "https://")):
        from grokcli.client.download import fetch

        yield source, _decoded(source, fetch(source, MAX_PAGE_BYTES))
        return
    path = Path(source).expanduser()
    if path.is_dir():
        yield from _folder(path)
    elif path.exists() or not glob.has_magic(source):
        yield source, _decoded(source, _bytes(path))
    else:
        matches = sorted(Path(name) for name in glob.glob(str(path), recursive=True))
        if not matches:
            raise UsageError(f"nothing matches {source}")
        for match in matches:
            if match.is_file():
                yield str(match), _decoded(str(match), _bytes(match))


def _folder(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if not path.is_file() or any(part.startswith(".") for part in inside.parts):
            continue
        try:
            yield str(path), _bytes(path).decode("utf-8")
        except UnicodeDecodeError:
            continue


def _bytes(path: Path) -> bytes:
    """Return what the file or pipe at `path` holds. Raises UsageError for devices and for more than a model takes."""
    try:
        with path.open("rb") as file:
            if stat.S_ISCHR(os.fstat(file.fileno()).st_mode):
                raise UsageError(f"{path} is a device, not a file")
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    if len(content) > MAX_FILE_BYTES:
        raise UsageError(f"{path} has more than {MAX_FILE_BYTES >> 20} MiB", hint="send a part of it")
    return content


def _decoded(name: str, content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        from grokcli.client.images import picture_type
        from grokcli.input.images import SENDABLE

        is_image = picture_type(content) in SENDABLE
        hint = "pictures go along with -i" if is_image else "convert it first: iconv -f latin1 -t utf-8"
        raise UsageError(f"{name} is not UTF-8 text (offset {error.start})", hint=hint) from None
