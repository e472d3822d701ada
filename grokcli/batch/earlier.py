"""Submitting the same questions twice costs twice, so it happens only to those who ask for it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from grokcli.errors import UsageError
from grokcli.terminal.confirm import can_confirm, confirm

if TYPE_CHECKING:
    from pathlib import Path

    from grokcli.batch.submissions import Submission, Submissions
    from grokcli.env import Env


class Earlier(NamedTuple):
    """What to do about an earlier submission of the same questions, if nobody can be asked."""

    resume: bool = False
    again: bool = False


def keep(env: Env, submissions: Submissions, new: Submission, folder: Path, earlier: Earlier) -> Submission:
    """Return what is to be sent: `new`, whose files are in `folder`, or the same as submitted earlier.

    Raises UsageError if that cannot be decided, and when the user decides against both.
    """
    with submissions.lock():
        found = None if earlier.again else submissions.same(new.digest, new.server)
        if found is None:
            submissions.add(new, folder)
            return new
    if earlier.resume:
        return found
    if found.state == "incomplete":
        return _ask_to_resume(env, found)
    _ask_to_submit(env, found)
    submissions.add(new, folder)
    return new


def _ask_to_resume(env: Env, found: Submission) -> Submission:
    """Return an interrupted submission if the user wants to continue it."""
    sent = sum(bool(part.batch_id) for part in found.parts)
    how_far = f"{sent} of {len(found.parts)} batches were created" if sent else "no batch was created"
    what = f"the same questions were uploaded {_ago(found)} (as {found.id}), and {how_far}"
    hint = "--resume continues that, --again submits all of them anew"
    if not can_confirm(env.console):
        raise UsageError(what, hint=hint)
    env.console.error_line(what)
    if not confirm(env.console, "Continue that?"):
        raise UsageError("nothing was submitted", hint=hint)
    return found


def _ask_to_submit(env: Env, found: Submission) -> None:
    """Return if the user wants to submit once more what was submitted already."""
    what = f"the same questions were submitted {_ago(found)} (as {found.id})"
    hint = f"fetch its results: grok batch fetch {found.id}; --again submits and pays once more"
    if not can_confirm(env.console):
        raise UsageError(what, hint=hint)
    env.console.error_line(what)
    if not confirm(env.console, f"Submit {counted_requests(found)} once more, and pay for them?"):
        raise UsageError("nothing was submitted", hint=hint)


def _ago(submission: Submission) -> str:
    seconds = int(time.time() - submission.created)
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if count := seconds // size:
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"


def counted_requests(submission: Submission) -> str:
    """Return how many requests a submission has, in words."""
    return f"{submission.requests:,} request{'s' if submission.requests != 1 else ''}"
