"""Sending a request again: because a server was busy, or because the model rejects a field of it.

Only until the first event of an answer: what was shown is never shown twice.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from grokcli.config.cache import RejectedFields
from grokcli.errors import APIError, GrokError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grokcli.chat import Chat
    from grokcli.env import Env
    from grokcli.events import Event

MAX_TRIES = 4
# Who is told to wait longer than this had better do something else meanwhile.
MAX_WAIT_SECONDS = 60.0
# The server's 400 names the field (API digest, section 8.2).
REJECTED_PATTERN = (
    r"(?i)(?:does not support parameter|argument not supported(?: on this model)?:)\s*[`'\"]?([A-Za-z_][\w.]*)"
)
# How servers call our fields, where that differs by more than camelCase.
ALIASES = {
    "reasoning": "reasoning_effort",
    "reasoning.effort": "reasoning_effort",
    "max_output_tokens": "max_tokens",
    "max_completion_tokens": "max_tokens",
}
# Fields that the wire formats add by themselves and that are no loss. `store` is none of them: it is a promise.
OPTIONAL = ("include", "stream_options", "prompt_cache_key")
# Fields that carry what the user meant.
NEVER_DROPPED = ("tools", "tool_choice", "response_format", "text", "input", "messages", "model", "store")


def ask_without_rejected(env: Env, chat: Chat, *, stream: bool = True) -> Iterator[Event]:
    """Ask, and yield the answer's events, leaving out of `chat.options` what the model is known or found to reject.

    Models differ in what they take and change without notice, so it is the server that is asked. Each rejected field
    costs one further request; each request is tried as `ask_with_retries` does. Raises what the client raises.
    """
    rejected = RejectedFields(env.settings.paths.cache, env.settings.value("base_url"), chat.model)
    for name in rejected.names:
        if chat.options.get(name) is not None or name in OPTIONAL:
            _leave_out(env, chat, name)
    while True:
        events = ask_with_retries(env, chat, stream=stream)
        try:
            first = next(events)
        except APIError as error:
            name = rejected_field(error)
            if name is None or not _can_leave_out(chat, name):
                raise
            _leave_out(env, chat, name)
            rejected.add(name)
        else:
            # What fails from here on is not about fields.
            yield first
            yield from events
            return


def ask_with_retries(env: Env, chat: Chat, *, stream: bool = True) -> Iterator[Event]:
    """Ask, and yield the answer's events; ask again, MAX_TRIES times in all, while nothing of it has come.

    Each wait is told with its reason, and Ctrl-C ends it. Which errors may pass by themselves is for those to say who
    make them (`GrokError.retryable`). Raises what the client raises, the last time.
    """
    tries = 1
    while True:
        events = chat.events(stream=stream)
        try:
            first = next(events)
        except GrokError as error:
            if tries == MAX_TRIES or not _is_worth_a_wait(error):
                raise
            seconds = _wait(error, env.settings.value("retry_delay"), tries)
            tries += 1
            env.console.note(f"{error.message}; retrying in {seconds:.1f} s (attempt {tries} of {MAX_TRIES})")
            time.sleep(seconds)
        else:
            yield first
            yield from events
            return


def _is_worth_a_wait(error: GrokError) -> bool:
    """Say whether to wait for `error` to pass; if the server asks for too long a wait, let the error's hint say so."""
    asked = _retry_after(error)
    if error.retryable and asked > MAX_WAIT_SECONDS:
        error.hint = f"ask again in {asked:g} s, as the server requests"
        return False
    return error.retryable


def _wait(error: GrokError, delay: float, tries: int) -> float:
    """Return the seconds to wait after so many tries: more each time, and never less than the server asks for.

    Chance keeps programs apart that failed together.
    """
    import random

    backoff: float = delay * 2 ** (tries - 1) * random.uniform(0.75, 1.25)  # noqa: S311  # it is no secret
    return max(_retry_after(error), backoff)


def _retry_after(error: GrokError) -> float:
    return (error.retry_after or 0.0) if isinstance(error, APIError) else 0.0


def rejected_field(error: APIError) -> str | None:
    """Return the field of the request that the server says the model does not take, or None for other errors."""
    match = re.search(REJECTED_PATTERN, error.message) if error.status in (200, 400, 422) else None
    if match is None:
        return None
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", match.group(1)).lower().rstrip(".")
    return ALIASES.get(name, name)


def _can_leave_out(chat: Chat, name: str) -> bool:
    if name in NEVER_DROPPED:
        return False
    return chat.options.get(name) is not None or (name in OPTIONAL and name not in chat.options)


def _leave_out(env: Env, chat: Chat, name: str) -> None:
    was_set = chat.options.get(name) is not None
    chat.options = {**chat.options, name: None}
    if was_set:
        env.console.note_once(f"{chat.model} does not support {name}; asking without it")
