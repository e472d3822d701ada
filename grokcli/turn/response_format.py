"""The required format of an answer: JSON that matches a schema, or text that contains code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grokcli.errors import IncompleteError, UsageError

if TYPE_CHECKING:
    from grokcli.render.extract import Which


@dataclass(frozen=True)
class ResponseFormat:
    """The requested format: a JSON schema or None, and which code blocks to extract from the answer, if any."""

    schema: dict[str, Any] | None = None
    code: Which | None = None

    @property
    def fields(self) -> dict[str, Any]:
        """The request fields for this format, named as in the chat completions API."""
        if self.schema is None:
            return {}
        schema = {"name": "answer", "schema": self.schema, "strict": True}
        return {"response_format": {"type": "json_schema", "json_schema": schema}}

    def check(self, answer: str) -> None:
        """Raise IncompleteError if the text of a complete answer does not have this format."""
        if self.schema is not None:
            from grokcli.turn.json_schema import parse

            parse(self.schema, answer)
        if self.code is not None:
            from grokcli.render.extract import extract

            if not extract(answer, self.code):
                raise IncompleteError("the answer contains no code block", hint="the whole answer is above, on stderr")


def read_response_format(
    schema: str | None, *, first: bool, last: bool, every: bool, output_format: str
) -> ResponseFormat:
    """Return the format that the flags ask for; at least one flag is set. Raises UsageError."""
    wanted = first + last + every
    if wanted > 1:
        raise UsageError("-x, --extract-last and --extract-all cannot be combined", hint="use one of them")
    if wanted and (schema is not None or output_format != "text"):
        raise UsageError("code cannot be extracted from JSON output", hint="leave out -x, or --json and --schema")
    if schema is None:
        return ResponseFormat(code="first" if first else "last" if last else "all")
    from grokcli.turn.json_schema import read_schema

    return ResponseFormat(read_schema(schema))


def inline_format(schema: str) -> ResponseFormat:
    """Return the format of a schema that is JSON or a list of fields, never a file. Raises UsageError."""
    from grokcli.turn.json_schema import read_inline_schema

    return ResponseFormat(read_inline_schema(schema))
