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
        for text in _texts(message):
            if key := held_key(env, text):
                named = f"the {noun}" if message is messages[-1] else "an earlier question"
                what = ROLES.get(str(message["role"])) or _document(env, key, text) or named
                raise SecretError(f"{what} contains your API key", hint=hint)
    if any(held_key(env, text) for text in _texts(fields)):
        raise SecretError("a request field contains your API key", hint=hint)


def held_key(env: Env, text: str) -> str:
    """Return the key of this run that `text` contains, "" for none."""
    return next((key for key in env.known_keys() if len(key) >= SHORTEST_KEY and key in text), "")


def long_keys(env: Env) -> list[str]:
    """Return the keys of this run that are long enough to be looked for in texts."""
    return [key for key in env.known_keys() if len(key) >= SHORTEST_KEY]


def holds_any(keys: Sequence[str], value: object) -> bool:
    """Return whether any of `keys` is in a message, in request fields, or in several of them."""
    return any(key in text for text in _texts(value) for key in keys)


def _document(env: Env, key: str, message: str) -> str:
    """Return the name of the document in `message` that contains the key, "" for none."""
    for tag, text in env.attached:
        if key in text and text.removesuffix("\n") in message:
            kind, _, name = tag.partition(" path=")
            return f"the {kind} '{name[1:-1]}'" if name else tag
    return ""


def _texts(value: object) -> Iterator[str]:
    """Yield every string in `value`, at any depth, and the decoded data of attached images."""
    if isinstance(value, str):
        yield value
        if value.startswith("data:"):
            from base64 import b64decode

            yield b64decode(value.partition(",")[2]).decode("latin-1")
    elif isinstance(value, dict):
        if isinstance(data := value.get("file_data"), str):
            from base64 import b64decode

            yield b64decode(data).decode("latin-1")
        for name, one in value.items():
            yield str(name)
            yield from _texts(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _texts(one)
