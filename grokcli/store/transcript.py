"""Exporting a stored conversation as markdown or as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from grokcli.chat import Message
    from grokcli.store.records import ConversationSummary, StoredMessage

_SPEAKERS = {"user": "You", "system": "System", "tool": "Tool", "compaction": "Compaction"}


def as_markdown(said: Iterable[tuple[str, Message]], title: str = "") -> str:
    """Return a conversation as a markdown document: each message's author as a heading, followed by its text."""
    parts = [f"# {title}\n"] if title else []
    parts += [f"## {name}\n\n{text_of(message)}\n" for name, message in said]
    return "\n".join(parts)


def as_document(conversation: ConversationSummary, entries: Sequence[StoredMessage]) -> dict[str, Any]:
    """Return a conversation as JSON-serialisable data: each message as it was stored, with its metadata added."""
    return about(conversation) | {"messages": [_described(entry) for entry in entries]}


def about(conversation: ConversationSummary) -> dict[str, Any]:
    """Return a conversation without its messages as JSON-serialisable data; `messages` is their number."""
    return {
        "id": conversation.id,
        "title": conversation.title,
        "model": conversation.model,
        "created": _iso(conversation.created),
        "updated": _iso(conversation.updated),
        "messages": conversation.messages,
        "parent": conversation.parent or None,
    }


def speaker(entry: StoredMessage) -> str:
    """Return the author of a message, and its status if that is notable: "grok-4.7 (interrupted: Ctrl-C)"."""
    role = str(entry.message.get("role", ""))
    name = entry.model or "Assistant" if role == "assistant" else _SPEAKERS.get(role, role)
    marks = [f"interrupted: {entry.reason}"] if "interrupted" in entry.message else []
    marks += ["superseded"] if entry.superseded else []
    return f"{name} ({', '.join(marks)})" if marks else name


def text_of(message: Message) -> str:
    """Return a message as text: its own text, a placeholder for each image or document, drawings and function calls."""
    content = message.get("content")
    parts = content if isinstance(content, list) else [{"text": content or ""}]
    calls = [call.get("function", {}) for call in message.get("tool_calls") or ()]
    called = [f"`{call.get('name')}({call.get('arguments')})`" for call in calls]
    return "\n\n".join([*map(_text_of_part, parts), *_drawings(message), *called]).strip("\n")


def _drawings(message: Message) -> Iterator[str]:
    """Yield where each picture is that was drawn for an answer."""
    output = message.get("output")
    for item in output if isinstance(output, list) else ():
        saved = item.get("saved") if isinstance(item, dict) else None
        if isinstance(saved, dict):
            yield f"picture: `{saved.get('path')}`"


def _text_of_part(part: Any) -> str:
    if isinstance(part, dict) and "text" in part:
        return str(part["text"])
    if isinstance(part, dict) and isinstance(file := part.get("file"), dict):
        size = f", {file['size']:,} bytes" if "size" in file else ""
        return f"[{file.get('filename') or file.get('file_id', 'file')}{size}]"
    url = str(part["image_url"].get("url", "")) if isinstance(part, dict) and "image_url" in part else ""
    return f"![image]({url})" if url.startswith("http") else "[image]" if url else "[attachment]"


def _described(entry: StoredMessage) -> dict[str, Any]:
    known: dict[str, Any] = {"created": _iso(entry.created)}
    if entry.model:
        known["model"] = entry.model
    if entry.status == "whole" and entry.reason:
        known["finish_reason"] = entry.reason
    if entry.usage is not None:
        known["usage"] = entry.usage.as_dict()
    if entry.superseded:
        known["superseded"] = True
    return entry.message | {key: value for key, value in known.items() if key not in entry.message}


def _iso(seconds: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
