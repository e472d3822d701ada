"""Answering a shell whose user pressed Tab; `grokcli.commands.completion` has the scripts that ask.

The shell passes the command line up to the cursor, as it was typed, in the environment. The answer is lines of text:
the first says of what kind it is, each further one is a word to offer and, behind a tab, what it stands for. Words are
quoted here where the shell does not do that itself. Titles and names are text of others: nothing in them is expanded
or run.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typer._click.shell_completion import _is_incomplete_argument, _resolve_context

from grokcli.commands.complete import Choice, Files, completer
from grokcli.env import COMPLETION_VARIABLE
from grokcli.terminal.sanitize import one_line
from grokcli.terminal.shell_words import CommandLine, is_plain, quoted, split

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from grokcli.commands.complete import Offer
    from grokcli.env import Env

LINE = f"{COMPLETION_VARIABLE}_LINE"
BREAKS = f"{COMPLETION_VARIABLE}_BREAKS"
KIND = f"{COMPLETION_VARIABLE}_TYPE"
# The first line of an answer: the shell is to complete files; words; words without a space after them; all of them
# with EQUALS if they belong behind the equals sign of the current word.
FILES, WORDS, NO_SPACE, EQUALS = "files", "words", "nospace", "="
# Bash inserts what it lists when Tab walks through a menu (37) or when all is to be inserted (42).
_INSERTS = ("37", "42")
# Characters that begin the word of readline, and are not only before it.
_SPECIAL_PREFIXES = "@"


def answer(env: Env, root: Any, as_subcommand: Callable[[Sequence[str]], list[str]]) -> str:
    """Return what Tab offers for the command line in the environment; `as_subcommand` puts its words right."""
    shell = env.environ[COMPLETION_VARIABLE]
    line = split(env.environ.get(LINE, ""), shell)
    words = list(line.words)
    while words and re.match(r"\w+=", words[0]):  # NAME=value grok …
        del words[0]
    words = as_subcommand(words[1:])
    context = _resolve_context(root, {"obj": env}, "grok", words)
    head, offer = _offer(context, words, line.current)
    typed = line.current[len(head) :]
    if isinstance(offer, Files):
        if not offer.mark:
            return f"{FILES}{EQUALS if head else ''}\n"
        from grokcli.files import matching_paths

        offer = [Choice(offer.mark + path) for path in matching_paths(typed.removeprefix(offer.mark))]
    begun = typed.casefold()
    fitting = [one for one in offer if one.value.isprintable() and one.value.casefold().startswith(begun)]
    kind = NO_SPACE if any(one.value.endswith(("/", "=")) for one in fitting) else WORDS
    return "\n".join([kind + (EQUALS if head else ""), *_lines(env, shell, line, head, fitting)]) + "\n"


# ---- what is offered


def _offer(context: Any, words: Sequence[str], current: str) -> tuple[str, Offer]:
    """Return what is offered for the word `current`, and its beginning that the offered values do not repeat."""
    parameters = context.command.get_params(context)
    if "--" not in words:
        name, equals, typed = current.partition("=")
        if equals and name.startswith("--"):
            option = _option(parameters, name)
            return f"{name}=", [] if option is None else _values(context, option, typed)
        option = _option(parameters, words[-1]) if words else None
        if option is not None:
            return "", _values(context, option, current)
        if current.startswith("-"):
            return "", list(_option_names(context, parameters))
    for parameter in parameters:
        if _is_incomplete_argument(context, parameter):
            return "", _values(context, parameter, current)
    return "", list(_subcommands(context))


def _option(parameters: Sequence[Any], name: str) -> Any:
    """Return the option of that name if it takes a value, else None."""
    for one in parameters:
        if one.param_type_name == "option" and name in one.opts and not one.is_flag:
            return one
    return None


def _values(context: Any, parameter: Any, typed: str) -> Offer:
    own = completer(parameter)
    if own is not None:
        return own(context, typed)
    items = parameter.shell_complete(context, typed)
    if any(item.type in ("file", "dir") for item in items):
        return Files()
    return [Choice(str(item.value), item.help or "") for item in items]


def _option_names(context: Any, parameters: Sequence[Any]) -> Iterator[Choice]:
    for one in parameters:
        if one.param_type_name != "option" or one.hidden:
            continue
        if one.multiple or getattr(context.get_parameter_source(one.name), "name", "") != "COMMANDLINE":
            yield from (Choice(name, one.help or "") for name in (*one.opts, *one.secondary_opts))


def _subcommands(context: Any) -> Iterator[Choice]:
    group = context.command
    if not hasattr(group, "list_commands"):
        return
    for name in group.list_commands(context):
        if context.parent is None:
            yield Choice(name, summary(name))
        else:
            yield Choice(name, (group.get_command(context, name).help or "").partition("\n")[0].removesuffix("."))


def summary(name: str) -> str:
    """Return what a subcommand says of itself, from its source: to import them all takes too long for a Tab."""
    try:
        source = Path(__file__).with_name(f"{name}.py").read_text("utf-8")
    except OSError:
        return ""
    said = re.search(r'new_app\(\s*"(.+?)"', source) or re.search(
        r'@app\.command\(.*?"""(.+?)(?:"""|$)', source, re.DOTALL | re.MULTILINE
    )
    return said[1].removesuffix(".") if said else ""


# ---- how each shell is answered


def _lines(env: Env, shell: str, line: CommandLine, head: str, offered: Sequence[Choice]) -> Iterator[str]:
    if shell == "bash":
        yield from _for_bash(env, line, head, offered)
        return
    for one in offered:
        value = one.value if shell == "zsh" else head + one.value
        if shell == "powershell" and not is_plain(value):
            value = "'" + value.replace("'", "''") + "'"
        yield f"{value}\t{_described(env, one)}"


def _for_bash(env: Env, line: CommandLine, head: str, offered: Sequence[Choice]) -> Iterator[str]:
    """Yield what replaces the word of readline, which begins behind a quotation mark or a character that breaks words.

    An unclear word is listed with its description, which bash does not insert: only what the lines have in common.
    """
    if line.closed and not line.quote:  # readline's word begins behind the closing mark
        return
    start = line.opened if line.quote else _word_start(line.raw, env.environ.get(BREAKS, ""))
    before = split(line.raw[:start], "bash").current
    rest = [(one, (head + one.value)[len(before) :]) for one in offered if (head + one.value).startswith(before)]
    quote = line.quote
    if not quote and "\\" not in line.raw and not all(is_plain(text) for _, text in rest if text):
        quote = "'"
    with_help = len(rest) > 1 and env.environ.get(KIND) not in _INSERTS
    for one, text in rest:
        described = f"  ({_described(env, one)})" if with_help and one.is_obscure else ""
        yield quoted(text, quote) + described


def _word_start(raw: str, breaks: str) -> int:
    for index in range(len(raw) - 1, -1, -1):
        if raw[index] in breaks and raw[:index][-1:] != "\\":
            return index if raw[index] in _SPECIAL_PREFIXES else index + 1
    return 0


def _described(env: Env, one: Choice) -> str:
    return " ".join(one_line(env.console.mask(one.help)).split())
