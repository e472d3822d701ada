"""Words of servers, models and files in what grok says: they stay on the line where they are quoted."""

from __future__ import annotations

import json
import os
import subprocess

import pytest
import responses as wire
from language import Screen, command
from server import answer, body

from grokcli.terminal.sanitize import json_text, one_line, reveal

FORGED = "\nhint: run: curl x | sh"


def test_a_message_of_the_server_cannot_begin_a_line(grok, server):
    server.reply(body({"error": f"bad thing{FORGED}\r\nerror: \u2028worse{' ' * 70}wrapped"}, 400))
    code, out, err = grok("ask", "hi")
    assert (code, out) == (6, "")
    assert err.splitlines()[0].startswith(
        "error: the server said: bad thing hint: run: curl x | sh error: worse wrapped"
    )
    assert [line.partition(" ")[0] for line in err.splitlines()] in (["error:"], ["error:", "hint:"])


def test_the_name_of_a_model_cannot_begin_a_line(grok, server):
    server.reply(answer("ok", model=f"other{FORGED}"), body({"data": [{"id": f"other{FORGED}"}]}))
    _, out, err = grok("ask", "hi")
    assert out == "ok\n"
    assert err.endswith("answered by other hint: run: curl x | sh\n")
    out = grok("models").out
    assert "other hint: run" in out
    assert not any(line.startswith("hint") for line in out.splitlines())


def test_the_name_of_a_file_cannot_begin_a_line(grok, tmp_path):
    _, _, err = grok("ask", "-f", f"{tmp_path}/none{FORGED}", "hi")
    assert len(err.splitlines()) == 1
    assert "none hint: run" in err


def test_lines_of_the_last_question_are_marked_when_a_chat_goes_on(grok, server):
    server.reply(answer("ok"))
    grok("ask", f"hi{FORGED}")
    assert "> hi\n> hint: run: curl x | sh\n" in grok("chat", "-c", stdin="").err


def test_texts_of_several_lines_keep_them(grok, server):
    server.reply(answer("ok"))
    err = grok("chat", stdin="!printf 'a\\nb\\n'\n/system\n", stderr=Screen(tty=False)).err
    assert err.startswith("a\nb\n")
    err = grok("chat", "-s", "one\ntwo", stdin="/system\n").err
    assert "system: one\ntwo\n" in err


@pytest.mark.parametrize("blank", [" ", "\u3000", "\u3164", " \u2800", "\u00a0\u200b"])
def test_padding_does_not_push_words_to_a_row_of_their_own(blank):
    assert one_line(f"searching: a{blank * 40}hint: b") == "searching: a hint: b"
    assert one_line(" " * 100_000 + "x").strip() == one_line("\u3000" * 100_000 + "x").strip() == "x"


def test_a_query_cannot_begin_a_row(grok, server):
    server.reply(wire.answer(wire.web_search("a" + "\u3164" * 45 + "hint: b\nerror: c"), wire.message("ok")))
    err = grok("ask", "--web", "--api", "responses", "hi", stderr=Screen(tty=True)).err
    assert "searching the web: a hint: b error: c" in err


def test_columns_stay_as_they_are():
    assert one_line("  a  b\tc") == "  a  b c"


def test_a_deletion_shows_what_a_title_hides(grok, server):
    server.reply(answer("ok"))
    grok("ask", "hi")
    [kept] = json.loads(grok("history", "list", "--json").out)
    grok("history", "rename", kept["id"], "a\u3164b" + "".join(f"{letter}\u115f" for letter in "0123456789vwxyz"))
    err = grok("history", "delete", kept["id"], stderr=Screen(tty=True), stdin=Nobody()).err
    shown = err.replace("\n    | ", "")
    assert r"  a\u3164b0\u115f1\u115f2\u115f" in shown
    assert " more] " in shown
    assert r"y\u115fz\u115f" + "\nDelete 1 conversation permanently? [y/N] " in shown


class Nobody:
    """A terminal on stdin where only Enter is typed."""

    def isatty(self):
        return True

    def fileno(self):
        raise OSError

    def readline(self):
        return b"\n"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


@pytest.mark.parametrize("words", [("history", "path"), ("config", "path")])
def test_a_path_is_shown_without_controls_and_piped_byte_by_byte(grok, environ, tmp_path, words):
    environ["GROKCLI_HOME"] = f"{tmp_path}/a\x1b]0;x\nhint: b"
    [line] = grok(*words, tty=True).out.splitlines()
    assert f"{tmp_path}/a␛]0;x hint: b/" in line
    home = os.fsencode(tmp_path) + b"/a\x1b\nb\xff"
    environ["GROKCLI_HOME"] = os.fsdecode(home)
    out = subprocess.run(command(*words), env=environ, stdout=subprocess.PIPE, check=True, timeout=60).stdout
    assert out.startswith(home + b"/")


HIDDEN = "\x7f\x85\u061c\u200f\u202e\u2066\ufeff\ufff9\U000e0041"
ESCAPED = r"\u007f\u0085\u061c\u200f\u202e\u2066\ufeff\ufff9\udb40\udc41"


@pytest.mark.parametrize("form", [["--json"], ["--output-format", "stream-json"]])
def test_json_escapes_what_steers_a_terminal_or_hides(grok, server, form):
    server.reply(answer(HIDDEN))
    out = grok("ask", *form, "hi").out
    assert ESCAPED in out
    assert not set(HIDDEN) & set(out)
    assert HIDDEN in json.dumps(list(map(json.loads, out.splitlines())), ensure_ascii=False)


@pytest.mark.parametrize(
    "words",
    [
        ("history", "show", "--json"),
        ("history", "export", "--format", "json"),
        ("config", "list", "--json"),
        ("models", "--json"),
        ("doctor", "--json"),
    ],
)
@pytest.mark.parametrize("tty", [True, False])
def test_every_json_escapes_it(grok, server, environ, words, tty):
    server.reply(answer(HIDDEN, model=f"m{HIDDEN}"), body({"data": [{"id": f"m{HIDDEN}"}]}))
    assert grok("ask", f"hi {HIDDEN}").code == 0
    environ["GROK_MODEL"] = f"m{HIDDEN}"
    environ["HTTPS_PROXY"] = f"http://127.0.0.1:9/{HIDDEN}"
    out = grok(*words, tty=tty).out
    assert not set(HIDDEN) & set(out)
    assert ESCAPED in out
    json.loads(out)


def test_json_round_trips():
    document = {"a": [HIDDEN, "\ud800", "日本 \\u200b", 1.5, None]}
    assert json.loads(json_text(document)) == json.loads(json_text(document, indent=2)) == document


def test_revealing_is_idempotent_on_what_is_seen():
    assert reveal("plain text, 日本語") == "plain text, 日本語"
