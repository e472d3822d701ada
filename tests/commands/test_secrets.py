"""The key is planted wherever it could come out, and must not."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
import responses
from language import KEY, Screen, leaked
from server import answer, body, delta, stream

from grokcli.store.store import Store

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
        "(attempt 2 of 4)",
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


SHOWN_CHARACTERS = 280  # of what a server says, in errors
WAYS = [[], ["--debug"], ["--json"], ["--output-format", "stream-json"], ["-o", "answer"], ["--no-stream", "--json"]]


@pytest.mark.parametrize("key", [KEY, OTHER], ids=["xAI", "other"])
@pytest.mark.parametrize("begun", [False, True], ids=["status", "stream"])
def test_an_error_that_is_cut_in_the_middle_of_a_key(grok, server, environ, home, tmp_path, monkeypatch, key, begun):
    monkeypatch.chdir(tmp_path)
    environ["XAI_API_KEY"] = key
    for offset in range(SHOWN_CHARACTERS - len(key) - 5, SHOWN_CHARACTERS + 2, 2 if begun else 1):
        said = {"error": f"{'x' * (offset - 8)} the key {key} was not accepted"}
        server.script([stream([delta("begun"), said]) if begun else body(said, 400)])
        # Each way has every sixth place, or twelfth: at eight characters a part that is left is met many times.
        code, out, err = grok("ask", *WAYS[offset // (1 + begun) % len(WAYS)], "hi")
        assert code
        assert not leaked(key, out + err), (offset, out, err)
    assert not leaked(key, grok("history", "show", "--all", "--json").out)
    kept = [path for folder in (home / "data", tmp_path) for path in folder.iterdir() if path.is_file()]
    assert home / "data" / "conversations.db" in kept
    assert not [path for path in kept if leaked(key, path.read_bytes().decode("latin-1"))]


@pytest.fixture(params=["environment", "credentials", "settings", "another variable", "both"])
def planted(request, grok, environ):
    """A secret that nobody would take for one, wherever grok can know it from."""
    if request.param == "credentials":
        del environ["XAI_API_KEY"]
        grok("config", "set", "api-key", stdin=OTHER)
    elif request.param == "settings":
        grok("config", "set", "api_key_command", f"vault read --token={OTHER} -field=key xai")
    elif request.param == "both":
        grok("config", "set", "api-key", stdin=OTHER)
    else:
        environ["XAI_API_KEY" if request.param == "environment" else "LITELLM_API_KEY"] = OTHER
    return OTHER


@pytest.mark.parametrize(
    "words",
    [
        ["config", "list"],
        ["config", "list", "--json"],
        ["config", "get", "api_key_command"],
        ["config", "get", OTHER],
        ["config", "set", "temperature", OTHER],
        ["doctor", "--offline"],
        ["doctor", "--offline", "--json"],
        ["history", "show", OTHER],
        ["history", "list"],
        ["history", "show"],
        ["history", "export", "--format", "json"],
        ["history", "search", "planted"],
        ["ask", "--dry-run", f"is {OTHER} mine?"],
        ["ask", "--as", "curl", f"is {OTHER} mine?"],
        ["ask", "--as", "python", f"is {OTHER} mine?"],
        ["ask", "-f", f"/nowhere/{OTHER}", "hi"],
        ["ask", "--effort", OTHER, "hi"],
        ["ask", "-O", OTHER, "hi"],
        ["ask", "--schema", OTHER, "hi"],
        ["ask", "--role", OTHER, "hi"],
        ["ask", f"--{OTHER}", "hi"],
        [OTHER],
    ],
    ids=" ".join,
)
def test_a_key_is_known_before_it_is_used(grok, server, home, planted, words):
    with Store(home / "data" / "conversations.db", pytest.fail) as store:
        title = f"planted {planted}"
        store.add(store.create(model="grok-4.7", title=title), {"role": "user", "content": f"{title} {planted[:20]}…"})
    _, out, err = grok(*words)
    assert out + err
    assert not leaked(planted, out + err)
    assert "Traceback" not in err


@pytest.mark.parametrize("command", ["echo {}", "printf %s {}", "sh -c 'echo -n \"{}\"'"])
def test_a_command_that_only_prints_the_key_does_not_show_it(grok, server, environ, command):
    server.reply(body({"name": "laptop"}))
    grok("config", "set", "api_key_command", command.format(OTHER))
    assert "…ey==" in grok("config", "get", "api_key_command").out
    assert not leaked(OTHER, grok("config", "list").out)
    del environ["XAI_API_KEY"]
    for words in (["config", "list"], ["config", "check"], ["doctor"], ["ask", "--dry-run", OTHER]):
        out = grok(*words).out
        assert "…ey==" in out
        assert not leaked(OTHER, out)


@pytest.mark.parametrize("header", ["X-Vault-Token: {}", "Authorization: Bearer {}", "api-key:{}"])
@pytest.mark.parametrize("quote", ["'", '"'])
def test_a_header_in_the_command_is_masked(grok, header, quote):
    grok(
        "config", "set", "api_key_command", f"curl -H {quote}{header.format(OTHER)}{quote} https://vault.example/v1/xai"
    )
    shown = grok("config", "list").out + grok("config", "get", "api_key_command").out
    assert "https://vault.example/v1/xai" in shown
    assert not leaked(OTHER, shown)


@pytest.mark.parametrize(
    "command",
    [
        "pass show xai",
        "curl -H 'Accept: text/plain' https://key.example",
        "op read op://vault/xai/credential",
        "security find-generic-password -s service -w",
        "secret-tool lookup --key service",
    ],
)
def test_a_command_that_holds_no_secret_is_shown(grok, command):
    grok("config", "set", "api_key_command", command)
    assert grok("config", "get", "api_key_command").out == f"{command}\n"


PASSWORD = "hunter2s"
PROXIES = [
    f"http://me:{PASSWORD}@127.0.0.1:9",
    f"http://me:{PASSWORD}%40ss@127.0.0.1:9",
    f"http://me:{PASSWORD}@ss@127.0.0.1:9",
    f"http://me:{PASSWORD}/ss@127.0.0.1:9",
    f"http://me:pa/{PASSWORD}@127.0.0.1:9/",
    f"me:{PASSWORD}@127.0.0.1:9",
    f"me:{PASSWORD}/ss@127.0.0.1:9",
    f"socks5://me:{PASSWORD}@127.0.0.1:9",
]


@pytest.mark.parametrize("proxy", PROXIES)
@pytest.mark.parametrize("way", ["HTTPS_PROXY", "all_proxy", "GROK_PROXY", "--proxy"])
def test_a_password_of_a_proxy_is_never_shown(grok, environ, monkeypatch, proxy, way):
    environ["XAI_BASE_URL"] = "https://api.invalid/v1"
    flags = ["--proxy", proxy] if way == "--proxy" else []
    if not flags:
        environ[way] = proxy
        monkeypatch.setenv(way, proxy)  # requests and urllib look at the real one
    for words in (["ask", *flags, "--debug", "hi"], ["config", "list"], ["doctor", "--offline"], ["doctor"]):
        _, out, err = grok(*words)
        assert "hunter2" not in out + err
        assert "Traceback" not in err
    if way == "GROK_PROXY":
        assert "127.0.0.1:9" in grok("config", "list").out


def test_a_shell_command_that_prints_the_environment(run, environ):
    environ |= {"XAI_API_KEY": OTHER, "GITHUB_TOKEN": "ghp_0123456789abcdefghij", "APP_SECRET": "development"}
    _, out, err = run("chat", stdin="!env\n")
    assert "XAI_API_KEY" not in err
    assert "GITHUB_TOKEN=…ghij" in err
    assert "APP_SECRET=development" in err
    assert not leaked(OTHER, out + err)


def test_what_the_server_searches_for_is_masked_before_it_is_cut(grok, server, environ):
    environ["GROK_API"] = "responses"
    for offset in (20, 60, 90):
        server.script([responses.answer(responses.web_search(f"{'x' * offset} {KEY}"), responses.message("ok"))])
        code, _, err = grok("ask", "--search", "--debug", "hi", tty=True, stderr=Screen(tty=True))
        assert (code, "searching the web" in err) == (0, True)
        assert not leaked(KEY, err)


@pytest.mark.parametrize("stranger", ["xai-" + "Zz9Yy8Xx7W" * 8])
def test_titles_and_errors_hold_no_part_of_a_key_that_only_looks_like_one(grok, server, stranger):
    for offset in range(190, 290, 3):
        server.script([body({"error": f"{'x' * offset} {stranger} is blocked"}, 400)])
        assert not leaked(stranger, grok("ask", f"{'y' * (offset % 60)} {stranger} is mine", "--json").err)
    for words in (["list"], ["list", "--json"], ["show"], ["search", "mine"]):
        assert not leaked(stranger, grok("history", *words).out)


def test_headers_with_cookies_and_keys_without_a_scheme(grok, server):
    server.reply(
        body({"error": "no"}, 403, set_cookie="session=0123456789abcdefghij; Path=/; HttpOnly", authorization=OTHER)
    )
    err = grok("ask", "--debug", "hi").err
    assert "< set-cookie: …Only\n" in err
    assert "< authorization: …ey==\n" in err
    assert "> Authorization: Bearer xai-…6789\n" in err


UNCHANGED_NAMES = (
    "pip install xai-sdk-python",
    "xai-tmp-imgen-6f1d5f0e-5a53-4c57-b59a-9d5f58.jpeg",
    "ssh://git@github.com/xai-org/grok",
    "git@github.com:xai-org/grok-1.git",
    "https://user@host:8443/path",
    "http://host:8080/@alice",
    "Bearer authentication",
)


def test_names_that_begin_like_a_key_stay(grok, server):
    for name in UNCHANGED_NAMES:
        server.script([answer(f"`{name}`")])
        assert grok("ask", name).code == 0
        for words in (["list", "-n", "1"], ["show"], ["export"], ["export", "--format", "json"]):
            assert name in grok("history", *words).out
        server.script([body({"error": name}, 400)])
        assert f"error: the server said: {name}\n" in grok("ask", "hi").err
    assert "`pip install xai-sdk-python`\n" in grok("history", "search", "xai", "sdk").out
