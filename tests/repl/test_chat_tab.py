"""Tab, pastes and Ctrl-D in a chat on a terminal."""

from __future__ import annotations

import json
import shlex

import pytest
from language import command
from server import answer, data, delta, finish

pexpect = pytest.importorskip("pexpect", reason="a pty is needed")

PROMPT = r"\x1b\[0;1m>"
CTRL_D, ENTER, TAB = "\x04", "\r", "\t"
TITLE = "why $(touch pwned) is `it` \"so\" 'blue'?"


@pytest.fixture
def terminal(environ, tmp_path, monkeypatch):
    """Start grok chat in a folder with files and wait for its prompt."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "my notes.txt").write_text("remember\n")
    (tmp_path / "plain.txt").write_text("plain\n")
    environ |= {"TERM": "xterm-256color", "LANG": "C.UTF-8", "PROMPT_TOOLKIT_NO_CPR": "1"}
    children = []

    def start(*words):
        line = f"exec {shlex.join(command('chat', *words))}"
        child = pexpect.spawn("/bin/sh", ["-c", line], env=environ, dimensions=(40, 200), timeout=60, encoding="utf-8")
        children.append(child)
        child.expect(PROMPT)
        return child

    yield start
    for child in children:
        child.close(force=True)


def leave(child):
    child.send(CTRL_D)
    child.expect(pexpect.EOF)
    assert child.wait() == 0


def test_a_path_behind_an_at_sign_completes_and_is_attached(terminal, server):
    server.reply(answer("read"))
    child = terminal()
    for typed, shown in ((f"what is @sr{TAB}", "c/"), (TAB, "notes.txt"), (f" and @pl{TAB}", "ain.txt")):
        child.send(typed)
        child.expect_exact(shown)
    child.send(f" for @nobody?{ENTER}")
    child.expect("attached 2 documents")
    child.expect("read")
    child.expect(PROMPT)
    leave(child)
    text = server.requests[0].json["messages"][0]["content"]
    assert text.startswith(
        '<file path="src/my notes.txt">\nremember\n</file>\n\n<file path="plain.txt">\nplain\n</file>'
    )
    assert text.endswith("\n\nwhat is @'src/my notes.txt' and @plain.txt for @nobody?")


def test_what_is_pasted_attaches_nothing_but_a_pasted_path_behind_an_at_sign_does(terminal, server):
    server.reply(answer("read"))
    child = terminal()
    child.send(f"\x1b[200~look: @plain.txt, @./plain.txt\x1b[201~ @\x1b[200~src/my\\ notes.txt\x1b[201~{ENTER}")
    child.expect("attached src/my notes.txt")
    child.expect("read")
    child.expect(PROMPT)
    leave(child)
    text = server.requests[0].json["messages"][0]["content"]
    assert (
        text
        == '<file path="src/my notes.txt">\nremember\n</file>\n\nlook: @plain.txt, @./plain.txt @src/my\\ notes.txt'
    )


def test_the_menu_says_what_commands_do_and_a_title_is_completed_as_text(terminal, grok, server, tmp_path):
    server.reply(answer("old"), answer("new"))
    for question in ("hi", "there"):
        grok("ask", question)
    _, first = (one["id"] for one in json.loads(grok("history", "list", "--json").out))
    grok("history", "rename", first, TITLE)
    child = terminal()
    child.send(f"/re{TAB}")
    child.expect_exact("continue another conversation, or list the latest")
    child.send(f"\x15/resume why{TAB}")
    child.expect_exact("'blue'?")
    child.send(ENTER)
    child.expect_exact(f"continuing {first}: {TITLE}")
    child.expect(PROMPT)
    leave(child)
    assert not (tmp_path / "pwned").exists()


def test_ctrl_d_during_an_answer_ends_the_chat_after_it(terminal, server):
    import threading

    typed = threading.Event()

    def slow(connection):
        connection.stream_head()
        connection.chunk(data(delta("Once upon\n\n")))
        assert typed.wait(60)
        connection.chunk(data(delta("a time")) + data(finish()) + data("[DONE]"))
        connection.end()

    server.reply(slow)
    child = terminal()
    child.send(f"tell{ENTER}")
    child.expect("Once upon")
    child.send(CTRL_D)
    typed.set()
    child.expect("a time")
    child.expect(pexpect.EOF)
    assert child.wait() == 0
