"""Errors of the command line in our words: Typer's are whole sentences."""

from __future__ import annotations

import re
from typing import Any

from grokcli.config.settings import closest_hint
from grokcli.errors import GrokError, UsageError


def as_grok_error(error: Any) -> GrokError:
    """Return a Typer exception as an error with a hint."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "grok"
    message, hint = _words(error, context, str(error.message))
    return UsageError(message, hint=hint or f"see {path} --help")


def _words(error: Any, context: Any, text: str) -> tuple[str, str | None]:
    """Return what happened and, if more can be said than where the help is, what to do."""
    if match := re.match(r"No such command '(.*?)'\.", text, re.DOTALL):
        known = context.command.list_commands(context)
        asks = None if context.parent else 'to ask a question: grok ask "…"; for the commands: grok --help'
        return f"unknown command {match[1]!r}", closest_hint(match[1], known) or asks
    if hasattr(error, "possibilities"):
        return f"unknown option {error.option_name}", _closest_option(error, context)
    parameter = getattr(error, "param", None)
    if parameter is None:
        return _lower(text), None
    if type(error).__name__ == "MissingParameter":
        return f"missing {_name(parameter)}", None
    return f"invalid value for {_name(parameter)}: {_lower(text)}", None


def _closest_option(error: Any, context: Any) -> str | None:
    known = [name for parameter in context.command.get_params(context) for name in parameter.opts]
    return closest_hint(error.option_name, known)


def _name(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return str(parameter.human_readable_name).strip("[].").upper()
    return str(max(parameter.opts, key=len))


def _lower(text: str) -> str:
    """Return a sentence of Typer's as a fragment: 'wild' is not one of 'a', 'b'. -> 'wild' (choose from a, b)."""
    text = text.removesuffix(".")
    if match := re.fullmatch(r"Option '(.*)' requires an argument", text, re.DOTALL):
        return f"{match[1]} needs a value"
    if match := re.fullmatch(r"Option '(.*)' does not take a value", text, re.DOTALL):
        return f"{match[1]} takes no value"
    if match := re.fullmatch(r"('.*') is not one of (.*)", text, re.DOTALL):
        return f"{match[1]} (choose from {match[2].replace(chr(39), '')})"
    if match := re.fullmatch(r"(\S+) is not in the range (.*)", text):
        return f"{match[1]} (must be {_range(match[2])})"
    if match := re.fullmatch(r"('.*') is not a valid (.*)", text, re.DOTALL):
        return f"{match[1]} (must be {_kind(match[2])})"
    return text[:1].lower() + text[1:]


def _range(text: str) -> str:
    """Return x>=1 or 0<=x<=2 in words."""
    low, high = re.search(r"(\S+?)<=x|x>=(\S+?)\.?$", text), re.search(r"x<=(\S+?)\.?$", text)
    least = (low[1] or low[2]) if low else "0"
    return f"from {least} to {high[1]}" if high else f"{least} or more"


def _kind(name: str) -> str:
    return "a whole number" if name.startswith("int") else "a number"
