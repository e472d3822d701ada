"""`grok doctor`: what it finds and what it calls broken."""

from __future__ import annotations

import json
import socket
import threading

import pytest
from language import KEY
from server import answer, body

from grokcli.config.settings import SETTINGS


def found(grok, *words):
    code, out, err = grok("doctor", "--json", *words)
    assert err == ""
    return code, {finding["what"]: finding for finding in json.loads(out)}


def test_all_is_well(grok, server, home):
    server.reply(answer("ok"), body({"name": "laptop"}))
    grok("ask", "hi")
    grok("config", "set", "model", "grok-4.3")
    code, findings = found(grok)
    assert code == 0
    assert findings["settings"]["text"] == f"{home}/config/config.toml"
    assert findings["store"]["text"] == f"{home}/data/conversations.db, 1 conversation"
    assert findings["key"]["text"] == "xai-…6789 from environment XAI_API_KEY"
    assert findings["server"] == {"what": "server", "state": "ok", "text": f"{server.url} accepts the key"}
    table = grok("doctor", "--offline").out
    assert "  key          xai-…6789" in table
    assert KEY not in table


def test_the_folders_that_grok_leaves_behind_are_listed_with_what_is_in_them(grok, server, home):
    server.reply(answer("ok"))
    findings = found(grok, "--offline")[1]
    assert findings["cache"]["text"] == f"{home}/cache: not created yet"
    grok("config", "set", "model", "grok-4.3")
    grok("config", "set", "api-key", stdin=KEY)
    grok("ask", "hi")
    (home / "data" / "models").mkdir()
    (home / "data" / "models" / "any.gguf").write_bytes(bytes(3 << 20))
    (home / "cache").mkdir(exist_ok=True)
    findings = found(grok, "--offline")[1]
    assert findings["config"]["text"].startswith(f"{home}/config: config.toml, credentials.toml (0.")
    assert findings["data"]["text"].startswith(f"{home}/data: conversations.db, models/ (3.")
    assert findings["data"]["text"].endswith(" MB)")
    assert findings["cache"]["text"] == f"{home}/cache: empty"
    assert "leaves these folders" in findings["uninstall"]["text"]


def test_a_folder_that_cannot_be_read_is_said_to_be(grok, home):
    home.mkdir()
    (home / "cache").write_text("in the way")
    assert "cannot be read" in found(grok, "--offline")[1]["cache"]["text"]


def test_a_server_that_cannot_be_reached_is_broken_unless_offline(grok, environ):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        environ["XAI_BASE_URL"] = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    code, findings = found(grok)
    assert (code, findings["server"]["state"]) == (1, "bad")
    code, findings = found(grok, "--offline")
    assert (code, "server" in findings) == (0, False)


@pytest.mark.parametrize("words", [("doctor",), ("config", "check"), ("models",)], ids=" ".join)
@pytest.mark.parametrize("less", ["by itself", "by the user"])
def test_a_silent_server_is_not_waited_for_as_long_as_for_an_answer(grok, server, environ, monkeypatch, words, less):
    if less == "by itself":
        monkeypatch.setattr("grokcli.env.BRIEF_SECONDS", 0.1)
    else:
        environ["GROK_IDLE_TIMEOUT"] = "0.1"
    over = threading.Event()
    server.reply(lambda _: over.wait(120))
    code, out, err = grok(*words)
    over.set()
    assert code == {"doctor": 1, "config": 5, "models": 0}[words[0]]
    assert "0.1" in out + err


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_a_setting_that_cannot_be_used_is_broken_whichever_it_is(grok, server, environ, home, name):
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text(f"{name} = [1]\nmodle = 1\n")
    environ.pop(SETTINGS[name].environment, None)
    code, out, err = grok("doctor")
    assert (code, err, server.requests) == (1, "", [])
    assert f"! settings     invalid value for {name} " in out
    assert "? settings     unknown setting 'modle'" in out


@pytest.mark.parametrize("name", ["theme", "color", "temperature", "idle_timeout", "editing_mode"])
def test_a_value_that_cannot_be_used_is_named_with_its_source_and_its_fix(grok, environ, home, name):
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text(f'{name} = "nosuchfile"\n')
    environ[f"GROK_{name.upper()}"] = "nosuchenvironment"
    code, out, _ = grok("doctor", "--offline")
    assert code == 1
    first, second = (line for line in out.splitlines() if line.startswith("! settings     "))
    assert all(word in first for word in (name, "'nosuchenvironment'", f"change or unset GROK_{name.upper()}"))
    assert all(word in second for word in (name, "'nosuchfile'", "config.toml", f"run: grok config unset {name}"))


@pytest.mark.parametrize(
    ("name", "variable", "value"),
    [
        ("base_url", "XAI_BASE_URL", "ht!tp:/x"),
        ("proxy", "GROK_PROXY", "http://x:99999999"),
        ("ca_bundle", "GROK_CA_BUNDLE", "/no/such/file"),
        ("local_model", "GROK_LOCAL_MODEL", "/no/such/file"),
        ("theme", "GROK_THEME", "/no/such/theme.toml"),
    ],
)
def test_an_address_or_a_file_that_cannot_be_used_is_broken(grok, environ, name, variable, value):
    environ[variable] = value
    code, out, _ = grok("doctor", "--offline")
    assert code == 1
    assert f"! settings     {name} from environment {variable}: " in out


@pytest.mark.parametrize("section", ['models."grok-4.3"', "roles.pirate"])
def test_a_section_that_cannot_be_used_is_broken(grok, home, section):
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text(f"[{section}]\ntemperature = 9\neffort = 'x'\n")
    code, out, _ = grok("doctor", "--offline")
    assert code == 1
    assert [line.split()[5] for line in out.splitlines() if line.startswith("! settings")] == ["temperature", "effort"]


@pytest.mark.parametrize("home_name", ["/abcde" * 1200, "/dev/null/x"])
def test_a_home_that_cannot_be_one_is_a_finding(grok, environ, home_name):
    environ["GROKCLI_HOME"], environ["SSL_CERT_FILE"] = home_name, home_name
    code, findings = found(grok, "--offline")
    assert (code, findings["store"]["state"], findings["certificates"]["state"]) == (1, "bad", "bad")


def test_a_missing_and_a_refused_key_are_broken(grok, server, environ):
    server.reply(body({"error": "Incorrect API key provided"}, 400))
    code, findings = found(grok)
    assert (code, findings["server"]["state"]) == (1, "bad")
    del environ["XAI_API_KEY"], environ["XAI_BASE_URL"]
    code, findings = found(grok)
    assert (code, findings["key"]["state"]) == (1, "bad")
    assert "server" not in findings


def test_a_server_on_this_machine_needs_no_key(grok, server, environ):
    del environ["XAI_API_KEY"]
    server.reply(body({"data": [{"id": "llama"}]}))
    code, findings = found(grok)
    assert code == 0
    assert findings["key"] == {"what": "key", "state": "ok", "text": "none; the server on this machine needs none"}
    assert findings["server"]["text"] == f"{server.url} answers"
    code, out, err = grok("config", "check")
    assert (code, err) == (0, "")
    assert out.startswith("key     none; none is needed\n")
    assert out.endswith("status  the server answers\n")
    assert all("authorization" not in request.headers for request in server.requests)


def test_broken_settings_store_and_certificates_are_told(grok, environ, home):
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text("model = ")
    (home / "data").mkdir()
    (home / "data" / "conversations.db").write_bytes(b"not a database, certainly" * 100)
    environ["SSL_CERT_FILE"] = "/no/such/file"
    environ["HTTPS_PROXY"] = "http://proxy:3128"
    code, findings = found(grok, "--offline")
    assert code == 1
    assert [findings[what]["state"] for what in ("settings", "store", "certificates", "proxy")] == ["bad"] * 3 + ["ok"]
    assert "not valid TOML" in findings["settings"]["text"]


def test_another_grok_on_the_path_is_told(grok, environ, tmp_path):
    other = tmp_path / "grok"
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    environ["PATH"] = str(tmp_path)
    finding = found(grok, "--offline")[1]["program"]
    assert finding["state"] == "note"
    assert "is first on PATH" in finding["text"]


def test_a_terminal_is_described(grok):
    out = grok("doctor", "--offline", tty=True).out
    assert "terminal     80x24, colours:" in out
