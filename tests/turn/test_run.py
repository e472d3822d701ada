"""Questions with tools, as a user asks them: what is shown, asked, run, sent back, kept; and what is never run."""

from __future__ import annotations

import json
import shlex
import subprocess

import pytest
import responses as wire
from language import Screen, Typist, command, until
from responses import function_call, message, reasoning, strictly
from server import USAGE, answer, body, calls

FILE = '''
import os, sys, time
print("on import")

def double(number: int) -> int:
    """Double a number."""
    print("on call")
    os.system("echo from a child")
    _note(number)
    return 2 * number

def breaks(city: str):
    raise KeyError(city)

def hangs():
    _note("hangs")
    time.sleep(30)

def prints_late():
    import threading
    threading.Timer(0.1, print, ["late"]).start()

def odd():
    return object

def _note(x):
    with open("ran", "a") as out:
        print(x, file=out)
'''


@pytest.fixture(autouse=True)
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "mine.py"
    path.write_text(FILE)
    return path


@pytest.fixture
def ran(tmp_path):
    """What the functions did, a line each."""
    return lambda: (tmp_path / "ran").read_text().split() if (tmp_path / "ran").exists() else []


@pytest.fixture
def at_terminal(grok):
    """Run grok at a terminal where `typed` is typed."""

    def at_terminal(*words, typed):
        return grok(*words, stdin=Typist(typed.encode()), stderr=Screen(tty=True))

    return at_terminal


def results(server, index=-1):
    return [one["content"] for one in server.requests[index].json["messages"] if one["role"] == "tool"]


ASK = ("ask", "--tool", "mine.py:double")


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_a_call_is_shown_agreed_to_run_and_answered(at_terminal, server, ran, api):
    wanted = {"number": 21}
    if api == "chat":
        server.reply(calls(("double", wanted)), answer("42."))
    else:
        strictly(server, (reasoning("Hm."), function_call("double", wanted)), (reasoning("Ah."), message("42.")))
    code, out, err = at_terminal(*ASK, "--api", api, "twice 21?", typed="y\n")
    assert (code, out) == (0, "42.\n")
    assert err.startswith("| on import\ncall: double(number=21)\nrun it? [y/N/always] | on call\n")
    assert ran() == ["21"]
    sent = server.requests[1].json
    if api == "chat":
        assert sent["messages"][1:] == [
            {
                "role": "assistant",
                "content": "",
                "tool_calls": [
                    {"id": "call-0", "type": "function", "function": {"name": "double", "arguments": '{"number": 21}'}}
                ],
            },
            {"role": "tool", "tool_call_id": "call-0", "content": "42"},
        ]
        assert sent["tools"][0]["function"]["name"] == "double"
    else:
        assert sent["input"][-1] == {"type": "function_call_output", "call_id": "call-0", "output": "42"}
        assert sent["tools"][0]["name"] == "double"


@pytest.mark.parametrize("typed", ["n\n", "\n", "", "yellow\n"])
def test_a_call_that_is_not_agreed_to_is_not_run_and_the_model_is_told(at_terminal, server, ran, typed):
    server.reply(calls(("double", {"number": 21})), answer("As you like."))
    code, out, err = at_terminal(*ASK, "twice 21?", typed=typed)
    assert (code, out, ran()) == (0, "As you like.\n", [])
    assert "double: not run\n" in err
    assert results(server) == ["error: the user declined this call"]


def test_each_call_is_asked_about(at_terminal, server, ran):
    server.reply(calls(("double", {"number": 1}), ("double", {"number": 2})), answer("ok"))
    assert at_terminal(*ASK, "hi", typed="n\ny\n").code == 0
    assert ran() == ["2"]
    assert results(server) == ["error: the user declined this call", "4"]


@pytest.mark.parametrize("stderr", [True, False])
def test_without_a_keyboard_nothing_is_sent_and_nothing_is_run(grok, run, server, ran, file, stderr):
    if stderr:
        code, out, err = run(*ASK, "hi", start_new_session=True)
    else:
        code, out, err = grok(*ASK, "hi", stdin=Typist(b"y\n"))
    assert (code, out, server.requests, ran()) == (2, "", [], [])
    assert err == (
        "error: cannot ask for confirmation of tool calls: no terminal\nhint: use --yes to run them without asking\n"
    )


def test_yes_asks_nothing_and_stdout_is_the_models_alone(run, server, ran):
    server.reply(calls(("double", {"number": 21}), ("prints_late", {})), answer("42."))
    code, out, err = run("ask", "--tool", "mine.py", "--yes", "twice this?", stdin="21")
    assert (code, out, ran()) == (0, "42.\n", ["21"])
    assert [line for line in err.splitlines() if line != "late"] == [
        "on import",
        "calling: double(number=21)",
        "on call",
        "from a child",
        "calling: prints_late()",
    ]
    assert results(server) == ["42", "null"]
    assert "<stdin>\n21\n</stdin>" in server.requests[0].json["messages"][0]["content"]


def test_control_characters_in_a_call_do_not_reach_the_terminal(at_terminal, server):
    server.reply(calls(("double", {"number": "\x1b[2J\u202e"}), ("evil\x1b]0;x\x07\nname", "\x1b[31m{")), answer("ok"))
    err = at_terminal(*ASK, "hi", typed="y\n").err
    assert not set(err) & {"\x1b", "\x07", "\u202e"}
    assert "double: number: '" in err


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (("breaks", {"city": "Oz"}), "error: KeyError: 'Oz'"),
        (("double", {"number": "x"}), "error: number: 'x' is not of type integer"),
        (("double", "{"), "error: the arguments are not JSON"),
        (("odd", {}), "<class 'object'>"),
        (("nothing", {}), "error: no function 'nothing'; the functions are double, breaks, hangs, prints_late, odd"),
    ],
)
def test_what_goes_wrong_is_told_to_the_model_and_the_user(grok, server, call, told):
    server.reply(calls(call), answer("ok"))
    code, out, err = grok("ask", "--tool", "mine.py", "--yes", "hi")
    assert (code, out) == (0, "ok\n")
    assert results(server)[0].startswith(told)
    assert call[0] in err.splitlines()[-1]


def test_a_function_that_hangs_is_given_up(grok, server, monkeypatch):
    monkeypatch.setattr("grokcli.turn.toolset.SECONDS", 0.1)
    server.reply(calls(("hangs", {})), answer("ok"))
    code, out, err = grok("ask", "--tool", "mine.py:hangs", "--yes", "hi")
    assert (code, out) == (0, "ok\n")
    assert "hangs: no result after 0.1 s\n" in err
    assert results(server) == ["error: no result after 0.1 s"]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("none.py", "no such file: none.py"),
        ("mine.py:none", "mine.py has no function 'none'"),
        ("mine.py:_note", "the parameter 'x' of _note() has no type"),
        ("empty.py", "empty.py defines no public function"),
        ("broken.py", "cannot run broken.py: SyntaxError: "),
        ("raising.py", "cannot run raising.py: RuntimeError: no"),
        ("loose.py", "the parameter 'city' of loose() has no type"),
        ("again.py", "two tools are called 'double'"),
    ],
)
def test_what_cannot_be_offered_is_a_usage_error_and_nothing_is_sent(grok, server, tmp_path, wanted, said):
    (tmp_path / "empty.py").write_text("from shutil import which\n")
    (tmp_path / "broken.py").write_text("def f(:\n")
    (tmp_path / "raising.py").write_text("raise RuntimeError('no')\n")
    (tmp_path / "loose.py").write_text("def loose(city): pass\n")
    (tmp_path / "again.py").write_text("def double(): pass\n")
    code, out, err = grok("ask", "--tool", "mine.py:double", "--tool", wanted, "--yes", "hi")
    assert (code, out, server.requests) == (2, "", [])
    assert f"error: {said}" in err


def test_the_text_of_all_rounds_is_the_answer_and_what_they_cost_is_added_up(grok, server):
    server.reply(calls(("double", {"number": 21}), text="Let me see."), answer("42."))
    code, out, err = grok(*ASK, "--yes", "--usage", "hi")
    assert (code, out) == (0, "Let me see.\n\n42.\n")
    assert "usage: 40 tokens in (32 cached) · 20 out (14 reasoning) · $0.0001478" in err
    server.reply(calls(("double", {"number": 21}), text="Let me see."), answer("42."))
    grok("ask", "hi")  # the reply that was left
    document = json.loads(grok(*ASK, "--yes", "--json", "hi").out)
    assert document["content"] == "Let me see.\n\n42."
    assert document["finish_reason"] == "stop"
    assert [call["name"] for call in document["tool_calls"]] == ["double"]
    assert document["usage"]["cost_in_usd_ticks"] == 2 * USAGE["cost_in_usd_ticks"]


def test_rounds_have_a_limit(grok, server, ran):
    server.reply(calls(("double", {"number": 1})))
    code, out, err = grok(*ASK, "--yes", "hi")
    assert (code, out) == (7, "")
    assert "error: the model still calls tools after 10 rounds\nhint: " in err
    assert len(server.requests) == 11
    assert ran() == ["1"] * 10


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_everything_is_kept_and_the_conversation_goes_on(grok, server, api):
    if api == "chat":
        server.reply(calls(("double", {"number": 21})), answer("42."), answer("ok"))
    else:
        said = (reasoning("Hm."), function_call("double", {"number": 21}))
        strictly(server, said, (message("42."),), (message("ok"),))
    grok(*ASK, "--api", api, "--yes", "twice 21?")
    assert grok("ask", "--api", api, "-c", "sure?").out == "ok\n"
    kept = json.loads(grok("history", "show", "--json").out)["messages"]
    assert [one["role"] for one in kept] == ["user", "assistant", "tool", "assistant", "user", "assistant"]
    assert kept[2]["content"] == "42"


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_a_call_that_nobody_offered_does_no_harm(grok, server, api):
    if api == "chat":
        server.reply(calls(("other", {})), answer("ok"))
    else:
        strictly(server, (function_call("other", {}),), (message("ok"),))
    code, out, err = grok("ask", "--api", api, "hi")
    assert (code, out) == (0, "")
    assert err.startswith("the model wants to call other; ")
    assert grok("ask", "--api", api, "-c", "go on").out == "ok\n"
    if api == "chat":
        assert results(server) == ["error: this call was not made"]


def test_an_error_after_a_call_keeps_what_was_said(grok, server):
    server.reply(calls(("double", {"number": 21})), body({"error": "bad"}, 400), answer("42."))
    assert grok(*ASK, "--yes", "hi").code == 6
    assert grok("ask", "-c", "again").out == "42.\n"
    assert results(server) == ["42"]


def test_ctrl_c_stops_a_function_and_the_conversation_can_go_on(environ, server, grok, ran):
    pytest.importorskip("pty", reason="a pty is needed")
    pexpect = pytest.importorskip("pexpect", reason="a pty is needed")
    server.reply(calls(("hangs", {})), answer("ok"))
    line = f"echo text | {shlex.join(command('ask', '--tool', 'mine.py:hangs', 'hi'))} > out"
    child = pexpect.spawn("/bin/sh", ["-c", line], env=environ | {"TERM": "dumb"}, timeout=60, encoding="utf-8")
    child.expect(r"call: hangs\(\)\r\nrun it\? \[y/N/always\] ")
    assert ran() == []
    child.send("y\r")
    until(ran)
    child.send("\x03")
    child.expect(pexpect.EOF)
    child.close()
    assert grok("ask", "-c", "go on").out == "ok\n"
    assert results(server) == ["error: this call was not made"]


def test_a_dry_run_shows_the_tools_and_asks_nobody(run, server):
    code, out, _ = run(*ASK, "--dry-run", "hi")
    assert (code, server.requests) == (0, [])
    assert json.loads(out.partition("\n\n")[2])["tools"][0]["function"]["name"] == "double"


def test_functions_stand_beside_what_the_server_does(grok, server):
    server.reply(wire.answer(message("ok")))
    tools = ["--web", "--mcp", "https://mcp.example.com/a", "--mcp", "https://mcp.example.com/b"]
    assert grok(*ASK, "--yes", "--api", "responses", *tools, "hi").code == 0
    assert [tool["type"] for tool in server.requests[0].json["tools"]] == ["web_search", "mcp", "mcp", "function"]
    assert server.requests[0].json["tools"][1:3] == [
        {"type": "mcp", "server_url": "https://mcp.example.com/a", "server_label": "mcp_example_com"},
        {"type": "mcp", "server_url": "https://mcp.example.com/b", "server_label": "mcp_example_com_2"},
    ]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--api", "responses", "--mcp", "mcp.example.com"], "there is no MCP server 'mcp.example.com'"),
        (["--api", "responses", "--mcp", "http://[x"], "invalid URL of an MCP server: 'http://[x'"),
        (["--api", "chat", "--mcp", "https://x.ai"], "an MCP server needs the Responses API"),
        (["-m", "local", "--mcp", "https://x.ai"], "the local model does not support an MCP server"),
    ],
)
def test_an_mcp_server_that_cannot_be_called_is_a_usage_error(grok, server, flags, said):
    code, _, err = grok("ask", *flags, "hi")
    assert (code, server.requests) == (2, [])
    assert said in err


def test_a_closed_pipe_is_quiet(environ, server):
    server.reply(calls(("double", {"number": 21})), answer("42.\n" * 50_000))
    line = f"{shlex.join(command(*ASK, '--yes', 'hi'))} | head -n 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, env=environ, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (141, "42.\n")
    assert "Exception" not in done.stderr


@pytest.fixture
def talk(at_terminal, monkeypatch):
    """Say lines to a chat whose keyboard says yes."""
    monkeypatch.setattr("grokcli.commands.chat._has_editor", lambda env: False)

    def talk(*lines, words=()):
        return at_terminal("chat", *words, typed="".join(f"{line}\n" for line in lines))

    return talk


def test_a_chat_is_given_tools_and_asks_before_each_call(talk, server, ran):
    server.reply(calls(("double", {"number": 21}), text="Hm."), answer("42."), answer("ok"), answer("fine"))
    code, out, err = talk("/tool", "/tool mine.py:double", "twice 21?", "y", "sure?", "/tool -", "really?")
    assert (code, out, ran()) == (0, "Hm.\n\n42.\nok\nfine\n", ["21"])
    assert "tools: (none)\n| on import\ntool: double(number)  Double a number.\n" in err
    assert "call: double(number=21)\nrun it? [y/N/always] " in err
    assert [one["role"] for one in server.requests[2].json["messages"]] == [
        "user",
        "assistant",
        "tool",
        "assistant",
        "user",
    ]
    assert "tools" in server.requests[2].json
    assert "tools" not in server.requests[3].json


def test_a_chat_without_a_terminal_needs_yes(grok, server, ran):
    server.reply(calls(("double", {"number": 21})), answer("42."))
    _, _, err = grok("chat", stdin="/tool mine.py\n")
    assert "error: cannot ask for confirmation" in err
    assert grok("chat", "--tool", "mine.py", stdin="hi\n").code == 2
    assert server.requests == []
    assert grok("chat", "--yes", stdin="/tool mine.py\ntwice 21?\n").out == "42.\n"
    assert ran() == ["21"]


def test_an_answer_in_several_rounds_is_one_to_copy_and_to_take_back(talk, server, tmp_path):
    server.reply(calls(("double", {"number": 21}), text="Hm."), answer("42."), answer("ok"))
    talk("/save first.md", "hi", "y", "/save answer.md", "/undo", "again", words=["--tool", "mine.py:double"])
    assert (tmp_path / "answer.md").read_text() == "Hm.\n\n42.\n"
    assert [one["content"] for one in server.requests[2].json["messages"]] == ["again"]


def test_a_chat_goes_on_after_an_error_between_the_rounds(talk, server, ran):
    server.reply(calls(("double", {"number": 21})), body({"error": "bad"}, 400), answer("42."))
    code, out, err = talk("hi", "y", "/continue", words=["--tool", "mine.py:double"])
    assert (code, out, ran()) == (0, "42.\n", ["21"])
    assert "use /continue or /retry" in err
    assert results(server) == ["42"]
