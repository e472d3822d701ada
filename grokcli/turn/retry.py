"""Retrying requests: because the server was busy, or because the model rejects a field.

Requests are retried only before the first event of an answer, so that nothing is shown twice.
"""

from __future__ import annotations

import re
from time import sleep
from typing import TYPE_CHECKING, TypeVar

from grokcli.config.cache import RejectedFields
from grokcli.errors import APIError, GrokError, NetworkError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from grokcli.chat import Chat
    from grokcli.env import Env
    from grokcli.events import Event

T = TypeVar("T")

MAX_TRIES = 4
# If the server asks for a longer wait, the error is reported instead.
MAX_WAIT_SECONDS = 60.0
# The server's 400 names the field (API digest, section 8.2).
REJECTED_PATTERN = (
    r"(?i)(?:does not support parameter|argument not supported(?: on this model)?:)\s*[`'\"]?([A-Za-z_][\w.]*)"
)
# Servers' names for our fields, where they differ by more than camelCase.
ALIASES = {
    "reasoning": "reasoning_effort",
    "reasoning.effort": "reasoning_effort",
    "max_output_tokens": "max_tokens",
    "max_completion_tokens": "max_tokens",
}
# Fields added by the wire formats that can be left out without loss. Not `store`, which is a promise to the user.
OPTIONAL = ("include", "stream_options", "prompt_cache_key")
# Fields that are essential to what the user asked for.
NEVER_DROPPED = ("tools", "tool_choice", "response_format", "text", "input", "messages", "model", "store")


def ask_without_rejected(env: Env, chat: Chat, *, stream: bool = True, tries: int = MAX_TRIES) -> Iterator[Event]:
    """Send the request and yield the answer's events; leave out of `chat.options` the fields that the model rejects.

    Which fields a model accepts varies and changes without notice, so the server's errors are the only source. Each
    rejected field costs one more request; each request is sent with `ask_with_retries`. Raises as the client does.
    """
    rejected = RejectedFields(env.settings.paths.cache, env.settings.value("base_url"), chat.model)
    for name in rejected.names:
        if chat.options.get(name) is not None or name in OPTIONAL:
            leave_out(env, chat, name)
    while True:
        events = ask_with_retries(env, chat, stream=stream, tries=tries)
        try:
            first = next(events)
        except APIError as error:
            name = rejected_field(error)
            if name is None or not can_leave_out(chat, name):
                raise
            leave_out(env, chat, name)
            rejected.add(name)
        else:
            # Later errors are not about fields.
            yield first
            yield from events
            return


def ask_with_retries(env: Env, chat: Chat, *, stream: bool = True, tries: int = MAX_TRIES) -> Iterator[Event]:
    """Send the request and yield the answer's events; until the first event, retry as `with_retries` does."""

    def begin() -> tuple[Event, Iterator[Event]]:
        events = chat.events(stream=stream)
        return next(events), events

    first, events = with_retries(env, begin, tries=tries)
    yield first
    yield from events


def with_retries(
    env: Env, send: Callable[[], T], *, tries: int = MAX_TRIES, only: Callable[[GrokError], bool] = lambda _: True
) -> T:
    """Return what `send` returns, after up to `tries` attempts in all.

    A note gives the reason for each wait, and Ctrl-C ends it. Only errors with `GrokError.retryable` are retried, and
    `only` certain ones of these. Raises the error of the last attempt.
    """
    done = 1
    while True:
        try:
            return send()
        except GrokError as error:
            if done >= tries or not (only(error) and _is_worth_a_wait(error)):
                raise
            seconds = _wait(error, env.settings.value("retry_delay"), done)
            done += 1
            env.console.note(f"{error.message}; retrying in {seconds:.1f} s (attempt {done} of {tries})")
            sleep(seconds)


def retry_unbilled(env: Env, send: Callable[[], T]) -> T:
    """Return what `send` returns; retry as `with_retries` does, but only what the server cannot have billed.

    A picture or a video costs as much as many answers, and is made whether or not its answer arrives. So another
    attempt is made only if there was no connection, or the server says that it did not take the request: 429, and 503,
    which is also the only status that xAI's own SDK retries (API digest, section 8.4). Behind a 500, a 502, a 504 or a
    connection that broke off, the work may be done.
    """
    return with_retries(env, send, only=_is_unbilled)


def _is_unbilled(error: GrokError) -> bool:
    if isinstance(error, NetworkError):
        return error.unsent
    return isinstance(error, APIError) and error.status in (429, 503)


def _is_worth_a_wait(error: GrokError) -> bool:
    """Return whether to retry after `error`; if the server asks for too long a wait, put that into the error's hint."""
    asked = _retry_after(error)
    if error.retryable and asked > MAX_WAIT_SECONDS:
        error.hint = f"ask again in {asked:g} s, as the server requests"
        return False
    return error.retryable


def _wait(error: GrokError, delay: float, tries: int) -> float:
    """Return the seconds to wait after so many tries: exponential backoff, and at least what the server asks for.

    Random jitter keeps programs that failed together from retrying together.
    """
    import random

    backoff: float = delay * 2 ** (tries - 1) * random.uniform(0.75, 1.25)  # noqa: S311  # not used for security
    return max(_retry_after(error), backoff)


def _retry_after(error: GrokError) -> float:
    return (error.retry_after or 0.0) if isinstance(error, APIError) else 0.0


def rejected_field(error: APIError) -> str | None:
    """Return the request field that the model does not accept according to the server, or None for other errors."""
    match = re.search(REJECTED_PATTERN, error.message) if error.status in (200, 400, 422) else None
    if match is None:
        return None
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", match.group(1)).lower().rstrip(".")
    return ALIASES.get(name, name)


def can_leave_out(chat: Chat, name: str) -> bool:
    """Return whether `chat` sends a field that it can do without."""
    if name in NEVER_DROPPED:
        return False
    return chat.options.get(name) is not None or (name in OPTIONAL and name not in chat.options)


def leave_out(env: Env, chat: Chat, name: str) -> None:
    """Ask without a field from now on, and say so if the user set it."""
    was_set = chat.options.get(name) is not None
    chat.options = {**chat.options, name: None}
    if was_set:
        env.console.note_once(f"{chat.model} does not support {name}; asking without it")
