"""Tab, pressed in real shells: what is completed is a word with this text, whatever the text is."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys

import pytest
from server import answer

pexpect = pytest.importorskip("pexpect", reason="a pty is needed")

TITLE = """why `touch pwned` $(touch pwned) 'is' "it" *?!!~{a,b}\\n;#&"""
ROLE = "my $(touch pwned) role's"
FILE = "notes $HOME 'a'.txt"
CONFIG = f"""
[aliases]
quick = "grok-4.3"
[roles.reviewer]
system = "You review."
[roles."{ROLE}"]
model = "grok-4.3"
"""
# Each shows its arguments, one a line; a shell that expands or runs something shows others.
SHELLS = {
    "bash": (
        ["--norc", "--noprofile", "-i"],
        """bind 'set bell-style none'; show() { printf '<%s>\\n' "$@"; }; eval "$(grok completion bash)" """,
    ),
    "zsh": (["-f", "-i"], "show() { printf '<%s>\\n' \"$@\" }; unsetopt beep; source <(grok completion zsh)"),
    "fish": (
        ["--no-config", "-i"],
        "function show; printf '<%s>\\n' $argv; end; grok completion fish | source",
    ),
}
CTRL_A, CTRL_C, TAB, READY = "\x01", "\x03", "\t", "READY> "


@pytest.fixture
def talks(grok, server, home):
    """Return the ids of two conversations, one of which has a hostile title."""
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text(CONFIG)
    server.reply(answer("so"))
    for question in ("something else", "again"):
        assert grok("ask", question).code == 0
    plain, hostile = (one["id"] for one in json.loads(grok("history", "list", "--json").out))
    assert grok("history", "rename", hostile, TITLE).code == 0
    return plain, hostile


@pytest.fixture
def shell(environ, tmp_path):
    """Start a shell of that name whose folder has a file, whose PATH has grok, and which completes its words."""
    folder, programs = tmp_path / "folder", tmp_path / "bin"
    folder.mkdir(), programs.mkdir()
    (folder / FILE).write_text("x")
    for name in ("grok", "grokcli"):
        (programs / name).write_text(f'#!/bin/sh\nexec {sys.executable} -m grokcli "$@"\n')
        (programs / name).chmod(0o755)
    environ |= {"PATH": f"{programs}:{environ['PATH']}", "TERM": "xterm", "LANG": "C.UTF-8", "PS1": READY}
    started = []

    def start(name):
        if shutil.which(name) is None:
            pytest.skip(f"there is no {name}")
        options, setup = SHELLS[name]
        child = pexpect.spawn(
            name, options, env=environ, cwd=folder, dimensions=(50, 300), timeout=60, encoding="utf-8"
        )
        started.append(child)
        if name == "fish":
            setup += f"; function fish_prompt; printf '{READY[:-1]} '; end"
        child.sendline(f"{setup}; echo set' 'up")
        child.expect("set up")
        child.expect(READY)
        return child

    yield start
    for child in started:
        child.close(force=True)
    assert not list(tmp_path.rglob("pwned"))


def completed(child, typed):
    """Return the words that a shell has after `typed` and Tab."""
    child.send(f"{typed}{TAB}{CTRL_A}show \r")
    child.expect("<grok(?:cli)?>")
    first = child.after.strip("<>")
    child.expect(READY)
    return [first, *re.findall(r"<(.*)>\r*\n", child.before)]


@pytest.mark.parametrize("name", SHELLS)
def test_tab_completes_words_as_text(shell, talks, name):
    child = shell(name)
    plain, hostile = talks
    table = [
        ("grokcli hist", "history"),
        ("grok history sea", "search"),
        ("grok batch stat", "status"),
        ("grok batch fetch --wai", "--wait"),
        ("grok ask --no-stre", "--no-stream"),
        ("grok ask --effort=xh", "--effort=xhigh"),
        ("grokcli -p --effort xh", "xhigh"),
        ("grok ask -m loc", "local"),
        ("grok ask -m qu", "quick"),
        ("grok ask --role rev", "reviewer"),
        ("grok ask --role my", ROLE),
        ("grok ask --role=my", f"--role={ROLE}"),
        (f"grok ask -r {plain[:6]}", plain),
        ("grok ask -r why", TITLE),
        ("grok ask --resume=why", f"--resume={TITLE}"),
        ("grok chat -r 'why", TITLE),
        ('grok chat -r "why', TITLE),
        ("grok history show why\\ ", TITLE),
        ("grok history export ag", "again"),
        (f"grok history delete {hostile[:6]}", hostile),
        ("grok history delete why", "why"),
        ("grok history rename ag", "again"),
        ("grok config set mod", "model"),
        ("grok config set color alw", "always"),
        ("grok config get roles.rev", "roles.reviewer.system"),
        ("grok config set aliases.new qui", "quick"),
        ("grok help scr", "scripting"),
        ("grok ask -f no", FILE),
        ("grok ask --file=no", f"--file={FILE}"),
        ("grok render no", FILE),
        ("grok ask -s @no", f"@{FILE}"),
        ("grok ask no", "no"),
        ("grok ask -P trans", "translate"),
        ("grok ask --prompt=translate lang", "language="),
        ("grok prompts show expl", "explain"),
    ]
    for typed, expected in table:
        assert completed(child, typed)[-1] == expected, typed


def test_two_tabs_list_conversations_with_their_titles(shell, talks):
    child = shell("bash")
    child.send(f"grok ask -r {TAB}{TAB}")
    for one, title in zip(talks, ("again", TITLE), strict=True):
        child.expect_exact(f"{one}  ({title})")
    child.expect_exact("grok ask -r ")


@pytest.fixture
def tab(grok, environ):
    """Press Tab in a shell of that name: return the kind of the answer and the lines of what is offered."""

    def press(name, typed, **more):
        asked = {"_GROK_COMPLETE": name, "_GROK_COMPLETE_LINE": typed, **more}
        environ.update(asked)
        code, out, err = grok()
        for variable in asked:
            del environ[variable]
        assert (code, err) == (0, "")
        kind, *lines = out.splitlines()
        return kind, lines

    return press


def test_each_shell_is_told_what_it_can_insert(tab, talks):
    plain, _ = talks
    described = f"{ROLE}\tgrok-4.3"
    assert tab("zsh", "grok ask --role my") == ("words", [described])
    assert tab("zsh", "grok ask --role=my") == ("words=", [described])  # the shell knows that it is behind the sign
    assert tab("fish", "grok ask --role=my") == ("words=", [f"--role={described}"])
    assert tab("fish", "NAME=value grokcli ask -r ag") == ("words", [f"again\t{plain}"])
    assert tab("powershell", "grok ask --role my") == ("words", ["'" + ROLE.replace("'", "''") + "'\tgrok-4.3"])
    assert tab("bash", "grok ask -r ", _GROK_COMPLETE_TYPE="37")[1] == list(talks)  # a menu inserts what it lists
    for name in ("bash", "zsh", "fish", "powershell"):
        assert tab(name, "grok ask --file=no") == ("files=", [])
        assert tab(name, "grok --version") == ("words", tab(name, "grok --vers")[1])


def test_descriptions_are_whole(tab, grok):
    _, lines = tab("zsh", "grok ")
    helped = " ".join(grok("--help").out.split())
    assert len(lines) > 10
    for line in lines:
        name, said = line.split("\t")
        assert f"{name} {said}" in helped
    assert "--no-stream\tPrint the answer when it is complete" in tab("fish", "grok ask --no-")[1]
    assert (
        "theme\tcolours of rendered answers: a theme, a Pygments style, or a TOML file"
        in tab("zsh", "grok config set ")[1]
    )


def test_what_would_not_be_one_word_or_name_one_thing_is_not_offered(tab, grok, server, home):
    server.reply(answer("so"))
    for title in ("twice", "twice", "--yes"):
        assert grok("ask", "hi").code == 0
        assert (
            grok("history", "rename", json.loads(grok("history", "list", "--json").out)[0]["id"], "--", title).code == 0
        )
    assert tab("zsh", "grok history show tw") == ("words", [])
    assert tab("zsh", "grok ask -r --y") == ("words", [])
    (home / "config").mkdir(exist_ok=True)
    (home / "config" / "config.toml").write_text(
        '[roles."a\\nb"]\nmodel = "x"\n[roles.ab]\nsystem = "one\\ttwo\\u001b[2J"'
    )
    assert tab("zsh", "grok ask --role a") == ("words", ["ab\tone two[2J".replace("[2J", "\u241b[2J")])


def test_a_tab_says_nothing_where_it_cannot_know(grok, environ, home):
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text("broken = [")
    environ |= {"_GROK_COMPLETE": "bash", "_GROK_COMPLETE_LINE": "grok ask --role "}
    assert grok() == (1, "", "")


def test_ids_alone_load_the_store(environ):
    """What is loaded for every Tab makes every Tab slow."""
    code = (
        "import sys; from grokcli.cli import main; from grokcli.env import Env; main([], Env.real()); "
        "print(*{'sqlite3', 'requests', 'rich', 'prompt_toolkit', 'tomllib'} & {*sys.modules}, file=sys.stderr)"
    )
    environ |= {"_GROK_COMPLETE": "bash"}
    for typed, loaded in [("grok ask --no-st", ""), ("grok ", ""), ("grok ask -r ", "sqlite3")]:
        environ["_GROK_COMPLETE_LINE"] = typed
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environ, check=True)
        assert done.stderr.strip() == loaded, typed
