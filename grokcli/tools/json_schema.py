"""Converting type annotations to JSON Schema, and JSON values to Python values of the annotated type."""

from __future__ import annotations

import types
from collections import abc
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints, is_typeddict

_LISTS = (list, abc.Sequence, abc.Iterable, abc.Collection)
_DICTS = (dict, abc.Mapping, abc.MutableMapping)
_NAMES = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}


class UnsupportedTypeError(Exception):
    """JSON Schema cannot express an annotation; the text names it."""


class MismatchError(Exception):
    """A value does not match its annotation; `path` is its place within the argument, such as `[0].name`."""

    def __init__(self, wanted: str, value: object, path: str = "") -> None:
        """Set the description of what was `wanted`, the `value` found instead, and its path."""
        super().__init__(f"{value!r} is not {wanted}")
        self.wanted, self.value, self.path = wanted, value, path

    def inside(self, step: str) -> MismatchError:
        """Return the same mismatch with its path starting one level further out, at `step`."""
        return MismatchError(self.wanted, self.value, f"{step}{self.path}")


class TypeSchema(NamedTuple):
    """The JSON Schema of an annotation, and a function that converts JSON values or raises MismatchError."""

    schema: dict[str, Any]
    read: Callable[[Any], Any]


class Parameter(NamedTuple):
    """A named part of an object: a parameter of a function, or a field of a dataclass."""

    kind: TypeSchema
    required: bool


def type_schema(annotation: Any, within: tuple[Any, ...] = ()) -> TypeSchema:
    """Return the schema of an annotation that is nested in those of `within`. Raises UnsupportedTypeError."""
    if annotation in within:
        raise UnsupportedTypeError(f"{_named(annotation)}, which holds itself")
    if annotation in (Any, object):
        return TypeSchema({}, lambda value: value)
    if annotation in _NAMES:
        return _scalar(annotation)
    origin, arguments = get_origin(annotation) or annotation, get_args(annotation)
    if origin in (Union, types.UnionType):
        return _union([type_schema(one, within) for one in arguments])
    if origin is Literal:
        return _choice([(one, one) for one in arguments])
    if origin in _LISTS:
        return _list(type_schema(arguments[0] if arguments else Any, within))
    if origin in _DICTS:
        return _dict(arguments, within)
    return _class(annotation, (*within, annotation))


def object_schema(parameters: dict[str, Parameter]) -> dict[str, Any]:
    """Return the schema of an object with exactly these parameters."""
    return {
        "type": "object",
        "properties": {name: parameter.kind.schema for name, parameter in parameters.items()},
        "required": [name for name, parameter in parameters.items() if parameter.required],
        "additionalProperties": False,
    }


def read_arguments(parameters: dict[str, Parameter], value: object) -> dict[str, Any]:
    """Return the values of a JSON object, each converted by its schema; omitted parameters stay omitted.

    Raises MismatchError.
    """
    if not isinstance(value, dict):
        raise MismatchError("an object", value)
    unknown = [name for name in value if name not in parameters]
    if unknown:
        raise MismatchError(f"one of {', '.join(parameters) or 'no arguments'}", unknown[0])
    missing = [name for name, parameter in parameters.items() if parameter.required and name not in value]
    if missing:
        raise MismatchError(f"complete without {', '.join(missing)}", value)
    return {name: _read_at(f".{name}", parameters[name].kind, part) for name, part in value.items()}


def _read_at(step: str, kind: TypeSchema, value: object) -> Any:
    try:
        return kind.read(value)
    except MismatchError as mismatch:
        raise mismatch.inside(step) from None


def _scalar(python: type) -> TypeSchema:
    name = _NAMES[python]

    def read(value: Any) -> Any:
        # In JSON Schema, 3.0 is an integer; in Python, True is one.
        if python is int and isinstance(value, float) and value.is_integer():
            return int(value)
        if python is float and isinstance(value, int) and not isinstance(value, bool):
            try:
                return float(value)
            except OverflowError:
                raise MismatchError("a number that fits a float", "an integer of so many digits") from None
        if type(value) is not python:
            raise MismatchError(f"of type {name}", value)
        return value

    return TypeSchema({"type": name}, read)


def _union(kinds: list[TypeSchema]) -> TypeSchema:
    wanted = " or ".join(str(kind.schema.get("type", "as described")) for kind in kinds)

    def read(value: Any) -> Any:
        mismatches = []
        for kind in kinds:
            try:
                return kind.read(value)
            except MismatchError as mismatch:
                mismatches.append(mismatch)
        # A mismatch deeper inside the value is more specific than that no alternative matches.
        deepest = max(mismatches, key=lambda mismatch: len(mismatch.path))
        raise deepest if deepest.path else MismatchError(f"of type {wanted}", value)

    return TypeSchema({"anyOf": [kind.schema for kind in kinds]}, read)


def _choice(meanings: list[tuple[Any, Any]]) -> TypeSchema:
    """Return the schema of a choice; `meanings` pairs each JSON value with its Python value."""
    # Not a dict, in which 1 and True would be the same key.
    choices = [one for one, _ in meanings]
    if not all(type(one) in _NAMES for one in choices):
        raise UnsupportedTypeError(f"a choice of {', '.join(map(repr, choices))}")
    schema: dict[str, Any] = {"enum": choices}
    names = {_NAMES[type(one)] for one in choices}
    if len(names) == 1:
        schema = {"type": names.pop(), **schema}

    def read(value: Any) -> Any:
        for one, meant in meanings:
            if type(one) is type(value) and one == value:
                return meant
        raise MismatchError(f"one of {', '.join(map(repr, choices))}", value)

    return TypeSchema(schema, read)


def _list(item: TypeSchema) -> TypeSchema:
    def read(value: Any) -> Any:
        if not isinstance(value, list):
            raise MismatchError("of type array", value)
        return [_read_at(f"[{index}]", item, part) for index, part in enumerate(value)]

    return TypeSchema({"type": "array", "items": item.schema}, read)


def _dict(arguments: tuple[Any, ...], within: tuple[Any, ...]) -> TypeSchema:
    key, part = arguments or (str, Any)
    if key is not str:
        raise UnsupportedTypeError(f"a dict with keys of type {_named(key)}")
    item = type_schema(part, within)

    def read(value: Any) -> Any:
        if not isinstance(value, dict):
            raise MismatchError("of type object", value)
        return {name: _read_at(f"[{name!r}]", item, one) for name, one in value.items()}

    return TypeSchema({"type": "object", **({"additionalProperties": item.schema} if item.schema else {})}, read)


def _class(python: Any, within: tuple[Any, ...]) -> TypeSchema:
    if isinstance(python, type) and issubclass(python, Enum):
        return _choice([(one.value, one) for one in python])
    if is_typeddict(python):
        return _object(
            dict, {name: name in python.__required_keys__ for name in python.__annotations__}, python, within
        )
    if isinstance(python, type) and is_dataclass(python):
        parts = [part for part in fields(python) if part.init]
        required = {part.name: part.default is MISSING and part.default_factory is MISSING for part in parts}
        return _object(python, required, python, within)
    raise UnsupportedTypeError(_named(python))


def _object(make: Callable[..., Any], required: dict[str, bool], python: Any, within: tuple[Any, ...]) -> TypeSchema:
    try:
        hints = get_type_hints(python)
    except Exception as error:  # noqa: BLE001  # an annotation may be any expression
        raise UnsupportedTypeError(f"{_named(python)}: {error}") from None
    parameters = {name: Parameter(type_schema(hints[name], within), needed) for name, needed in required.items()}

    def read(value: Any) -> Any:
        parts = read_arguments(parameters, value)
        try:
            return make(**parts)
        except (TypeError, ValueError) as error:
            raise MismatchError(f"a {_named(python)} ({error})", value) from None

    return TypeSchema(object_schema(parameters), read)


def _named(annotation: Any) -> str:
    return annotation.__name__ if isinstance(annotation, type) and not get_args(annotation) else str(annotation)
