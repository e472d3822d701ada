"""Help: of every command, in groups, never cut, plain in a pipe and coloured on a terminal; and mistyped words."""

from __future__ import annotations

import re

import pytest
from language import Screen

from grokcli.cli import COMMANDS

GROUPS = ("Arguments", "Prompt and files", "Model", "Output", "Search", "Tools", "Conversation", "Network", "Options")
SUBCOMMANDS = {
    "config": ("list", "get", "set", "unset", "path", "edit", "check"),
    "files": ("list", "show", "text", "upload", "delete"),
    "history": ("list", "show", "search", "export", "rename", "delete", "prune", "path"),
}
EVERY = [(name,) for name in COMMANDS] + [(name, sub) for name, subs in SUBCOMMANDS.items() for sub in subs]


@pytest.mark.parametrize("words", [(), *EVERY], ids=" ".join)
def test_each_command_has_help_that_is_plain_and_never_cut(grok, words):
    code, out, err = grok(*words, "--help")
    assert (code, err) == (0, "")
    assert not re.search(r"[a-z ]\.\.\.", out), "a summary that is cut"
    assert out.isascii()
    assert max(map(len, out.splitlines())) <= 80
    assert f"Usage: {' '.join(('grok', *words))}" in out
    assert out.endswith("\n")
    assert "\n\n\n" not in out


def test_the_options_of_ask_stand_in_groups(grok):
    out = grok("ask", "--help").out
    assert tuple(re.findall(r"(?m)^(\S.*):$", out)) == (*GROUPS, "Examples")
    assert "  -m, --model MODEL        Model to ask" in out
    assert "[default: grok-4.7]" in out
    assert "[env: GROK_MODEL]" in out
    assert "[choices: none, minimal, low, medium, high, xhigh,\n" in out
    assert '  git diff | grok ask "review this" > review.md\n' in out


@pytest.mark.parametrize("words", [("config",), ("files",), ("history",)])
def test_a_group_alone_shows_its_help(grok, words):
    result = grok(*words)
    assert result == grok(*words, "--help")
    assert result.code == 0
    assert all(f"\n  {name} " in result.out for name in SUBCOMMANDS[words[0]])


def test_grok_alone_shows_every_command(grok):
    code, out, err = grok()
    assert (code, err) == (0, "")
    assert all(f"\n  {name} " in out for name in COMMANDS)


def test_help_on_a_terminal_is_coloured_unless_that_is_unwanted(grok, environ):
    environ["TERM"] = "xterm-256color"
    shown = grok("ask", "--help", tty=True).out
    assert "\x1b[1mModel:" in shown
    assert "\x1b[36m  -c, --continue" in shown
    environ["TERM"] = "dumb"
    assert "\x1b" not in grok("ask", "--help", tty=True).out


def test_help_of_a_command_by_its_name(grok):
    assert grok("help", "doctor") == grok("doctor", "--help")
    assert grok("help", "config", "set") == grok("config", "set", "--help")
    assert grok("help", "config", "st").err.startswith("error: unknown command 'st'\nhint: did you mean 'set'?")


def test_help_without_a_name_lists_commands(grok):
    code, out, err = grok("help")
    assert (code, err) == (0, "")
    assert out.startswith(grok().out)


def test_help_for_nothing_known_is_a_usage_error(grok):
    assert grok("help", "hstory") == (2, "", "error: there is no help for 'hstory'\nhint: did you mean 'history'?\n")
    assert grok("help", "zzzzz").err.endswith("hint: grok help lists the topics\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["aks", "hi"], "error: unknown command 'aks'\nhint: did you mean 'ask'?\n"),
        (["why"], "error: unknown command 'why'\nhint: to ask a question: grok ask"),
        (["-s", "be brief", "why"], "error: unknown option -s\nhint: see grok --help\n"),
        (["--modle", "x", "why not?"], "error: unknown option --modle\nhint: did you mean '--model'?\n"),
        (["ask", "--modle", "x"], "error: unknown option --modle\nhint: did you mean '--model'?\n"),
        (["ask", "--zzz", "x"], "error: unknown option --zzz\nhint: see grok ask --help\n"),
        (
            ["ask", "--effort", "wild", "x"],
            "error: invalid value for --effort: 'wild' (choose from none, minimal, low,",
        ),
        (["ask", "-t", "9", "x"], "error: invalid value for --temperature: 9.0 (must be from 0 to 2)\n"),
        (["ask", "-t", "x", "x"], "error: invalid value for --temperature: 'x' (must be a number)\n"),
        (["ask", "--max-tokens", "0", "x"], "error: invalid value for --max-tokens: 0 (must be 1 or more)\n"),
        (
            ["ask", "--max-tokens", "1.5", "x"],
            "error: invalid value for --max-tokens: '1.5' (must be a whole number)\n",
        ),
        (["ask", "-m"], "error: -m needs a value\n"),
        (["ask", "--json=5"], "error: --json takes no value\n"),
        (["config", "set"], "error: missing KEY\nhint: see grok config set --help\n"),
        (["history", "prune"], "error: missing --older-than\n"),
        (["completion", "tcsh"], "error: invalid value for SHELL: 'tcsh' (choose from bash, zsh, fish, powershell)\n"),
    ],
)
def test_mistyped_words_are_named_with_what_would_do(grok, words, said):
    code, out, err = grok(*words)
    assert (code, out) == (2, "")
    assert err.startswith(said)


def test_an_error_of_the_command_line_is_one_line_whatever_was_typed(grok):
    stderr = Screen(tty=True)
    grok("ask", "--\x1b]0;x\x07\nhint: run: rm -rf ~", stderr=stderr)
    assert "\x1b" not in stderr.getvalue()
    assert stderr.getvalue().count("hint:") == 2
    assert "\nhint: run" not in stderr.getvalue()
