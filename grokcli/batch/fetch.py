"""Fetching the results of a submission: into the same file, in the same lines as `grok batch` writes them.

Rows come in no order that is of use (API additions, section 1.3). Each is appended to the file as soon as it is here,
and in the end the file is put into the order of the questions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from grokcli.batch.index import Index, Place
from grokcli.batch.questions import Question
from grokcli.batch.results import ANSWERED, result_line, result_of
from grokcli.batch.submissions import Asked
from grokcli.chat import Response
from grokcli.errors import APIError, GrokError, UsageError
from grokcli.events import Usage
from grokcli.turn.response_format import ResponseFormat
from grokcli.turn.retry import with_retries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grokcli.batch.journal import Journal
    from grokcli.batch.submissions import Part, Submission, Submissions
    from grokcli.client.wire.batches import Row
    from grokcli.client.xai import XAI
    from grokcli.env import Env
    from grokcli.store.ledger import Ledger


@dataclass
class Fetched:
    """What there is after a fetch: how many questions have an answer, failed, or have no result yet.

    `unknown` rows belong to no question. `lost` are the errors of batches whose results could not be read.
    """

    answered: int = 0
    failed: int = 0
    unfinished: int = 0
    unknown: int = 0
    lost: list[GrokError] = field(default_factory=list)


class Fetcher:
    """Reads the results of one submission into a journal."""

    def __init__(
        self, env: Env, client: XAI, submissions: Submissions, submission: Submission, journal: Journal
    ) -> None:
        """Write to `journal`, which may have results already.

        Raises UsageError if they are of other questions, and what reading the journal raises.
        """
        self._env = env
        self._client = client
        self._submissions = submissions
        self._submission = submission
        self._journal = journal
        self._format = ResponseFormat(submission.schema) if submission.schema else None
        known = submissions.questions(submission) if submission.is_own else ()
        self._questions = {asked.id: asked for asked in known}
        self._index = Index()
        for asked in self._questions.values():
            self._index.add_question(asked.id, asked.number, asked.number + 1)
        for name, place in journal.load():
            self._check(name, place)
            self._index.put(name, place)
        # What is to be counted, by question.
        self._usage: dict[int, tuple[str, Usage | None]] = {}

    def close(self) -> None:
        """Remove what was only of use meanwhile."""
        self._index.close()

    def fetch(self, ledger: Ledger) -> Fetched:
        """Write all results that there are, and record in `ledger` what they cost, once. Raises as the client does."""
        fetched = Fetched()
        try:
            for part in self._submission.parts:
                self._read(part, fetched)
        finally:
            self._count(ledger)
        fetched.failed = self._index.failed()
        fetched.answered = self._index.results() - fetched.failed
        fetched.unfinished = max(0, self._submission.requests - self._index.results())
        return fetched

    def in_order(self) -> Iterator[Place]:
        """Yield the places of all results in the journal, in the order of the questions."""
        return self._index.in_order()

    def _check(self, name: str, place: Place) -> None:
        asked = self._questions.get(name)
        if asked is None or asked.hash != place.hash:
            raise UsageError(
                f"{self._journal.path} has results of other questions, such as {name!r}",
                hint="write to another file with -o",
            )

    def _read(self, part: Part, fetched: Fetched) -> None:
        """Read the results of a part. Those of one that expired may be gone: the other parts are read all the same."""
        if not part.batch_id:
            return
        try:
            for row in self._rows(part):
                if self._submission.is_own and row.id not in self._questions:
                    fetched.unknown += 1
                else:
                    self._take(row)
        except APIError as error:
            if error.retryable or part.state not in ("failed", "expired", "cancelled"):
                raise
            fetched.lost.append(error)

    def _rows(self, part: Part) -> Iterator[Row]:
        token, seen, count = "", {""}, 0
        while True:
            with self._env.console.status(f"reading results: {count:,} of {part.counts.requests:,} ·"):
                page = with_retries(self._env, partial(self._client.batches.results, part.batch_id, token))
            yield from page.rows
            count += len(page.rows)
            token = page.token
            if token in seen:
                return
            seen.add(token)

    def _take(self, row: Row) -> None:
        """Write a result, unless there is a better one of the same question already."""
        asked = self._questions.get(row.id) or self._new_question(row.id)
        response = Response(asked.model)
        for event in row.events:
            response.add(event)
        if row.error is None:
            self._usage.setdefault(asked.number, (response.model or asked.model, response.usage))
        question = Question(asked.number, 0, asked.id, [], None, None, {}, asked.hash, {})
        result = result_of(question, response, error=row.error, response_format=self._format, console=self._env.console)
        is_answer = result["status"] == ANSWERED
        kept = self._index.get(row.id)
        if kept is None or (is_answer and not kept.answered):
            line = result_line(result)
            self._index.put(row.id, Place(asked.hash, is_answer, self._journal.append(line), len(line)))

    def _new_question(self, name: str) -> Asked:
        """Return what is known of a question that was not submitted from here."""
        asked = Asked(len(self._questions), name, "", self._submission.model)
        self._questions[name] = asked
        self._index.add_question(name, asked.number, asked.number + 1)
        return asked

    def _count(self, ledger: Ledger) -> None:
        """Record what the answers cost that were not fetched before.

        That it is recorded is written down first: a process that is killed in between leaves out a cost, and a cost
        that is recorded twice would stop a budget early. What others submitted is not ours to count.
        """
        if not self._submission.is_own:
            return
        counted = self._submissions.counted(self._submission)
        new = sorted(number for number in self._usage if number not in counted)
        if new:
            self._submissions.add_counted(self._submission, new)
            for number in new:
                ledger.add(*self._usage[number])
            ledger.flush()


def refusals(submission: Submission) -> list[APIError]:
    """Return an error for each part that the server refused, in its own words."""
    said = dict.fromkeys(part.refusal for part in submission.parts if part.refusal)
    return [APIError(f"the server said: {words}", hint=_hint(words)) for words in said]


def _hint(words: str) -> str | None:
    from grokcli.models import BATCH_MODEL

    return f"choose a model that batches accept: -m {BATCH_MODEL}" if "not supported for batch" in words else None
