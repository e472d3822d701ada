"""A batch from beginning to end: what is left is counted, asked, written, and summed up."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from grokcli.batch.asking import Asker
from grokcli.batch.pace import Pace
from grokcli.batch.progress import Progress, Tally
from grokcli.batch.run import BatchRun
from grokcli.batch.survey import NO_RETRY, Retry, Survey, require_unchanged, survey, to_ask
from grokcli.errors import GrokError, IncompleteError
from grokcli.models import LOCAL_MODEL
from grokcli.store.opening import open_ledger
from grokcli.turn.limits import NO_LIMITS, Limits
from grokcli.turn.request import build_request
from grokcli.turn.secrets import long_keys, refuse_secrets

if TYPE_CHECKING:
    from grokcli.batch.questions import Reading
    from grokcli.batch.source import QuestionFile
    from grokcli.batch.writing import Results
    from grokcli.env import Env
    from grokcli.turn.request import RequestOptions
    from grokcli.turn.response_format import ResponseFormat


@dataclass(eq=False, repr=False, match_args=False)
class Job:
    """The questions of `source`, asked as `options` say with `parallel` threads, at most `limit` of them in this run.

    `results` holds what there is and takes what comes; `retry` says what is asked again; `limits` what it may cost.
    """

    source: QuestionFile
    reading: Reading
    options: RequestOptions
    results: Results
    response_format: ResponseFormat | None = None
    retry: Retry = NO_RETRY
    limits: Limits = NO_LIMITS
    parallel: int = 1
    limit: int | None = None
    allow_secrets: bool = False


def count(env: Env, job: Job) -> Survey:
    """Check and count the questions. Raises UsageError, and SecretError if one contains a key."""
    keys = [] if job.allow_secrets else long_keys(env)
    found = survey(job.source, job.reading, job.results.index, job.retry, keys)
    require_unchanged(found, job.source, job.results.name)
    if foreign := job.results.index.foreign():
        env.console.note(f"{foreign:,} results in {job.results.name} belong to no question of {job.source.name}")
    return found


def describe(found: Survey, limit: int | None) -> str:
    """Return what is to be done, a line each: questions, answers, failures, and what is left to ask."""
    left = found.left if limit is None else min(found.left, limit)
    rows = [("questions", found.total), ("answered", found.answered), ("failed", found.failed), ("to ask", left)]
    return "".join(f"{name:<10}{number:>12,}\n" for name, number in rows)


def run_job(env: Env, job: Job) -> None:
    """Ask what is left, and write the results.

    Raises UsageError and SecretError before anything is sent; IncompleteError if questions failed, now or before;
    BudgetError at a limit of the cost; KeyboardInterrupt; GrokError if results cannot be written, or if the server
    would answer no question.
    """
    model = env.settings.model(job.options.model, role=job.options.role)
    env.require_key(model)
    request = build_request(env, [], job.options)
    if not job.allow_secrets:
        refuse_secrets(env, request.messages, {"model": request.model, **request.options})
    found = count(env, job)
    job.results.open()
    tally = Tally(found.left if job.limit is None else min(found.left, job.limit))
    error = _ask(env, job, model, tally) if tally.total else None
    _note_rest(env, job, found.left - tally.done)
    try:
        job.results.finish()
    except GrokError as unwritten:
        error = error or unwritten
    if error is not None:
        raise error
    if failed := job.results.failed or tally.failed:
        raise IncompleteError(f"{failed:,} of {found.total:,} questions failed", hint=job.results.failed_hint)


def _ask(env: Env, job: Job, model: str, tally: Tally) -> BaseException | None:
    """Ask what is left, and return what stopped that early, if anything did. Raises KeyboardInterrupt at the second."""
    ledger = open_ledger(env, "batch", grouped=True)
    budget = job.limits.budget(env, ledger, model)
    if budget is not None:
        budget.check()
    env.console.mask("")  # finds the secrets before several threads ask for them
    env.connect(model, job.options.api, job.options.network)
    if model == LOCAL_MODEL:
        from grokcli.client.local_server import NOTICE

        env.console.note_once(NOTICE)
    pace = Pace(min(job.parallel, tally.total), env.settings.value("retry_delay"))
    progress = Progress(env.console, tally, bar=not (job.results.is_shown and env.console.stdout.isatty()))
    write = partial(job.results.write, tally=tally, response_format=job.response_format)
    asker = Asker(env, job.options, pace, ledger, budget)
    run = BatchRun(env.console, asker, pace, progress, write, min(job.parallel, tally.total))
    error: BaseException | None = None
    alert = env.console.alert
    try:
        with alert.at_end("finished") if alert else nullcontext():
            run.run(islice(to_ask(job.source, job.reading, job.results.index, job.retry), tally.total))
    except (GrokError, OSError, KeyboardInterrupt) as raised:
        if not run.has_ended:
            raise
        error = raised
    env.console.note(progress.summary())
    return error


def _note_rest(env: Env, job: Job, left: int) -> None:
    """Say how to continue, if that is possible."""
    if left > 0 and job.results.path is not None:
        env.console.note(f"{left:,} left: run the same command again to continue")
