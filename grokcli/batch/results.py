"""Results: what is written for each question, one JSON object a line, whichever way it was asked.

    id             the question's, always text
    status         "answered" or "failed"
    answer         the text of the answer; of a failed question, what came of it, if anything did
    data           the answer as JSON, if it was to match a schema, and does
    finish_reason  "stop", "length", …; left out where no answer came
    model          the model that answered, else the one that was asked
    sources        what the answer is based on; left out where there is nothing
    usage          tokens and the billed cost, as in `grok ask --json`; null where the server reported none
    error          why the question failed: message, hint, exit_code, and of the server's errors status and code
    hash           of the question: if it changes, the result no longer belongs to it

A result line is read by its id, its status, its hash and its usage; all else is for whoever uses it.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from grokcli.errors import GrokError, IncompleteError
from grokcli.render.json import error_as_dict
from grokcli.terminal.sanitize import json_text
from grokcli.turn.run import require_whole

if TYPE_CHECKING:
    from grokcli.batch.questions import Question
    from grokcli.chat import Response
    from grokcli.terminal.console import Console
    from grokcli.turn.response_format import ResponseFormat

ANSWERED, FAILED = "answered", "failed"


def result_of(
    question: Question,
    response: Response,
    *,
    error: GrokError | None = None,
    response_format: ResponseFormat | None = None,
    console: Console,
) -> dict[str, Any]:
    """Return the result of a question: of an answer that came, or of what came before `error`.

    An answer that is cut off, withheld, empty, or that does not have its format is a failure too. Secrets in what the
    server says of it are masked by `console`.
    """
    data: Any = None
    has_schema = response_format is not None and response_format.schema is not None
    if error is None:
        try:
            _check(response, response_format)
            data = json.loads(response.content) if has_schema else None
        except GrokError as found:
            error = found
    document: dict[str, Any] = {"id": question.id, "status": FAILED if error else ANSWERED}
    if error is None or response.content:
        document["answer"] = response.content
    if error is None and has_schema:
        document["data"] = data
    if response.finish_reason:
        document["finish_reason"] = console.mask(response.finish_reason)
    document["model"] = console.mask(response.model or response.asked)
    if response.sources:
        document["sources"] = [asdict(source) for source in response.sources]
    document["usage"] = response.usage.as_dict() if response.usage else None
    if error is not None:
        console.mask_error(error)
        document["error"] = error_as_dict(error)
    return document | {"hash": question.hash}


def result_line(result: dict[str, Any]) -> bytes:
    """Return a result as the line that is written, with its end."""
    # A lone surrogate, which JSON may hold and UTF-8 may not, is escaped by json_text.
    return json_text(result).encode("utf-8")


def _check(response: Response, response_format: ResponseFormat | None) -> None:
    """Raise IncompleteError for an answer that is of no use."""
    require_whole(response)
    if response.finish_reason == "tool_calls":
        names = ", ".join(dict.fromkeys(call.name for call in response.tool_calls))
        raise IncompleteError(f"the model wants to call {names}", hint="a batch runs no functions")
    if response_format is not None:
        response_format.check(response.content)
