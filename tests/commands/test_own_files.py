"""The files and folders of grok's own: private, changed by several processes at once, and not always what they should be."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import threading
import tomllib

import pytest
from language import KEY, command
from server import answer, body

from grokcli.config.lock import locked

pytestmark = pytest.mark.skipif(os.name != "posix", reason="these are the files of Unix")


@pytest.fixture
def umask(request):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def start(environ, *words):
    return subprocess.Popen(
        command(*words),
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


# ---- several processes


def test_settings_that_are_set_at_the_same_time_are_all_there(environ, home):
    for round_ in range(3):
        names = [f"name{round_}{number}" for number in range(8)]
        running = [start(environ, "config", "set", f"aliases.{name}", "grok-4.3") for name in names]
        assert [(process.communicate(timeout=60)[1], process.returncode) for process in running] == [("", 0)] * 8
    aliases = tomllib.loads((home / "config" / "config.toml").read_text())["aliases"]
    assert len(aliases) == 24


def test_a_lock_that_never_ends_is_told(grok, home, monkeypatch):
    monkeypatch.setattr("grokcli.config.lock.WAIT_SECONDS", 0)
    file = home / "config" / "config.toml"
    with locked(file):
        code, out, err = grok("config", "set", "model", "grok-4.3")
    assert (code, out, err) == (2, "", f"error: cannot write {file}: another process is changing it\n")
    assert grok("config", "set", "model", "grok-4.3").code == 0


def test_fields_that_are_refused_at_the_same_time_are_all_remembered(environ, server, home):
    refusal = body({"error": "Argument not supported on this model: temperature"}, 400)
    everybody = threading.Barrier(8)

    def refuse_together(connection):
        if "temperature" not in server.requests[-1].json:
            answer("ok")(connection)
            return
        everybody.wait(60)
        refusal(connection)

    server.reply(refuse_together)
    running = [start(environ, "ask", "-n", "-m", f"model{number}", "-t", "1", "hi") for number in range(8)]
    assert [(process.communicate(timeout=60), process.returncode)[1] for process in running] == [0] * 8
    assert len(json.loads((home / "cache" / "rejected.json").read_text())) == 8


# ---- private, whatever the umask


@pytest.mark.parametrize("umask", [0, 0o002, 0o027, 0o777], indirect=True)
@pytest.mark.parametrize(
    "words",
    [
        ("config", "set", "model", "grok-4.3"),
        ("config", "set", "api-key"),
        ("ask", "hi"),
        ("ask", "-n", "-t", "1", "hi"),
        ("models",),
        ("config", "edit"),
    ],
    ids=" ".join,
)
def test_every_folder_of_groks_own_is_private(grok, server, environ, home, umask, words):
    refusal = body({"error": "Argument not supported on this model: temperature"}, 400)
    server.reply(*[refusal] * ("-t" in words), body({"data": [{"id": "m"}]}) if words == ("models",) else answer("ok"))
    environ["GROKCLI_HOME"] = str(home / "deep" / "down")
    environ["EDITOR"] = "true"
    assert grok(*words, stdin=KEY if "api-key" in words else None).code == 0
    folders = [folder for folder in (home, *home.rglob("*")) if folder.is_dir()]
    assert len(folders) >= 4
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}


def test_a_folder_that_was_there_keeps_its_mode(grok, home):
    home.mkdir(mode=0o755)
    home.chmod(0o755)
    grok("config", "set", "model", "grok-4.3")
    assert stat.S_IMODE(home.stat().st_mode) == 0o755


@pytest.mark.parametrize("words", [("ask", "hi"), ("chat", "hi"), ("config", "check"), ("models",)], ids=" ".join)
def test_a_key_that_others_can_read_is_warned_about_once(grok, server, home, words):
    grok("config", "set", "api-key", stdin=KEY)
    file = home / "config" / "credentials.toml"
    file.chmod(0o644)
    server.reply(answer("ok") if words[-1] == "hi" else body({"data": [{"id": "m"}]}))
    warning = f"warning: other users can read the key in {file}; run: chmod 600 '{file}'\n"
    assert grok(*words).err.count(warning) == 1
    file.chmod(0o600)
    assert warning not in grok(*words).err


# ---- what is no file


KINDS = {
    "pipe": (os.mkfifo, "not a regular file"),
    "folder": (os.mkdir, "not a regular file"),
    "device": (lambda path: path.symlink_to("/dev/zero"), "not a regular file"),
    "absurdly large": (lambda path: path.write_bytes(b"# " + b"x" * 1_000_000), "larger than 1,000,000 bytes"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["config.toml", "credentials.toml"])
@pytest.mark.parametrize("words", [("ask", "hi"), ("config", "list"), ("history", "list")], ids=" ".join)
def test_what_cannot_be_settings_or_a_key_is_not_read(run, environ, home, kind, name, words):
    del environ["XAI_API_KEY"], environ["XAI_BASE_URL"]
    (home / "config").mkdir(parents=True)
    make, reason = KINDS[kind]
    make(home / "config" / name)
    told = run(*words)
    if words[0] == "history":
        assert told == (0, "", "")
    elif (words[0], name) == ("config", "credentials.toml"):
        assert (told.code, reason in told.out) == (0, True)
    else:
        assert told.code == 2
        assert told.err.startswith(f"error: cannot read {home}/config/{name}: {reason}\n")


@pytest.mark.parametrize("words", [("model", "x"), ("api-key",)], ids=" ".join)
def test_nothing_is_written_into_what_is_no_file(run, home, words):
    (home / "config").mkdir(parents=True)
    for name in ("config.toml", "credentials.toml"):
        os.mkfifo(home / "config" / name)
    code, out, err = run("config", "set", *words, stdin=KEY)
    assert (code, out) == (2, "")
    assert "not a regular file" in err


@pytest.mark.parametrize("name", ["models.json", "rejected.json"])
def test_a_cache_that_is_no_file_is_done_without(run, server, home, name):
    (home / "cache").mkdir(parents=True)
    os.mkfifo(home / "cache" / name)
    server.reply(answer("ok"))
    assert run("ask", "hi") == (0, "ok\n", "")


# ---- the command that prints the key


def test_a_key_command_that_never_ends_is_given_up(grok, server, environ, monkeypatch):
    monkeypatch.setattr("grokcli.config.credentials.COMMAND_SECONDS", 0.1)
    del environ["XAI_API_KEY"]
    environ["GROK_API_KEY_COMMAND"] = "sleep 1000"
    code, out, err = grok("ask", "hi")
    assert (code, out, server.requests) == (3, "", [])
    assert err.startswith("error: api_key_command did not finish within 0.1 s\nhint: ")


def test_a_key_command_that_never_stops_printing_is_ended(grok, server, environ):
    del environ["XAI_API_KEY"]
    environ["GROK_API_KEY_COMMAND"] = "yes"
    code, out, err = grok("ask", "hi")
    assert (code, out, server.requests) == (3, "", [])
    assert err.startswith("error: api_key_command printed more than a key\n")


def test_what_a_key_command_leaves_running_is_not_waited_for(grok, server, environ):
    """An agent that is started on the way holds the output open."""
    del environ["XAI_API_KEY"]
    environ["GROK_API_KEY_COMMAND"] = f"sh -c 'echo {KEY}; sleep 20 & exit 0'"
    server.reply(answer("ok"))
    assert grok("ask", "hi") == (0, "ok\n", "")
