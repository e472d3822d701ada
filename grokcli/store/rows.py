"""Converting messages to rows and back, and making ids and titles of conversations."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

from grokcli.client.redact import redact

if TYPE_CHECKING:
    from grokcli.chat import Message

TITLE_LENGTH = 60
_ID_LENGTH = 8
_ID_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"  # no two look alike
_OPENING_TAG = re.compile(r"<((?:stdin|file|shell)(?:-\d+)?)(?: [^\n]*)?>\n")
_SPACE = re.compile(r"\s*")


def new_id() -> str:
    """Return a new conversation id; it is random, so that its first few letters identify it."""
    return "".join(_ID_LETTERS[byte % 32] for byte in os.urandom(_ID_LENGTH))


def title_of(question: str) -> str:
    """Return the first line of a question, without the documents before it, shortened to TITLE_LENGTH characters."""
    return _first_line(question[_end_of_documents(question) :]) or _first_line(question) or "untitled"


def _end_of_documents(question: str) -> int:
    """Return where the question itself begins, after the documents that grokcli.input.question put between tags."""
    end = 0
    while tag := _OPENING_TAG.match(question, end):
        closing = f"\n</{tag[1]}>"
        found = question.find(closing, tag.end() - 1)
        if found < 0:
            break
        space = _SPACE.match(question, found + len(closing))
        end = space.end() if space else found + len(closing)
    return end


def _first_line(text: str) -> str:
    start = text.lstrip()[: 20 * TITLE_LENGTH].partition("\n")[0]
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in start).split())
    line = redact(line)  # before the cut: a key cut in the middle would not be recognised
    if len(line) <= TITLE_LENGTH:
        return line
    cut = line[: TITLE_LENGTH - 1]
    words = cut.rpartition(" ")[0]
    return f"{words if len(words) > TITLE_LENGTH // 2 else cut}…"


def pack(message: Message) -> tuple[str, str | None]:
    """Return a message as JSON and its searchable text, from which `unpack` restores the message."""
    content = message.get("content")
    if isinstance(content, str):
        text = storable(content)
        # Text that SQLite cannot store (a lone surrogate) stays in the JSON, where it is escaped.
        return json.dumps({**message, "content": None} if text == content else message), text
    if isinstance(content, list):
        return json.dumps(message), storable("\n".join(_texts(content)))
    return json.dumps(message), None


def unpack(body: str, text: str | None) -> Message:
    """Return the message that was passed to `pack`."""
    message: Message = json.loads(body)
    if text is not None and message["content"] is None:
        message["content"] = text
    return message


def storable(text: str) -> str:
    """Return `text` with characters replaced that UTF-8 cannot encode."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _texts(parts: list[Any]) -> list[str]:
    return [part["text"] for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str)]
