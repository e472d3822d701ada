"""Output for those who hear the screen: nothing is written twice, nothing moves the cursor, tables are lines."""

from __future__ import annotations

import re
import threading

import pytest
import responses as wire
from language import until
from server import answer, calls, data, delta, finish

MARKDOWN = "# Title\n\nSome **bold** text\n\n| name | value |\n|---|---|\n| a | 1 |\n| b | 2 |\n\n- x\n- y\n"
SHOWN = ["Title", "", "Some bold text", "", "name: a", "value: 1", "", "name: b", "value: 2", "", "  • x", "  • y"]
# Colours, and links that are printed.
STYLES = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;;[\x21-\x7e]*\x1b\\")


def cursor_movement(sent: bytes) -> list[str]:
    """Return what is left of the bytes that could move the cursor: all controls but the ends of lines."""
    return re.findall(r"[\x00-\x09\x0b-\x1f\x7f].{0,8}", STYLES.sub("", sent.decode()).replace("\r\n", "\n"))


def slowly(*pieces: str):
    """Return a reply that waits for `released` before each piece, so that the program has time to draw."""
    released = threading.Semaphore(0)

    def play(connection):
        connection.stream_head()
        for piece in pieces:
            assert released.acquire(timeout=60)
            connection.chunk(data(delta(piece)))
        connection.chunk(data(finish()))
        connection.chunk(b"data: [DONE]\n\n")
        connection.end()

    return play, released


@pytest.mark.parametrize("how", ["flag", "setting"])
def test_ask_moves_no_cursor(on_terminal, server, environ, how):
    if how == "setting":
        environ["GROK_ACCESSIBLE"] = "true"
    reply, released = slowly(*(MARKDOWN[at : at + 7] for at in range(0, len(MARKDOWN), 7)))
    server.reply(reply)
    shown = on_terminal("ask", *(["--no-live"] if how == "flag" else []), "hi", keyboard=True)
    until(lambda: "thinking" in shown.text())  # told once, when nothing has come for half a second
    for _ in MARKDOWN:
        released.release()
    assert shown.wait() == 0
    assert shown.text().split("\n") == ["thinking", *SHOWN]
    assert cursor_movement(shown.sent) == []


def test_without_it_the_cursor_moves(on_terminal, server):
    reply, released = slowly("a")
    server.reply(reply)
    shown = on_terminal("ask", "hi", keyboard=True)
    until(lambda: "thinking" in shown.text())
    released.release()
    assert shown.wait() == 0
    assert cursor_movement(shown.sent)


def test_a_row_is_shown_when_it_has_come(on_terminal, server):
    reply, released = slowly(MARKDOWN[: MARKDOWN.index("| b")], MARKDOWN[MARKDOWN.index("| b") :])
    server.reply(reply)
    shown = on_terminal("ask", "--no-live", "hi", keyboard=True)
    released.release()
    until(lambda: "value: 1" in shown.text())
    assert "name: b" not in shown.text()
    released.release()
    assert shown.wait() == 0


@pytest.mark.parametrize("head_only", ["| name | value |\n|---|---|\n", "| name | value |\n|---|---|\n\nmore"])
def test_the_head_of_an_empty_table_is_not_lost(grok, server, head_only):
    server.reply(answer(head_only))
    assert "name, value" in re.sub(r"\x1b\[[0-9;]*m", "", grok("ask", "--no-live", "hi", tty=True).out)


def test_each_step_of_a_search_is_told_once(on_terminal, server, environ):
    environ["GROK_API"] = "responses"
    server.reply(wire.answer(wire.reasoning("Hm."), wire.web_search("grok"), wire.message("done")))
    shown = on_terminal("ask", "--no-live", "--show-reasoning", "--search", "hi")
    assert shown.wait() == 0
    assert shown.text().count("searching the web: grok") == 1
    assert shown.text().count("Hm.") == 1
    assert cursor_movement(shown.sent) == []


def test_a_call_is_asked_about_without_moving_the_cursor(on_terminal, server, tmp_path):
    (tmp_path / "mine.py").write_text(
        'def twice(n: int) -> int:\n    """Double."""\n    print("working")\n    return 2 * n\n'
    )
    server.reply(calls(("twice", {"n": 4}), text="let me see"), answer(MARKDOWN))
    shown = on_terminal("ask", "--no-live", "--tool", str(tmp_path / "mine.py"), "hi", keyboard=True)
    until(lambda: "run it? [y/N/always]" in shown.text())
    shown.type("y\n")
    assert shown.wait() == 0
    lines = shown.text().split("\n")
    assert [line for line in lines if line in ("let me see", "| working")] == ["let me see", "| working"]
    assert lines[-len(SHOWN) :] == SHOWN
    assert cursor_movement(shown.sent) == []


def test_chat_moves_no_cursor(on_terminal, server):
    server.reply(answer(MARKDOWN), answer("fine"))
    shown = on_terminal("chat", "--no-live", keyboard=True)
    until(lambda: shown.text().endswith("\n>"))
    shown.type("hi\n")
    until(lambda: shown.text().endswith("• y\n>"))
    shown.type("not this")
    until(lambda: shown.text().endswith("> not this"))
    shown.type("\x03")
    until(lambda: shown.text().endswith("\n>"))
    shown.type('"""\n')
    until(lambda: shown.text().endswith('"""\n>'))
    shown.type("a\n")
    until(lambda: shown.text().endswith("a\n>"))
    shown.type('b"""\n')
    until(lambda: shown.text().endswith("fine\n>"))
    shown.type("/nosuch\n")
    until(lambda: "error: " in shown.text() and shown.text().endswith("\n>"))
    shown.type("\x04")
    assert shown.wait() == 0
    assert cursor_movement(shown.sent) == []
    assert [request.json["messages"][-1]["content"] for request in server.requests] == ["hi", "a\nb"]
    assert shown.text().split("\n")[2 : 2 + len(SHOWN)] == SHOWN


def test_a_chat_about_piped_text_reads_from_the_terminal(on_terminal, server):
    server.reply(answer("fine"))
    shown = on_terminal("chat", GROK_ACCESSIBLE="true")
    shown.write(b"some text")
    shown.process.stdin.close()
    until(lambda: shown.text().endswith("\n>"))
    shown.type("read it\n")
    until(lambda: shown.text().endswith("fine\n>"))
    shown.type("/exit\n")
    assert shown.process.wait(60) == 0
    assert server.requests[0].json["messages"][-1]["content"] == "<stdin>\nsome text\n</stdin>\n\nread it"


def test_a_question_is_edited_in_the_editor(on_terminal, server, tmp_path):
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nprintf better > "$1"\n')
    editor.chmod(0o755)
    server.reply(answer("one"), answer("two"))
    shown = on_terminal("chat", "--no-live", "good", keyboard=True, VISUAL=str(editor))
    until(lambda: shown.text().endswith("one\n>"))
    shown.type("/edit\n")
    until(lambda: shown.text().endswith("two\n>"))
    shown.type("/multiline\n")
    until(lambda: "error: /multiline needs the line editor" in shown.text())
    shown.type("\x04")
    assert shown.wait() == 0
    assert server.requests[1].json["messages"][-1]["content"] == "better"


def test_render_help_and_history_too(grok, server, environ):
    environ["GROK_ACCESSIBLE"] = "true"
    server.reply(answer(MARKDOWN))
    assert grok("ask", "hi").code == 0
    for words in (("render", "--color", "never"), ("history", "show"), ("help", "exit-codes")):
        code, out, err = grok(*words, stdin=MARKDOWN, tty=True)
        assert (code, err) == (0, "")
        assert cursor_movement(out.encode()) == []
        assert "│" not in out


def test_a_broken_setting_does_not_hide_the_help(grok, environ):
    environ["GROK_ACCESSIBLE"] = "perhaps"
    assert grok("help", "ask", tty=True).code == 0
    code, _, err = grok("ask", "hi")
    assert code == 2
    told = "error: invalid value for accessible in environment GROK_ACCESSIBLE: 'perhaps' (choose from true, false)"
    assert err.startswith(told)


def test_doctor_says_so_and_who_set_it(grok, environ):
    line = "  accessible   complete lines, no cursor movement, no columns ({})\n"
    assert "accessible" not in grok("doctor", "--offline", tty=True).out
    assert grok("config", "set", "accessible", "on").code == 0
    out = grok("doctor", "--offline", tty=True).out
    assert line.format(grok("config", "path").out.strip()) in out
    assert "no live rendering" in out
    environ["GROK_ACCESSIBLE"] = "1"
    assert line.format("environment GROK_ACCESSIBLE") in grok("doctor", "--offline").out
    assert grok("config", "get", "accessible").out == "true\n"
