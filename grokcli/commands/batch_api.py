"""`grok batch submit`, `list`, `status`, `fetch` and `cancel`: questions that xAI answers in its own time."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from grokcli.batch.fetch import Fetcher, refusals
from grokcli.batch.journal import Journal
from grokcli.batch.submit import all_batches
from grokcli.batch.watch import describe, foreign, look, update, wait
from grokcli.client.wire.batches import FINAL
from grokcli.commands.batch_listing import details, document, submissions_of, table
from grokcli.commands.console_options import set_up_console
from grokcli.commands.grouping import new_app, option_group, takes_groups
from grokcli.commands.options import AsJSON, NetworkOptions, Quiet
from grokcli.env import Env
from grokcli.errors import APIError, GrokError, IncompleteError, MissingKeyError, NetworkError
from grokcli.events import dollars
from grokcli.files import expand
from grokcli.models import BATCH_MODEL
from grokcli.store.opening import open_ledger
from grokcli.terminal.sanitize import clean, json_text
from grokcli.turn.retry import with_retries

if TYPE_CHECKING:
    from grokcli.batch.fetch import Fetched
    from grokcli.batch.submissions import Submission, Submissions
    from grokcli.client.xai import XAI

LATER = "fetch them later, or add --wait"

app = new_app()

SomeID = Annotated[
    str | None,
    typer.Argument(metavar="[ID]", help="Id (or its first characters) from grok batch submit; default: the latest"),
]
Wait = Annotated[bool, typer.Option("--wait", help="Wait until all requests have ended")]


@option_group("Batch")
class StatusOptions:
    """Which batch is shown."""

    word: SomeID = None
    wait: Wait = False
    json: AsJSON = False
    quiet: Quiet = False


@option_group("Batch")
class FetchOptions:
    """Which results are fetched, and where they go."""

    word: SomeID = None
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="OUT", help="Write the results to OUT, and keep those that are in it"),
    ] = None
    wait: Wait = False
    quiet: Quiet = False


@option_group("Batch")
class CancelOptions:
    """Which batch is cancelled."""

    word: Annotated[str, typer.Argument(metavar="ID", help="Id (or its first characters) from grok batch submit")] = ...  # type: ignore[assignment]  # Typer's way to say that there is no default
    json: AsJSON = False
    quiet: Quiet = False


@option_group("Batches")
class ListOptions:
    """How many batches are listed."""

    limit: Annotated[int, typer.Option("-n", "--limit", min=1, metavar="N", help="Show at most N batches")] = 20
    json: AsJSON = False
    quiet: Quiet = False


class Opened(NamedTuple):
    """A submission, where it is kept, and the client that asks for it."""

    submission: Submission
    submissions: Submissions
    client: XAI


@app.command("list")
@takes_groups
def list_batches(env: Env, options: ListOptions, network: NetworkOptions) -> None:
    """List batches, those submitted elsewhere by your team included, the newest first."""
    set_up_console(env, network, quiet=options.quiet)
    submissions = submissions_of(env)
    found = submissions.all()
    try:
        client = _connect(env, network)
        with env.console.status("asking the server"):
            found += with_retries(env, partial(_update_all, client, submissions, found))
    except (MissingKeyError, NetworkError) as error:
        env.console.note(f"showing the last known states ({error.message})")
    found = sorted(found, key=lambda one: -one.created)[: options.limit]
    if options.json:
        env.console.print(json_text([document(one) for one in found], indent=2))
    else:
        env.console.print("".join(f"{line}\n" for line in table(found)))


@app.command("status")
@takes_groups
def status(env: Env, options: StatusOptions, network: NetworkOptions) -> None:
    """Show how far a batch is."""
    set_up_console(env, network, quiet=options.quiet)
    opened = _open(env, options.word, network)
    _refresh(env, opened, until_end=options.wait, then="grok batch status {} --wait")
    _show(env, opened.submission, as_json=options.json)


@app.command("fetch")
@takes_groups
def fetch(env: Env, options: FetchOptions, network: NetworkOptions) -> None:
    """Write the results that a batch has so far, in the order of its questions.

    Exit code 0 means that all questions are answered, 7 that some are pending or failed.
    """
    set_up_console(env, network, quiet=options.quiet)
    opened = _open(env, options.word, network)
    path = expand(options.output) if options.output is not None and str(options.output) != "-" else None
    journal = Journal(path)
    env.on_close(journal.close)
    fetcher = Fetcher(env, opened.client, opened.submissions, opened.submission, journal)
    env.on_close(fetcher.close)
    if journal.removed:
        env.console.note(f"removed half a line from the end of {path}")
    then = f"grok batch fetch {{}}{f' -o {path}' if path else ''} --wait"
    _refresh(env, opened, until_end=options.wait, then=then)
    ledger = open_ledger(env, "batch", grouped=True)
    try:
        fetched = fetcher.fetch(ledger)
    finally:
        _write(env, journal, fetcher)
    env.console.note(_summary(opened.submission, fetched, ledger.ticks))
    _require_all(env, opened.submission, fetched, path)


@app.command("cancel")
@takes_groups
def cancel(env: Env, options: CancelOptions, network: NetworkOptions) -> None:
    """Cancel what is not answered yet; answers that are there can still be fetched, and are billed."""
    set_up_console(env, network, quiet=options.quiet)
    opened = _open(env, options.word, network)
    submission, submissions = opened.submission, opened.submissions
    if submission.state == "incomplete":
        with submissions.sending(submission) as submission:
            _abandon(env, opened.client, submission)
            submissions.save(submission)
    look(env, opened.client, submissions, submission)
    for part in submission.parts:
        if part.batch_id and part.state not in FINAL:
            update(part, with_retries(env, partial(opened.client.batches.cancel, part.batch_id)), time.time())
            submissions.save_states(submission)
    _show(env, submission, as_json=options.json)


def _connect(env: Env, network: NetworkOptions) -> XAI:
    """Return a client for the server that runs batches. Raises as `Env.connect` does."""
    return env.connect(BATCH_MODEL, network=network.network())


def _open(env: Env, word: str | None, network: NetworkOptions) -> Opened:
    """Return the submission that `word` names here, else the batch that the server knows by that id."""
    submissions = submissions_of(env)
    submission = submissions.find(word)
    client = _connect(env, network)
    if submission is None:
        batch = with_retries(env, partial(client.batches.get, str(word)))
        submission = foreign(batch, client.base_url, time.time())
    return Opened(submission, submissions, client)


def _refresh(env: Env, opened: Opened, *, until_end: bool, then: str) -> None:
    """Ask how far a submission is, or wait for its end; `then` is the command that returns to it after Ctrl-C."""
    submission = opened.submission
    if not until_end:
        look(env, opened.client, opened.submissions, submission)
        return
    try:
        wait(env, opened.client, opened.submissions, submission)
    except KeyboardInterrupt:
        env.console.note(f"{submission.id} continues on the server; to return to it: {then.format(submission.id)}")
        raise


def _update_all(client: XAI, submissions: Submissions, known: list[Submission]) -> list[Submission]:
    """Take over what the server says of the submissions that are known, and return the others that it lists."""
    parts = {part.batch_id: (one, part) for one in known for part in one.parts if part.batch_id}
    others, now = [], time.time()
    for batch in all_batches(client):
        if batch.id in parts:
            submission, part = parts[batch.id]
            update(part, batch, now)
            submissions.save_states(submission)
        else:
            others.append(foreign(batch, client.base_url, now))
    return others


def _show(env: Env, submission: Submission, *, as_json: bool) -> None:
    if as_json:
        env.console.print(json_text(document(submission), indent=2))
        return
    env.console.print("".join(f"{line}\n" for line in details(submission)))
    for error in refusals(submission):
        env.console.error_line(error.message)
        if error.hint:
            env.console.note(f"hint: {error.hint}")
    if submission.state == "incomplete":
        env.console.note("not all of it was submitted; to continue, run the same grok batch submit with --resume")


def _abandon(env: Env, client: XAI, submission: Submission) -> None:
    """Give up the parts that have no batch, and remove their files from the server."""
    for part in submission.parts:
        if part.batch_id:
            continue
        part.state = "cancelled"
        if part.file_id:
            try:
                client.files.delete(part.file_id)
            except APIError as error:
                env.console.note(f"the uploaded file {part.file_id} was not deleted: {error.message}")


def _write(env: Env, journal: Journal, fetcher: Fetcher) -> None:
    """Put the results into the order of the questions; without a file of their own they go to stdout."""
    if journal.path is not None:
        journal.rewrite(fetcher.in_order())
        return
    for place in fetcher.in_order():
        line = journal.read(place)
        if env.console.stdout.isatty():
            env.console.stdout.write(clean(line.decode()))
        else:
            env.console.write_bytes(line)


def _summary(submission: Submission, fetched: Fetched, ticks: int) -> str:
    """Return what a fetch brought, on one line; of the cost, what is counted now."""
    missing = "without a result" if submission.is_final else "pending"
    words = f"{fetched.answered:,} answered"
    for count, what in ((fetched.failed, "failed"), (fetched.unfinished, missing)):
        words += f", {count:,} {what}" if count else ""
    return words + (f" · ${dollars(ticks)} billed" if ticks else "")


def _require_all(env: Env, submission: Submission, fetched: Fetched, path: Path | None) -> None:
    """Raise what keeps the results from being complete; of several errors, the first is raised last."""
    if fetched.unknown:
        several = "results belong" if fetched.unknown > 1 else "result belongs"
        env.console.warn(f"{fetched.unknown:,} {several} to no question")
    errors: list[GrokError] = [*refusals(submission), *fetched.lost]
    of_all = f"of {submission.requests:,} questions"
    if fetched.unfinished and not errors:
        state = f"have no result: the batch is {submission.state}"
        if not submission.is_final:
            state = f"have no result yet ({describe(submission)})"
        hint = f"grok batch FILE -o {path or 'OUT'} asks them from here" if submission.is_final else LATER
        errors.append(IncompleteError(f"{fetched.unfinished:,} {of_all} {state}", hint=hint))
    if fetched.failed and not errors:
        hint = f"their lines say why; grok batch FILE -o {path} --retry-failed asks them from here"
        errors.append(
            IncompleteError(f"{fetched.failed:,} {of_all} failed", hint=hint if path else "their lines say why")
        )
    for error in errors[1:]:
        env.console.report(error)
    if errors:
        raise errors[0]
