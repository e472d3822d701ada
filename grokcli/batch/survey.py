"""What is left to ask: all questions are read and checked once, before the first of them is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from grokcli.batch.records import error_at
from grokcli.errors import SecretError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grokcli.batch.index import Index, Place
    from grokcli.batch.questions import Question, Reading
    from grokcli.batch.source import QuestionFile


class Retry(NamedTuple):
    """Which questions are asked again: those that failed, and those that changed since they were answered."""

    failed: bool = False
    changed: bool = False


NO_RETRY = Retry()


@dataclass
class Survey:
    """How many questions there are, how many of them have an answer or a failure, and how many are to be asked.

    `first_changed` is the first question that changed since it was answered.
    """

    total: int = 0
    answered: int = 0
    failed: int = 0
    changed: int = 0
    left: int = 0
    first_changed: Question | None = None


def survey(source: QuestionFile, reading: Reading, index: Index, retry: Retry, keys: Sequence[str] = ()) -> Survey:
    """Check all questions, and count those that are to be asked, with the results in `index`.

    Raises UsageError for a malformed line, an id that occurs twice and a file without questions; SecretError for a
    question that contains one of `keys`.
    """
    found = Survey()
    for question in source.questions(reading):
        earlier = index.add_question(question.id, question.number, question.line)
        if earlier is not None:
            what = f"the id {question.id!r} is also that of line {earlier}"
            hint = "ids must differ: take another field with --id NAME, or number the lines with --id ''"
            raise error_at(source.name, question.line, what, hint=hint)
        if keys:
            _refuse_secrets(source, question, keys)
        _count(found, question, index, retry)
    if found.total == 0:
        raise UsageError(f"{source.name} has no questions", hint="write one on each line")
    return found


def require_unchanged(found: Survey, source: QuestionFile, output: str) -> None:
    """Raise UsageError if questions changed since they were answered: their answers belong to something else."""
    first = found.first_changed
    if first is None:
        return
    those = "1 question has" if found.changed == 1 else f"{found.changed:,} questions have"
    raise UsageError(
        f"{those} changed since {output} was written, or the options have; the first: {source.name}, line {first.line}",
        hint="ask them again with --retry-changed, or write to another file with -o",
    )


def to_ask(source: QuestionFile, reading: Reading, index: Index, retry: Retry) -> Iterator[Question]:
    """Yield the questions that are to be asked. Raises UsageError."""
    return (one for one in source.questions(reading) if _is_asked(one, index.get(one.id), retry))


def _is_asked(question: Question, place: Place | None, retry: Retry) -> bool:
    """Return whether a question is to be asked that has a result at `place`; one that failed and has changed is."""
    if place is None:
        return True
    changed = place.hash != question.hash
    return changed and retry.changed if place.answered else changed or retry.failed


def _count(found: Survey, question: Question, index: Index, retry: Retry) -> None:
    found.total += 1
    place = index.get(question.id)
    if place is not None:
        found.answered += place.answered
        found.failed += not place.answered
        if place.answered and place.hash != question.hash and not retry.changed:
            found.changed += 1
            found.first_changed = found.first_changed or question
    found.left += _is_asked(question, place, retry)


def _refuse_secrets(source: QuestionFile, question: Question, keys: Sequence[str]) -> None:
    from grokcli.turn.secrets import HINT, holds_any

    if holds_any(keys, [question.messages, question.system, question.options]):
        where = f"{source.name}, line {question.line}"
        raise SecretError(f"{where}: the question contains your API key", hint=HINT)
