"""What grok runs beside itself: no file of the current folder, and no program that is handed the key."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from language import KEY, Result, command, until
from server import answer, body, calls

# Standard library, dependencies, and optional modules that dependencies look for and that are not installed.
MODULES = [
    "typing", "json", "re", "signal", "tomllib", "sqlite3", "subprocess", "tempfile", "shlex", "zipfile", "hashlib",
    "typer", "rich", "requests", "urllib3", "certifi", "idna", "platformdirs", "tomlkit", "markdown_it", "pygments",
    "prompt_toolkit", "chardet", "simplejson", "socks", "brotli", "zstandard", "colorama", "linkify_it", "h2", "pip",
]  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    """A folder with a module of every name, each of which leaves a file when it is executed."""
    folder = tmp_path / "somebody's"
    folder.mkdir()
    for name in MODULES:
        (folder / f"{name}.py").write_text(f"open({str(folder / 'executed')!r}, 'a').write('{name} ')\n")
    return folder


@pytest.mark.parametrize("program", [command(), [str(Path(sys.executable).parent / "grok")]], ids=["module", "script"])
@pytest.mark.parametrize("words", [["ask", "--markdown", "hi"], ["config", "list"], ["history", "list"]], ids=str)
def test_nothing_in_the_current_folder_is_imported(environ, server, folder, program, words):
    server.reply(answer("Hello `x`"))
    done = subprocess.run(
        [*program, *words], cwd=folder, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert not (folder / "executed").exists()


def test_what_lies_beside_a_tool_is_for_the_tool_alone(run, server, folder):
    """It may import its neighbours, early and late; the libraries of grok may not take them for optional modules."""
    (folder / "neighbour.py").write_text("def early():\n    import later\n    return later.WORD\n")
    (folder / "later.py").write_text("WORD = 'found'\n")
    (folder / "tool.py").write_text(
        "import requests\nimport neighbour\n\ndef word() -> str:\n    return neighbour.early()\n"
    )
    server.reply(calls(("word", "{}")), answer("done"))
    code, out, err = run("ask", "--yes", "--tool", str(folder / "tool.py"), "hi")
    assert (code, out) == (0, "done\n"), err
    assert server.requests[1].json["messages"][-1]["content"] == "found"
    assert not (folder / "executed").exists()


@pytest.fixture
def program(tmp_path, environ):
    """A program that writes its environment into a file; the user has the key under a second name, too."""
    script = tmp_path / "program"
    script.write_text(f'#!/bin/sh\n[ -p /dev/stdin ] && cat > /dev/null\nenv > "{tmp_path}/environ"\necho {KEY}\n')
    script.chmod(0o755)
    environ |= {"OTHER_KEY": KEY, "HEADER": f"Bearer {KEY}", "KEPT": "kept"}
    return script


def seen(program: Path) -> dict[str, str]:
    lines = program.with_name("environ").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def assert_keyless(program: Path) -> None:
    found = seen(program)
    assert found["KEPT"] == "kept"
    assert "XAI_API_KEY" not in found
    assert KEY not in "".join(found.values())


def test_an_editor_has_no_key(grok, server, environ, program):
    environ["EDITOR"] = str(program)
    server.reply(answer("ok"))
    assert grok("ask", "-e", "hi").code == 0
    assert_keyless(program)


def test_the_editor_of_the_settings_has_no_key(grok, environ, program):
    environ["EDITOR"] = str(program)
    assert grok("config", "edit").code == 0
    assert_keyless(program)


@pytest.mark.parametrize("line", ["/copy", "!{program}"])
def test_what_a_chat_starts_has_no_key(grok, server, environ, program, line):
    """The clipboard's tool, and what the user has a shell run."""
    environ |= {"EDITOR": str(program), "DISPLAY": ":0", "PATH": f"{program.parent}:{environ['PATH']}"}
    (program.parent / "xclip").symlink_to(program)
    server.reply(answer("ok"))
    assert grok("chat", stdin=f"hi\n{line.format(program=shlex.quote(str(program)))}\n").code == 0
    assert_keyless(program)


def test_a_key_of_the_credentials_file_is_left_out_wherever_it_stands(grok, server, environ, program):
    del environ["XAI_API_KEY"]
    assert grok("config", "set", "api-key", stdin=KEY).code == 0
    server.reply(answer("ok"))
    for stdin in (f"hi\n!{shlex.quote(str(program))}\n", f"!{shlex.quote(str(program))}\n"):
        assert grok("chat", stdin=stdin).code == 0
        assert_keyless(program)


def test_other_tokens_are_left_to_the_programs_that_need_them(grok, server, environ, program):
    """`!gh pr list` needs its own token, also after grok had reason to mask all that look like one."""
    environ["GITHUB_TOKEN"] = "ghp_16C7e42F292c6912E7710c838347Ae178B4a"
    server.reply(body({"error": "no"}, 400))
    assert grok("chat", stdin=f"hi\n!{shlex.quote(str(program))}\n").code == 6
    assert seen(program)["GITHUB_TOKEN"] == environ["GITHUB_TOKEN"]


def test_the_key_command_has_no_key_that_is_not_its_own(run, server, environ, program):
    environ |= {"XAI_API_KEY": " ", "GROK_API_KEY_COMMAND": shlex.quote(str(program))}
    server.reply(answer("ok"))
    assert run("ask", "hi").code == 0
    assert "XAI_API_KEY" not in seen(program)


def test_a_program_of_the_current_folder_does_not_stand_in_for_one_on_the_path(run, server, environ, program, folder):
    (folder / "xclip").symlink_to(program)
    environ["DISPLAY"] = ":0"
    server.reply(answer("ok"))
    assert run("chat", stdin="hi\n/copy\n", cwd=folder).code == 0
    assert not program.with_name("environ").exists()


@pytest.mark.parametrize("keys", ["!{program}\r", "draft\x07", "draft\x18\x05"], ids=["shell", "ctrl-g", "ctrl-x-e"])
def test_on_a_terminal_neither(environ, server, program, keys):
    pytest.importorskip("pty", reason="a pty is needed")
    pexpect = pytest.importorskip("pexpect", reason="a pty is needed")
    environ |= {"TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1", "VISUAL": str(program)}
    server.reply(answer("ok"))
    words = command("chat")
    child = pexpect.spawn(words[0], words[1:], env=environ, dimensions=(24, 200), timeout=60, encoding="utf-8")
    child.expect(r"\x1b\[0;1m>")
    child.send(keys.format(program=program))
    until(program.with_name("environ").exists)
    until(lambda: "KEPT" in seen(program))
    child.close(force=True)
    assert_keyless(program)


def test_a_key_that_is_a_common_word_takes_nothing_with_it(grok, server, environ, program) -> None:
    """Servers of one's own are happy with any key."""
    environ |= {"XAI_API_KEY": "none", "LEVEL": "none", "EDITOR": str(program)}
    server.reply(answer("ok"))
    result: Result = grok("ask", "-e", "hi")
    assert result.code == 0
    assert seen(program)["LEVEL"] == "none"
    assert "XAI_API_KEY" not in seen(program)
