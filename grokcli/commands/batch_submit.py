"""`grok batch submit`: questions that xAI answers in its own time."""

from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from grokcli.batch.earlier import Earlier, counted_requests, keep
from grokcli.batch.index import Index
from grokcli.batch.records import error_at
from grokcli.batch.requests import Requests
from grokcli.batch.submissions import Submission
from grokcli.batch.submit import Target, prepare, send
from grokcli.batch.survey import Retry, survey
from grokcli.commands.batch_listing import document, submissions_of
from grokcli.commands.batch_options import QuestionOptions
from grokcli.commands.console_options import set_up_console
from grokcli.commands.grouping import new_app, option_group, takes_groups
from grokcli.commands.limits import limits_of
from grokcli.commands.options import AsJSON, ModelOptions, NetworkOptions, Quiet
from grokcli.commands.tool_options import SearchOptions
from grokcli.env import Env
from grokcli.errors import UsageError
from grokcli.models import BATCH_MODEL, LOCAL_MODEL
from grokcli.store.opening import open_ledger
from grokcli.terminal.sanitize import json_text
from grokcli.turn.request import build_request
from grokcli.turn.secrets import long_keys, refuse_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from grokcli.batch.questions import Question, Reading
    from grokcli.batch.source import QuestionFile
    from grokcli.turn.request import Request, RequestOptions
    from grokcli.turn.response_format import ResponseFormat

EXAMPLES = """
grok batch submit tickets.csv --prompt 'Classify: {text}' --schema 'label'
grok batch status --wait
grok batch fetch -o answers.jsonl
"""

app = new_app()


@option_group("Submission")
class SubmitOptions:
    """How much is submitted, and what happens if it was submitted before."""

    limit: Annotated[
        int | None, typer.Option("--limit", min=1, metavar="N", help="Submit only the first N questions")
    ] = None
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue an earlier submission of the same questions that was interrupted")
    ] = False
    again: Annotated[bool, typer.Option("--again", help="Submit even if the same questions were submitted before")] = (
        False
    )
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and count the questions; send nothing")] = False
    json: AsJSON = False
    quiet: Quiet = False


@option_group("Model")
class BatchModelOptions(ModelOptions):
    """The model, and the parameters of the requests."""

    model: Annotated[
        str | None,
        typer.Option(
            "-m",
            "--model",
            metavar="MODEL",
            help=f"Model to ask, or an alias (default: {BATCH_MODEL})",
        ),
    ] = None


class Plan(NamedTuple):
    """What is to be submitted: the first `limit` questions of `source`, None for all, and how they are asked."""

    source: "QuestionFile"
    reading: "Reading"
    options: "RequestOptions"
    response_format: "ResponseFormat | None"
    limit: int | None
    allow_secrets: bool


@app.command(examples=EXAMPLES)
@takes_groups
def submit(
    env: Env,
    questions: QuestionOptions,
    options: SubmitOptions,
    model: BatchModelOptions,
    search: SearchOptions,
    network: NetworkOptions,
) -> None:
    """Submit questions to xAI's Batch API, and print the id by which to fetch the results.

    Batches cost less, and take from seconds to a day.
    They do not accept every model: the default is grok-4.3.
    """
    set_up_console(env, network, quiet=options.quiet)
    if not options.dry_run:
        env.require_key(BATCH_MODEL)
    response_format = questions.response_format()
    wanted = model.request_options(
        fields=response_format.fields if response_format else {},
        tool_fields=(search.fields(),),
        server_tools=search.server_tools(),
        network=network.network(),
    )
    source = questions.source(env)
    reading = questions.reading(source, wanted)
    # Their hashes are those of `grok batch`, which can then ask what a batch leaves unanswered.
    wanted = _for_batches(env, model, wanted)
    plan = Plan(source, reading, wanted, response_format, options.limit, questions.allow_secrets)
    submissions = submissions_of(env)
    with submissions.new_folder() as folder:
        submission = _prepare(env, plan, folder)
        if options.dry_run:
            env.console.print(_counts(submission))
            return
        _require_budget(env, model, submission)
        submission = keep(env, submissions, submission, folder, Earlier(options.resume, options.again))
    submission = send(env, env.connect(submission.model, network=network.network()), submissions, submission)
    _show(env, submission, as_json=options.json)


def _for_batches(env: Env, model: ModelOptions, options: "RequestOptions") -> "RequestOptions":
    """Return the options with what batches need. Raises UsageError for what they cannot do."""
    if model.max_cost is not None:
        raise UsageError("--max-cost cannot stop a batch, which xAI runs", hint="submit fewer questions: --limit N")
    if model.fast:
        env.console.note("batches have no fast tier: --fast is left out")
    found = env.settings.find("model", options.model, role=options.role)
    is_chosen = options.model is not None or found.source.startswith("role ")
    name = env.settings.model(options.model, role=options.role) if is_chosen else BATCH_MODEL
    if name == LOCAL_MODEL:
        raise UsageError("xAI's servers do not run the local model", hint="without submit: grok batch FILE -m local")
    return options._replace(model=name, fields={**options.fields, "service_tier": None})


def _prepare(env: Env, plan: Plan, folder: "Path") -> Submission:
    """Check all questions, and write the files of requests. Raises UsageError, SecretError."""
    if not plan.allow_secrets:
        shared = build_request(env, [], plan.options)
        refuse_secrets(env, shared.messages, {"model": shared.model, **shared.options})
    with closing(Index()) as index:
        survey(plan.source, plan.reading, index, Retry(), keys=() if plan.allow_secrets else long_keys(env))
    value = env.settings.value
    schema = plan.response_format.schema if plan.response_format else None
    api = value("api", plan.options.api)
    target = Target(plan.source.name, value("base_url"), str(plan.options.model), api, schema)
    return prepare(folder, _requests(env, plan), target)


def _requests(env: Env, plan: Plan) -> "Iterator[tuple[Question, Request]]":
    """Yield the questions with their requests. Raises UsageError, which names the line."""
    requests = Requests(env, plan.options)
    for question in islice(plan.source.questions(plan.reading), plan.limit):
        try:
            yield question, requests.build(question)
        except UsageError as error:
            raise error_at(plan.source.name, question.line, error.message, hint=error.hint) from None


def _require_budget(env: Env, model: ModelOptions, submission: Submission) -> None:
    """Raise BudgetError when nothing may be spent any more. What a batch will cost is known only afterwards."""
    budget = limits_of(model).budget(env, open_ledger(env, "batch"), submission.model)
    if budget:
        budget.check()


def _counts(submission: Submission) -> str:
    files = f"{len(submission.parts):,} file{'s' if len(submission.parts) > 1 else ''}"
    size = sum(part.size for part in submission.parts)
    shown = f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{size / 1e3:.1f} KB"
    return f"{counted_requests(submission)} for {submission.model}, {shown} in {files}\n"


def _show(env: Env, submission: Submission, *, as_json: bool) -> None:
    env.console.print(json_text(document(submission), indent=2) if as_json else f"{submission.id}\n")
    env.console.note(f"submitted {counted_requests(submission)} for {submission.model}")
    env.console.note(f"to wait for the results: grok batch fetch {submission.id} --wait -o FILE")
