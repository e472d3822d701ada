"""The questions of a batch: one a line, read as they are needed.

A line of JSONL is an object with a `prompt` or with `messages`, and perhaps an `id`, a `model`, a `system` prompt and
`options`, which are request fields. A row of a table has the same as columns; `options` holds JSON there. With a
template, the fields of a line are its data, and only the id keeps its meaning: a table of cars may have a model. A
plain line is a prompt.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from grokcli.batch.records import LINE, TABLES, Format, Record, error_at, read_records
from grokcli.chat import Message, user
from grokcli.errors import GrokError
from grokcli.turn.request import parse_field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grokcli.batch.template import Template

DEFAULT_ID = "id"
ROLES = ("system", "developer", "user", "assistant", "tool")
HASH_CHARACTERS = 16


class Question(NamedTuple):
    """One question.

    `number` counts the questions and `line` the lines of the file, both from 1; `id` is what the line says, else the
    number. `model`, `system` and `options` are None, None and {} where the line leaves them to the command. `hash`
    tells whether two questions are the same. `fields` is the whole line, for what is written beside the answer.
    """

    number: int
    line: int
    id: str
    messages: list[Message]
    model: str | None
    system: str | None
    options: dict[str, Any]
    hash: str
    fields: dict[str, Any]


class Reading(NamedTuple):
    """How lines become questions.

    `template` is the prompt that the fields of a line fill in, None if the line has its own; `id_field` is the field
    with the id, "" for none. `shared` stands for what else the questions are asked with, such as the system prompt of
    the command: it changes the hash of each.
    """

    format: Format
    template: Template | None = None
    id_field: str = DEFAULT_ID
    shared: str = ""


def read_questions(stream: IO[bytes], name: str, reading: Reading) -> Iterator[Question]:
    """Yield the questions in `stream`, the file `name`. Raises UsageError, which names the line, at the first bad one.

    Ids may occur twice: to tell, all of them would have to be held.
    """
    for number, record in enumerate(read_records(stream, name, reading.format), 1):
        try:
            yield _question(record, number, reading)
        except _LineError as error:
            raise error_at(name, record.line, error.message, hint=error.hint) from None


class _LineError(GrokError):
    """What is wrong with a line, which the error does not name yet."""


def _question(record: Record, number: int, reading: Reading) -> Question:
    name = _id(record.fields, number, reading)
    own = record.fields if reading.template is None else {}
    model, system = _text(own, "model"), _text(own, "system")
    messages, options = _messages(record.fields, reading), _options(own.get("options"))
    content = json.dumps([messages, model, system, options, reading.shared], sort_keys=True, ensure_ascii=False)
    return Question(number, record.line, name, messages, model, system, options, _hash(content), record.fields)


def _id(fields: Mapping[str, Any], number: int, reading: Reading) -> str:
    if not reading.id_field or (reading.id_field == DEFAULT_ID and DEFAULT_ID not in fields):
        return str(number)
    found = fields.get(reading.id_field)
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    if not isinstance(found, str):
        raise _LineError(
            f"no id in {reading.id_field!r}" if found is None else "an id must be a text or a whole number"
        )
    if not found.strip():
        raise _LineError("the id is empty", hint="fill it in, or number the lines: --id ''")
    if not _is_unicode(found):
        raise _LineError("the id contains half a surrogate pair")
    return found


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeError:
        return False
    return True


def _messages(fields: Mapping[str, Any], reading: Reading) -> list[Message]:
    """Return what is sent for a line, without the system prompt of its own."""
    if reading.template is not None:
        try:
            prompt = reading.template.fill(fields)
        except KeyError as missing:
            known = ", ".join(fields) or "none"
            raise _LineError(
                f"no field {missing.args[0]!r}, which --prompt names", hint=f"the line has: {known}"
            ) from None
    elif fields.get("messages") not in (None, "") and reading.format not in TABLES:
        if fields.get("prompt") is not None:
            raise _LineError("both a prompt and messages", hint="leave out one of them")
        return _checked(fields["messages"])
    else:
        prompt = _prompt(fields, reading.format)
    if not prompt.strip():
        raise _LineError("the prompt is empty")
    return [user(prompt)]


def _prompt(fields: Mapping[str, Any], kind: Format) -> str:
    only = LINE if kind == "lines" else next(iter(fields)) if kind in TABLES and len(fields) == 1 else "prompt"
    prompt = fields.get(only)
    if isinstance(prompt, str):
        return prompt
    if prompt is not None:
        raise _LineError("the prompt is not text", hint="a list of messages goes into the field messages")
    noun = "column" if kind in TABLES else "field"
    hint = f"add it, or fill the {noun}s into a prompt: --prompt 'Classify: {{text}}'"
    raise _LineError(f"no {noun} 'prompt'" + ("" if kind in TABLES else ", and no messages"), hint=hint)


def _checked(messages: object) -> list[Message]:
    example = 'for example: [{"role": "user", "content": "hello"}]'
    if not isinstance(messages, list) or not messages:
        raise _LineError("messages must be a list that is not empty", hint=example)
    for message in messages:
        if not isinstance(message, dict) or message.get("role") not in ROLES:
            raise _LineError(f"each message needs a role: {', '.join(ROLES)}", hint=example)
        if not isinstance(message.get("content"), (str, list)) and not message.get("tool_calls"):
            raise _LineError("each message needs a content", hint=example)
    return messages


def _text(fields: Mapping[str, Any], name: str) -> str | None:
    found = fields.get(name)
    if found is not None and not isinstance(found, str):
        raise _LineError(f"the field {name!r} is not text")
    return found or None


def _options(given: object) -> dict[str, Any]:
    """Return the request fields of a line, checked as those of -O are."""
    if isinstance(given, str) and given.strip():  # a cell of a table
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            raise _LineError("the options are not JSON", hint='for example: {"seed": 7}') from None
    if given in (None, ""):
        return {}
    if not isinstance(given, dict):
        raise _LineError("the options are not a JSON object", hint='for example: {"seed": 7}')
    options: dict[str, Any] = {}
    for key, value in given.items():
        try:
            options |= parse_field(key, json.dumps(value))
        except GrokError as error:
            raise _LineError(error.message, hint=error.hint) from None
    return options


def _hash(content: str) -> str:
    from hashlib import sha256

    return sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:HASH_CHARACTERS]
