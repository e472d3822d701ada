"""The options of `grok batch`: which questions are asked, where the results go, and how."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from grokcli.commands.grouping import option_group
from grokcli.commands.options import Accessible, Quiet
from grokcli.errors import UsageError
from grokcli.files import expand

if TYPE_CHECKING:
    from grokcli.batch.questions import Reading
    from grokcli.batch.source import QuestionFile
    from grokcli.batch.survey import Retry
    from grokcli.batch.writing import Results
    from grokcli.env import Env
    from grokcli.turn.request import RequestOptions
    from grokcli.turn.response_format import ResponseFormat

Format = Literal["jsonl", "csv", "tsv", "lines"]
MOST_PARALLEL = 64
DEFAULT_PARALLEL = 8


@option_group("Questions")
class QuestionOptions:
    """The file of questions, and how its lines are read."""

    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="Questions, one a line: JSONL, CSV, TSV or text; - is stdin",
        ),
    ] = ...  # type: ignore[assignment]  # Typer's way to say that there is no default
    format: Annotated[
        Format | None, typer.Option("--format", metavar="FORMAT", help="Format of FILE; default: by its extension")
    ] = None
    prompt: Annotated[
        str | None,
        typer.Option(
            "--prompt",
            metavar="TEXT|@FILE",
            help="Prompt for each line; {NAME} is a column or field of it, {{ a brace, {line} a line of text",
        ),
    ] = None
    id: Annotated[
        str, typer.Option("--id", metavar="NAME", help="Column or field with the id; '' numbers the questions")
    ] = "id"
    schema: Annotated[
        str | None,
        typer.Option(
            "--schema",
            metavar="FILE|JSON|FIELDS",
            help="Make each answer match a JSON Schema: a file, inline JSON, or 'label, score int'",
        ),
    ] = None
    allow_secrets: Annotated[
        bool, typer.Option("--allow-secrets", help="Send questions even if they contain your API key")
    ] = False

    def source(self, env: "Env") -> "QuestionFile":
        """Return the file of questions, which is closed at the end of the run. Raises UsageError."""
        from grokcli.batch.source import QuestionFile

        source = QuestionFile(env.console.stdin, self.file, self.format)
        env.on_close(source.close)
        source.load()
        return source

    def response_format(self) -> "ResponseFormat | None":
        """Return the format that the answers must have, None for any. Raises UsageError."""
        if self.schema is None:
            return None
        from grokcli.turn.json_schema import read_schema
        from grokcli.turn.response_format import ResponseFormat

        return ResponseFormat(read_schema(self.schema))

    def reading(self, source: "QuestionFile", options: "RequestOptions") -> "Reading":
        """Return how the lines of `source` become questions that are asked with `options`. Raises UsageError.

        All options are part of a question's hash but the model: with another one, a batch may be continued.
        """
        from grokcli.batch.questions import Reading
        from grokcli.batch.template import Template
        from grokcli.turn.request import text_or_file

        prompt = text_or_file(self.prompt)
        template = None if prompt is None else Template(prompt.rstrip("\r\n"))  # a file ends with a line break
        return Reading(source.format, template, self.id, _shared(options))


def _shared(options: "RequestOptions") -> str:
    import json

    asked: dict[str, Any] = {
        "system": options.system,
        "role": options.role,
        "fields": dict(options.fields),
        "tools": list(options.server_tools),
    }
    found = {name: value for name, value in asked.items() if value}
    return json.dumps(found, sort_keys=True) if found else ""


@option_group("Results")
class ResultOptions:
    """Where the results go, and which questions are asked again."""

    output: Annotated[
        str | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="Append results to FILE; what has one there is not asked again"
        ),
    ] = None
    csv: Annotated[
        bool, typer.Option("--csv", help="Write a table: the columns of the input, and those of the answers")
    ] = False
    ordered: Annotated[
        bool, typer.Option("--ordered", help="Put the results into the order of the questions at the end")
    ] = False
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Ask questions again that failed")] = False
    retry_changed: Annotated[
        bool, typer.Option("--retry-changed", help="Ask questions again that changed since they were answered")
    ] = False

    def open(
        self,
        env: "Env",
        source: "QuestionFile",
        reading: "Reading",
        response_format: "ResponseFormat | None",
    ) -> "Results":
        """Return the results, which are closed at the end of the run. Raises UsageError, GrokError."""
        from grokcli.batch.table import Table
        from grokcli.batch.writing import Results

        table = Table(source, reading, response_format.schema if response_format else None) if self.csv else None
        results = Results(env.console, self._path(source), ordered=self.ordered, table=table)
        env.on_close(results.close)
        results.load()
        return results

    def _path(self, source: "QuestionFile") -> Path | None:
        """Return the file for the results, None for stdout. Raises UsageError for the file of the questions."""
        if self.output is None or self.output == "-":
            return None
        path = expand(self.output)
        if source.path is not None and path.exists() and path.samefile(source.path):
            raise UsageError(f"{self.output} is the file of questions", hint="write to another file with -o")
        return path

    def retry(self) -> "Retry":
        """Return which questions are asked again."""
        from grokcli.batch.survey import Retry

        return Retry(self.retry_failed, self.retry_changed)


@option_group("Run")
class RunOptions:
    """How the questions are asked."""

    parallel: Annotated[
        int,
        typer.Option(
            "--parallel", min=1, max=MOST_PARALLEL, metavar="N", help=f"Ask N at a time, up to {MOST_PARALLEL}"
        ),
    ] = DEFAULT_PARALLEL
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, metavar="N", help="Ask at most N questions in this run")
    ] = None
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and count the questions; send nothing")] = False
    accessible: Accessible = False
    quiet: Quiet = False
