"""The man page: that it is current and complete, and that man shows what it was made from, without a warning."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer
from manpage import MAN_PAGE, TEXTS, TITLES, bold, escaped, man_page, prose, walk
from typer.main import get_command

from grokcli.cli import app
from grokcli.commands.help import topics
from grokcli.commands.help_format import sections
from grokcli.config.settings import SETTINGS

ROOT = Path(__file__).parent.parent
PAGE = MAN_PAGE.read_text("utf-8")
ROOT_COMMAND = get_command(app)
COMMANDS = list(walk(typer.Context(ROOT_COMMAND, info_name="grok", **ROOT_COMMAND.context_settings)))


def shown(roff: str, width: int = 200) -> str:
    """Return what man would show on a terminal, without bold and underlined text; a warning is a failure."""
    if shutil.which("groff") is None:
        pytest.skip("there is no groff")
    done = subprocess.run(
        ["groff", "-man", "-ww", "-Tutf8", "-P-c", "-P-b", "-P-u", f"-rLL={width}n"],
        input=roff, capture_output=True, text=True, encoding="utf-8",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_the_man_page_is_current():
    assert man_page() == PAGE, f"run: {sys.executable} tests/manpage.py"


def test_each_page_has_its_section():
    assert set(TITLES) == set(topics())
    assert all(f'.SH "{title}"\n' in PAGE for title in (*TITLES.values(), "NAME", "SYNOPSIS", "ENVIRONMENT", "FILES"))
    assert all(bold(setting.environment) in PAGE for setting in SETTINGS.values())


@pytest.mark.parametrize("context", COMMANDS, ids=lambda context: context.command_path)
def test_each_command_has_its_options(context):
    section = re.search(rf'(?ms)^\.SS "{re.escape(escaped(context.command_path))}(?= \S*[A-Z]|").*?(?=^\.S[HS] )', PAGE)
    for title, rows in sections(context):
        for name, _ in rows if title != "Commands" else ():
            # Options that `grok ask` has too are named without their short forms and values.
            names = re.findall(r"--[\w-]+", name)
            assert bold(name) in section[0] or names == ["--help"] or all(bold(one) in section[0] for one in names), (
                name
            )


def test_man_shows_the_page_without_a_warning():
    assert max(map(len, shown(PAGE, 80).splitlines())) <= 120  # examples are not wrapped


def test_examples_are_shown_as_they_are_typed():
    lines = [line.strip() for line in shown(PAGE).splitlines()]
    for text in TEXTS.values():
        for block in re.findall(r"(?ms)^```\w+\n(.*?)^```$", text):
            assert all(line.strip() in lines for line in block.splitlines())


@pytest.mark.parametrize(
    "text",
    [
        ".partial and\n.TH are no requests",
        "'quoted' and\n'br is no request either",
        r"a \n, \u200b, \(aq and \fB stay",
        'signs: - -- "x" ~ ^ ` | < > % # $ @ {} [a]',
        "letters: é ü 漢 ° × ␛",
    ],
)
def test_text_is_shown_as_it_is(text):
    code = prose(f"```\n{text}\n```")
    out = shown(f'.TH T 1 "" "" ""\n.SH BEGIN\n{code}.SH END\n')
    assert out.partition("BEGIN")[2].partition("END")[0].split() == text.split()


def test_dots_in_front_of_a_line_of_text_are_no_requests():
    assert prose("Look at\n.netrc and\n`.netrc`.\n") == ".PP\nLook at\n\\&.netrc and\n\\fB.netrc\\fR.\n"


@pytest.mark.parametrize(
    ("markdown", "roff"),
    [
        ("see [chat](chat.md), or the\n[key](key.md)", ".PP\nsee CHAT, or the\nkey (see THE API KEY)\n"),
        ("at <https://a.example>", ".PP\nat https://a.example\n"),
        ("**a** *b* `c`", ".PP\n\\fBa\\fR \\fIb\\fR \\fBc\\fR\n"),
        ("`--since DATE` `A_B`", ".PP\n\\fB\\-\\-since \\fIDATE\\fB\\fR \\fBA_B\\fR\n"),
        ("- `-a`, `-b` (`c`): d", ".TP 7\n\\fB\\-a\\fR, \\fB\\-b\\fR (\\fBc\\fR)\nd\n"),
        ("- `-` waits: d\n- e", ".IP \\(bu 2\n\\fB\\-\\fR waits: d\n.IP \\(bu 2\ne\n"),
        ("1. a\n2. b", ".IP 1. 4\na\n.IP 2. 4\nb\n"),
        ("|a|b|\n|-|-|\n|1|x|\n|20|y|", ".TP 4\n1\nx\n.PD 0\n.TP 4\n20\ny\n.PD\n"),
        ("10¹⁰…", ".PP\n10\\(ha10...\n"),
    ],
)
def test_what_becomes_of_markdown(markdown, roff):
    assert prose(markdown) == roff


@pytest.mark.parametrize("markdown", ["> quoted", "a <b>b</b>", "![a](a.png)", "- a\n\n  b"])
def test_markdown_that_no_page_uses_is_an_error(markdown):
    with pytest.raises((ValueError, KeyError)):
        prose(markdown)


def test_man_finds_the_page_under_both_names():
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert {place: (ROOT / path).read_text("utf-8") for path, place in wheel["shared-data"].items()} == {
        "share/man/man1/grok.1": PAGE,
        "share/man/man1/grokcli.1": ".so man1/grok.1\n",
    }
