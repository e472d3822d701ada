"""The key is planted wherever it could come out, and must not."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from language import KEY
from server import answer, body, delta, stream

PLANTED = f"Bearer {KEY}"
# The key of another server, which looks like nothing in particular.
OTHER = "sk_live.51H-other/server+key=="


def redirect(connection):
    body("", 302, location=f"https://u:p@x.invalid/?key={KEY}")(connection)


REPLIES = {
    "body": body({"error": f"no {PLANTED}"}, 400),
    "plain": body(f"{KEY} {PLANTED}", 500),
    "code": body({"error": {"message": "no", "code": KEY}}, 401),
    "request id": body({"error": "no"}, 422, x_request_id=KEY),
    "retry-after": body({"error": "no"}, 429, retry_after=KEY),
    "redirect": redirect,
    "headers": body({"error": "no"}, 403, x_echo=PLANTED, set_cookie=f"k={KEY}", www_authenticate=PLANTED),
    "reason": lambda connection: connection.send(f"HTTP/1.1 500 {KEY}\r\ncontent-length: 0\r\n\r\n".encode()),
    "no http": lambda connection: (connection.send(f"{KEY}\r\n\r\n".encode()), connection.cut()),
    "stream": stream([delta("ok"), {"error": PLANTED}]),
    "model": answer("ok", model=KEY),
}


@pytest.mark.parametrize("where", REPLIES)
@pytest.mark.parametrize("flags", [[], ["--debug"], ["--json"], ["--output-format", "stream-json", "--debug"]])
def test_whatever_the_server_says(grok, server, where, flags):
    server.reply(REPLIES[where])
    code, out, err = grok("ask", *flags, "hi")
    assert KEY not in err
    assert where == "model" or KEY not in out
    assert code or where == "model"
    assert "Traceback" not in err


@pytest.mark.parametrize("key", [KEY, OTHER])
def test_debug_and_dry_run(grok, server, environ, key):
    environ["XAI_API_KEY"] = key
    server.reply(body({"error": f"the key {key}"}, 400))
    shown = [grok("ask", "--debug", "hi"), grok("ask", "--dry-run", "hi"), grok("doctor"), grok("config", "check")]
    assert not [result for result in shown if key in result.out + result.err]
    lines = shown[0].err.splitlines()
    assert lines[0] == f"> POST {server.url}/chat/completions"
    assert any(line.startswith("> Authorization: Bearer ") for line in lines)
    assert "< HTTP 400 Scripted" in lines


def test_debug_tells_the_times_and_the_tries(run, server, environ):
    environ["GROK_DEBUG"] = "1"
    server.reply(body("", 503), answer("Hello"))
    code, out, err = run("ask", "hi")
    assert (code, out) == (0, "Hello\n")
    for told in (
        "* connected to 127.0.0.1:",
        "first byte after ",
        "first token after ",
        "* end, 3 events after ",
        "(2 of 4)",
    ):
        assert told in err
    assert "(a body of 118 bytes)" in err


def test_settings_that_hold_a_key_by_mistake(grok, home, server):
    server.reply(answer("ok"))
    Path(home, "config").mkdir(parents=True)
    config = Path(home, "config", "config.toml")
    for content in (f'"{KEY}" = 1\n', f'temperature = "{KEY}"\n', f'[roles]\nx = "{KEY}"\n', f"{KEY} = = 1\n"):
        config.write_text(content)
        for words in (["ask", "hi"], ["doctor", "--offline"], ["config", "check"], ["config", "get", "temperature"]):
            result = grok(*words)
            assert KEY not in result.err
            assert KEY not in result.out


def test_a_list_of_settings_holds_no_password(grok, environ):
    environ["GROK_PROXY"] = "http://me:hunter2secret@proxy.invalid:3128"
    for words in (["config", "list"], ["config", "list", "--json"]):
        out = grok(*words).out
        assert "hunter2secret" not in out
        assert "proxy.invalid:3128" in out


def test_a_history_that_holds_a_key(grok, server):
    server.reply(answer(f"your key is {KEY}"))
    grok("ask", f"my key is {KEY}")
    for form in ("markdown", "json"):
        assert KEY not in grok("history", "export", "--format", form).out


def test_a_crash_at_the_bottom(run, environ, server, tmp_path):
    """A bug in a module far down, in a real process, with the key in its words and in the source line."""
    server.reply(answer("ok"))
    (tmp_path / "sitecustomize.py").write_text(
        "import grokcli.chat\n"
        "def crash(self, event):\n"
        f"    raise ValueError('{KEY}')\n"
        "grokcli.chat.Response.add = crash\n"
    )
    environ["PYTHONPATH"] = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    for debug in ("", "1"):
        environ["GROK_DEBUG"] = debug
        code, out, err = run("ask", "hi")
        assert (code, out) == (1, "")
        assert "error: this is a bug in grok: ValueError: xai-…6789\nhint: run it again with --debug" in err
        assert ("Traceback" in err) == bool(debug)
        assert KEY not in err
