"""`grok render`: other programs' markdown, in pipes and on terminals."""

from __future__ import annotations

import codecs
import signal
import stat
import subprocess

import pytest
from language import Screen, Typist, command, until
from server import body

TEXT = "# Title\n\n- one **two**\n- three\n\n| a | b |\n|---|---|\n| c | d |\n"
SHOWN = "Title\n\n  • one two\n  • three\n\na: c\nb: d\n"  # with --no-live, which is for screen readers


@pytest.fixture
def file(tmp_path):
    def write(content: str | bytes, name: str = "text.md") -> str:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    return write


@pytest.fixture(autouse=True)
def no_key(environ):
    """What is rendered is nobody's question."""
    del environ["XAI_API_KEY"]


# ---- into a pipe


def test_into_a_pipe_the_text_is_passed_on(grok, file):
    assert grok("render", stdin=TEXT) == (0, TEXT, "")
    assert grok("render", "-", stdin=TEXT) == (0, TEXT, "")
    assert grok("render", "--width", "20", "--color", "auto", file(TEXT)) == (0, TEXT, "")
    assert grok("render", file("a"), "-", file("c\n", "c.md"), stdin="b\n") == (0, "ab\nc\n", "")


def test_every_byte_of_it(environ):
    content = bytes(range(256)) * 400 + b"\xe2\x82"
    done = subprocess.run(command("render"), input=content, env=environ, capture_output=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, content, b"")


def test_always_renders_into_a_pipe(grok):
    code, out, err = grok("render", "--color", "always", "--width", "21", stdin=f"**a** {'0123456789 ' * 4}")
    assert (code, err) == (0, "")
    assert out == "\x1b[1ma\x1b[0m 0123456789\n0123456789 0123456789\n0123456789\n"


def test_a_setting_does_not_render_into_a_pipe(grok, environ):
    environ |= {"GROK_COLOR": "always", "FORCE_COLOR": "1"}
    assert grok("render", stdin=TEXT).out == TEXT


# ---- on a terminal


def test_on_a_terminal_it_is_rendered(grok, file, environ):
    environ["NO_COLOR"] = "1"
    code, out, err = grok("render", "--color", "never", "--no-live", file(TEXT), tty=True)
    assert (code, out, err) == (0, SHOWN, "")


def test_files_are_documents_of_their_own(grok, file):
    names = [file("```\nopen", "a.md"), file("**b**", "b.md")]
    out = grok("render", "--color", "never", "--no-live", *names, tty=True).out
    assert out == "──\nopen\n──\n\nb\n"


def test_what_is_no_text_survives(grok):
    code, out, err = grok(
        "render", "--no-live", "--color", "never", stdin=b"a\xff\xe2\x82 \x1b]0;x\x07\xe2\x82", tty=True
    )
    assert (code, out, err) == (0, "a�� ␛]0;x␇�\n", "")


def test_links_and_themes(grok, file, environ, home):
    words = ("render", "--no-live", file("[a](https://x.ai/b) **c**"))
    theme = file('strong = "underline"', "mine.toml")
    assert "\x1b\\x.ai\x1b" in grok(*words, "--color", "never", "--links", "host", tty=True).out
    assert grok(*words, "--color", "never", "--links", "hidden", tty=True).out == "a c\n"
    assert "\x1b[4mc" in grok(*words, "--theme", theme, tty=True).out
    assert grok("config", "set", "theme", theme).code == 0
    assert "\x1b[4mc" in grok(*words, tty=True).out
    assert grok(*words, "--theme", f"{theme}.toml", tty=True)[::2] == (
        2,
        f"error: cannot read {theme}.toml: no such file or directory\nhint: use the name of a theme, or a TOML file\n",
    )


def test_a_page_is_fetched(grok, server):
    server.reply(body(TEXT), body("gone", 404))
    assert grok("render", f"{server.url}/readme.md") == (0, TEXT, "")
    code, out, err = grok("render", f"{server.url}/readme.md")
    assert (code, out) == (6, "")
    assert "answered HTTP 404" in err


def test_nothing_is_asked_and_nothing_is_kept(grok, server, home):
    assert grok("render", stdin=TEXT, tty=True).code == 0
    assert server.requests == []
    assert not home.exists()


# ---- errors


def test_nothing_to_render(grok):
    told = (2, "", "error: nothing to render\nhint: grok render FILE, or pipe text into grok render\n")
    assert grok("render") == told
    assert grok("render", stdin=Typist(b"")) == told


def test_files_that_cannot_be_read(grok, tmp_path):
    missing = tmp_path / "no.md"
    assert grok("render", str(missing)) == (2, "", f"error: cannot read {missing}: no such file or directory\n")
    assert grok("render", str(tmp_path)) == (2, "", f"error: cannot read {tmp_path}: is a directory\n")


@pytest.mark.parametrize("words", [[], ["--color", "always"]])
def test_a_closed_pipe_is_quiet(environ, words):
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command("render", *words), env=environ, bufsize=0, **pipes) as process:
        process.stdout.close()
        with pytest.raises(BrokenPipeError):
            while True:
                process.stdin.write(TEXT.encode() * 100)
        assert process.wait(60) == 141
        assert process.stderr.read() == b""


# ---- a real terminal


@pytest.fixture
def terminal(on_terminal):
    return lambda *words, **more: on_terminal("render", *words, **more)


def test_the_first_line_is_shown_before_the_last_is_written(terminal):
    shown = terminal()
    shown.write(b"# Title\n\nfirst")
    until(lambda: "first" in shown.text())
    shown.write(b" and second")
    until(lambda: "first and second" in shown.text())
    assert shown.wait() == 0
    assert shown.text() == "Title\n\nfirst and second"


def test_ctrl_c_leaves_quietly_what_was_shown(terminal):
    shown = terminal()
    shown.write(b"first\n\nsecond **half")
    until(lambda: "second" in shown.text())
    shown.process.send_signal(signal.SIGINT)
    assert shown.process.wait(60) == 130
    until(lambda: shown.screen.cursor.x == 0)
    assert shown.text() == "first\n\nsecond **half"


def test_no_live_sends_no_cursor_movement(terminal):
    shown = terminal("--no-live")
    for at in range(0, len(TEXT), 5):
        shown.write(TEXT[at : at + 5].encode())
    assert shown.wait() == 0
    assert shown.text() == SHOWN.rstrip("\n")
    codes = set(codecs.decode(shown.sent).split("\x1b")[1:])
    assert all(code.startswith("[") and "m" in code for code in codes)
    assert b"\r" not in shown.sent.replace(b"\r\n", b"")


# ---- the pager


@pytest.fixture
def pager(tmp_path, environ):
    """A pager that keeps what it was shown; returns that, None while it was not started."""
    path, copy = tmp_path / "pager", tmp_path / "shown.txt"
    path.write_text(f'#!/bin/sh\n[ -z "$XAI_API_KEY" ] || exit 1\ncat > {copy}.part\nmv {copy}.part {copy}\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    environ |= {"PAGER": str(path), "XAI_API_KEY": "xai-not-for-pagers-0123456789"}
    return lambda: copy.read_text() if copy.exists() else None


LONG = "\n\n".join(f"line {number}" for number in range(40))


@pytest.mark.parametrize("how", ["flag", "setting"])
def test_a_long_text_goes_to_the_pager(terminal, pager, environ, how):
    if how == "setting":
        environ["GROK_PAGER"] = "true"
    shown = terminal(*(["--pager"] if how == "flag" else []))
    shown.write(f"**{LONG}**".encode())
    assert shown.wait() == 0
    assert pager().count("line") == 40
    assert shown.text() == ""


def test_a_short_one_does_not_and_none_without_a_wish(terminal, pager):
    for words, content in ((["--pager"], "a\n\nb"), ([], LONG), (["--no-pager"], LONG)):
        shown = terminal(*words, GROK_PAGER="true" if words == ["--no-pager"] else "false")
        shown.write(content.encode())
        assert shown.wait() == 0
        assert shown.text() == content
        assert pager() is None


def test_a_pager_that_is_left_early_is_no_error(terminal, environ):
    shown = terminal("--pager", PAGER="true")
    with pytest.raises(BrokenPipeError):
        while True:
            shown.write(LONG.encode())
    assert shown.process.wait(60) == 0
    assert shown.text() == ""


def test_without_a_pager_the_text_is_shown_all_the_same(terminal):
    shown = terminal("--pager", PAGER="no-such-pager")
    shown.write(LONG.encode())
    assert shown.wait() == 0
    assert "warning: cannot run the pager 'no-such-pager': no such file or directory" in shown.text()
    assert shown.text().count("line") == 40


def test_the_pager_is_for_terminals(grok, environ, pager):
    assert grok("render", "--pager", stdin=LONG) == (0, LONG, "")
    assert grok("render", "--pager", "--color", "always", stdin=LONG, stderr=Screen(tty=True)).out == f"{LONG}\n"
    assert pager() is None
