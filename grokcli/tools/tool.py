"""Functions as tools: describing typed Python functions to a model, and calling them on its request.

tool = tool_of(weather)
tool.schema()                        for the `tools` of a request
tool.call('{"city": "Paris"}').text  for the model: the result, or the error
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Any, TextIO, get_type_hints

from grokcli.errors import UsageError
from grokcli.tools import docstrings
from grokcli.tools.json_schema import (
    MismatchError,
    Parameter,
    TypeSchema,
    UnsupportedTypeError,
    object_schema,
    read_arguments,
    type_schema,
)
from grokcli.tools.run import ToolResult, failed, run

SECONDS = 60.0
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")


@dataclass(frozen=True)
class Tool:
    """A function that a model may call; `origin` is the file that defines it, "" without one.

    `server` is "": it is no tool of an MCP server.
    """

    name: str
    description: str
    function: Callable[..., Any]
    parameters: dict[str, Parameter]
    origin: str = ""
    server: str = ""

    def schema(self) -> dict[str, Any]:
        """Return the tool definition in the format of the chat completions API."""
        described = {"description": self.description} if self.description else {}
        function = {"name": self.name, **described, "parameters": object_schema(self.parameters)}
        return {"type": "function", "function": function}

    def call(self, arguments: str, *, seconds: float = SECONDS, printed: TextIO | None = None) -> ToolResult:
        """Call the function with `arguments`, a JSON object as text, and return the result, or an error as a result.

        Gives up after `seconds`. The function's output goes to `printed`, if given.
        """
        try:
            given = json.loads(arguments or "{}", parse_float=_finite, parse_constant=_finite)
            values = read_arguments(self.parameters, given)
        except MismatchError as mismatch:
            where = mismatch.path.removeprefix(".")
            return failed(f"{where + ': ' if where else ''}{mismatch}")
        except (ValueError, RecursionError) as error:
            return failed(f"the arguments are not JSON: {error}")
        return run(self.function, values, seconds=seconds, printed=printed)


def _finite(number: str) -> float:
    """Convert a JSON number to a float. Raises ValueError for NaN, Infinity and overflows such as 1e999."""
    value = float(number)
    if not isfinite(value):
        raise ValueError(f"{number} is not a finite number")
    return value


def tool_of(function: Callable[..., Any], *, origin: str = "") -> Tool:
    """Return a tool for `function`, described by its annotations and its docstring.

    Raises UsageError, which names the function and the parameter, for a type that JSON Schema cannot express.
    """
    name = getattr(function, "__name__", "")
    if not _NAME.match(name):
        raise UsageError(
            f"invalid name for a tool: {name or function!r}", hint="use def, and ASCII letters in the name"
        )
    said = docstrings.arguments(inspect.getdoc(function) or "")
    hints = _hints(function, name)
    parameters = {
        parameter.name: _parameter(name, parameter, hints, said.get(parameter.name, ""))
        for parameter in _parameters(function, name)
    }
    return Tool(name, docstrings.description(inspect.getdoc(function) or ""), function, parameters, origin)


def _hints(function: Callable[..., Any], name: str) -> dict[str, Any]:
    try:
        return get_type_hints(function)
    except Exception as error:  # noqa: BLE001  # an annotation may be any expression
        raise UsageError(f"cannot evaluate the annotations of {name}(): {error}") from None


def _parameters(function: Callable[..., Any], name: str) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        raise UsageError(f"{name}() has no signature") from None


def _parameter(name: str, parameter: inspect.Parameter, hints: dict[str, Any], said: str) -> Parameter:
    if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
        raise UsageError(f"{name}() takes {str(parameter).partition(':')[0]!r}, which cannot be passed by name")
    if parameter.name not in hints:
        raise UsageError(f"the parameter {parameter.name!r} of {name}() has no type", hint=f"{parameter.name}: str")
    try:
        schema = type_schema(hints[parameter.name])
    except UnsupportedTypeError as error:
        raise UsageError(
            f"the type of {parameter.name!r} in {name}() has no JSON Schema: {error}",
            hint="use str, int, float, bool, list, dict, Literal, Enum, None, dataclasses or TypedDicts",
        ) from None
    described = {**schema.schema, **_default(parameter), **({"description": said} if said else {})}
    return Parameter(TypeSchema(described, schema.read), parameter.default is parameter.empty)


def _default(parameter: inspect.Parameter) -> dict[str, Any]:
    default = parameter.default
    return {"default": default} if type(default) in (str, int, float, bool) else {}
