"""The user's own key in what would be sent: it is refused and named, and sent when that is meant."""

from __future__ import annotations

import sys

import pytest
from language import KEY
from server import answer, calls

PRINTS_KEY = "import os\n\ndef leak():\n    'Leak.'\n    return {'environ': os.environ['LEAKED']}\n"


@pytest.fixture
def notes(tmp_path, monkeypatch):
    """A file that holds the key, in the working folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.txt").write_text("harmless")
    path = tmp_path / "src" / "notes.txt"
    path.write_text(f"XAI_API_KEY={KEY}\n")
    return path


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["-f", "src/notes.txt", "hi"], "the file 'src/notes.txt'"),
        (["-f", "src/notes.txt"], "the file 'src/notes.txt'"),
        (["-f", "src", "hi"], "the file 'src/notes.txt'"),
        (["-s", "@src/notes.txt", "hi"], "the system prompt"),
        (["is", KEY, "mine?"], "the question"),
        (["-f", "src/a.txt", "is", KEY, "mine?"], "the question"),
        (["-O", f"user={KEY}", "hi"], "a request field"),
        (["-O", f'metadata={{"{KEY}": 1}}', "hi"], "a request field"),
        (["-i", f"https://example.com/?{KEY}", "hi"], "the question"),
    ],
)
def test_a_key_is_refused_and_what_holds_it_named(grok, server, notes, words, what):
    code, out, err = grok("ask", *words)
    assert (code, out, server.requests) == (2, "", [])
    assert err.removeprefix("attached 2 files from 'src'\n") == (
        f"error: {what} contains your API key\nhint: remove it, or send it with --allow-secrets\n"
    )
    assert "holds" not in grok("history", "list").out


def test_a_saved_key_that_another_overrides_is_refused_too(grok, server, home):
    saved = "xai-" + "Zq8Lm3Vt" * 10
    grok("config", "set", "api_key", stdin=saved)
    code, out, err = grok("ask", "-f", str(home / "config"), "hi")
    assert (code, out, server.requests) == (2, "", [])
    assert "credentials.toml' contains your API key\n" in err


def test_a_key_on_stdin_is_refused(grok, server):
    code, _, err = grok("ask", "sum up", stdin=f"a\n{KEY}\n")
    assert (code, server.requests) == (2, [])
    assert err.startswith("error: stdin contains your API key\n")


@pytest.mark.parametrize("where", ["credentials", "command"])
def test_every_source_of_a_key_counts_and_the_command_runs_once(grok, server, environ, home, tmp_path, where):
    key = "sk-another-key-of-some-length"
    del environ["XAI_API_KEY"]
    if where == "credentials":
        grok("config", "set", "api-key", stdin=key)
    else:
        script = tmp_path / "key.py"
        script.write_text(f"open({str(tmp_path / 'ran')!r}, 'a').write('x'); print({key!r})")
        environ["GROK_API_KEY_COMMAND"] = f"{sys.executable} {script}"
    code, _, err = grok("ask", f"is {key} mine?")
    assert (code, server.requests) == (2, [])
    assert "the question contains your API key" in err
    assert where == "credentials" or (tmp_path / "ran").read_text() == "x"


def test_a_short_word_in_place_of_a_key_is_no_secret(grok, server, environ):
    environ["XAI_API_KEY"] = "ollama"
    server.reply(answer("ok"))
    assert grok("ask", "how do I install ollama?").code == 0


def test_it_is_sent_when_that_is_meant(grok, server, notes):
    server.reply(answer("ok"))
    assert grok("ask", "--allow-secrets", "-q", "-f", "src", "hi") == (0, "ok\n", "")
    assert KEY in server.requests[0].json["messages"][-1]["content"]
    code, _, err = grok("ask", "-c", "and now?")
    assert (code, len(server.requests)) == (2, 1)
    assert "contains your API key" in err


def test_a_chat_refuses_the_message_and_goes_on(grok, server, notes):
    server.reply(answer("ok"))
    code, out, err = grok("chat", stdin="/file src\nwhat is this?\nhello\n")
    assert (code, out) == (0, "ok\n")
    assert "error: the file 'src/notes.txt' contains your API key\n" in err
    assert [message["content"] for message in server.requests[0].json["messages"]] == ["hello"]
    assert KEY not in server.requests[0].body.decode()
    assert "harmless" not in grok("history", "export").out
    assert grok("chat", "--allow-secrets", stdin="/file src\nwhat is this?\n").out == "ok\n"


@pytest.mark.parametrize("allowed", [False, True])
def test_what_a_tool_returns_is_looked_at_too(grok, server, tmp_path, monkeypatch, allowed):
    monkeypatch.setenv("LEAKED", KEY)
    (tmp_path / "leak.py").write_text(PRINTS_KEY)
    server.reply(calls(("leak", {})), answer("ok"))
    flags = ["--allow-secrets"] if allowed else []
    code, out, err = grok("ask", *flags, "--tool", str(tmp_path / "leak.py"), "--yes", "hi")
    assert (code, out) == (0, "ok\n")
    result = server.requests[1].json["messages"][-1]
    assert result["role"] == "tool"
    assert (KEY in result["content"]) is allowed
    assert result["content"].startswith("error: ") is not allowed
    assert ("leak: the result contains your API key" in err) is not allowed


def test_a_picture_of_a_key_is_not_drawn(grok, server, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, _, err = grok("image", "draw", KEY)
    assert (code, server.requests) == (2, [])
    assert err == "error: the prompt contains your API key\nhint: remove it\n"
