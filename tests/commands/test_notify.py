"""`notify`: one bell or one notification for somebody who looks elsewhere, and never for a program."""

from __future__ import annotations

import pytest
from language import Screen, Typist, until
from server import answer, body, calls, stalled

BELL = "\a"
DONE = "\x1b]9;grok: finished\a"


@pytest.fixture
def ask(grok, server, environ):
    """Ask with a terminal on stderr; any answer is long."""

    def ask(reply=None, *, tty=True, **variables):
        server.reply(reply or answer("Hello"))
        environ.update({"GROK_NOTIFY_AFTER": "0"} | variables)
        return grok("ask", "hi", stderr=Screen(tty))

    return ask


def test_off_by_default(ask):
    assert ask() == (0, "Hello\n", "")


def test_a_bell_at_the_end(ask):
    assert ask(GROK_NOTIFY="bell") == (0, "Hello\n", BELL)
    assert ask(GROK_NOTIFY="bell", TERM="dumb").err == BELL


def test_a_notification_at_the_end(ask):
    assert ask(GROK_NOTIFY="desktop") == (0, "Hello\n", DONE)


def test_tmux_passes_it_on(ask):
    err = ask(GROK_NOTIFY="desktop", TMUX="/tmp/tmux-0/default,1,0", TERM="tmux-256color").err
    assert err == "\x1bPtmux;\x1b\x1b]9;grok: finished\a\x1b\\"
    assert ask(GROK_NOTIFY="bell", TMUX="/tmp/tmux-0/default,1,0").err == BELL


@pytest.mark.parametrize("term", ["dumb", "linux"])
def test_a_terminal_that_knows_no_notifications_rings(ask, term):
    assert ask(GROK_NOTIFY="desktop", TERM=term).err == BELL


def test_a_short_answer_is_no_news(ask):
    assert ask(GROK_NOTIFY="bell", GROK_NOTIFY_AFTER="10").err == ""


def test_only_a_terminal_is_sent_it(ask):
    assert ask(GROK_NOTIFY="bell", tty=False).err == ""


def test_an_error_after_a_long_wait_is_news_too(ask):
    code, _, err = ask(body({"error": "no"}, 404), GROK_NOTIFY="bell")
    assert code == 6
    assert err.startswith(f"{BELL}error: ")


def test_consent_is_asked_for_aloud(grok, server, environ, tmp_path):
    (tmp_path / "mine.py").write_text('def twice(n: int) -> int:\n    """Double."""\n    return 2 * n\n')
    server.reply(calls(("twice", {"n": 4})), answer("8"))
    environ |= {"GROK_NOTIFY": "desktop", "GROK_NOTIFY_AFTER": "1000"}
    words = ("ask", "--tool", str(tmp_path / "mine.py"), "hi")
    code, out, err = grok(*words, stdin=Typist(b"y\n"), stderr=Screen(tty=True))
    assert (code, out) == (0, "8\n")
    assert err == "call: twice(n=4)\n\x1b]9;grok: a tool call needs your consent\arun it? [y/N/always] "
    server.reply(calls(("twice", {"n": 4})), answer("8"))
    assert "\x1b]9" not in grok(*words, "--yes", stderr=Screen(tty=True)).err


def test_ctrl_c_is_no_news(on_terminal, server, environ):
    environ |= {"GROK_NOTIFY": "bell", "GROK_NOTIFY_AFTER": "0"}
    server.reply(stalled("Once\n\n"))
    shown = on_terminal("ask", "hi", keyboard=True)
    until(lambda: "Once" in shown.text())
    shown.type("\x03")
    assert shown.wait() == 130
    assert b"\a" not in shown.sent


@pytest.mark.parametrize(("name", "value"), [("notify", "loud"), ("notify_after", "soon")])
def test_what_cannot_be_set(grok, name, value):
    code, _, err = grok("config", "set", name, value)
    assert code == 2
    assert err.startswith(f"error: invalid value for {name}: '{value}'")
