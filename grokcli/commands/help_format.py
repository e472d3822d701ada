"""What `--help` prints: usage, options in titled groups with their defaults and variables, and examples."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, Any, NamedTuple

from grokcli.config.settings import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import typer

    from grokcli.env import Env

WIDEST = 100  # longer lines are hard to read
NARROWEST = 40
NO_BREAK = "\x00"
NAMES = 24  # columns for the names of options; longer ones have a line of their own


class Section(NamedTuple):
    """A titled part of the help: rows of a name and its description."""

    title: str
    rows: list[tuple[str, str]]


def print_help(context: typer.Context) -> None:
    """Print the help of the context's command on stdout, in colour if that is a terminal."""
    _print(context.obj, lambda width: _as_lines(context, width))


def print_section(context: typer.Context, title: str, rows: list[tuple[str, str]]) -> None:
    """Print one more section on stdout, after an empty line."""
    _print(context.obj, lambda width: ["", f"{title}:", *_table(rows, width, _column(rows))])


def _print(env: Env, lines: Callable[[int], Iterable[str]]) -> None:
    """Print the lines that `lines` makes for a width in columns."""
    stdout = env.console.stdout
    if not stdout.isatty():
        stdout.write("\n".join([*lines(80), ""]))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stdout, _environ=env.environ, highlight=False, soft_wrap=True)
    text = Text("\n".join(lines(min(max(console.width, NARROWEST), WIDEST))))
    text.highlight_regex(r"(?m)^\S.*:$|^Usage:", "bold")
    text.highlight_regex(r"(?m)^  (?:-[\w-]+(?:, --[\w-]+)?|[a-z]\S*(?=  ))", "cyan")
    text.highlight_regex(r"\[(?:env|default|choices):[^]]*\]", "dim")
    console.print(text)


def sections(context: typer.Context) -> list[Section]:
    """Return the arguments, options and subcommands of the context's command, in the order of their definition."""
    command: Any = context.command
    found: dict[str, list[tuple[str, str]]] = {}
    if hasattr(command, "list_commands") and (names := command.list_commands(context)):
        found["Commands"] = [(name, summary(command.get_command(context, name)).rstrip(".")) for name in names]
    for parameter in command.get_params(context):
        found.setdefault(_title(parameter), []).append((_names(parameter), _description(parameter)))
    arguments = found.pop("Arguments", None)
    return [Section(*one) for one in ([("Arguments", arguments)] if arguments else []) + list(found.items())]


def summary(command: Any) -> str:
    """Return the first paragraph of a command's help."""
    return " ".join((command.help or "").partition("\n\n")[0].split())


def _as_lines(context: typer.Context, width: int) -> list[str]:
    command: Any = context.command
    lines = [*textwrap.wrap(summary(command), width), "", f"Usage: {' '.join(_usage(context))}"]
    if rest := (command.help or "").partition("\n\n")[2]:
        lines += ["", *rest.splitlines()]
    found = sections(context)
    column = _column(row for section in found for row in section.rows)
    for title, rows in found:
        lines += ["", f"{title}:", *_table(rows, width, column)]
    if command.epilog:
        lines += ["", "Examples:", *(f"  {line}" for line in command.epilog.strip().splitlines())]
    return lines


def _usage(context: typer.Context) -> list[str]:
    pieces = context.command.collect_usage_pieces(context)
    return [context.command_path, *(piece.strip("{}") for piece in pieces)]


def _column(rows: Iterable[tuple[str, str]]) -> int:
    """Return where the descriptions begin."""
    return max((len(name) for name, _ in rows if len(name) <= NAMES), default=NAMES) + 4


def _table(rows: list[tuple[str, str]], width: int, column: int) -> Iterator[str]:
    """Yield rows as lines: the names, and beside them the description, wrapped but never cut."""
    for name, text in rows:
        # A note such as [env: NAME] is not broken where a line ends.
        whole = re.sub(r"\[(?:env|default): [^]]*\]", lambda note: note[0].replace(" ", NO_BREAK), text)
        wrapped = [line.replace(NO_BREAK, " ") for line in textwrap.wrap(whole, width - column, break_on_hyphens=False)]
        if len(name) > NAMES:
            yield f"  {name}"
        else:
            yield f"  {name:{column - 2}}{wrapped.pop(0) if wrapped else ''}".rstrip()
        yield from (" " * column + line for line in wrapped)


def _title(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return "Arguments"
    return getattr(parameter, "rich_help_panel", None) or "Options"


def _names(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return str(parameter.human_readable_name).strip("[].").upper()
    names = ", ".join(sorted(parameter.opts, key=len))
    if parameter.is_flag:
        return " / ".join([names, *parameter.secondary_opts])
    return f"{names} {parameter.metavar or 'VALUE'}"


def _description(parameter: Any) -> str:
    # A command whose default is another one than that of the setting says so itself.
    setting = None if "default:" in (parameter.help or "") else SETTINGS.get(parameter.name)
    notes = []
    if choices := getattr(parameter.type, "choices", None):
        notes.append(f"choices: {', '.join(choices)}")
    default = setting.default if setting is not None else None if parameter.multiple else parameter.default
    if default not in (None, "", False):
        notes.append(f"default: {default:g}" if isinstance(default, float) else f"default: {default}")
    if setting is not None and parameter.param_type_name == "option":
        notes.append(f"env: {setting.environment}")
    return " ".join([parameter.help or "", *(f"[{note}]" for note in notes)]).strip()
