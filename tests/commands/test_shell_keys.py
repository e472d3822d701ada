"""The keys of `grok shell` in real shells: words become a command on the line, and nothing runs before Enter."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from language import until
from server import answer, stalled

ALT_G, ALT_SHIFT_G, CTRL_C, CTRL_E, CTRL_U, ENTER, UP = "\x1bg", "\x1bG", "\x03", "\x05", "\x15", "\r", "\x1b[A"
UNDO = {"bash": "\x1f", "zsh": "\x1f", "fish": "\x1a"}
STARTUP = {
    "bash": (".bashrc", "PS1='P> '\nHISTFILE=~/history\neval \"$(grok shell bash)\"\n"),
    "zsh": (".zshrc", "PS1='P> '\neval \"$(grok shell zsh)\"\n"),
    "fish": (
        ".config/fish/config.fish",
        "function fish_greeting; end\nfunction fish_prompt; echo -n 'P> '; end\ngrok shell fish | source\n",
    ),
}
# Each would run `touch ran`, or steer the terminal, if it reached a line or a screen as it is. test_cmd.py has more.
HOSTILE = (
    "```\ntouch ran\ntouch ran\n```",
    "touch ran\r",
    "ls\x1b[201~\rtouch ran\r",
    "\x1b]52;c;dG91Y2ggcmFu\x07ls",
    "ls\u2028touch ran\u2028",
)


class Line:
    """A shell on a terminal."""

    def __init__(self, child, folder):
        self.child = child
        self.folder = folder

    def press(self, keys):
        self.child.type(keys)

    @property
    def rows(self):
        return [row.rstrip() for row in self.child.screen.display if row.strip()]

    def shows(self, text):
        """Wait until the line at the prompt has this text; what a shell suggests in grey is behind the cursor."""
        screen = self.child.screen
        until(lambda: screen.display[screen.cursor.y][: screen.cursor.x].rstrip() == f"P> {text}".rstrip())


@pytest.fixture(params=["bash", "zsh", "fish"])
def shell(request):
    if not shutil.which(request.param):
        pytest.skip(f"{request.param} is not installed")
    return request.param


@pytest.fixture
def line(shell, environ, tmp_path, monkeypatch, home):
    pytest.importorskip("pty", reason="a pty is needed")
    from program_on_terminal import ProgramOnTerminal

    name, text = STARTUP[shell]
    (home / name).parent.mkdir(parents=True)
    (home / name).write_text(text)
    (home / ".local/share/fish/generated_completions").mkdir(parents=True)  # fish would make them, from all man pages
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    environ |= {"PATH": os.pathsep.join([str(Path(sys.executable).parent), environ["PATH"]]), "LANG": "C.UTF-8"}
    child = ProgramOnTerminal(environ, program=shell, keyboard=True, SHELL="/bin/sh")
    line = Line(child, tmp_path / "work")
    line.shows("")
    yield line
    child.close()


def asked(server):
    return [message["content"] for message in server.requests[-1].json["messages"]]


def test_words_become_a_command_that_runs_after_enter_only(line, shell, server):
    server.reply(answer("touch made; touch twice\nMakes two files."))
    line.press("make two files")
    line.press(ALT_G)
    line.shows("touch made; touch twice")
    assert "# Makes two files." in line.rows
    assert f"Write one {shell} command for " in asked(server)[0]
    assert asked(server)[1] == "make two files"
    line.press(UNDO[shell])
    line.shows("make two files")
    line.press(ALT_G)
    line.shows("touch made; touch twice")
    assert list(line.folder.iterdir()) == []
    line.press(ENTER)
    until((line.folder / "twice").exists)
    line.shows("")
    line.press(UP)
    line.shows("touch made; touch twice")


def test_what_a_model_sends_runs_nothing(line, server):
    for number, text in enumerate(HOSTILE):
        server.script([answer(text)])
        before = line.child.sent.count(b"hint: ")
        line.press(f"words {number}")
        line.shows(f"words {number}")
        line.press(ALT_G)
        until(lambda before=before: line.child.sent.count(b"hint: ") > before)
        line.shows(f"words {number}")
        line.press(CTRL_E + CTRL_U)
        line.shows("")
    assert b"\x1b]52" not in line.child.sent
    line.press(f"touch end{ENTER}")
    until((line.folder / "end").exists)
    assert [path.name for path in line.folder.iterdir()] == ["end"]


def test_ctrl_c_and_errors_leave_the_words_on_the_line(line, server, environ):
    server.reply(stalled(""), answer("ls"))
    line.press("list the files")
    line.press(ALT_G)
    until(lambda: server.requests)
    until(lambda: "thinking" in line.child.text())
    line.press(CTRL_C)
    line.shows("list the files")
    line.press(" now")
    line.press(ALT_G)
    line.shows("ls")
    assert asked(server)[1] == "list the files now"


def test_the_second_key_explains_below_the_line_and_why_knows_what_failed(line, shell, server):
    server.reply(answer("Prints \x1b[2J\u202ea word."))
    line.press("echo word")
    line.press(ALT_SHIFT_G)
    until(lambda: any(row.startswith("Prints ") for row in line.rows))
    line.shows("echo word")
    assert asked(server)[1] == "echo word"
    at = next(number for number, row in enumerate(line.rows) if row.startswith("Prints "))
    assert line.rows[at - 1].endswith("echo word")
    assert b"\x1b[2J\xe2" not in line.child.sent
    line.press(CTRL_E + CTRL_U)
    for typed in ("(exit 3)" if shell != "fish" else "sh -c 'exit 3'", " false hidden", "true"):
        line.press(typed + ENTER)
        line.shows("")
    line.press(f"env | grep -c FAILED > found; grok cmd --why in short{ENTER}")
    until(lambda: len(server.requests) == 2)
    line.shows("")
    assert re.fullmatch(r".*exit 3.*\n\nexit code 3\n\nin short", asked(server)[1])
    assert (line.folder / "found").read_text() == "0\n"
    line.press(f"grok cmd --context again{ENTER}")
    until(lambda: len(server.requests) == 3)
    assert "<last-exit-code>\n0\n</last-exit-code>" in asked(server)[1]


def test_keys_can_be_chosen(grok):
    written = {
        ("bash",): ['"\\eg"', '"\\eG"'],
        ("bash", "--key", "ctrl+g"): ['"\\C-g"', '"\\eG"'],
        ("zsh", "--key", "Ctrl+x g", "--explain-key", "alt+k"): ["'^xg'", "'\\ek'"],
        ("fish", "--key", "ctrl+g"): ["bind -M $mode \\cg", "bind -M $mode \\eG"],
    }
    for words, parts in written.items():
        code, out, err = grok("shell", *words)
        assert (code, err) == (0, "")
        assert all(part in out for part in parts), words
        assert not re.search("PROGRAM|_KEY", out)
    for key in ("g", "alt+", "ctrl+m", "ctrl+[", "alt+g';touch x;'", "alt+g ;", "", "ctrl+x '"):
        code, out, err = grok("shell", "bash", "--key", key)
        assert (code, out) == (2, ""), key
        assert err.startswith("error: invalid value for --key: ")
    assert "both keys are the same" in grok("shell", "zsh", "--key", "alt+G").err
    assert grok("shell", "tcsh").code == 2


def test_a_shell_that_reads_no_keys_is_left_alone(grok, environ):
    import subprocess

    script = grok("shell", "bash").out
    done = subprocess.run(["bash", "-c", f"{script}\ndeclare -F; echo $PROMPT_COMMAND"], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("\n", "")
