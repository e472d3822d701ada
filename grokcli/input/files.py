"""Files, folders and web pages attached to a prompt."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from grokcli.errors import UsageError, reason
from grokcli.files import expand

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grokcli.chat import Part
    from grokcli.env import Env, Network
    from grokcli.input.folders import Tally

# More than the largest context and the largest image.
MAX_FILE_BYTES = 32 * 1024 * 1024
MAX_PAGE_BYTES = 10 * 1024 * 1024
# Enough to recognise most files that are not text.
SNIFFED_BYTES = 8192
# For files found in a folder: do not follow a link, or block on a pipe, that has replaced the file since.
FOUND_FILE = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


class AttachOptions(NamedTuple):
    """How files are sent.

    `as_documents`: text files become documents too. `upload`: through the Files API, whatever their size, and so
    all as documents; with `keep` they stay on the server after the answer.
    """

    as_documents: bool = False
    upload: bool = False
    keep: bool = False

    @property
    def all_documents(self) -> bool:
        """Whether no file is sent as text."""
        return any(self)


NO_OPTIONS = AttachOptions()


class Attachments(NamedTuple):
    """The files attached to a prompt: text files as (tag, text), other documents as parts of the message."""

    texts: list[tuple[str, str]]
    documents: list[Part]


def read_files(
    env: Env, sources: list[str], network: Network | None = None, options: AttachOptions = NO_OPTIONS
) -> Attachments:
    """Return the contents of `sources`: files, folders, glob patterns, http(s) URLs and ids of files on the server.

    In folders, hidden files and files that are neither text nor documents are skipped; so are, with a note, links out
    of the folder and paths that are not regular files. A file named directly must be one or the other, unless the
    options make documents of all files. Raises UsageError for unreadable files, NetworkError and APIError for web
    pages.
    """
    if not sources:
        return Attachments([], [])
    from grokcli.input.documents import check_sizes, document_part, uploaded_part, with_distinct_names
    from grokcli.input.folders import Tally

    tally = Tally()
    attachments = Attachments([], [])
    for source in sources:
        if part := uploaded_part(source):
            attachments.documents.append(part)
            continue
        for name, content in _contents(env, source, network, tally, options):
            tag, text = tag_of(name), None if options.all_documents else _text(name, content)
            if text is None:
                part = document_part(env, name, content, options, in_folder=source in tally.folders)
                attachments.documents.append(part)
                check_sizes(attachments.documents)
            else:
                attachments.texts.append((tag, text))
            env.attached.append((tag, content if text is None else text))
    for line in tally.lines():
        env.console.note(line)
    return attachments._replace(documents=with_distinct_names(attachments.documents))


def read_text(source: str) -> str:
    """Return the text of the file at `source`. Raises UsageError."""
    return _decoded(source, _bytes(expand(source)))


def _text(name: str, content: bytes) -> str | None:
    """Return the text of a file, None if it is to be sent as a document. Raises UsageError if it is neither."""
    from grokcli.input.documents import document_type, is_large_table

    if document_type(content):
        return None
    text = _decoded(name, content)
    return None if is_large_table(name, text) else text


def _contents(
    env: Env, source: str, network: Network | None, tally: Tally, options: AttachOptions
) -> Iterator[tuple[str, bytes]]:
    import glob

    if source.startswith(("http://", "https://")):
        yield source, _page(env, source, network, options)
        return
    path = expand(source)
    if path.is_dir():
        yield from _in_folder(path, source, tally)
    elif path.exists() or not glob.has_magic(source):
        yield source, _bytes(path, as_document=options.all_documents)
    else:
        first = next(number for number, part in enumerate(path.parts) if glob.has_magic(part))
        matches = list(_below(Path(*path.parts[:first]), path.parts[first:], tally))
        if not matches:
            raise UsageError(f"no such file: {source}", hint=tally.skipped_line if tally.skipped else None)
        yield from matches


def _page(env: Env, url: str, network: Network | None, options: AttachOptions) -> bytes:
    """Return what is at `url`. Raises UsageError if it is too large, and the errors of `fetch`."""
    from grokcli.client.download import fetch, too_large
    from grokcli.input.documents import MAX_DOCUMENT_BYTES, may_be_document

    way = env.network(network)
    content = fetch(url, MAX_DOCUMENT_BYTES, proxy=way.proxy, ca_bundle=way.ca_bundle)
    if len(content) > MAX_PAGE_BYTES and not (options.all_documents or may_be_document(content)):
        raise too_large(url, MAX_PAGE_BYTES)
    return content


def _in_folder(path: Path, source: str, tally: Tally) -> Iterator[tuple[str, bytes]]:
    """Yield the texts and documents in a folder that the user named `source`. Raises UsageError if there are none."""
    from grokcli.input.documents import document_type

    before = tally.taken
    tally.folders.append(source)
    for name, content in _below(path, ("**",), tally, heed_git=True):
        if _is_text(content, final=True) or document_type(content):
            tally.taken += 1
            yield name, content
        else:
            tally.not_text += 1
    if tally.taken == before:
        left = f"left out: {tally.left_out}" if tally.left_out else tally.skipped_line if tally.skipped else None
        raise UsageError(f"no files to attach in {source}", hint=left)


def _below(root: Path, patterns: Sequence[str], tally: Tally, *, heed_git: bool = False) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of each file that matches below `root`, save documents that are too large."""
    from grokcli.input.documents import MAX_DOCUMENT_BYTES, MAX_INLINE_BYTES, may_be_document
    from grokcli.input.folders import Search

    search = Search(root, heed_git=heed_git)
    left = MAX_FILE_BYTES
    for found in search.find(patterns):
        path = Path(found.path)
        content = _bytes(path, flags=FOUND_FILE)
        if len(content) == SNIFFED_BYTES and may_be_document(content) and path.stat().st_size > MAX_DOCUMENT_BYTES:
            tally.skipped[str(found.name)] = f"larger than {MAX_DOCUMENT_BYTES >> 20} MB"
            continue
        if len(content) <= MAX_INLINE_BYTES or not may_be_document(content):
            left -= len(content)
        if left < 0:
            raise UsageError(
                f"{str(root)!r} contains more than {MAX_FILE_BYTES >> 20} MiB of text", hint="attach a part of it"
            )
        yield str(found.name), content
    tally.skipped |= search.skipped
    tally.ignored += len(search.ignored)


def _bytes(path: Path, *, flags: int = 0, as_document: bool = False) -> bytes:
    """Return the content of the file or pipe at `path`. Raises UsageError for devices and for files that are too large.

    `flags` are given for files found in a folder; of these, only the beginning is read if it is neither text nor a
    document, so that a video is not read in full.
    """
    from grokcli.client.files import too_large
    from grokcli.input.documents import MAX_DOCUMENT_BYTES, TABLES, may_be_document

    try:
        with open(path, "rb", opener=lambda name, mode: os.open(name, mode | flags)) as file:
            status = os.fstat(file.fileno())
            if stat.S_ISCHR(status.st_mode) or stat.S_ISBLK(status.st_mode):
                raise UsageError(f"{path} is a device, not a file")
            content = file.read(SNIFFED_BYTES)
            fits = may_be_document(content) and status.st_size <= MAX_DOCUMENT_BYTES
            as_document = as_document or may_be_document(content) or path.suffix.lower() in TABLES
            limit = MAX_DOCUMENT_BYTES if as_document else MAX_FILE_BYTES
            if not flags or fits or _is_text(content):
                content += file.read(limit + 1 - len(content))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {reason(error)}") from None
    if len(content) > limit:
        raise (
            too_large(str(path))
            if as_document
            else UsageError(
                f"{path} is larger than {limit >> 20} MiB", hint="attach a part of it, or upload it with --upload"
            )
        )
    return content


def _is_text(beginning: bytes, *, final: bool = False) -> bool:
    import codecs

    try:
        codecs.getincrementaldecoder("utf-8")().decode(beginning, final)
    except UnicodeDecodeError:
        return False
    return True


def _decoded(name: str, content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise not_text(name, content, error.start) from None


def not_text(name: str, content: bytes, start: int) -> UsageError:
    """Return the error for a file that is not UTF-8 at byte `start`; if it is an image, the error says so."""
    from grokcli.client.images import picture_type
    from grokcli.input.images import SENDABLE

    kind = picture_type(content)
    if kind is None:
        hint = "convert it first, for example: iconv -f latin1 -t utf-8"
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            hint = "it looks like UTF-16; convert it first: iconv -f utf-16 -t utf-8"
        return UsageError(f"{name} is not UTF-8: byte 0x{content[start]:02x} at offset {start}", hint=hint)
    hint = f"attach it with -i: grok ask -i {'-' if name == 'stdin' else name}"
    if kind not in SENDABLE:
        hint = "convert it first (magick old new.png), then attach it with -i"
    return UsageError(f"{name} is a {kind.partition('/')[2].upper()} image, not text", hint=hint)


def tag_of(name: str) -> str:
    """Return the tag of a document, with `<` in its name escaped and bytes that are not UTF-8 replaced."""
    readable = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    path = json.dumps(readable, ensure_ascii=False).replace("<", "\\u003c")
    return f"file path={path}"


def refuse_file_words(sources: Sequence[str], words: Sequence[str]) -> None:
    """Raise UsageError if a shell has expanded a pattern after -f, so that files became words of the question.

    Such files are the first or the last words.
    """
    are_files = [_is_file(word) for word in words]
    if not sources or not words or not (are_files[0] or are_files[-1]):
        return
    import shlex

    files = [word for word, is_file in zip(words, are_files, strict=True) if is_file]
    question = " ".join(word for word, is_file in zip(words, are_files, strict=True) if not is_file)
    shown = files[0] if len(files) == 1 else f"{files[0]} and {len(files) - 1} more"
    raise UsageError(
        f"-f takes one file, and {shown} would be part of the question",
        hint=f"repeat it, or quote the pattern: grok ask -f {_pattern([sources[-1], *files])} {shlex.quote(question)}",
    )


def _is_file(word: str) -> bool:
    try:
        return Path(word).is_file()
    except (OSError, ValueError):  # not a valid path
        return False


def _pattern(files: Sequence[str]) -> str:
    """Return a quoted pattern for these files; if they have none in common, the files, each after its own -f."""
    import shlex

    suffixes = {Path(file).suffix for file in files}
    folders = {str(Path(file).parent) for file in files}
    if len(suffixes) > 1 or len(folders) > 1:
        shown = " -f ".join(map(shlex.quote, files[:3]))
        return shown + (" …" if len(files) > 3 else "")
    return shlex.quote(str(Path(*folders, f"*{suffixes.pop()}")))
