"""The voice of the program: rules that hold for every sentence a user can see."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

import grokcli
from grokcli.cli import COMMANDS, app
from grokcli.config.settings import SETTINGS
from grokcli.repl.hints import IN_CHAT, in_chat
from grokcli.repl.slash.table import COMMANDS as SLASH_COMMANDS

ROOT = Path(grokcli.__file__).parent
TEXTS = [ROOT.parent / "README.md", ROOT.parent / "CHANGELOG.md", *sorted((ROOT / "help").glob("*.md"))]

# They read like a translation; a native speaker would not say them here.
NEVER = re.compile(
    r"\b(nobody|wild|sober|what is to be|for once|as it likes|of the last time|fell silent|mend(ed|s)?|blanks|blank(?! lines?)|parted"
    r"|go(es|ing)? on with|send along|hand(ed|s)? on|sign of life|signs of life|is no (effort|JSON|field)|successor"
    r"|not yours)\b"
)
# Errors begin in lower case; these are names.
NAMES = re.compile(r"(\{|'|-|/|[A-Z]{2}|Anthropic|Python|\[|XAI|MCP|TLS|SOCKS|GROK)")


def every_command() -> Iterator[tuple[str, object]]:
    """Yield each command and subcommand with the words that run it."""
    root = get_command(app)
    context = root.make_context("grok", [], resilient_parsing=True)
    for name in COMMANDS:
        command = root.get_command(context, name)
        yield name, command
        for sub, subcommand in getattr(command, "commands", {}).items():
            yield f"{name} {sub}", subcommand


def strings(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the texts in the code below a node, docstrings left out; each field of an f-string is {}."""
    docstrings = {
        one.body[0].value
        for one in ast.walk(node)
        if isinstance(one, (ast.Module, ast.ClassDef, ast.FunctionDef))
        and one.body
        and isinstance(one.body[0], ast.Expr)
    }
    for one in ast.walk(node):
        if isinstance(one, (ast.Constant, ast.JoinedStr)) and one not in docstrings and (text := text_of(one)):
            yield one.lineno, text


def text_of(node: ast.expr | None) -> str:
    """Return the text of a string in the code, "" for what is none."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return ""


MODULES = {path: ast.parse(path.read_text("utf-8")) for path in sorted(ROOT.rglob("*.py"))}


def errors() -> Iterator[tuple[str, str, str]]:
    """Yield the place, the message and the hint of each error that the code raises with a text."""
    for path, tree in MODULES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.endswith("Error"):
                hint = next((text_of(one.value) for one in node.keywords if one.arg == "hint"), "")
                if node.args and (message := text_of(node.args[0])):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", message, hint


HELP = list(every_command())
ERRORS = [one for one in errors() if not one[0].startswith(("render/markdown", "config/values", "tools/"))]


def test_no_text_in_the_code_reads_like_a_translation():
    said = [(path, text) for path, tree in MODULES.items() for _, text in strings(tree) if " " in text]
    assert len(said) > 1000
    assert [one for one in said if NEVER.search(one[1])] == []


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_no_page_reads_like_a_translation(path):
    assert [line for line in path.read_text("utf-8").splitlines() if NEVER.search(line)] == []


def test_an_error_is_a_fragment_in_lower_case_and_so_is_its_hint():
    assert len(ERRORS) > 150
    said = [(place, text) for place, *texts in ERRORS for text in texts if text]
    assert [one for one in said if one[1].removesuffix("...").endswith((".", "!", " ")) or "\n" in one[1]] == []
    assert [one for one in said if not one[1][0].islower() and not NAMES.match(one[1])] == []
    assert [one for one in said if re.match(r"error|there was|cannot cannot", one[1])] == []


@pytest.mark.parametrize(("words", "command"), HELP, ids=[words for words, _ in HELP])
def test_options_are_described_in_fragments_and_stand_in_groups(words, command):
    for option in command.params:
        assert option.help, option.name
        assert option.help[:1].isupper() or option.help.startswith(("{", "'")), option.help
        assert not option.help.endswith("."), option.help
        grouped = words in ("ask", "chat", "batch", "image", "video") and option.param_type_name == "option"
        assert not grouped or option.rich_help_panel, option.name
    assert len((command.help or "").partition("\n\n")[0]) <= 64
    assert (command.help or "").partition("\n\n")[0].endswith(".")


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_settings_are_described_in_fragments(setting):
    assert setting.help
    assert not setting.help.startswith(("a ", "the ", "an "))
    assert not setting.help.endswith(".")


@pytest.mark.parametrize("command", SLASH_COMMANDS, ids=[one.names[0] for one in SLASH_COMMANDS])
def test_slash_commands_are_described_in_fragments(command):
    assert command.help[:1].islower()
    assert not command.help.endswith(".")


SEEN_IN_CHAT = ("client", "turn", "input", "repl", "store", "tools")
FLAG = re.compile(r"(?:^|[ (])(--?[a-z][a-z-]*)")
# Flags in hints that are right in a chat too: of other programs, of slash commands, of how the chat itself is started.
RIGHT_IN_CHAT = (
    r"grok (chat|ask|config)|start the chat|iconv|qpdf|magick|head -c|pip|without --no-save|--domain x|for example: --"
)
NEVER_IN_CHAT = (
    "turn/export",
    "turn/languages",
    "turn/response_format",
    "turn/json_schema",
    "input/images",
    "input/prompts/importing",
    "input/staged",
    "client/extras",
)


def test_hints_name_slash_commands_in_a_chat():
    hints = [
        (place, in_chat(hint)) for place, _, hint in ERRORS if place.startswith(SEEN_IN_CHAT) and FLAG.search(hint)
    ]
    others = [one for one in hints if not one[0].startswith(NEVER_IN_CHAT)]
    assert [one for one in others if FLAG.search(one[1]) and not re.search(RIGHT_IN_CHAT, one[1])] == []


def test_each_hint_that_is_put_differently_in_a_chat_exists():
    said = [text for path, tree in MODULES.items() if path.name != "hints.py" for _, text in strings(tree)]
    assert [pattern for pattern, _ in IN_CHAT if not any(re.search(pattern, text) for text in said)] == []
