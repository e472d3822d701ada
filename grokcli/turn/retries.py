"""Asking again when what failed may pass by itself: a busy server, a network that stumbles.

Only until the first event of an answer: what was shown is never shown twice. Each try is told with its reason and its
wait, and Ctrl-C ends the wait. Which errors may pass is for those to say who make them (`GrokError.may_pass`).
"""

from __future__ import annotations

import time
from itertools import chain
from typing import TYPE_CHECKING

from grokcli.errors import APIError, GrokError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grokcli.chat import Chat
    from grokcli.env import Env
    from grokcli.events import Event

MAX_TRIES = 4
# Who is told to wait longer than this had better do something else meanwhile.
MAX_WAIT_SECONDS = 60.0


def ask(env: Env, chat: Chat, *, stream: bool = True) -> Iterator[Event]:
    """Ask at once and return the answer's events; ask again, MAX_TRIES times in all, while nothing of it has come.

    Raises what the client raises, the last time.
    """
    tries = 1
    while True:
        events = chat.events(stream=stream)
        try:
            # A chain and no generator: 20,000 deltas would feel one more.
            return chain((next(events),), events)
        except GrokError as error:
            if tries == MAX_TRIES or not _is_worth_a_wait(error):
                raise
            seconds = _wait(error, env.settings.value("retry_delay"), tries)
            tries += 1
            env.note(f"{error.message}: trying again in {seconds:.1f} s ({tries} of {MAX_TRIES})")
            time.sleep(seconds)


def _is_worth_a_wait(error: GrokError) -> bool:
    """Say whether to wait for `error` to pass; if the server asks for too long a wait, let the error's hint say so."""
    asked = _retry_after(error)
    if error.may_pass and asked > MAX_WAIT_SECONDS:
        error.hint = f"the server asks for a wait of {asked:g} s: ask again then"
        return False
    return error.may_pass


def _wait(error: GrokError, delay: float, tries: int) -> float:
    """Return the seconds to wait after so many tries: more each time, and never less than the server asks for.

    Chance keeps programs apart that failed together.
    """
    import random

    backoff: float = delay * 2 ** (tries - 1) * random.uniform(0.75, 1.25)  # noqa: S311  # it is no secret
    return max(_retry_after(error), backoff)


def _retry_after(error: GrokError) -> float:
    return (error.retry_after or 0.0) if isinstance(error, APIError) else 0.0
