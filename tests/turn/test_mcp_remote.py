"""MCP servers that xAI's server calls: what the request holds for them, and where their logins are never shown."""

from __future__ import annotations

import json

import pytest
import responses as wire
from documented import strict
from language import leaked
from responses import message
from server import body

TOKEN = "mcp-token-7Yq2Lk9Zr4Wb8Nc3"
ASK = ("ask", "--api", "responses", "--mcp", "tickets")


@pytest.fixture
def set_up(home):
    def set_up(text):
        (home / "config").mkdir(parents=True, exist_ok=True)
        (home / "config" / "config.toml").write_text(f"[mcp.tickets]\nurl = 'https://mcp.example.com/mcp'\n{text}\n")

    return set_up


def test_the_login_and_the_rest_become_the_documented_fields(grok, server, environ, set_up, tmp_path):
    environ["MY_LOGIN"] = TOKEN
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    server.reply(strict(server, wire.answer(message("ok"))))
    bearer = {"authorization": f"Bearer {TOKEN}"}
    for text, more in [
        ("", {}),
        ("authorization_env = 'MY_LOGIN'", bearer),
        (f"authorization_command = 'cat {tmp_path}/token'", bearer),
        (f"authorization_command = 'echo Basic {TOKEN}'", {"authorization": f"Basic {TOKEN}"}),
        ("headers = { authorization = 'Bearer ${MY_LOGIN}', X-Team = 'a' }", bearer | {"headers": {"X-Team": "a"}}),
        ("allowed_tools = ['list', 'show']", {"allowed_tools": ["list", "show"]}),
    ]:
        set_up(text)
        assert grok(*ASK, "hi") == (0, "ok\n", "")
        tool = {"type": "mcp", "server_url": "https://mcp.example.com/mcp", "server_label": "tickets"}
        assert server.requests[-1].json["tools"] == [tool | more]


def test_the_login_is_shown_nowhere(grok, server, environ, set_up):
    environ["MY_LOGIN"] = TOKEN
    set_up("authorization_env = 'MY_LOGIN'\nheaders = { X-Key = 'x-7Yq2Lk9Zr4Wb8Nc3-literal' }")
    echoed = json.dumps({"error": f"bad header {TOKEN} {TOKEN[4:]}"})
    server.reply(body(echoed, 400))
    shown = [
        *(grok(*ASK, *words, "hi") for words in (["--dry-run"], ["--as", "curl"], ["--as", "python"], ["--debug"])),
        grok(*ASK, "--output-format", "stream-json", "hi"),
        *(grok(*words) for words in (["config", "list"], ["config", "get", "mcp.tickets"], ["mcp", "list", "--json"])),
        *(grok("history", *words) for words in (["show", "--json"], ["export", "--format", "html"])),
    ]
    assert len(server.requests) == 2
    for code, out, err in shown:
        assert (leaked(TOKEN, out + err), leaked("x-7Yq2Lk9Zr4Wb8Nc3-literal", out + err)) == ([], []), (code, out, err)
    assert '"authorization":"Bearer …8Nc3"' in shown[0].out
    assert '{"X-Key": "…eral"}' in shown[5].out


def test_a_login_that_is_not_to_be_had_is_an_error_before_anything_is_sent(grok, server, environ, set_up):
    for text, code, said in [
        ("authorization_env = 'MY_LOGIN'", 2, "the MCP server 'tickets' needs MY_LOGIN, which is not set"),
        ("authorization_command = 'false'", 3, "mcp.tickets.authorization_command failed with exit code 1"),
        ("authorization_env = 'XAI_API_KEY'", 2, "needs XAI_API_KEY, which is not set"),
        ("headers = { X = 'a\u2028b' }", 2, "the header 'X' of the MCP server 'tickets' has invalid characters"),
    ]:
        set_up(text)
        found = grok(*ASK, "hi")
        assert (found.code, server.requests) == (code, [])
        assert said in found.err
    for words, said in [
        (["--mcp", "https://me:pass7word@x.ai/mcp"], "must not contain a user name or password"),
        (["--mcp", "ticket"], "there is no MCP server 'ticket'\nhint: did you mean 'tickets'?"),
    ]:
        set_up("")
        found = grok("ask", *words, "hi")
        assert (found.code, server.requests) == (2, [])
        assert said in found.err
        assert "pass7word" not in found.err


def test_a_server_of_the_settings_can_be_changed_and_removed(grok, set_up, home):
    set_up("")
    assert grok("config", "set", "mcp.tickets.url", "https://b.example/mcp").code == 0
    assert grok("config", "get", "mcp.tickets.url").out == "https://b.example/mcp\n"
    assert grok("config", "unset", "mcp.tickets").code == 0
    assert grok("mcp", "list").err == "no MCP servers; set up [mcp.NAME] with: grok config edit\n"
