"""Keeping the API keys of this run out of requests: an attached file or a tool's result may contain one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grokcli.errors import SecretError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from grokcli.chat import Message
    from grokcli.env import Env

# Shorter keys, such as "ollama" for a self-hosted server, may be part of any text.
SHORTEST_KEY = 20
HINT = "remove it, or send it with --allow-secrets"
ROLES = {"system": "the system prompt", "tool": "the result of a tool", "assistant": "an earlier answer"}


def refuse_secrets(
    env: Env, messages: Sequence[Message], fields: Mapping[str, object], *, hint: str = HINT, noun: str = "question"
) -> None:
    """Raise SecretError if `messages`, the last of which is the prompt, or the other `fields` contain a key.

    The error message calls the prompt `noun`.
    """
    for message in reversed(messages):
        for said in _texts(message):
            if key := held_key(env, said):
                named = f"the {noun}" if message is messages[-1] else "an earlier question"
                what = ROLES.get(str(message["role"])) or _document(env, key, said) or named
                raise SecretError(f"{what} contains your API key", hint=hint)
    if any(held_key(env, text) for text in _texts(fields)):
        raise SecretError("a request field contains your API key", hint=hint)


def held_key(env: Env, said: str | bytes) -> str:
    """Return the key of this run that `said` contains, "" for none."""
    return next((key for key in env.known_keys() if len(key) >= SHORTEST_KEY and _contains(said, key)), "")


def _contains(said: str | bytes, key: str) -> bool:
    return key in said if isinstance(said, str) else key.encode("utf-8", "replace") in said


def _document(env: Env, key: str, said: str | bytes) -> str:
    """Return the name of the document in `said` that contains the key, "" for none."""
    for tag, content in env.attached:
        if _contains(content, key) and _holds(said, content):
            kind, _, name = tag.partition(" path=")
            return f"the {kind} '{name[1:-1]}'" if name else tag
    return ""


def _holds(said: str | bytes, content: str | bytes) -> bool:
    """Return whether `content`, a text or a document, is part of what is sent."""
    if isinstance(said, bytes):
        return content == said
    text = content if isinstance(content, str) else content.decode("utf-8", "replace")
    return text.removesuffix("\n") in said


def _texts(value: object) -> Iterator[str | bytes]:
    """Yield every string in `value`, at any depth, and the content of attached images and documents."""
    if isinstance(value, (str, bytes)):
        yield value
        if isinstance(value, str) and value.startswith("data:"):
            yield _decoded(value.partition(",")[2])
    elif isinstance(value, dict):
        if isinstance(data := value.get("file_data"), str):
            yield _decoded(data)
        for name, one in value.items():
            yield str(name)
            yield from _texts(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _texts(one)


def _decoded(data: str) -> bytes:
    from base64 import b64decode

    return b64decode(data)
