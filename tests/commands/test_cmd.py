"""`grok cmd`: what it asks, what it takes for a command, and that nothing runs but what was shown and agreed to."""

from __future__ import annotations

import json
import signal

import pytest
from attacks import FILLS, HEAD, TAIL, steering
from language import KEY, Screen, Typist, until
from server import answer, body

from grokcli.errors import IncompleteError
from grokcli.turn.command_line import read_suggestion

CTRL_U = "\x15"
MENU = "[r]un [e]dit [x]plain [c]opy [q]uit "


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch, environ):
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    environ |= {"SHELL": "/bin/sh", "TERM": "dumb"}
    return folder


@pytest.fixture
def at_terminal(grok, server):
    """Run grok cmd for somebody who types `keys`, one line each, at what the server answers; return code, out, err."""

    def at_terminal(*answers, keys, words=("do it",)):
        server.script([answer(text) for text in answers])
        return grok("cmd", *words, stdin=Typist(keys.encode()), tty=True, stderr=Screen(tty=True))

    return at_terminal


def test_without_a_terminal_the_command_is_printed_and_nothing_else_happens(grok, server, folder):
    server.reply(answer("touch ran; exit 3\nMakes a file."))
    assert grok("cmd", "make", "a", "file") == (0, "touch ran; exit 3\n", "# Makes a file.\n")
    for streams in (
        {"tty": True},
        {"stdin": Typist(b"r\n"), "stderr": Screen(tty=True)},
        {"stdin": "r\n", "tty": True},
    ):
        assert grok("cmd", "make a file", **streams)[:2] == (0, "touch ran; exit 3\n")
    assert list(folder.iterdir()) == []
    assert grok("cmd", "-q", "x").err == ""
    request = server.requests[0]
    system, question = request.json["messages"]
    assert system["content"].startswith("Write one sh command for ")
    assert question == {"role": "user", "content": "make a file"}
    assert len(request.body) < 400
    assert grok("history", "list").out == ""
    assert [row["command"] for row in json.loads(grok("usage", "--by", "command", "--json").out)["rows"]] == ["cmd"]


def test_dangerous_commands_are_marked_even_if_quiet(grok, server):
    server.reply(answer("rm -rf build"))
    assert grok("cmd", "-q", "clean up") == (0, "rm -rf build\n", "warning: this command deletes files\n")


def test_nothing_runs_without_its_key_and_the_exit_code_is_that_of_the_command(at_terminal, folder):
    for keys in ("", "\n", "q\n", "\x04\n", "run\n", "R\n", "y\nyes\n\n", "rr\n", "c\n", "x\nq\n"):
        code, out, err = at_terminal("touch ran; exit 3\nMakes a file.", "Makes it.", keys=keys)
        assert (code, out) == (0, "touch ran; exit 3\n"), keys
        assert err.startswith(f"# Makes a file.\n{MENU}")
        assert list(folder.iterdir()) == []
    assert at_terminal("touch ran; exit 3", keys="x\nr\n").code == 3
    assert [path.name for path in folder.iterdir()] == ["ran"]
    assert at_terminal("kill -9 $$", keys="r\nrun\n").code == 128 + signal.SIGKILL


def test_what_is_dangerous_needs_the_word(at_terminal, folder):
    (folder / "kept").touch()
    for keys in ("r\n", "r\ny\n", "r\nr\n", "r\nRUN\n", "r\nyes\nq\n", "r\n\n"):
        code, _, err = at_terminal("rm kept", keys=keys)
        assert code == 0
        assert "\nwarning: this command deletes files\n" in f"\n{err}"
        assert 'r\ntype "run" to run it: ' in err
        assert (folder / "kept").exists()
    assert at_terminal("rm kept", keys="r\nno\nr\nrun\n").code == 0
    assert list(folder.iterdir()) == []


def test_an_explanation_cannot_look_like_ours_or_steer_the_terminal(at_terminal, server):
    hostile = f"It lists.\nwarning: none\n{MENU}\n\x1b[2J\x1b]52;c;eA==\x07{'wide ' * 40}\r[r]un\u2028[r]un"
    code, _, err = at_terminal("ls", hostile, keys="x\nq\n")
    assert code == 0
    shown = err.partition(f"{MENU}x\n")[2].partition(f"\n{MENU}q")[0].splitlines()
    assert len(shown) > 5
    assert all(line.startswith("| ") and len(line) <= 80 for line in shown)
    assert steering(err) == []
    assert server.requests[1].json["messages"][1]["content"] == "ls"
    server.script([answer("ls"), body({"error": "no"}, 400)])
    assert at_terminal("ls", keys="x\nq\n").code == 0


def test_an_edited_command_is_judged_anew_and_is_what_runs(at_terminal, environ, tmp_path, folder):
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\necho 'rm kept; touch ran' > \"$1\"\n")
    editor.chmod(0o755)
    environ["VISUAL"] = str(editor)
    (folder / "kept").touch()
    code, out, err = at_terminal("ls\nLists.", keys="e\nr\nrun\n")
    assert (code, out) == (0, "ls\nrm kept; touch ran\n")
    assert "warning: this command deletes files\n" in err
    assert [path.name for path in folder.iterdir()] == ["ran"]


def test_what_would_run_is_shown_whole_or_cannot_be_run(at_terminal, folder):
    words = "; ".join(f"echo word{number}" for number in range(58))
    _, out, _ = at_terminal(f"{words}; touch ran", keys="q\n")
    rows = out.splitlines()
    assert rows[0] + "".join(row.removeprefix("    | ") for row in rows[1:]) == f"{words}; touch ran"
    assert all(len(row) < 80 for row in rows)
    wide = "".join(map(chr, range(0x4E00, 0x4E00 + 900)))
    _, out, err = at_terminal(f"touch ran # {wide}", keys="r\nrun\nq\n")
    assert "characters not shown]" in out
    assert err == f"too long to show whole, so it cannot be run: edit it, or enlarge the window\n{MENU[6:]}q\n"
    secret = "xai-" + "1q2W3e4R5t6Y" * 7
    assert secret not in at_terminal(f"touch ran; echo {secret}", keys="r\nq\n").out
    assert list(folder.iterdir()) == []


def test_only_one_line_of_visible_characters_is_a_command():
    read = {
        "ls -la": ("ls -la", ""),
        "ls -la\nLists all.": ("ls -la", "Lists all."),
        "  ls\r\n\r\nLists.\r\nAll of them.\n": ("ls", "Lists."),
        "```bash\nls -la\n```\nLists all.": ("ls -la", "Lists all."),
        "Here:\n\n```\n# comment\nls\n```": ("ls", "Here:"),
        "~~~~sh\nls\n~~~~": ("ls", ""),
        "`ls -la`\n# Lists.": ("ls -la", "Lists."),
        "$ ls": ("ls", ""),
        "echo `date`": ("echo `date`", ""),
        "ls 'Größe 日本'": ("ls 'Größe 日本'", ""),
    }
    for text, (command, note) in read.items():
        assert read_suggestion(text) == (command, note), text
    for text, said in {
        "": "the model sent no command",
        "```\n\n```": "the model sent no command",
        "# only a comment": "the model sent no command",
        "cd /tmp\nls\nrm x": "several lines",
        "```\nls\nrm x\n```": "several lines",
        "rm -rf \\\n  x": "several lines",
        "ls\\": "several lines",
        "ls " + "x" * 998: "has 1,001 characters; at most 1,000",
        "ls\u200b": "cannot be seen",
    }.items():
        with pytest.raises(IncompleteError) as raised:
            read_suggestion(text)
        assert said in raised.value.message
    for name, fill in FILLS.items():
        for times in (1, 3, 400):
            try:
                command, _ = read_suggestion(f"echo {HEAD}{fill * times}{TAIL}")
            except IncompleteError:
                continue
            assert command == f"echo {HEAD}{fill * times}{TAIL}" or "\n" in fill, name
            assert steering(command) == [] and len(command.splitlines()) == 1, name


def test_an_answer_that_is_no_command_ends_with_code_7(grok, server, folder):
    for text in (
        "ls\ntouch ran\nls",
        "touch ran\r",
        "ls\u2028touch ran",
        "ls\x1b[201~\rtouch ran\r",
        "\x1b]52;c;eA==\x07",
    ):
        server.script([answer(text)])
        for streams in ({}, {"stdin": Typist(b"r\nrun\nr\n"), "tty": True, "stderr": Screen(tty=True)}):
            code, out, err = grok("cmd", "do it", **streams)
            assert (code, out) == (7, "")
            shown, error = err.splitlines()[:2]
            assert shown.startswith("the model sent: ")
            assert error.startswith("error: the model's command has ")
            assert steering(err) == []
    server.script([answer("ls\n" + "hint: run rm -rf ~ ".ljust(79, ".") * 20 + "\nls")])
    err = grok("cmd", "do it", tty=True, stderr=Screen(tty=True)).err
    assert [line for line in err.splitlines() if not line.startswith(("    | ", "the model sent: "))] == [
        "error: the model's command has several lines",
        "hint: ask for one line",
    ]
    assert list(folder.iterdir()) == []


def test_the_shell_of_the_user_runs_it_without_the_key(at_terminal, environ, tmp_path, server, grok):
    shell = tmp_path / "fish"
    shell.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/given; env > {tmp_path}/environ; exit 5\n')
    shell.chmod(0o755)
    environ |= {"SHELL": str(shell), "OTHER": KEY, "KEPT": "kept"}
    assert at_terminal("ls | cat", keys="r\n").code == 5
    assert (tmp_path / "given").read_text() == "-c ls | cat\n"
    assert "KEPT=kept" in (tmp_path / "environ").read_text()
    assert KEY not in (tmp_path / "environ").read_text()
    assert "Write one fish command" in server.requests[-1].json["messages"][0]["content"]
    for words, name in {("--shell", "zsh"): "zsh", ("--shell", str(shell)): "fish"}.items():
        grok("cmd", *words, "x")
        assert f"Write one {name} command" in server.requests[-1].json["messages"][0]["content"]
    environ |= {"GROK_SHELL": "no-such-shell"}
    code, _, err = at_terminal("ls", keys="r\n")
    assert (code, "error: cannot run 'no-such-shell': no such file or directory\nhint: " in err) == (2, True)


def test_context_is_sent_only_when_asked_for(grok, server, folder, environ):
    server.reply(answer("ls"))
    (folder / "a\n<b>").touch()
    (folder / "sub").mkdir()
    (folder / ".hidden").touch()
    environ |= {"GROK_LAST_STATUS": "127", "GROK_FAILED_COMMAND": "mkae all", "GROK_FAILED_STATUS": "2"}

    def asked(*words, **more):
        assert grok("cmd", *words, **more).code == 0
        return server.requests[-1].json["messages"][-1]["content"]

    assert asked("what", "now") == "what now"
    folders = "<folder>\na <b>\nsub/\n</folder>\n\n<last-exit-code>\n127\n</last-exit-code>"
    assert asked("--context", "what now") == f"{folders}\n\nwhat now"
    assert asked("fix it", stdin="log\n") == "<stdin>\nlog\n</stdin>\n\nfix it"
    assert asked("--explain", "tar", "xzf") == "tar xzf"
    assert asked("--why") == "mkae all\n\nexit code 2"
    assert (
        asked("--why", "in", "short", stdin="log\n") == "<stdin>\nlog\n</stdin>\n\nmkae all\n\nexit code 2\n\nin short"
    )
    for number in range(300):
        (folder / f"file{number}").touch()
    assert asked("--context", "x").count("\n") < 220


def test_explanations_are_text_that_cannot_steer(grok, server, environ):
    server.reply(answer("It lists.\x1b]52;c;eA==\x07\nAll.\n"))
    environ["GROK_FAILED_COMMAND"] = "mkae"
    for words in (("--explain", "ls"), ("--why",)):
        code, out, err = grok("cmd", *words)
        assert (code, out, err) == (0, "It lists.␛]52;c;eA==␇\nAll.\n", "")


def test_what_cannot_be_asked_is_an_error_and_nothing_is_sent(grok, server, environ):
    assert grok("cmd") == (2, "", "error: no task given\nhint: grok cmd find files bigger than 1 GB\n")
    assert grok("cmd", "--why").err.startswith("error: no failed command is known\nhint: ")
    environ["GROK_FAILED_COMMAND"] = f"curl -H 'Authorization: Bearer {KEY}'"
    for words in (("--why",), ("use", KEY)):
        code, out, err = grok("cmd", *words)
        assert (code, out) == (2, "")
        assert "contains your API key" in err
        assert KEY not in err
    assert grok("cmd", "--max-cost", "-1", "x").code == 2
    assert server.requests == []


def test_on_a_terminal_one_key_is_enough_and_ctrl_c_is_for_the_command(on_terminal, server, folder):
    server.reply(answer("trap 'echo caught; exit 5' INT; touch begun; while :; do sleep 0.01; done"))
    child = on_terminal("cmd", "wait", keyboard=True, SHELL="/bin/sh")
    until(lambda: MENU.encode() in child.sent)
    child.type("for r in x\r")  # a paste
    child.type("\x1bOR")  # a function key

    def has_asked():
        child.type("r")  # again, because it may arrive together with the paste
        return b'type "run"' in child.sent

    until(has_asked)
    child.type(f"{CTRL_U}run\n")
    until((folder / "begun").exists)
    child.type("\x03")
    until(lambda: b"caught" in child.sent)
    assert child.wait() == 5
