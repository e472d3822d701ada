"""Standard streams that are closed, full, deaf or in another encoding, and terminals that are left in the middle."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import threading
from pathlib import Path

import pytest
from language import Screen, command
from server import answer, body, stalled

pty = pytest.importorskip("pty", reason="these are the pipes and terminals of Unix")

BUSY = body({"error": "busy"}, 503)


@pytest.fixture
def full():
    """The write end of a disk that is full."""
    if not Path("/dev/full").is_char_device():
        pytest.skip("there is no /dev/full")
    descriptor = os.open("/dev/full", os.O_WRONLY)
    yield descriptor
    os.close(descriptor)


def start(environ, *words, **streams):
    return subprocess.Popen(command("ask", *words), env=environ, **({"stdin": subprocess.DEVNULL} | streams))


def test_a_full_disk_is_told(environ, server, full, run, home):
    server.reply(answer("Hello"))
    with start(environ, "hi", stdout=full, stderr=subprocess.PIPE) as process:
        _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert err.decode() == "error: no space left on device\nhint: check free space and permissions\n"
    assert "Hello" in run("history", "show").out


@pytest.mark.parametrize("kind", ["full", "pipe", "closed"])
def test_notes_that_nobody_takes_cost_no_answer(environ, server, request, kind):
    server.reply(BUSY, answer("Hello"))
    reading, writing = os.pipe()
    os.close(reading)
    streams = {
        "full": lambda: {"stderr": request.getfixturevalue("full")},
        "pipe": lambda: {"stderr": writing},
        "closed": lambda: {"preexec_fn": lambda: os.close(2)},
    }[kind]()
    with start(environ, "-u", "--show-reasoning", "hi", stdout=subprocess.PIPE, **streams) as process:
        out, _ = process.communicate(timeout=30)
    os.close(writing)
    assert (process.returncode, out) == (0, b"Hello\n")


def test_without_a_stdout_the_answer_is_kept_and_the_loss_is_told(environ, server, run):
    server.reply(answer("Hello"))

    def close():
        os.close(0)
        os.close(1)

    with start(environ, "hi", stdin=None, stderr=subprocess.PIPE, preexec_fn=close) as process:
        _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert err.startswith(b"error: stdout is closed\n")
    assert "Hello" in run("history", "show").out


def test_the_locale_does_not_matter(run, environ, server):
    environ |= {
        "LANG": "C",
        "LC_ALL": "C",
        "PYTHONIOENCODING": "latin-1",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
    }
    server.reply(answer("日本 – ü"))
    assert run("ask", "-", "Größe?", stdin="größer\r\n日本\r\n") == (0, "日本 – ü\n", "")
    content = server.requests[0].json["messages"][0]["content"]
    assert content == "<stdin>\ngrößer\r\n日本\r\n</stdin>\n\nGröße?"


def test_a_nul_is_text_like_any_other(grok, server):
    server.reply(answer("a\0b"))
    assert grok("ask", stdin=b"a\0b") == (0, "a\0b\n", "")
    assert server.requests[0].json["messages"][0]["content"] == "a\0b"
    assert "\0" not in grok("ask", "hi", tty=True).out


def test_a_named_pipe_stays_one(grok, server, tmp_path):
    server.reply(answer("Hello"))
    path = tmp_path / "pipe"
    os.mkfifo(path)
    taken = []
    reader = threading.Thread(target=lambda: taken.append(path.read_text()))
    reader.start()
    assert grok("ask", "-o", str(path), "hi").code == 0
    reader.join()
    assert taken == ["Hello\n"]
    assert stat.S_ISFIFO(path.stat().st_mode)


def test_a_terminal_is_left_as_it_was(environ, server):
    environ["TERM"] = "xterm-256color"
    server.reply(stalled("# Title\n\nsome **bold"))
    ours, theirs = pty.openpty()
    process = start(environ, "hi", stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    while b"bold" not in shown:
        shown += os.read(ours, 1000)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 143
    try:
        while piece := os.read(ours, 1000):
            shown += piece
    except OSError:
        pass
    os.close(ours)
    assert shown.endswith(b"\n")
    for begin, end in ((b"\x1b[?25l", b"\x1b[?25h"), (b"\x1b[?2026h", b"\x1b[?2026l"), (b"\x1b[1m", b"\x1b[0m")):
        assert shown.rfind(begin) <= max(shown.rfind(end), -1)


def test_two_at_once_where_cron_starts_them(environ, server, tmp_path):
    home = tmp_path / "file"
    home.write_text("cannot write to a file in the place of a home that")
    environ |= {"HOME": str(home), "GROKCLI_HOME": str(home), "LANG": "C", "GROK_STDIN_TIMEOUT": "0.05"}
    server.reply(answer("Hello"))
    ours, theirs = socket.socketpair()
    with ours, theirs:
        both = [
            start(environ, "hi", stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
            for _ in range(2)
        ]
        for process in both:
            out, err = process.communicate(timeout=30)
            assert (process.returncode, out) == (0, b"Hello\n")
            assert [line.partition(b":")[0] for line in err.splitlines()] == [b"warning", b"warning"]


def test_a_bug_of_ours_is_one_line_and_no_secret(grok, environ, monkeypatch):
    key = environ["XAI_API_KEY"]

    def crash(*_args, **_more):
        raise RuntimeError(f"a header\nwith Bearer {key}")

    monkeypatch.setattr("grokcli.commands.ask.build_request", crash)
    code, out, err = grok("ask", "hi")
    assert (code, out) == (1, "")
    assert err.startswith("error: this is a bug in grok: RuntimeError: a header with Bearer xai-…6789\nhint: ")
    code, _, err = grok("ask", "--debug", "hi", stderr=Screen(tty=True))
    assert code == 1
    assert "Traceback" in err
    assert key not in err
