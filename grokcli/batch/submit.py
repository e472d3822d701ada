"""Submitting questions to xAI's Batch API: files of requests, an upload and a batch for each.

Source: API additions, sections 1.3 and 1.4. Every step is in the journal before it is taken. When a step may have been
taken already, because a process was killed or a connection broke, the server is asked before it is taken again: a
batch that is created twice is paid twice.
"""

from __future__ import annotations

import json
import time
from contextlib import contextmanager, suppress
from functools import partial
from hashlib import sha256
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from grokcli.batch.records import error_at
from grokcli.batch.submissions import QUESTIONS, Part, Submission, storing
from grokcli.client.wire import format_for
from grokcli.client.wire.json_body import encode
from grokcli.errors import APIError
from grokcli.store.rows import new_id
from grokcli.turn.retry import with_retries

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from grokcli.batch.questions import Question
    from grokcli.batch.submissions import Submissions
    from grokcli.client.files import StoredFile
    from grokcli.client.wire import Format
    from grokcli.client.wire.batches import Batch
    from grokcli.client.xai import XAI
    from grokcli.env import Env
    from grokcli.turn.request import Request

# The batch guide says 200 MB, the Files reference 50: below both.
MAX_PART_BYTES = 45_000_000
MAX_PART_REQUESTS = 50_000
MAX_REQUEST_BYTES = 25_000_000
# Stored files cost money; a batch has read its file long before.
FILE_SECONDS = 7 * 86400
MAX_SOURCE = 60
# A team may have thousands of batches.
MAX_PAGES = 100


class Target(NamedTuple):
    """What is submitted, and where to: the `source` of the questions, the server, and what answers must match."""

    source: str
    server: str
    model: str
    api: str = "auto"
    schema: dict[str, Any] | None = None


def prepare(folder: Path, asked: Iterable[tuple[Question, Request]], target: Target) -> Submission:
    """Write the files of a submission into `folder` and return it. The ids of the questions must be unique.

    Raises UsageError for a question that cannot be submitted, StoreError if the files cannot be written.
    """
    submission = Submission(new_id(), time.time(), target.source, target.server, target.model, schema=target.schema)
    digest = sha256()
    wire = format_for(target.api, target.server)
    with storing(folder), (folder / QUESTIONS).open("wb") as index, _Parts(folder, submission) as parts:
        for question, request in asked:
            line = _request_line(question, request, wire)
            if len(line) > MAX_REQUEST_BYTES:
                limit = MAX_REQUEST_BYTES // 10**6
                raise error_at(target.source, question.line, f"the request is larger than {limit} MB, the limit")
            parts.add(line)
            digest.update(line)
            index.write(json.dumps([question.id, question.hash, request.model]).encode() + b"\n")
    submission.digest = digest.hexdigest()
    return submission


def _request_line(question: Question, request: Request, wire: Format) -> bytes:
    # Results are shaped like chat completions: reasoning that could be sent back does not come with them.
    options = {"include": None, **request.options}
    body = wire.build_request(request.model, request.messages, options, stream=False)
    line = {"custom_id": question.id, "method": "POST", "url": f"/v1{wire.ENDPOINT}", "body": body}
    return encode(line) + b"\n"


class _Parts:
    """Writes the lines of a submission into files that are each small enough for a batch."""

    def __init__(self, folder: Path, submission: Submission) -> None:
        self._folder = folder
        self._submission = submission
        self._file: IO[bytes] | None = None

    def __enter__(self) -> _Parts:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, line: bytes) -> None:
        part = self._submission.parts[-1] if self._submission.parts else None
        if part is None or part.size + len(line) > MAX_PART_BYTES or part.requests == MAX_PART_REQUESTS:
            part = Part(f"grok-batch-{self._submission.id}-{len(self._submission.parts) + 1}.jsonl")
            self._submission.parts.append(part)
            self.__exit__()
            self._file = (self._folder / part.name).open("wb")
        assert self._file is not None  # noqa: S101  # opened with the first part
        self._file.write(line)
        part.requests += 1
        part.size += len(line)


def send(env: Env, client: XAI, submissions: Submissions, submission: Submission) -> Submission:
    """Upload the parts of a submission, create their batches, as far as that has not been done, and return it.

    Raises as the client does, and StoreError; what was done by then is in the journal.
    """
    with submissions.sending(submission) as current:
        try:
            _send_parts(env, _Sender(client, submissions, current))
        except BaseException:
            if current.is_begun:
                env.console.note(f"{current.id} is not complete; to continue, run the same command with --resume")
            else:
                submissions.forget(current)
            raise
    return current


def _send_parts(env: Env, sender: _Sender) -> None:
    parts = sender.submission.parts
    for number, part in enumerate(parts, 1):
        which = f" {number} of {len(parts)}" if len(parts) > 1 else ""
        if not part.file_id and not part.batch_id:
            with env.console.status(f"uploading part{which}" if which else "uploading"):
                with_retries(env, partial(sender.upload, part))
        if not part.batch_id:
            with env.console.status(f"creating batch{which}"):
                with_retries(env, partial(sender.create, part, which))
        with suppress(OSError):  # it is uploaded
            sender.submissions.path(sender.submission, part.name).unlink(missing_ok=True)


class _Sender:
    """Takes the steps of a submission; each looks first whether it was taken already, where that is possible."""

    def __init__(self, client: XAI, submissions: Submissions, submission: Submission) -> None:
        self._client = client
        self.submissions = submissions
        self.submission = submission

    def upload(self, part: Part) -> None:
        """Upload the file of a part."""
        found = self._uploaded(part) if part.upload_begun else None
        if found is None:
            path = self.submissions.path(self.submission, part.name)
            with self._step(part, "upload_begun"):
                found = self._client.files.upload(path, part.name, expires_after=FILE_SECONDS)
        self._save(part, file_id=found.id)

    def create(self, part: Part, which: str) -> None:
        """Create the batch of a part, `which` of several."""
        found = self._created(part) if part.create_begun else None
        if found is None:
            name = f"grok {self.submission.id}{which}: {self.submission.source[-MAX_SOURCE:]}"
            with self._step(part, "create_begun"):
                found = self._client.batches.create(part.file_id, name)
        self._save(part, batch_id=found.id, state="validating", since=time.time(), expired_at=found.expired_at)

    @contextmanager
    def _step(self, part: Part, name: str) -> Iterator[None]:
        """Note that a step is begun; and that it was not taken, if the server says so."""
        self._save(part, **{name: True})
        try:
            yield
        except APIError as error:
            if error.status in range(400, 500):
                self._save(part, **{name: False})
            raise

    def _uploaded(self, part: Part) -> StoredFile | None:
        """Return the file of a part if it is on the server in whole."""
        return next(
            (one for one in self._client.files.list() if (one.filename, one.size) == (part.name, part.size)), None
        )

    def _created(self, part: Part) -> Batch | None:
        """Return the batch of a part if it is on the server."""
        return next((one for one in all_batches(self._client) if one.input_file_id == part.file_id), None)

    def _save(self, part: Part, **values: Any) -> None:
        for name, value in values.items():
            setattr(part, name, value)
        self.submissions.save(self.submission)


def all_batches(client: XAI) -> Iterator[Batch]:
    """Yield the batches of the team, asking for a page of them at a time. Raises as the client does."""
    seen, token = {""}, ""
    for _ in range(MAX_PAGES):
        page = client.batches.list(token)
        yield from page.batches
        token = page.token
        if token in seen:
            return
        seen.add(token)
