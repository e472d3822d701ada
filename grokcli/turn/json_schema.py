"""Structured answers: reading schemas as users write them, and validating answers.

jsonschema takes 60 ms to import: import this module where a schema is used, not at the top.
"""

from __future__ import annotations

import json
import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from jsonschema import SchemaError
from jsonschema.validators import Draft202012Validator, validator_for
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from grokcli.client.redact import redact
from grokcli.errors import IncompleteError, UsageError
from grokcli.files import expand
from grokcli.input.files import read_text

EXAMPLE = "for example: --schema 'name, age int, tags list'"
TYPES: dict[str, dict[str, Any]] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "list": {"type": "array", "items": {"type": "string"}},
}
# NAME [TYPE] [: DESCRIPTION]. Models are used to field names that are identifiers.
FIELD = re.compile(r"(?P<name>[^\W\d][\w-]*)(?:\s+(?P<type>\w+))?\s*(?::\s*(?P<description>.*\S))?\s*")
# How much of an invalid value an error message shows.
SHOWN_CHARACTERS = 200
# Far more than needed: validation takes milliseconds.
CHECK_SECONDS = 5.0

# Empty, so that references in a schema are not fetched.
_REGISTRY: Registry[Any] = Registry()


def read_schema(text: str) -> dict[str, Any]:
    """Return a JSON schema; `text` is the schema itself, its file, or a list of fields. Raises UsageError."""
    path = None if text.lstrip().startswith(("{", "[")) else expand(text)
    if path and (text.endswith(".json") or _is_file(path)):
        return _valid(_parsed(read_text(str(path)), str(path)), str(path))
    return read_inline_schema(text)


def read_inline_schema(text: str) -> dict[str, Any]:
    """Return a JSON schema; `text` is the schema itself or a list of fields. Raises UsageError."""
    if text.lstrip().startswith(("{", "[")):
        return _valid(_parsed(text, "the schema"), "the schema")
    return _from_fields(text)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long for a name, or with a NUL in it
        return False


def _parsed(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name} is not JSON: {error}", hint=EXAMPLE) from None


def _valid(schema: Any, name: str) -> dict[str, Any]:
    """Return `schema` if it is valid and has no external references. Raises UsageError."""
    if not isinstance(schema, dict) or not isinstance(schema.get("$schema", ""), str):
        raise UsageError(f"{name} is not a JSON Schema", hint=EXAMPLE)
    try:
        validator_for(schema, default=Draft202012Validator).check_schema(schema)
    except SchemaError as error:
        raise UsageError(f"{name} is not a JSON Schema: {_shortened(error.message)} at {error.json_path}") from None
    except RecursionError:
        raise UsageError(f"{name} is nested too deeply") from None
    resolver = _REGISTRY.resolver_with_root(DRAFT202012.create_resource(schema))
    for reference in _references(schema):
        try:
            resolver.lookup(reference)
        except Unresolvable:
            hint = 'put the definition under "$defs"; references are not fetched'
            raise UsageError(f"{name} refers to {reference}, which it does not contain", hint=hint) from None
    return schema


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def _from_fields(text: str) -> dict[str, Any]:
    """Return the schema of an object with the fields of the short form: `name [type] [: description]`, …

    Fields are separated by newlines if there are any, in which case a description may contain commas, else by commas.
    """
    fields = [field.strip() for field in re.split(r"\n" if "\n" in text.strip() else ",", text)]
    properties: dict[str, Any] = {}
    for field in filter(None, (field.removesuffix(",") for field in fields)):
        match = FIELD.fullmatch(field)
        kind = TYPES.get(match["type"] or "str") if match else None
        if match is None or kind is None:
            hint = f"{EXAMPLE}; types are {', '.join(TYPES)}"
            raise UsageError(
                f"invalid field in the schema: {_shortened(field)!r} (expected NAME [TYPE] [: DESCRIPTION])", hint=hint
            )
        if match["name"] in properties:
            raise UsageError(f"the schema has two fields {match['name']!r}")
        about = {"description": match["description"]} if match["description"] else {}
        properties[match["name"]] = {**kind, **about}
    if not properties:
        raise UsageError("the schema has no fields", hint=EXAMPLE)
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def parse(schema: dict[str, Any], answer: str) -> Any:
    """Return the answer parsed as JSON. Raises IncompleteError if it is not JSON or does not match the schema."""
    try:
        data = json.loads(answer, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        reason = "it is empty" if not answer.strip() else error
        raise IncompleteError(f"the answer is not JSON: {reason}", hint="ask again, or use another model") from None
    validator = validator_for(schema, default=Draft202012Validator)(schema, registry=_REGISTRY)
    try:
        with _time_limit(CHECK_SECONDS):
            errors = sorted(validator.iter_errors(data), key=lambda error: error.json_path)
    except TimeoutError:
        raise IncompleteError(
            f"the answer could not be checked within {CHECK_SECONDS:g} s", hint="simplify the patterns in the schema"
        ) from None
    except (Unresolvable, RecursionError) as error:
        raise IncompleteError(f"the answer could not be checked against the schema: {error}") from None
    if errors:
        more = f", and {len(errors) - 1} more" if len(errors) > 1 else ""
        reason = f"{_shortened(errors[0].message)} at {errors[0].json_path}{more}"
        raise IncompleteError(f"the answer does not match the schema: {reason}", hint="ask again, or use another model")
    return data


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in the block after so many seconds, because a "pattern" may backtrack endlessly.

    A thread could not interrupt it: matching holds the GIL and checks only for signals. Windows has no timer that sends
    a signal, so there is no limit there.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _stop(_number: int, _frame: object) -> NoReturn:
    raise TimeoutError


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number in JSON")


def _shortened(message: str) -> str:
    """Return a message shortened to one line; it may quote the whole document."""
    line = redact(" ".join(message.split()))  # before the cut: a key cut in the middle would not be recognised
    half = SHOWN_CHARACTERS // 2
    return line if len(line) <= SHOWN_CHARACTERS else f"{line[:half]} … {line[-half:]}"
