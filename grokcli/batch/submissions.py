"""The journal of what was submitted to xAI's Batch API: a folder for each submission, written before each request.

    submission.json   what it is, and for each part of it the file and the batch on the server
    questions.jsonl   id, hash and model of each question, in input order: results come back in another one
    NAME.jsonl        the requests of a part, until its batch exists
    counted           the numbers of the questions whose cost is recorded

A process that is killed leaves behind what it was about to do, so that the next one looks on the server first.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from grokcli.client.wire.batches import FINAL, Counts, State
from grokcli.config.lock import locked
from grokcli.errors import GrokError, StoreError, UsageError, reason
from grokcli.files import PRIVATE, make_folder, write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = "batches"
RECORD, QUESTIONS, COUNTED, SENDING = "submission.json", "questions.jsonl", "counted", "sending"
_UNFINISHED = ".new-"
# The server keeps a batch for 30 days.
KEPT_SECONDS = 60 * 86400
SHORTEST_PREFIX = 3
# Of the states of several parts, the first one found is that of the submission.
_PRECEDENCE: tuple[State, ...] = ("running", "validating", "cancelling", "failed", "expired", "cancelled", "done")


class Asked(NamedTuple):
    """A question of a submission: what is needed to write its result. `number` counts from 0."""

    number: int
    id: str
    hash: str
    model: str


@dataclass
class Part:
    """A file of requests and its batch.

    `name` is that of the file, here and on the server, and `size` its bytes. `upload_begun` and `create_begun` are set
    before those requests are sent, `file_id` and `batch_id` once they are answered. `state` is the last known one, ""
    before the batch exists; its counters have been `counts` since the time `since`.
    """

    name: str
    requests: int = 0
    size: int = 0
    upload_begun: bool = False
    file_id: str = ""
    create_begun: bool = False
    batch_id: str = ""
    counts: Counts = Counts()  # noqa: RUF009  # immutable
    since: float = 0.0
    state: State | str = ""
    expired_at: float | None = None
    refusal: str = ""


@dataclass
class Submission:
    """Questions that were submitted together; `id` is ours, and stands for the batches of all parts.

    `source` is the name of the input, `digest` tells whether two submissions are the same, `schema` is what answers
    must match, None for anything. One that grok did not submit has no `created` time and no digest.
    """

    id: str
    created: float
    source: str
    server: str
    model: str
    digest: str = ""
    schema: dict[str, Any] | None = None
    parts: list[Part] = field(default_factory=list)

    @property
    def is_own(self) -> bool:
        """Whether it was submitted from here."""
        return bool(self.digest)

    @property
    def is_begun(self) -> bool:
        """Whether the server may know of it."""
        return any(part.upload_begun or part.file_id for part in self.parts)

    @property
    def requests(self) -> int:
        """How many questions it has, as far as that is known."""
        return sum(max(part.requests, part.counts.requests) for part in self.parts)

    @property
    def counts(self) -> Counts:
        """The counters of all batches together."""
        return sum((part.counts for part in self.parts), Counts())

    @property
    def state(self) -> State | str:
        """The state of all parts together; "incomplete" if some of them have not been submitted."""
        states = {part.state or "incomplete" for part in self.parts}
        return "incomplete" if "incomplete" in states else next(one for one in _PRECEDENCE if one in states)

    @property
    def is_final(self) -> bool:
        """Whether nothing more happens to what was submitted."""
        return all(part.state in FINAL or not part.batch_id for part in self.parts)


class Submissions:
    """All submissions that are kept in a folder. Raises StoreError when that cannot be read or written."""

    def __init__(self, folder: Path) -> None:
        """Keep them in `folder`, which is made when it is needed."""
        self.folder = folder

    def all(self) -> list[Submission]:
        """Return the submissions, the newest first; a damaged one is left out."""
        found = []
        for path in self.folder.glob(f"*/{RECORD}"):
            with suppress(StoreError):
                found.append(self._load(path))
        return sorted(found, key=lambda one: -one.created)

    def find(self, word: str | None) -> Submission | None:
        """Return the submission whose id, or the beginning of it, or a batch of which is `word`; the latest for None.

        None if there is none: then the server may know. Raises UsageError if several begin like that.
        """
        known = self.all()
        if word is None:
            if not known:
                raise UsageError("no batch was submitted from here", hint="submit one: grok batch submit FILE")
            return known[0]
        for one in known:
            if word in (one.id, *(part.batch_id for part in one.parts)):
                return one
        similar = [one for one in known if len(word) >= SHORTEST_PREFIX and one.id.startswith(word)]
        if len(similar) > 1:
            raise UsageError(f"several batches begin with {word!r}: {', '.join(one.id for one in similar)}")
        return similar[0] if similar else None

    def same(self, digest: str, server: str) -> Submission | None:
        """Return the latest submission of the same requests that was not refused or cancelled."""
        ended = ("failed", "cancelled")
        return next(
            (one for one in self.all() if one.digest == digest and one.server == server and one.state not in ended),
            None,
        )

    @contextmanager
    def new_folder(self) -> Iterator[Path]:
        """Yield a folder for the files of a new submission; unless `add` takes it over, it is deleted again."""
        with storing(self.folder):
            make_folder(self.folder)
            self._tidy()
            path = Path(tempfile.mkdtemp(dir=self.folder, prefix=_UNFINISHED))
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def add(self, submission: Submission, folder: Path) -> None:
        """Keep a new submission, whose files are in `folder`."""
        with storing(self.folder):
            _write(folder / RECORD, submission)
            folder.rename(self.folder / submission.id)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold off other processes that begin to submit while the block runs. Raises StoreError if one takes long."""
        with ExitStack() as stack:
            with storing(self.folder):
                stack.enter_context(locked(self.folder / RECORD))
            yield

    @contextmanager
    def sending(self, submission: Submission) -> Iterator[Submission]:
        """Yield a submission as it is now, with the right to send it: only one process has that. Raises StoreError."""
        with ExitStack() as stack:
            with storing(self.folder):
                stack.enter_context(locked(self.path(submission, SENDING)))
            yield self._load(self.path(submission, RECORD))

    def save(self, submission: Submission) -> None:
        """Write down how far sending a submission is. Only for who has the right to send it."""
        with storing(self.folder), locked(self.path(submission, RECORD)):
            _write(self.path(submission, RECORD), submission)

    def save_states(self, submission: Submission) -> None:
        """Write down what the server says of the batches of a submission, which another process may be sending.

        One that grok did not submit is not kept.
        """
        path = self.path(submission, RECORD)
        if not submission.is_own:
            return
        seen = {part.name: part for part in submission.parts}
        with storing(self.folder), locked(path):
            stored = self._load(path)
            for part in stored.parts:
                new = seen[part.name]
                if part.batch_id == new.batch_id:
                    part.state, part.counts, part.since = new.state, new.counts, new.since
                    part.refusal, part.expired_at = new.refusal, new.expired_at
            _write(path, stored)

    def forget(self, submission: Submission) -> None:
        """Delete a submission of which the server knows nothing."""
        shutil.rmtree(self.folder / submission.id, ignore_errors=True)

    def path(self, submission: Submission, name: str) -> Path:
        """Return the path of a file of a submission."""
        return self.folder / submission.id / name

    def questions(self, submission: Submission) -> Iterator[Asked]:
        """Yield the questions in input order."""
        path = self.path(submission, QUESTIONS)
        with storing(path), path.open("rb") as lines:
            for number, line in enumerate(lines):
                yield Asked(number, *json.loads(line))

    def counted(self, submission: Submission) -> set[int]:
        """Return the numbers of the questions whose cost is recorded."""
        path = self.path(submission, COUNTED)
        with storing(path):
            return {int(word) for word in path.read_text("ascii").split()} if path.exists() else set()

    def add_counted(self, submission: Submission, numbers: list[int]) -> None:
        """Write down that the cost of these questions is recorded."""
        path = self.path(submission, COUNTED)
        with storing(path), path.open("a", encoding="ascii") as file:
            file.write("".join(f"{number}\n" for number in numbers))

    def _load(self, path: Path) -> Submission:
        with storing(path):
            document = json.loads(path.read_bytes())
            parts = [Part(**{**part, "counts": Counts(*part["counts"])}) for part in document.pop("parts")]
            return Submission(**document, parts=parts)

    def _tidy(self) -> None:
        """Delete what no server knows any more, and what a killed process left behind."""
        now = time.time()
        for one in self.all():
            if now - one.created > KEPT_SECONDS:
                shutil.rmtree(self.folder / one.id, ignore_errors=True)
        for path in self.folder.glob(f"{_UNFINISHED}*"):
            if now - path.stat().st_mtime > 86400:
                shutil.rmtree(path, ignore_errors=True)


def _write(path: Path, submission: Submission) -> None:
    write_atomically(path, json.dumps(asdict(submission), indent=1).encode(), mode=PRIVATE)


@contextmanager
def storing(path: Path) -> Iterator[None]:
    """Turn what can go wrong with files of ours into a StoreError that names `path`."""
    try:
        yield
    except GrokError:  # some are OSErrors too
        raise
    except OSError as error:
        raise StoreError(
            f"cannot use {error.filename or path}: {reason(error)}", hint="check free space and permissions"
        ) from None
    except (ValueError, TypeError, KeyError, RecursionError):
        raise StoreError(f"{path} is damaged", hint="results can be fetched by the batch id: grok batch list") from None
