"""How submissions are shown: as a table, in full, and as JSON."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from grokcli.batch.submissions import FOLDER, Submissions
from grokcli.batch.watch import counted
from grokcli.commands.deletion import age
from grokcli.terminal.columns import columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grokcli.batch.submissions import Part, Submission
    from grokcli.env import Env

HEADER = ("id", "age", "state", "requests", "answered", "failed", "input")
FIGURES = (1, 3, 4, 5)  # columns


def submissions_of(env: Env) -> Submissions:
    """Return the submissions that are kept here."""
    return Submissions(env.settings.paths.data / FOLDER)


def table(submissions: Sequence[Submission]) -> list[str]:
    """Return a line for each submission, below a header."""
    return columns([HEADER, *map(_row, submissions)], right=FIGURES) if submissions else []


def _row(submission: Submission) -> tuple[str, ...]:
    counts = submission.counts
    figures = (submission.requests, counts.success, counts.error)
    return (submission.id, _age(submission), submission.state, *(f"{one:,}" for one in figures), submission.source)


def _age(submission: Submission) -> str:
    return age(time.time() - submission.created) if submission.created else ""


def details(submission: Submission) -> list[str]:
    """Return what is known of a submission, a line for each thing."""
    rows = [
        ("id", submission.id),
        ("input" if submission.is_own else "name", submission.source),
        ("model", submission.model),
        ("submitted", _shown_time(submission.created)),
        ("state", submission.state),
        ("requests", counted(submission.counts) if submission.counts.requests else f"{submission.requests:,}"),
        *(("batch", _shown_part(part, alone=len(submission.parts) == 1)) for part in submission.parts),
        ("expires", _last_day(min((part.expired_at or 0.0 for part in submission.parts), default=0.0))),
    ]
    return columns([row for row in rows if row[1]])


def _shown_part(part: Part, *, alone: bool) -> str:
    """Return a batch on the server; of several, each with its state."""
    if alone:
        return part.batch_id
    return f"{part.batch_id or 'not submitted'}  {part.state}  {counted(part.counts) if part.counts.requests else ''}"


def _shown_time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M") if seconds else ""


def _last_day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds - 1, UTC).date().isoformat() if seconds else ""


def document(submission: Submission) -> dict[str, Any]:
    """Return a submission for programs; times are in UTC."""
    counts = submission.counts
    return {
        "id": submission.id,
        "own": submission.is_own,
        "input": submission.source,
        "model": submission.model or None,
        "submitted": _iso(submission.created),
        "state": submission.state,
        "requests": submission.requests,
        "answered": counts.success,
        "failed": counts.error,
        "pending": counts.pending,
        "cancelled": counts.cancelled,
        "batches": [_part_document(part) for part in submission.parts],
    }


def _part_document(part: Part) -> dict[str, Any]:
    return {
        "id": part.batch_id or None,
        "file_id": part.file_id or None,
        "state": part.state or None,
        "expires": _iso(part.expired_at),
        "server_said": part.refusal or None,
    }


def _iso(seconds: float | None) -> str | None:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds") if seconds else None
