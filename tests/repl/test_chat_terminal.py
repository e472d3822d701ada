"""`grok chat` as somebody at a terminal has it: keys go in, a screen comes out, the server tells what was sent."""

from __future__ import annotations

import os
import shlex
import threading

import pytest
from language import command
from server import answer, body, calls, data, delta, finish, stalled

pytest.importorskip("pty", reason="a pty is needed")
pexpect = pytest.importorskip("pexpect", reason="a pty is needed")

# The prompt is bold; its blank is drawn by moving the cursor.
PROMPT = r"\x1b\[0;1m>"
PASTE_BEGIN, PASTE_END = "\x1b[200~", "\x1b[201~"
CTRL_C, CTRL_D, CTRL_G, CTRL_J, ALT_ENTER, ENTER, TAB = "\x03", "\x04", "\x07", "\n", "\x1b\r", "\r", "\t"
CTRL_Z, CTRL_BACKSLASH, ESCAPE = "\x1a", "\x1c", "\x1b"


@pytest.fixture
def terminal(environ):
    """Start grok chat on a terminal and wait for its prompt."""
    environ |= {"TERM": "xterm-256color", "LANG": "C.UTF-8", "PROMPT_TOOLKIT_NO_CPR": "1"}
    children = []

    def start(*words, shell=""):
        program = shlex.join(command("chat", *words))
        line = shell.format(program) if shell else f"exec {program}"
        child = pexpect.spawn("/bin/sh", ["-c", line], env=environ, dimensions=(24, 200), timeout=60, encoding="utf-8")
        children.append(child)
        child.expect(PROMPT)
        return child

    yield start
    for child in children:
        child.close(force=True)


def texts(server):
    return [request.json["messages"][-1]["content"] for request in server.requests]


def leave(child):
    child.send(CTRL_D)
    child.expect(pexpect.EOF)
    assert child.wait() == 0


def test_a_question_is_answered_and_ctrl_d_leaves(terminal, server):
    server.reply(answer("**Hello**"))
    child = terminal()
    child.send(f"hi{ENTER}")
    child.expect("Hello")
    child.expect(PROMPT)
    leave(child)
    assert texts(server) == ["hi"]


def test_ctrl_c_stops_the_answer_and_keeps_what_came(terminal, server):
    server.reply(stalled("Once upon\n\n"), answer("fine"))
    child = terminal()
    child.send(f"tell{ENTER}")
    child.expect("Once upon")
    child.send(CTRL_C)
    child.expect("interrupted; use /continue or /retry")
    child.expect(PROMPT)
    child.send(f"and{ENTER}")
    child.expect("fine")
    child.expect(PROMPT)
    leave(child)
    assert server.requests[1].json["messages"][:2] == [
        {"role": "user", "content": "tell"},
        {"role": "assistant", "content": "Once upon\n\n"},
    ]


def test_ctrl_c_before_the_first_word_keeps_the_question_for_retry(terminal, server):
    stopped = threading.Event()
    asked = threading.Event()

    def silent(connection):
        asked.set()
        stopped.wait(30)

    server.reply(silent, answer("fine"))
    child = terminal()
    child.send(f"tell{ENTER}")
    assert asked.wait(30)
    child.send(CTRL_C)
    child.expect("interrupted")
    child.expect(PROMPT)
    child.send(f"/retry{ENTER}")
    child.expect("fine")
    stopped.set()
    child.expect(PROMPT)
    leave(child)
    assert texts(server) == ["tell", "tell"]


def test_ctrl_c_at_the_prompt_clears_the_line(terminal, server):
    server.reply(answer("fine"))
    child = terminal()
    child.send(f"not this{CTRL_C}")
    child.expect(PROMPT)
    child.send(f"but this{ENTER}")
    child.expect("fine")
    child.expect(PROMPT)
    leave(child)
    assert texts(server) == ["but this"]


def test_a_pasted_text_is_one_message(terminal, server):
    pasted = "\n".join(f'line {n}\twith "quotes" and {chr(39)}more{chr(39)}' for n in range(200))
    pasted = pasted.replace("line 7", "/exit\nline 7")
    server.reply(answer("read"))
    child = terminal()
    child.send(f"{PASTE_BEGIN}{pasted}{PASTE_END}")
    child.send(ENTER)
    child.expect("read")
    child.expect(PROMPT)
    leave(child)
    assert texts(server) == [pasted]


def test_a_pasted_tab_is_a_tab_and_one_that_is_typed_completes(terminal, server):
    server.reply(answer("read"))
    child = terminal()
    child.send(f"{PASTE_BEGIN}if x:\n\ty\t= 1{PASTE_END}")
    child.expect("= 1")
    assert "^I" not in child.before
    child.send(ENTER)
    child.expect("read")
    child.expect(PROMPT)
    child.send(f"/multil{TAB}")
    child.expect("ine")
    child.send(ENTER)
    child.expect("Alt.Enter or Ctrl.J sends")
    child.expect(PROMPT)
    leave(child)
    assert texts(server) == ["if x:\n\ty\t= 1"]


def test_a_pasted_text_that_begins_with_a_slash_is_a_message_too(terminal, server):
    server.reply(answer("read"))
    child = terminal()
    child.send(f"{PASTE_BEGIN}/usr/bin/env\nis a path{PASTE_END}{ENTER}")
    child.expect("read")
    child.expect(PROMPT)
    leave(child)
    assert texts(server) == ["/usr/bin/env\nis a path"]


def test_lines_can_be_broken_and_quoted(terminal, server):
    server.reply(answer("ok"))
    child = terminal()
    for typed in (f"a{ALT_ENTER}b{CTRL_J}c{ENTER}", f'"""{ENTER}d{ENTER}e{ENTER}"""{ENTER}'):
        child.send(typed)
        child.expect("ok")
        child.expect(PROMPT)
    child.send(f"/multiline{ENTER}")
    child.expect("Alt.Enter or Ctrl.J sends")
    for typed in (f"f{ENTER}g{ALT_ENTER}", f"h{ENTER}i{CTRL_J}"):
        child.send(typed)
        child.expect("ok")
        child.expect(PROMPT)
    leave(child)
    assert texts(server) == ["a\nb\nc", "d\ne", "f\ng", "h\ni"]


def test_what_was_typed_is_remembered_across_chats(terminal, server, home):
    server.reply(answer("ok"))
    for keys, shown in (("remember me", "remember me"), ("\x12remem", "ber me")):
        child = terminal()
        child.send(keys)
        child.expect(shown)
        child.send(ENTER * 2)
        child.expect("ok")
        child.expect(PROMPT)
        leave(child)
    assert texts(server) == ["remember me", "remember me"]
    assert (home / "data" / "history").stat().st_mode & 0o777 == 0o600


def test_without_saving_what_was_typed_is_not_kept_but_what_was_typed_before_is_found(terminal, server, home):
    (home / "data").mkdir(parents=True)
    (home / "data" / "history").write_text("\n# 2026-01-01\n+before\n")
    server.reply(answer("ok"))
    child = terminal("-n")
    child.send(f"secret plan{ENTER}")
    child.expect("ok")
    child.expect(PROMPT)
    child.send("\x12befo")
    child.expect("re")
    child.send(ENTER * 2)
    child.expect("ok")
    child.expect(PROMPT)
    leave(child)
    assert texts(server) == ["secret plan", "before"]
    assert (home / "data" / "history").read_text() == "\n# 2026-01-01\n+before\n"


def test_a_memory_of_lines_that_is_no_file_and_a_screen_of_no_size_are_done_without(terminal, server, environ, home):
    (home / "data").mkdir(parents=True)
    os.mkfifo(home / "data" / "history")
    environ |= {"COLUMNS": "99999999999", "LINES": "-1"}
    server.reply(answer("Hello\n\n---"))
    child = terminal()
    child.send(f"hi{ENTER}")
    child.expect("Hello")
    child.expect(PROMPT)
    leave(child)


def test_the_editor_opens_on_the_line(terminal, server, environ, tmp_path):
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nsed -i s/draft/final/ "$1"\n')
    editor.chmod(0o755)
    environ["VISUAL"] = str(editor)
    server.reply(answer("ok"))
    child = terminal()
    child.send(f"my draft{CTRL_G}")
    child.expect("final")
    child.send(ENTER)
    child.expect("ok")
    child.expect(PROMPT)
    leave(child)
    assert texts(server) == ["my final"]


def test_tab_completes_commands_models_and_paths(terminal, server, tmp_path):
    (tmp_path / "notes.txt").write_text("x")
    server.reply(answer("ok", model="grok-4.3"))
    child = terminal()
    child.send(f"/mod{TAB}")
    child.expect("/models")
    child.send(f"{CTRL_C}/model grok-4.3{TAB}{ENTER}")
    child.expect("model: grok-4.3")
    child.send(f"/file {tmp_path}/no{TAB}")
    child.expect("tes.txt")
    child.send(ENTER)
    child.expect("attached ")
    child.send(f"hi{ENTER}")
    child.expect("ok")
    child.expect(PROMPT)
    leave(child)
    assert server.requests[0].json["model"] == "grok-4.3"
    assert "notes.txt" in texts(server)[0]


def test_vi_keys_when_the_settings_say_so(terminal, server, environ):
    environ["GROK_EDITING_MODE"] = "vi"
    server.reply(answer("ok"))
    child = terminal()
    child.send(f"one two\x1bbcwthree\x1bA!{ENTER}")
    child.expect("ok")
    child.expect(PROMPT)
    leave(child)
    assert texts(server) == ["one three!"]


@pytest.mark.parametrize("words", [[], ["/multiline"]])
def test_escape_and_enter_send_in_vi_mode(terminal, server, environ, words):
    environ["GROK_EDITING_MODE"] = "vi"
    server.reply(answer("fine"))
    child = terminal()
    for word in words:
        child.send(f"{word}{ENTER}")
        child.expect("Alt.Enter or Ctrl.J sends")
        child.expect(PROMPT)
    child.send(f"one{ENTER if words else CTRL_J}two{ESCAPE}{ENTER}")
    child.expect("fine")
    child.expect(PROMPT)
    leave(child)
    assert texts(server) == ["one\ntwo"]


# What terminals send by themselves, or would obey: typed, or pasted where a paste is not marked as one.
SEQUENCES = [
    "\x1b[31m", "\x1b[m", "\x1b[;m", "\x1b[1;2;3;4m", "\x1b[<m", "\x1b[<0;999;999M", "\x1b[32;1;1M", "\x1b[M\x01\x01\x01",
    "\x1b[5;5R", "\x1b[0;0R", f"\x1b[{'9' * 5000};1R", f"\x1b[{'9' * 5000};1;1M", "\x1b[27;5;9~", "\x1b[I",
]  # fmt: skip


@pytest.mark.parametrize("mode", ["emacs", "vi"])
def test_escape_sequences_that_are_typed_do_not_end_the_chat(terminal, server, environ, mode):
    environ["GROK_EDITING_MODE"] = mode
    server.reply(answer("fine"))
    child = terminal()
    for sequence in SEQUENCES:
        child.send(f"{sequence}{CTRL_C}")
        child.expect(PROMPT)
    child.send(f"hi{ENTER}")
    child.expect("fine")
    child.expect(PROMPT)
    leave(child)
    assert texts(server) == ["hi"]


def test_ctrl_z_suspends_the_prompt(terminal, server):
    server.reply(answer("fine"))
    child = terminal(shell="set -m; {}; echo suspended; fg")
    child.send(f"one{CTRL_Z}")
    child.expect("suspended")
    child.expect(PROMPT)
    child.send(f" two{ENTER}")
    child.expect("fine")
    child.expect(PROMPT)
    leave(child)
    assert texts(server) == ["one two"]


def test_ctrl_backslash_during_an_answer_gives_the_terminal_back(terminal, server):
    server.reply(stalled("Once upon\n\n"))
    child = terminal(shell="ulimit -c 0; trap : QUIT; {}; echo ended $?; stty -a; echo over")
    child.send(f"tell{ENTER}")
    child.expect("Once upon")
    child.send(CTRL_BACKSLASH)
    child.expect("ended 131")  # by SIGQUIT
    child.expect("over")
    assert {"echo", "icanon", "-noflsh"} <= set(child.before.replace(";", " ").split())


def test_edit_changes_an_earlier_question_and_drops_what_followed(terminal, server, environ, tmp_path):
    editor = tmp_path / "editor"
    editor.write_text(f"#!/bin/sh\n. {tmp_path}/what\n")
    editor.chmod(0o755)
    environ["EDITOR"] = str(editor)
    server.reply(answer("fine"))
    child = terminal()

    def say(line, expected):
        child.send(f"{line}{ENTER}")
        child.expect(expected)
        child.expect(PROMPT)

    say("one", "fine")
    say("two", "fine")
    for what, said in [
        (": > $1", "the question is empty"),
        (":", "the question is the same; nothing was changed"),
        ("exit 1", "failed with exit code 1"),
    ]:
        (tmp_path / "what").write_text(what)
        say("/edit 1", said)
    say("three", "fine")
    (tmp_path / "what").write_text('sed -i s/one/ONE/ "$1"')
    say("/edit 1", "fine")
    leave(child)
    sent = [[message["content"] for message in request.json["messages"]] for request in server.requests]
    assert sent[2:] == [["one", "fine", "two", "fine", "three"], ["ONE"]]


def test_a_pipe_is_read_first_and_then_the_terminal_talks(terminal, server):
    server.reply(answer("ok"))
    child = terminal(shell="printf 'a diff' | {}")
    child.send(f"review this{ENTER}")
    child.expect("ok")
    child.expect(PROMPT)
    child.send(f"again{ENTER}")
    child.expect("ok")
    child.expect(PROMPT)
    leave(child)
    assert texts(server) == ["<stdin>\na diff\n</stdin>\n\nreview this", "again"]


@pytest.mark.parametrize(
    ("fault", "tries", "said"),
    [
        (body({"error": "bad thing"}, 400), 1, "error: the server said: bad thing"),
        (lambda connection: connection.reset(), 4, "error: could not reach"),
    ],
)
def test_an_error_on_a_terminal_leaves_the_chat_alive(terminal, server, fault, tries, said):
    server.reply(*[fault] * tries, answer("fine"))
    child = terminal()
    child.send(f"one{ENTER}")
    child.expect(said)
    child.expect(PROMPT)
    child.send(f"/retry{ENTER}")
    child.expect("fine")
    child.expect(PROMPT)
    leave(child)


def test_what_is_typed_during_an_answer_is_kept_for_the_prompt(terminal, server):
    server.reply(stalled("Once upon\n\n"), answer("fine"))
    child = terminal()
    child.send(f"tell{ENTER}")
    child.expect("Once upon")
    child.send("the next question")
    child.send(CTRL_C)
    child.expect("interrupted")
    assert "next" not in child.before
    child.expect(PROMPT)
    child.expect("the next question")
    child.send(ENTER)
    child.expect("fine")
    child.expect(PROMPT)
    leave(child)
    assert texts(server) == ["tell", "the next question"]


def test_a_shell_command_has_the_terminal_and_its_output_can_be_handed_on(terminal, server):
    server.reply(answer("ok"))
    child = terminal()
    child.send(f"!stty size; read x; echo got $x{ENTER}")
    child.expect("24 200")
    child.send(f"this{ENTER}")
    child.expect("got this")
    child.expect(PROMPT)
    child.send(f"/file !{ENTER}")
    child.expect("attached ")
    child.send(f"explain{ENTER}")
    child.expect("ok")
    child.expect(PROMPT)
    leave(child)
    assert "got this\n</shell>" in texts(server)[0]


def test_while_the_model_thinks_the_terminal_says_so(terminal, server):
    seen = threading.Event()

    def thinking(connection):
        connection.stream_head()
        connection.chunk(data(delta(reasoning_content="hm")))
        assert seen.wait(30)
        connection.chunk(data(delta("fine")) + data(finish()) + data("[DONE]"))
        connection.end()

    server.reply(thinking)
    child = terminal()
    child.send(f"one{ENTER}")
    child.expect("thinking")
    seen.set()
    child.expect("fine")
    child.expect(PROMPT)
    leave(child)


def test_a_call_is_agreed_to_or_stopped_at_the_prompt(terminal, server, tmp_path):
    (tmp_path / "mine.py").write_text("def double(number: int):\n    return 2 * number\n")
    server.reply(
        calls(("double", {"number": 21})), answer("That is 42."), calls(("double", {"number": 4})), answer("ok")
    )
    child = terminal()
    child.send(f"/tool {tmp_path}/mine.py{ENTER}")
    child.expect(r"tool: double\(number\)")
    child.expect(PROMPT)
    child.send(f"twice?{ENTER}")
    child.expect(r"call: double\(number=21\)\r\nrun it\? \[y/N/always\] ")
    child.send(f"y{ENTER}")
    child.expect("That is 42")
    child.expect(PROMPT)
    child.send(f"twice 4?{ENTER}")
    child.expect("run it")
    child.send(CTRL_C)
    child.expect("interrupted")
    child.expect(PROMPT)
    child.send(f"then?{ENTER}")
    child.expect("ok")
    child.expect(PROMPT)
    leave(child)
    told = [one["content"] for one in server.requests[3].json["messages"] if one["role"] == "tool"]
    assert told == ["42", "error: this call was not made"]
