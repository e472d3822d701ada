"""MCP servers that grok calls itself: on this machine and over HTTP. Their tools, their faults and their end."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from language import KEY, Screen, Typist, command, until
from server import Server, answer, body, calls, data

PROGRAM = [sys.executable, str(Path(__file__).parents[1] / "mcp_server.py")]
TOKEN = "mcp-token-7Yq2Lk9Zr4Wb8Nc3"
ASK = ("ask", "--mcp", "mine")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch, home):
    """The current folder, and settings with a server "mine"."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    settings(home, command=[*PROGRAM, str(folder)])
    return folder


def settings(home, name="mine", **keys):
    file = home / "config" / "config.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{key} = {value if isinstance(value, str) and value[:1] in '{[' else json.dumps(value)}"
             for key, value in keys.items()]  # fmt: skip
    file.write_text("\n".join([f"[mcp.{name}]", *lines, ""]))


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text() if Path("/proc").exists() else True


def pid_in(folder, name="pid"):
    return int((folder / name).read_text())


def results(server, index=-1):
    return [one["content"] for one in server.requests[index].json["messages"] if one["role"] == "tool"]


@pytest.fixture
def at_terminal(grok):
    return lambda *words, typed="": grok(*words, stdin=Typist(typed.encode()), stderr=Screen(tty=True))


@pytest.fixture
def result_of(grok, server):
    """Let the model call a tool of the server, and return the result that it gets, and stderr."""

    def result_of(*wanted):
        server.requests.clear()
        server.script([calls(*((name, {"text": "hi"}) for name in wanted)), answer("done")])
        code, out, err = grok(*ASK, "--yes", "hi")
        assert (code, out) == (0, "done\n"), err
        return results(server), err

    return result_of


def test_a_servers_tools_are_offered_shown_agreed_to_and_called(at_terminal, server, here):
    server.reply(calls(("echo", {"text": "a\u200bb"})), answer("done"))
    code, out, err = at_terminal(*ASK, "hi", typed="y\n")
    assert (code, out) == (0, "done\n")
    assert 'call to mine: echo(text="a\\u200bb")\nrun it? [y/N/always] ' in err
    assert "stderr" not in err
    assert "warning: left out the tool 'bad' of the MCP server 'mine'" in err
    assert results(server) == ["a\u200bb"]
    offered = [tool["function"] for tool in server.requests[0].json["tools"]]
    assert [one["name"] for one in offered][-3:] == ["mine_web_search", "odd_name", "child"]
    assert offered[0] == {
        "name": "echo",
        "description": "echo␛[2J\ufffd",
        "parameters": {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]},
    }
    received = [json.loads(line) for line in (here / "received").read_text().splitlines()]
    assert [one.get("method") for one in received] == [
        *("initialize", "notifications/initialized", "tools/list", "tools/list", "tools/call", None),
    ]
    assert received[-1] == {"jsonrpc": "2.0", "id": "p", "result": {}}
    assert not is_alive(pid_in(here))


def test_always_is_for_one_tool_and_this_run(at_terminal, server):
    server.reply(
        calls(("echo", {"text": "1"}), ("echo", {"text": "2"}), ("fail", {"text": "3"})),
        calls(("echo", {"text": "4"})),
        answer("done"),
    )
    err = at_terminal(*ASK, "hi", typed="always\nno\n").err
    shown = re.findall(r"(call(?:ing)? to mine: .*)", err)
    assert shown == [
        'call to mine: echo(text="1")',
        'calling to mine: echo(text="2")',
        'call to mine: fail(text="3")',
        'calling to mine: echo(text="4")',
    ]
    assert results(server, 1) == ["1", "2", "error: the user declined this call"]
    assert results(server) == ["1", "2", "error: the user declined this call", "4"]


def test_what_a_call_may_come_to(result_of, here, monkeypatch):
    assert result_of("fail")[0] == ["error: no hi"]
    assert "echo: " not in result_of("echo", "echo")[1]
    [large], err = result_of("large")
    assert len(large) < 101_000
    assert large.endswith("(cut: the result has 1,000,000 characters)")
    assert "large: returned 1,000,000 characters; sent the first 100,000 to the model" in err
    [named], _ = result_of("pictures")
    assert named.splitlines() == [
        "[image, image/png, 3 bytes; only its name is passed on]",
        "[resource file:///a.txt; only its name is passed on]",
        "[resource file:///b.txt]",
        "inside",
    ]
    gone = "the MCP server 'mine' stopped (exit code 3)"
    assert result_of("die", "echo")[0] == [f"error: {gone}", f"error: {gone}"]
    flooded, err = result_of("flood")
    assert flooded == ["error: the MCP server 'mine' sent more than 16 MB and was stopped"]
    assert f"flood: {flooded[0].removeprefix('error: ')}" in err
    monkeypatch.setattr("grokcli.turn.toolset.SECONDS", 0.2)
    assert result_of("hang")[0] == ["error: no answer from the MCP server 'mine' for 0.2 s"]
    assert not is_alive(pid_in(here))


def test_the_environment_is_what_is_named(result_of, home, environ, here):
    environ |= {"NAMED": "1", "OTHER": "2", "TWICE": KEY}
    settings(home, command=[*PROGRAM, str(here)], env='["NAMED"]')
    seen = json.loads(result_of("environ")[0][0])
    assert seen["NAMED"] == "1"
    assert not {"OTHER", "TWICE", "XAI_API_KEY", "XAI_BASE_URL", "GROKCLI_HOME"} & set(seen)
    settings(home, command=[*PROGRAM, str(here)], env='{ A = "is ${NAMED}", B = "${NONE:-none}" }')
    seen = json.loads(result_of("environ")[0][0])
    assert (seen["A"], seen["B"]) == ("is 1", "none")


def test_a_chat_keeps_the_server_between_questions(grok, server, here):
    server.reply(calls(("echo", {"text": "1"})), answer("one"), calls(("echo", {"text": "2"})), answer("two"))
    code, out, err = grok("chat", "--mcp", "mine", "--yes", stdin="a\nb\n/tool\n")
    assert (code, out) == (0, "one\ntwo\n")
    assert "tool: echo(text)  echo␛[2J\ufffd\n" in err
    assert (here / "received").read_text().count('"initialize"') == 1
    assert not is_alive(pid_in(here))


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_no_process_is_left_behind(server, environ, here, home, name):
    """Of a server that hangs, does not end with its stdin, and has a child."""
    settings(home, command=[*PROGRAM, str(here), "stays"])
    server.reply(calls(("child", {"text": ""}), ("hang", {"text": ""})))
    words = command(*ASK, "--yes", "hi")
    program = subprocess.Popen(words, env=environ, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    until(lambda: (here / "received").exists() and '"hang"' in (here / "received").read_text())
    own = [pid_in(here), pid_in(here, "child")]
    assert all(map(is_alive, own))
    program.send_signal(getattr(signal, name))
    _, err = program.communicate(timeout=60)
    assert "Traceback" not in err
    assert program.returncode == {"SIGINT": 130, "SIGTERM": 143, "SIGKILL": -9}[name]
    until(lambda: not any(map(is_alive, own)))


def test_a_server_that_does_not_start_is_an_error_before_anything_is_sent(grok, server, home, here, monkeypatch):
    monkeypatch.setattr("grokcli.client.mcp.session.START_SECONDS", 0.2)
    for command_line, code, said in [
        (
            ["no-such-program", "x"],
            1,
            "cannot start the MCP server 'mine': no such file or directory: 'no-such-program'",
        ),
        (["false"], 1, "the MCP server 'mine' stopped (exit code 1)"),
        ([*PROGRAM, str(here), "mute"], 1, "no answer from the MCP server 'mine' for 0.2 s"),
    ]:
        settings(home, command=command_line)
        found = grok(*ASK, "--yes", "hi")
        assert (found.code, found.out, server.requests) == (code, "", [])
        assert found.err.startswith(f"error: {said}\nhint: " if "answer" not in said else f"error: {said}\n")
    settings(home, command=[*PROGRAM, str(here)], cwd="nowhere")
    assert "no such file or directory: 'nowhere'" in grok(*ASK, "--yes", "hi").err
    settings(home, command=[*PROGRAM, str(here)], allowed_tools='["echo", "ecco"]')
    server.reply(answer("ok"))
    assert "warning: the MCP server 'mine' has no tool 'ecco'\n" in grok(*ASK, "--yes", "hi").err
    assert len(server.requests[0].json["tools"]) == 1


def test_without_a_terminal_a_call_needs_yes(grok, server, here):
    code, _, err = grok(*ASK, "hi")
    assert (code, server.requests) == (2, [])
    assert "cannot ask for confirmation of tool calls: no terminal" in err
    assert not (here / "pid").exists()


def test_its_stderr_is_for_debug(run, server):
    server.reply(answer("ok"))
    assert "* mine: ␛[2Jon stderr\n" in run(*ASK, "--yes", "--debug", "hi").err


def test_what_the_settings_cannot_mean(grok, home, server):
    for keys, said in [
        ({}, "it needs either command or url"),
        ({"command": ["a"], "url": "https://x.ai"}, "it needs either command or url"),
        ({"command": 1}, "command must be a list"),
        ({"command": ["a"], "env": 1}, "env must be a section"),
        ({"command": ["a"], "called_by": "xai"}, "called_by must be"),
        ({"url": "ftp://x.ai"}, "invalid URL of the MCP server 'mine': 'ftp://x.ai'"),
        ({"url": "https://me:secret1@x.ai/mcp"}, "must not contain a user name or password"),
        ({"url": "http://x.ai/mcp", "called_by": "grok"}, "refused to call an MCP server over plain http"),
        ({"url": "https://x.ai/mcp", "authorization_env": "NONE"}, "needs NONE, which is not set"),
        ({"url": "http://x.ai/mcp", "authorization_command": "echo abcdefgh"}, "over plain http"),
    ]:
        settings(home, **keys)
        code, out, err = grok(*ASK, "--api", "responses", "--yes", "hi")
        assert (code, out, server.requests) == (2, "", []), keys
        assert said in err, keys
        assert "secret1" not in err
    settings(home, comand=["a"])
    assert "unknown setting 'mcp.mine.comand'" in grok("config", "list").err


def test_a_file_of_the_folder_is_used_only_with_consent(at_terminal, grok, server, here, environ):
    usual = {"command": PROGRAM[0], "args": [PROGRAM[1], str(here)], "env": {"A": "${XAI_API_KEY:-no key}"}}
    (here / ".mcp.json").write_text(json.dumps({"mcpServers": {"theirs": usual}}))
    ask = ("ask", "--mcp", "theirs", "hi")
    code, _, err = grok(*ask, "--yes")
    assert (code, server.requests) == (2, [])
    assert "cannot ask about the MCP server 'theirs' of .mcp.json: no terminal" in err
    code, _, err = at_terminal(*ask, typed="n\n")
    shown = err.replace("\n    | ", "").splitlines()[0]
    line = f"{shlex.join([*PROGRAM, str(here)])}; variable A=${{XAI_API_KEY:-no key}}"
    assert (code, shown) == (2, f".mcp.json names this server: {line}")
    assert "use this server? [y/N] " in err
    assert not (here / "pid").exists()
    server.reply(calls(("environ", {"text": ""})), answer("ok"))
    assert at_terminal(*ask, "--yes", typed="y\n").code == 0
    assert json.loads(results(server)[0])["A"] == "no key"
    assert grok("config", "set", "mcp_files", str(here / ".mcp.json")).code == 0
    server.script([answer("ok")])
    assert grok(*ask, "--yes").code == 0


def test_servers_and_tools_are_listed(grok, here, home):
    settings(home, command=[*PROGRAM, str(here)], env='{ MY_TOKEN = "hush-hush-7" }')
    (here / ".mcp.json").write_text('{"mcpServers": {"docs": {"url": "https://docs.example/mcp?key=hush-hush-8"}}}')
    code, out, err = grok("mcp", "list")
    assert (code, err) == (0, "")
    assert [line.split()[:2] for line in out.splitlines()] == [["NAME", "CALLED"], ["mine", "grok"], ["docs", "xAI"]]
    found = grok("mcp", "list", "--json").out
    assert [one["asks_first"] for one in json.loads(found)["servers"]] == [False, True]
    assert "hush" not in out + found + grok("config", "list").out
    assert not (here / "pid").exists()
    assert grok("mcp", "tools", "mine").out.splitlines()[0] == "echo        echo␛[2J\ufffd"
    assert json.loads(grok("mcp", "tools", "mine", "--json").out)["tools"][0]["name"] == "echo"
    assert not is_alive(pid_in(here))
    code, _, err = grok("mcp", "tools", "min")
    assert (code, err.splitlines()[1]) == (2, "hint: did you mean 'mine'?")


# ---- over HTTP


@pytest.fixture
def remote():
    """A strict MCP server over HTTP: a login, a session, the protocol's version, and answers in both forms."""
    remote = Server()

    def play(connection):
        request = remote.requests[-1]
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return body("<html>who?", 401, content_type="text/html")(connection)
        if request.method == "DELETE":
            return body(b"", 204)(connection)
        assert {"application/json", "text/event-stream"} <= set(request.headers["accept"].split(", "))
        message = request.json
        greeting = message["method"] == "initialize"
        session = [request.headers.get("mcp-session-id"), request.headers.get("mcp-protocol-version")]
        if session != ([None, None] if greeting else ["s-1", "2025-06-18"]):
            return body({"error": "no session"}, 400)(connection)
        if "id" not in message:
            return body(b"", 202)(connection)
        reply = {"jsonrpc": "2.0", "id": message["id"], "result": RESULTS[message["method"]]}
        if message["method"] != "tools/call":
            return body(reply, mcp_session_id="s-1")(connection)
        connection.stream_head()
        connection.chunk(b": hello\n\n" + data({"jsonrpc": "2.0", "method": "notifications/message"}))
        connection.chunk(data(reply))
        return connection.end()

    remote.reply(play)
    yield remote
    remote.close()


RESULTS = {
    "initialize": {"protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": {}},
    "tools/list": {"tools": [{"name": "issues", "inputSchema": {"type": "object"}}]},
    "tools/call": {"content": [{"type": "text", "text": f"three issues for {TOKEN}"}]},
}


def test_a_server_over_http_with_a_login(grok, server, remote, home, environ):
    environ["MY_LOGIN"] = TOKEN
    url = remote.url.replace("/v1", "/mcp?x=1")
    settings(home, url=url, authorization_env="MY_LOGIN")
    server.reply(calls(("issues", {})), answer("three"))
    code, out, err = grok(*ASK, "--yes", "--debug", "hi")
    assert (code, out) == (0, "three\n")
    assert TOKEN not in err
    assert "> authorization: Bearer …8Nc3" in err.lower().replace("8nc3", "8Nc3").replace("bearer", "Bearer")
    assert results(server) == ["three issues for …8Nc3"]
    assert {request.path for request in remote.requests} == {"/mcp?x=1"}
    assert remote.requests[-1].method == "DELETE"
    assert KEY not in str([request.headers for request in remote.requests])
    assert TOKEN not in grok("history", "show", "--json").out


def test_a_server_over_http_that_refuses_or_leads_elsewhere(grok, server, remote, home):
    settings(home, url=remote.url)
    code, _, err = grok(*ASK, "--yes", "hi")
    assert (code, server.requests) == (1, [])
    assert err.startswith("error: the MCP server 'mine' refused the login (HTTP 401)\nhint: set authorization_env")
    assert "html" not in err
    for reply, said in [
        (body(b"", 307, location="https://elsewhere.example"), "the MCP server 'mine' redirects elsewhere"),
        (body("x" * 100, 500), "the MCP server 'mine' answered HTTP 500"),
        (body("[" * 100_000), "the MCP server 'mine' ended its answer without a result"),
        (body({"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": "no\x1b[2J"}}), "'mine' said: no␛[2J"),
        (body(b" " * (17 << 20)), "the MCP server 'mine' sent more than 16 MB"),
        (body({"jsonrpc": "2.0", "id": 1, "result": {"protocolVersion": "1999"}}), "another version of the protocol"),
    ]:
        remote.script([reply])
        code, _, err = grok(*ASK, "--yes", "hi")
        assert (code, server.requests) == (1, []), said
        assert said in err


def test_definitions_that_cannot_be_sent_are_left_out_and_names_do_not_clash(grok, server, remote, home, environ):
    environ["MY_LOGIN"] = TOKEN
    plain, deep = {"type": "object"}, {"type": "object"}
    for _ in range(100):
        deep = {"type": "object", "properties": {"a": deep}}
    bad = [deep, {"type": "string"}, [], {"type": "object", "default": float("nan")}, {**plain, "title": "x" * 60_000}]
    listed = [{"name": f"bad{number}", "inputSchema": one} for number, one in enumerate(bad)]
    listed += [{"name": "a.b", "inputSchema": plain}, {"name": "a/b", "inputSchema": plain}, {"inputSchema": plain}]
    listed += [{"name": "n" * 100, "inputSchema": plain}, {"name": "echo", "inputSchema": plain}]
    settings(home, url=remote.url, authorization_env="MY_LOGIN")
    with (home / "config" / "config.toml").open("a") as file:
        file.write(f"[mcp.other]\nurl = '{remote.url}'\nauthorization_env = 'MY_LOGIN'\nallowed_tools = ['echo']\n")
    server.reply(answer("ok"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(RESULTS, "tools/list", {"tools": listed})
        code, _, err = grok(*ASK, "--mcp", "other", "--yes", "hi")
        assert (code, err.count("bad schema")) == (0, 5)
        names = [tool["function"]["name"] for tool in server.requests[0].json["tools"]]
        assert names == ["a_b", "mine_a_b", "n" * 64, "echo", "other_echo"]
        many = [{"name": f"t{number}", "inputSchema": plain} for number in range(351)]
        patch.setitem(RESULTS, "tools/list", {"tools": many})
        code, _, err = grok(*ASK, "--yes", "hi")
    assert (code, len(server.requests)) == (2, 1)
    assert "error: the MCP server 'mine' has 351 tools (at most 350 can be offered)\nhint: name those" in err
