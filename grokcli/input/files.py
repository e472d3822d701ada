"""Files, folders and web pages attached to a prompt."""

from __future__ import annotations

import json
import os
import stat
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from grokcli.errors import UsageError, reason
from grokcli.files import expand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from grokcli.env import Env, Network

# More than the largest context and the largest image.
MAX_FILE_BYTES = 32 * 1024 * 1024
MAX_PAGE_BYTES = 10 * 1024 * 1024
# Enough to recognise most files that are not text.
SNIFFED_BYTES = 8192
SHOWN_NAMES = 3
SHOWN_CHARACTERS = 60
# For files found in a folder: do not follow a link, or block on a pipe, that has replaced the file since.
FOUND_FILE = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def read_files(env: Env, sources: list[str], network: Network | None = None) -> list[tuple[str, str]]:
    """Return (tag, text) for each text file in `sources`: files, folders, glob patterns and http(s) URLs.

    In folders, hidden files and files that are not text are skipped; so are, with a note, links out of the folder and
    paths that are not regular files. A file named directly must be text. Raises UsageError for unreadable files,
    NetworkError and APIError for web pages.
    """
    skipped: dict[str, str] = {}
    documents = [(_tag(name), text) for source in sources for name, text in _texts(env, source, network, skipped)]
    if skipped:
        env.console.note(_passed_over(skipped))
    env.attached += documents
    return documents


def read_text(source: str) -> str:
    """Return the text of the file at `source`. Raises UsageError."""
    return _decoded(source, _bytes(expand(source)))


def _texts(env: Env, source: str, network: Network | None, skipped: dict[str, str]) -> Iterator[tuple[str, str]]:
    import glob

    if source.startswith(("http://", "https://")):
        from grokcli.client.download import fetch

        way = env.network(network)
        yield source, _decoded(source, fetch(source, MAX_PAGE_BYTES, proxy=way.proxy, ca_bundle=way.ca_bundle))
        return
    path = expand(source)
    if path.is_dir():
        yield from _below(path, ("**",), skipped, _decoded_if_text)
    elif path.exists() or not glob.has_magic(source):
        yield source, _decoded(source, _bytes(path))
    else:
        first = next(number for number, part in enumerate(path.parts) if glob.has_magic(part))
        matches = list(_below(Path(*path.parts[:first]), path.parts[first:], skipped, _decoded))
        if not matches:
            raise UsageError(f"no such file: {source}", hint=_passed_over(skipped) if skipped else None)
        yield from matches


def _below(
    root: Path, patterns: Sequence[str], skipped: dict[str, str], decode: Callable[[str, bytes], str | None]
) -> Iterator[tuple[str, str]]:
    """Yield (name, text) for each matching file below `root`, except those for which `decode` returns None."""
    from grokcli.input.folders import Search

    search = Search(root)
    left = MAX_FILE_BYTES
    for found in search.find(patterns):
        content = _bytes(Path(found.path), flags=FOUND_FILE)
        if (text := decode(str(found.name), content)) is None:
            continue
        left -= len(content)
        if left < 0:
            raise UsageError(
                f"{str(root)!r} contains more than {MAX_FILE_BYTES >> 20} MiB of text", hint="attach a part of it"
            )
        yield str(found.name), text
    skipped |= search.skipped


def _bytes(path: Path, *, flags: int = 0) -> bytes:
    """Return the content of the file or pipe at `path`. Raises UsageError for devices and for files that are too large.

    `flags` are given for files found in a folder; of these, only the beginning is read if it is not text, so that a
    video is not read in full.
    """
    try:
        with open(path, "rb", opener=lambda name, mode: os.open(name, mode | flags)) as file:
            mode = os.fstat(file.fileno()).st_mode
            if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
                raise UsageError(f"{path} is a device, not a file")
            content = file.read(SNIFFED_BYTES)
            if not flags or _is_text(content):
                content += file.read(MAX_FILE_BYTES + 1 - len(content))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {reason(error)}") from None
    if len(content) > MAX_FILE_BYTES:
        raise UsageError(f"{path} is larger than {MAX_FILE_BYTES >> 20} MiB", hint="attach a part of it")
    return content


def _is_text(beginning: bytes) -> bool:
    import codecs

    try:
        codecs.getincrementaldecoder("utf-8")().decode(beginning)
    except UnicodeDecodeError:
        return False
    return True


def _decoded_if_text(_name: str, content: bytes) -> str | None:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _decoded(name: str, content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        from grokcli.client.images import picture_type
        from grokcli.input.images import SENDABLE

        is_image = picture_type(content) in SENDABLE
        hint = "attach images with -i" if is_image else "convert it first, for example: iconv -f latin1 -t utf-8"
        raise UsageError(f"{name} is not UTF-8 text (byte {error.start})", hint=hint) from None


def _tag(name: str) -> str:
    """Return the tag of a document, with `<` in its name escaped and bytes that are not UTF-8 replaced."""
    readable = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    path = json.dumps(readable, ensure_ascii=False).replace("<", "\\u003c")
    return f"file path={path}"


def _passed_over(skipped: dict[str, str]) -> str:
    """Return one line that says which paths were skipped, and why."""
    shown = [f"{path[-SHOWN_CHARACTERS:]!r} ({reason})" for path, reason in islice(skipped.items(), SHOWN_NAMES)]
    more = f" and {len(skipped) - SHOWN_NAMES} more" if len(skipped) > SHOWN_NAMES else ""
    return f"skipped {', '.join(shown)}{more}"
