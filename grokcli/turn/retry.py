"""Asking on when a model refuses a field of the request: the field is left out, which is said and remembered.

Models differ in what they take and change without notice, so it is the server that is asked (API digest, section
8.2: the 400 names the parameter). Fields that carry what the user meant, such as tools or the form of the answer, are
never left out.
"""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any

from grokcli.errors import APIError
from grokcli.turn.retries import ask as ask_patiently

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from grokcli.chat import Chat
    from grokcli.env import Env
    from grokcli.events import Event

NAME = "rejected.json"
# Models learn: after this the server is asked again.
REMEMBERED_SECONDS = 30 * 86400
NAMED = r"(?i)(?:does not support parameter|argument not supported(?: on this model)?:)\s*[`'\"]?([A-Za-z_][\w.]*)"
# How servers call our fields, where that differs by more than camelCase.
ALIASES = {
    "reasoning": "reasoning_effort",
    "reasoning.effort": "reasoning_effort",
    "max_output_tokens": "max_tokens",
    "max_completion_tokens": "max_tokens",
}
# Fields that the wire formats add by themselves and that are no loss. `store` is none of them: it is a promise.
ADDED = ("include", "stream_options", "prompt_cache_key")
MEANT = ("tools", "tool_choice", "response_format", "text", "input", "messages", "model", "store")


def ask(env: Env, chat: Chat, *, stream: bool = True) -> Iterator[Event]:
    """Ask, and yield the answer's events, leaving out of `chat.options` what the model is known or found to refuse.

    Each refused field costs one further request; each request is tried as `grokcli.turn.retries` does. Raises what the
    client raises.
    """
    memory = _Memory(env, chat.model)
    for name in memory.names:
        if chat.options.get(name) is not None or name in ADDED:
            _leave_out(env, chat, name)
    while True:
        try:
            # What fails later is not about fields.
            events = ask_patiently(env, chat, stream=stream)
        except APIError as error:
            name = rejected_field(error)
            if name is None or not _can_leave_out(chat, name):
                raise
            _leave_out(env, chat, name)
            memory.add(name)
            continue
        yield from events
        return


def rejected_field(error: APIError) -> str | None:
    """Return the field of the request that the server says the model does not take, or None for other errors."""
    match = re.search(NAMED, error.message) if error.status in (200, 400, 422) else None
    if match is None:
        return None
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", match.group(1)).lower().rstrip(".")
    return ALIASES.get(name, name)


def _can_leave_out(chat: Chat, name: str) -> bool:
    if name in MEANT:
        return False
    return chat.options.get(name) is not None or (name in ADDED and name not in chat.options)


def _leave_out(env: Env, chat: Chat, name: str) -> None:
    was_set = chat.options.get(name) is not None
    chat.options = {**chat.options, name: None}
    if was_set:
        env.note_once(f"{chat.model} does not take {name}: asking without it")


class _Memory:
    """What one model of one server refused, kept in a file of the cache; without a usable file, for this run only."""

    def __init__(self, env: Env, model: str) -> None:
        self._file: Path = env.settings.paths.cache / NAME
        self._key = f"{env.settings.value('base_url')} {model}"
        now = time.time()
        known = self._read().get(self._key)
        known = known if isinstance(known, dict) else {}
        self.names = [
            name for name, when in known.items() if isinstance(when, (int, float)) and now - when < REMEMBERED_SECONDS
        ]

    def add(self, name: str) -> None:
        from grokcli.files import write_atomically

        everything = self._read()
        known = everything.get(self._key)
        everything[self._key] = {**(known if isinstance(known, dict) else {}), name: int(time.time())}
        try:
            write_atomically(self._file, json.dumps(everything, indent=1).encode())
        except OSError:
            return

    def _read(self) -> dict[str, Any]:
        try:
            document = json.loads(self._file.read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        return document if isinstance(document, dict) else {}
