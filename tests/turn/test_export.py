"""`--as`: what is printed runs, and asks the same."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest
from language import KEY
from server import answer

QUESTION = ("-s", 'be "brief"', "-t", "0.5", "-m", "grok-4.3", "it's\n$HOME `x` {0}")


def code(grok, language):
    done = grok("ask", "--as", language, *QUESTION)
    assert (done.code, done.err) == (0, "")
    assert KEY not in done.out
    return done.out


@pytest.mark.parametrize("language", ["curl", "python", "openai"])
def test_what_is_printed_runs_and_asks_the_same(grok, server, environ, language):
    if language == "curl" and shutil.which("curl") is None:
        pytest.skip("there is no curl here")
    text = code(grok, language)
    assert server.requests == []
    server.reply(answer("Hello", model="grok-4.3"))
    command = ["sh", "-c", text] if language == "curl" else [sys.executable, "-c", text]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "Hello" in done.stdout
    printed = server.requests[0].json
    grok("ask", *QUESTION)
    asked = server.requests[1].json
    assert {k: v for k, v in printed.items() if k != "stream_options"} == {
        k: v for k, v in asked.items() if k != "stream_options"
    }
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_anthropics_sdk_gets_the_system_prompt_apart_and_a_limit(grok):
    text = code(grok, "anthropic")
    compile(text, "printed", "exec")
    assert "system='be \"brief\"'" in text
    assert "max_tokens=4096" in text
    assert "'role': 'system'" not in text


def test_javascript_parses(grok, tmp_path):
    text = code(grok, "js")
    assert '"temperature": 0.5' in text
    if shutil.which("node") is None:
        pytest.skip("there is no node here")
    (tmp_path / "printed.mjs").write_text(text)
    done = subprocess.run(["node", "--check", str(tmp_path / "printed.mjs")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_question_can_be_written_in_the_editor(grok, server, environ, tmp_path):
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nsed -i "s/draft/final/" "$1"\n')
    editor.chmod(0o755)
    environ["EDITOR"] = str(editor)
    server.reply(answer("ok"))
    assert grok("ask", "-e", "my", "draft").code == 0
    assert server.requests[0].json["messages"][0]["content"] == "my final"
    environ["EDITOR"] = "truncate -s 0"
    assert grok("ask", "-e", "hi").code == 2
