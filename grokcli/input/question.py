"""Combining the words of the command line, piped text and attached files into one prompt.

How stdin is read depends on its kind. An inherited pipe that is idle cannot be distinguished from one with a slow
writer. So if there is also a prompt, grok waits for a pipe: without limit, after a note, if stderr is a terminal, and
otherwise up to a time limit.
"""

from __future__ import annotations

import os
import re
import stat
from enum import Enum
from typing import IO, TYPE_CHECKING

from grokcli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from grokcli.env import Env

    Attach = Callable[[bytes], None]

NOTICE_SECONDS = 1.0
READ_BYTES = 1 << 16
EXAMPLE = 'grok ask "why is the sky blue?", or pipe text into grok ask'


class StdinKind(Enum):
    """The kinds of stdin."""

    NOTHING = "a terminal, a closed descriptor or a device"
    FILE = "a regular file"
    PIPE = "a pipe or a socket"


def stdin_kind(stdin: IO[bytes] | None) -> StdinKind:
    """Return the kind of `stdin`."""
    try:
        mode = os.fstat(stdin.fileno()).st_mode if stdin is not None else 0
    except (OSError, ValueError):
        return StdinKind.NOTHING
    if stat.S_ISREG(mode):
        return StdinKind.FILE
    return StdinKind.PIPE if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) else StdinKind.NOTHING


def read_question(
    env: Env,
    words: Sequence[str],
    files: Sequence[tuple[str, str]] = (),
    *,
    no_stdin: bool = False,
    example: str = EXAMPLE,
    noun: str = "question",
    attach: Attach | None = None,
) -> str:
    """Return the prompt in `words`, with the text on stdin and the `files` (tag, text) before it.

    The word "-" reads stdin to its end, however long that takes. A document on stdin, such as a PDF, is passed to
    `attach`. Raises UsageError if there is no prompt, with `example` as its hint, or if stdin is not text and cannot be
    attached. Error messages call the prompt `noun`.
    """
    prompt = _as_text(" ".join(word for word in words if word != "-").strip(), noun)
    document = "" if no_stdin else read_stdin(env, wanted="-" in words, beside_prompt=bool(prompt), attach=attach)
    documents = [*([("stdin", document)] if document else []), *files]
    if not prompt and not any(text.strip() for _, text in documents):
        raise UsageError(f"no {noun} given", hint=example)
    return join(prompt, documents)


def join(prompt: str, documents: Iterable[tuple[str, str]]) -> str:
    """Return one message: each (tag, text) document between its tags, then the prompt. A lone document has no tags."""
    documents = list(documents)
    if not prompt and len(documents) == 1:
        return documents[0][1]
    blocks = [_enclosed(tag, text) for tag, text in documents]
    return "\n\n".join([*blocks, prompt] if prompt else blocks)


def _enclosed(tag: str, text: str) -> str:
    """Return a document between tags; if its text contains the closing tag, they are numbered: <file-2 path="…">."""
    name, space, attributes = tag.partition(" ")
    taken = set(re.findall(rf"(?i)</{re.escape(name)}(-\d+)?", text))
    numbers = (f"-{number}" for number in range(2, len(taken) + 3))
    suffix = next(suffix for suffix in ("", *numbers) if suffix not in taken)
    return f"<{name}{suffix}{space}{attributes}>\n{text.removesuffix(chr(10))}\n</{name}{suffix}>"


def read_stdin(env: Env, *, wanted: bool, beside_prompt: bool, attach: Attach | None = None) -> str:
    """Return the text on stdin, "" if there is none or `attach` took it. Raises UsageError if it is not UTF-8."""
    kind = stdin_kind(env.console.stdin)
    if env.console.stdin is None or (kind is StdinKind.NOTHING and not wanted):
        return ""
    descriptor = env.console.stdin.fileno()
    first = b""
    if kind is StdinKind.PIPE and beside_prompt and not wanted:
        waited = _first_bytes(env, descriptor)
        if waited is None:
            return ""
        first = waited
        if not first:
            return ""
    data = _read_all(descriptor, first)
    if data.startswith((b"%PDF-", b"PK")) and _is_document(data, attach):
        return ""
    text = _decode(data)
    env.attached.append(("stdin", text))
    return text


def _first_bytes(env: Env, descriptor: int) -> bytes | None:
    """Wait for the first bytes of a pipe; b"" is the end of file, None a timeout."""
    import queue
    import threading

    # A daemon thread, because Windows cannot wait for a pipe with a timeout.
    arrived: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=lambda: arrived.put(_read_once(descriptor)), daemon=True).start()
    someone_watches = env.console.stderr.isatty()
    limit = env.settings.value("stdin_timeout")
    try:
        return arrived.get(timeout=NOTICE_SECONDS if someone_watches else limit)
    except queue.Empty:
        if not someone_watches:
            env.console.warn(
                f"no data on stdin for {limit:g} s, continuing without it (--no-stdin skips the wait, - waits)"
            )
            return None
    env.console.note("waiting for stdin … Ctrl-C to stop, --no-stdin to skip")
    return arrived.get()


def _read_all(descriptor: int, first: bytes) -> bytes:
    """Return what stdin holds, of which `first` was read. Raises UsageError if it is too large."""
    from grokcli.input.files import MAX_FILE_BYTES

    pieces, size = [first], len(first)
    while piece := _read_once(descriptor):
        pieces.append(piece)
        size += len(piece)
        if size > MAX_FILE_BYTES:
            _refuse_size(b"".join(pieces[:2]), size)
    return b"".join(pieces)


def _refuse_size(beginning: bytes, size: int) -> None:
    """Raise UsageError if stdin is too large, which a document is only above its own limit."""
    from grokcli.client.files import MAX_UPLOAD_BYTES, too_large
    from grokcli.input.documents import may_be_document
    from grokcli.input.files import MAX_FILE_BYTES

    if not may_be_document(beginning):
        raise UsageError(
            f"stdin is larger than {MAX_FILE_BYTES >> 20} MiB", hint="send a part of it, for example with head -c 1M"
        )
    if size > MAX_UPLOAD_BYTES:
        raise too_large("stdin")


def _read_once(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, READ_BYTES)
    except OSError:
        return b""


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        from grokcli.input.files import not_text

        raise not_text("stdin", data, error.start) from None


def _is_document(data: bytes, attach: Attach | None) -> bool:
    """Return whether `data` is a document; it is passed to `attach`. Raises UsageError if it cannot be attached."""
    from grokcli.input.documents import document_type

    kind = document_type(data)
    if kind is None:
        return False
    if attach is None:
        raise UsageError(
            f"stdin is a {kind[0][1:].upper()} document, not text",
            hint=f'ask about it with grok ask -f file{kind[0]} "what is in it?"',
        )
    attach(data)
    return True


def _as_text(prompt: str, noun: str) -> str:
    """Return command-line text decoded as UTF-8, even if Python decoded it with the encoding of the locale.

    Python keeps undecodable bytes as lone surrogates, which no server accepts. Raises UsageError for invalid UTF-8.
    """
    try:
        return prompt.encode("utf-8", "surrogateescape").decode("utf-8")
    except UnicodeError as error:
        start = getattr(error, "start", 0)
        raise UsageError(f"the {noun} is not UTF-8 at byte {start}", hint="check the locale of your terminal") from None
