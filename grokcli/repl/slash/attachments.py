"""Slash commands that attach files and save answers."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from grokcli.errors import GrokError, UsageError, reason
from grokcli.files import PRIVATE, expand, write_atomically
from grokcli.files import save as save_file
from grokcli.input.files import Attachments, read_files
from grokcli.input.images import read_image
from grokcli.render.extract import extract
from grokcli.repl.slash.words import words_of
from grokcli.store.transcript import as_markdown

if TYPE_CHECKING:
    from collections.abc import Sized
    from pathlib import Path

    from grokcli.repl.session import Session


SPEAKERS = {"user": "You", "assistant": "Grok", "system": "System"}


def file(session: Session, argument: str) -> None:
    """Attach files, folders or URLs to the next question, or the output of the last shell command."""
    if argument == "!":
        if not session.shell_output:
            raise UsageError("no shell command was run yet", hint="run one with !COMMAND")
        attachments = Attachments([("shell", session.shell_output)], [])
        session.env.attached += attachments.texts
    else:
        names, network = _some(argument, "/file PATH"), session.options.network
        attachments = read_files(session.env, names, network, session.attach_options)
    session.attach(attachments)
    count = [*attachments.texts, *attachments.documents]
    what = argument if argument != "!" and len(count) == 1 else _count(count, "document")
    what = "the output of the last command" if argument == "!" else what
    session.env.console.note(f"attached {what}{_size(attachments)} to the next message")


def image(session: Session, argument: str) -> None:
    """Attach images to the next question."""
    images = [read_image(source) for source in _some(argument, "/image PATH")]
    session.parts += images
    session.env.console.note(f"attached {_count(images, 'image')} to the next message")


def _size(attachments: Attachments) -> str:
    """Return the size of the attached texts in characters, and of documents in bytes, in parentheses."""
    sizes = [f"{sum(len(text) for _, text in attachments.texts):,} characters"] if attachments.texts else []
    known = [part["file"]["size"] for part in attachments.documents if "size" in part["file"]]
    sizes += [f"{sum(known):,} bytes"] if known else []
    return f" ({', '.join(sizes)})" if sizes else ""


def copy(session: Session, argument: str) -> None:
    """Copy an answer, or the last code block."""
    from grokcli.terminal.clipboard import copy as copy_text

    what, name = _what_and_where(words_of(argument))
    text = _chosen(session, what)
    target = expand(name) if name else session.env.settings.paths.cache / "copied.md"
    if name:
        save_file(target, _content(text))
    else:
        _keep_copy(target, text)
    how = copy_text(text, session.env.console.stdout, session.env.child_environ())
    session.env.console.note(
        f"copied to the clipboard ({how}); also saved to {target}" if how else f"no clipboard found; saved to {target}"
    )


def save(session: Session, argument: str) -> None:
    """Write the last answer into a file."""
    target = expand(_some(argument, "/save FILE")[0])
    session.env.console.note(save_file(target, _content(_chosen(session, ""))))


def export(session: Session, argument: str) -> None:
    """Write the conversation into a file, as markdown."""
    target = expand(_some(argument, "/export FILE")[0])
    said = [(SPEAKERS.get(one["role"], str(one["role"])), one) for one in session.conversation.messages]
    session.env.console.note(save_file(target, _content(as_markdown(said))))


def _what_and_where(words: list[str]) -> tuple[str, str]:
    """Return what to copy and the file to save it to, each "" for the default.

    Without a number or `code` before it, the file name must contain a slash or a dot: a typing error would otherwise
    be taken for a file name.
    """
    has_choice = bool(words) and (words[0] == "code" or (words[0].isascii() and words[0].isdigit()))
    what, names = (words[0], words[1:]) if has_choice else ("", words)
    if len(names) > 1 or (names and not has_choice and not {"/", ".", os.sep} & set(names[0])):
        raise UsageError(
            f"invalid argument for /copy: {' '.join(names)!r}",
            hint="usage: /copy [N|code] [FILE]; without N or code, FILE needs a slash or a dot",
        )
    return what, names[0] if names else ""


def _chosen(session: Session, what: str) -> str:
    answers = session.conversation.answers()
    if not answers:
        raise UsageError("no answer yet")
    if what == "code":
        blocks = [block for answer in reversed(answers) for block in extract(answer, "last")]
        if not blocks:
            raise UsageError("no code block in this conversation")
        return blocks[0]
    if what and not 1 <= int(what) <= len(answers):
        raise UsageError(f"no answer {what}", hint=f"the last is answer {len(answers)}; list them with /history")
    return answers[int(what) - 1 if what else -1]


def _count(things: Sized, noun: str) -> str:
    return f"{len(things)} {noun}{'s' if len(things) != 1 else ''}"


def _some(argument: str, usage: str) -> list[str]:
    words = words_of(argument)
    if not words:
        raise UsageError(f"{usage} needs a name")
    return words


def _content(text: str) -> bytes:
    return (text if text.endswith("\n") else f"{text}\n").encode("utf-8", "replace")


def _keep_copy(path: Path, text: str) -> None:
    """Save the copied text to a file, in case the clipboard does not work."""
    try:
        write_atomically(path, _content(text), mode=PRIVATE)
    except OSError as error:
        raise GrokError(f"cannot write {path}: {reason(error)}") from None
