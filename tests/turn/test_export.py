"""`--as`: what is printed runs, and sends what `ask` sends."""

from __future__ import annotations

import inspect
import json
import shutil
import subprocess
import sys
from typing import get_args

import pytest
import responses as wire
from language import KEY
from openai.resources.chat.completions import Completions
from openai.resources.responses import Responses
from responses import function_call, message, reasoning
from server import answer, body, whole

from grokcli.chat import Chats
from grokcli.commands.ask import Language
from grokcli.turn import languages

# What some kind of quoting gets wrong.
NASTY = 'it\'s "so" `x` $HOME $(id) \\n \\ {0} %s \'\'\'""" */ \u2028\x1b[31m\x7f\x85\u202e\ufeff é 🙂\nEOF\n-x'
TOOL = 'def weather(city: str) -> str:\n    """Tell the weather: it\'s `so`."""\n    return "fine"\n'
FLAGS = {
    "chat": [
        *("-s", NASTY, "-t", "0.5", "--effort", "high", "--schema", "name", "-O", "seed=7", "-O", "stop=\n"),
        *("-O", "tools=5"),
    ],
    "chat in one piece": [
        *("--no-stream", "--tool", "TOOL", "--yes", "--max-tokens", "9", "-i", "IMAGE"),
        *("-O", "class=1", "-O", "self=2", "-O", "é=3", "-O", "__proto__=4"),
    ],
    "responses": [
        *("--api", "responses", "--search", "--domain", "x.ai", "--since", "2026-01-01", "--tool", "TOOL", "--yes"),
        *("--mcp", "https://mcp.example/mcp", "--effort", "low", "--max-tokens", "9", "--schema", "name"),
        *("-i", "IMAGE", "-O", "top_p=0.5", "-O", "conversation=c", "-O", 'include=["x"]'),
    ],
    "responses in one piece": [
        *("--api", "responses", "--no-stream", "-s", NASTY, "-i", "https://example.com/sky.png"),
        *("-O", "extra_body={}", "-O", "for=1", "-O", 'tool_choice={"type":"function","function":{"name":"f"}}'),
    ],
}
HELLO = '{"name": "Hello"}'
ANSWERS = {
    ("/v1/chat/completions", True): answer(HELLO),
    ("/v1/chat/completions", False): whole(HELLO),
    ("/v1/responses", True): wire.answer(message(HELLO)),
    ("/v1/responses", False): wire.whole(message(HELLO)),
}
# What the npm package does with its arguments: it sends them.
OPENAI_FOR_JS = """
export default class {
  constructor({ apiKey, baseURL }) {
    const post = (path, whole, piece) => async (body) => {
      const headers = { authorization: `Bearer ${apiKey}` };
      await (await fetch(baseURL + path, { method: "POST", headers, body: JSON.stringify(body) })).text();
      return body.stream ? [piece] : whole;
    };
    const text = '{"name": "Hello"}';
    const choices = [{ message: { content: text }, delta: { content: text } }];
    this.chat = { completions: { create: post("/chat/completions", { choices }, { choices }) } };
    const delta = { type: "response.output_text.delta", delta: text };
    this.responses = { create: post("/responses", { output_text: text }, delta) };
  }
}
"""
# Anthropic's package, as far as to show what it was given.
ANTHROPIC = """
import contextlib, json, types
class Anthropic:
    def __init__(self, **client):
        self.messages, self.client = self, client
    def create(self, **fields):
        return types.SimpleNamespace(content=[types.SimpleNamespace(type="text", text=self.given("create", fields))])
    def stream(self, **fields):
        return contextlib.nullcontext(types.SimpleNamespace(text_stream=[self.given("stream", fields)]))
    def given(self, *call):
        return json.dumps([self.client, *call])
"""


@pytest.fixture
def flags_of(tmp_path):
    """Return the flags of a name in FLAGS; the files that they name are there."""
    (tmp_path / "tools.py").write_text(TOOL)
    (tmp_path / "dot.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 32)
    files = {"TOOL": str(tmp_path / "tools.py"), "IMAGE": str(tmp_path / "dot.png")}
    return lambda name: [files.get(word, word) for word in FLAGS[name]]


@pytest.fixture
def printed(grok, server):
    """Have grok print the code that asks a question, and nothing sent."""

    def print_code(language, *words, stdin=None):
        before = len(server.requests)
        done = grok("ask", "--as", language, *words, stdin=stdin)
        assert (done.code, done.err, len(server.requests)) == (0, "", before)
        assert KEY not in done.out
        assert all(character.isprintable() or character == "\n" for character in done.out)
        return done.out

    return print_code


@pytest.fixture
def play(environ, tmp_path, monkeypatch, capsys):
    """Run what was printed, and return what it prints."""

    def run(language, text):
        if language == "openai":
            # Here, because the SDK takes seconds to import.
            monkeypatch.setenv("XAI_API_KEY", environ["XAI_API_KEY"])
            names = {}
            exec(compile(text, "printed", "exec"), names)
            names["client"].close()
            return capsys.readouterr().out
        (tmp_path / "printed.mjs").write_text(text, "utf-8")
        command = {"curl": ["sh"], "js": ["node", "printed.mjs"]}.get(language, [sys.executable, "-"])
        for program in (command[0], "curl" if language == "curl" else command[0]):
            if shutil.which(program) is None:
                pytest.skip(f"there is no {program} here")
        done = subprocess.run(command, input=text.encode(), env=environ, cwd=tmp_path, capture_output=True, timeout=120)
        assert (done.returncode, done.stderr.decode()) == (0, "")
        return done.stdout.decode()

    package = tmp_path / "node_modules" / "openai"
    package.mkdir(parents=True)
    (package / "package.json").write_text('{"type": "module", "exports": "./index.js"}')
    (package / "index.js").write_text(OPENAI_FOR_JS)
    return run


def reply_to(server):
    """Let the server answer whatever is asked, in the form in which it is asked."""

    def reply(connection):
        asked = server.requests[-1]
        ANSWERS[asked.path, asked.json.get("stream", False)](connection)

    server.reply(reply)


def assert_same(requests):
    printed, asked = requests
    assert (printed.method, printed.path) == (asked.method, asked.path)
    assert printed.json == asked.json
    assert printed.headers["authorization"] == asked.headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("language", ["curl", "python", "openai", "js"])
@pytest.mark.parametrize("name", FLAGS)
def test_what_is_printed_sends_what_ask_sends(grok, server, printed, play, flags_of, language, name):
    reply_to(server)
    words = [*flags_of(name), NASTY]
    assert "Hello" in play(language, printed(language, *words))
    # A conversation that begins has no name until it is kept.
    assert grok("ask", "--no-save", *words).code == 0
    assert_same(server.requests)


@pytest.mark.parametrize("language", ["curl", "python", "openai", "js"])
def test_a_conversation_goes_on_as_ask_would_go_on_with_it(grok, server, printed, play, flags_of, language):
    """The reasoning, the calls and the name of the conversation go back; fields that are known to be rejected do not."""
    said = (reasoning("Hm."), function_call("weather", {"city": "Rome"}, number=1))
    refused = [
        body({"error": f"Model grok-4.7 does not support parameter {name}."}, 400) for name in ("include", "seed")
    ]
    server.reply(wire.answer(*said), wire.answer(message("Fine.", number=2)), *refused)
    reply_to(server)
    words = [*flags_of("responses"), "-O", "seed=1"]
    grok("ask", *words, "first")
    grok("ask", "-c", *words, "second")
    del server.requests[:]
    assert "Hello" in play(language, printed(language, "-c", *words, "third"))
    assert grok("ask", "-c", *words, "third").code == 0
    assert_same(server.requests)
    sent = server.requests[0].json
    assert {"prompt_cache_key", "include", "seed"} & set(sent) == {"prompt_cache_key"}
    assert [item.get("type") for item in sent["input"]][1:4] == ["reasoning", "function_call", "function_call_output"]


def test_a_dry_run_shows_the_same_body(grok, server, flags_of):
    reply_to(server)
    grok("ask", "first")
    for name in FLAGS:
        words = ["-c", *flags_of(name), NASTY]
        _, _, shown = grok("ask", "--dry-run", *words).out.partition("\n\n")
        grok("ask", *words)
        assert shown.encode() == server.requests[-1].body + b"\n"


def test_more_than_an_argument_may_hold(grok, server, printed, play, tmp_path):
    (tmp_path / "long").write_text("it's\n" * 40_000)
    reply_to(server)
    words = ("-f", str(tmp_path / "long"), "hi")
    assert play("curl", printed("curl", *words)) != ""
    grok("ask", *words)
    assert_same(server.requests)


@pytest.mark.parametrize(("flags", "method"), [([], "stream"), (["--no-stream"], "create")])
def test_anthropics_sdk_gets_the_system_prompt_apart_and_a_limit(
    environ, printed, play, flags_of, tmp_path, flags, method
):
    (tmp_path / "anthropic.py").write_text(ANTHROPIC)
    environ |= {"PYTHONPATH": str(tmp_path), "XAI_BASE_URL": "https://api.x.ai/v1"}
    words = [*flags, "-s", "be 'brief'", "-t", "0.5", "-i", flags_of("responses")[-7], "-i", "https://x.ai/a.png", "hi"]
    client, called, fields = json.loads(play("anthropic", printed("anthropic", *words)))
    assert (client, called) == ({"api_key": KEY, "base_url": "https://api.x.ai"}, method)
    data = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo" + "A" * 43 + "=="}
    sources = [data, {"type": "url", "url": "https://x.ai/a.png"}]
    content = [{"type": "text", "text": "hi"}, *({"type": "image", "source": source} for source in sources)]
    assert fields == {
        "model": "grok-4.7",
        "max_tokens": 4096,
        "system": "be 'brief'",
        "messages": [{"role": "user", "content": content}],
        "extra_body": {"temperature": 0.5},
        **({"timeout": 3600} if method == "create" else {}),
    }
    assert "max_tokens=9" in printed("anthropic", "--max-tokens", "9", "hi")


@pytest.mark.parametrize(
    ("language", "flags", "said"),
    [
        ("anthropic", ["--effort", "low"], "cannot send the field 'reasoning_effort'"),
        ("anthropic", ["--schema", "name"], "cannot send the field 'response_format'"),
        ("anthropic", ["--api", "responses", "--search"], "cannot send the field 'tools'"),
        ("anthropic", ["-O", "seed=7"], "cannot send the field 'seed'"),
        ("js", ["-O", "seed=9007199254740993"], "cannot send the number 9007199254740993"),
        *((language, ["-m", "local"], "has no address until it runs") for language in languages.LANGUAGES),
    ],
)
def test_what_a_language_cannot_say_is_a_usage_error(grok, server, language, flags, said):
    code, out, err = grok("ask", "--as", language, *flags, "hi")
    assert (code, out, server.requests) == (2, "", [])
    assert said in err
    assert "\nhint: " in err


def test_anthropics_sdk_cannot_continue_calls_nor_ask_another_path(grok, server, environ, flags_of):
    server.reply(wire.answer(function_call("weather", {"city": "Rome"}, number=1)))
    reply_to(server)
    grok("ask", *flags_of("responses"), "first")
    done = grok("ask", "--as", "anthropic", "-c", "second")
    assert (done.code, done.out) == (2, "")
    assert "function calls" in done.err
    environ["XAI_BASE_URL"] = "http://127.0.0.1/api"
    done = grok("ask", "--as", "anthropic", "hi")
    assert (done.code, done.out) == (2, "")
    assert "'http://127.0.0.1/api'" in done.err


@pytest.mark.parametrize("flag", [["--dry-run"], ["--as", "python"]])
def test_a_key_in_the_question_is_masked_and_that_is_said(grok, flag):
    code, out, err = grok("ask", *flag, f"is {KEY} mine?")
    assert (code, err) == (0, "warning: some text that looks like a secret is masked\n")
    assert KEY not in out


def test_the_tables_agree_with_what_they_are_about():
    assert list(languages.LANGUAGES) == list(get_args(Language))
    assert languages.OPENAI_PARAMETERS["chat"] <= set(inspect.signature(Completions.create).parameters)
    assert languages.OPENAI_PARAMETERS["responses"] <= set(inspect.signature(Responses.create).parameters)
    own = set(inspect.signature(Chats.create).parameters) - {"model", "messages", "tools", "options"}
    assert set(languages.PARAMETERS_OF_CREATE) == own


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
