"""How far submissions are: the state of each batch on the server, looked at once or until nothing more happens."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from grokcli.batch.submissions import Part, Submission
from grokcli.client.wire.batches import FINAL, STEADY_SECONDS, Counts, state_of
from grokcli.errors import APIError, GrokError
from grokcli.turn.retry import with_retries

if TYPE_CHECKING:
    from grokcli.batch.submissions import Submissions
    from grokcli.client.wire.batches import Batch
    from grokcli.client.xai import XAI
    from grokcli.env import Env

# A batch of a thousand requests was seen done after 40 s, and a single request after hours (API additions, 1.1, 1.5).
FIRST_WAIT_SECONDS = 3.0
LONGEST_WAIT_SECONDS = 60.0
GROWTH = 1.5
# In a row, while waiting: at the longest wait, half an hour without a server.
MAX_FAILURES = 30


class Clock(NamedTuple):
    """The time in seconds since 1970, and what waits for some seconds."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


REAL_CLOCK = Clock()


def update(part: Part, batch: Batch, now: float) -> None:
    """Take over what the server says of the batch of a part."""
    if not part.since or batch.counts != part.counts:
        part.counts, part.since = batch.counts, now
    part.state = state_of(batch, now, steady=now - part.since >= STEADY_SECONDS)
    part.refusal, part.expired_at = batch.refusal, batch.expired_at


def foreign(batch: Batch, server: str, now: float) -> Submission:
    """Return a batch that was not submitted from here as a submission."""
    part = Part("", batch_id=batch.id)
    update(part, batch, now)
    return Submission(batch.id, batch.created_at or 0.0, batch.name, server, "", parts=[part])


def refresh(client: XAI, submissions: Submissions, submission: Submission, now: float) -> None:
    """Ask the server how far the batches of a submission are that have not ended. Raises as the client does."""
    try:
        for part in submission.parts:
            if part.batch_id and part.state not in FINAL:
                update(part, client.batches.get(part.batch_id), now)
    finally:
        submissions.save_states(submission)


def look(env: Env, client: XAI, submissions: Submissions, submission: Submission) -> None:
    """Refresh a submission once, with the usual retries."""
    with env.console.status("asking the server"):
        with_retries(env, partial(refresh, client, submissions, submission, time.time()))


def wait(env: Env, client: XAI, submissions: Submissions, submission: Submission, clock: Clock = REAL_CLOCK) -> None:
    """Refresh a submission until nothing more happens; say on stderr how far it is.

    A server that is busy or out of reach is asked again, at the earliest when it says so. Raises as the client does.
    """
    is_live = env.console.is_capable(env.console.stderr) and not env.console.accessible
    delay, failures, said = FIRST_WAIT_SECONDS, 0, ""
    with env.console.status("asking the server") if is_live else nullcontext():
        while True:
            asked_to_wait = 0.0
            try:
                refresh(client, submissions, submission, clock.now())
                failures = 0
            except GrokError as error:
                failures += 1
                if not error.retryable or failures == MAX_FAILURES:
                    raise
                env.console.note_once(f"{error.message}; asking again")
                asked_to_wait = (error.retry_after or 0.0) if isinstance(error, APIError) else 0.0
            if submission.is_final:
                return
            if (line := describe(submission)) != said and not is_live:
                env.console.note(line)
            said = line
            env.console.relabel_status(f"{line} ·")
            clock.sleep(max(delay, asked_to_wait))
            delay = min(delay * GROWTH, LONGEST_WAIT_SECONDS)


def describe(submission: Submission) -> str:
    """Return the state of a submission and its counters on one line."""
    if submission.state in ("validating", "incomplete", "failed") and not submission.counts.requests:
        return str(submission.state)
    return f"{submission.state}: {counted(submission.counts)}"


def counted(counts: Counts) -> str:
    """Return what counters say: "640 of 1,000 answered, 3 failed"."""
    words = f"{counts.success:,} of {counts.requests:,} answered"
    for number, what in ((counts.error, "failed"), (counts.pending, "pending"), (counts.cancelled, "cancelled")):
        words += f", {number:,} {what}" if number else ""
    return words
