"""`grok config`: settings and the key."""

from __future__ import annotations

import json
import os
import stat
import subprocess

import pytest
from language import KEY, command
from server import answer, body


@pytest.fixture
def settings_file(home):
    return home / "config" / "config.toml"


def test_set_get_unset(grok, settings_file):
    assert grok("config", "set", "model", "grok-4.3") == (0, "", "")
    assert grok("config", "get", "model") == (0, "grok-4.3\n", "")
    assert settings_file.read_text() == 'model = "grok-4.3"\n'
    assert grok("config", "unset", "model") == (0, "", "")
    assert grok("config", "get", "model").out == "grok-4.7\n"
    code, out, err = grok("config", "unset", "model")
    assert (code, out) == (2, "")
    assert err.startswith("error: model is not set in the settings file\nhint: ")


def test_values_keep_their_types(grok, settings_file):
    grok("config", "set", "temperature", "0.5")
    grok("config", "set", "max-tokens", "100")
    assert settings_file.read_text() == "temperature = 0.5\nmax_tokens = 100\n"


def test_comments_survive_a_change(grok, settings_file):
    settings_file.parent.mkdir(parents=True)
    settings_file.write_text('# mine\nmodel = "grok-4.6"  # the good one\n\n[aliases]\nx = "y"\n')
    grok("config", "set", "model", "grok-4.3")
    grok("config", "set", "theme", "mono")
    text = settings_file.read_text()
    assert "# mine\n" in text
    assert 'model = "grok-4.3"  # the good one' in text
    assert grok("config", "get", "theme").out == "mono\n"


def test_sections_are_set_by_their_address(grok, server):
    grok("config", "set", "aliases.fast", "grok-4.3")
    grok("config", "set", 'models."grok-4.3".temperature', "0.2")
    grok("config", "set", "roles.pirate.system", "arr")
    assert grok("config", "get", "models.grok-4.3.temperature").out == "0.2\n"
    server.reply(answer("ok", model="grok-4.3"))
    assert grok("ask", "-m", "fast", "--role", "pirate", "hi") == (0, "ok\n", "")
    assert server.requests[0].json["temperature"] == 0.2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["set", "modle", "x"], "did you mean 'model'?"),
        (["set", "temperature", "3"], "invalid value for temperature: '3' (must be a number from 0 to 2)"),
        (["set", "max_tokens", "1.5"], "invalid value for max_tokens: '1.5' (must be a whole number"),
        (["set", "color", "pink"], "invalid value for color: 'pink' (choose from auto, always, never)"),
        (
            ["set", "theme", "nosuchtheme"],
            "invalid value for theme: 'nosuchtheme' (choose from default, marks, mono, abap, ",
        ),
        (["set", "model"], "model needs a value"),
        (["get", "roles.x"], "roles.x is not set"),
        (["get", "rolls.x"], "there is no setting"),
        (["set", "roles.x", "y"], "there is no setting"),
        (["frobnicate"], "unknown command"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(grok, settings_file, words, said):
    code, out, err = grok("config", *words)
    assert (code, out) == (2, "")
    assert said in err
    assert not settings_file.exists()


def test_list_shows_each_value_and_its_source(grok, environ, settings_file):
    grok("config", "set", "model", "grok-4.3")
    environ["GROK_TEMPERATURE"] = "1"
    code, out, err = grok("config", "list", "--json")
    assert (code, err) == (0, "")
    listed = json.loads(out)
    assert listed["model"] == {"value": "grok-4.3", "source": str(settings_file)}
    assert listed["temperature"] == {"value": 1, "source": "environment GROK_TEMPERATURE"}
    assert listed["max_tokens"] == {"value": None, "source": "default"}
    assert listed["api_key"] == {"value": "xai-…6789", "source": "environment XAI_API_KEY"}
    table = grok("config", "list").out
    assert KEY not in table
    assert f"grok-4.3                         {settings_file}" in table


@pytest.fixture
def sections(settings_file):
    settings_file.parent.mkdir(parents=True)
    settings_file.write_text(
        "modle = 1\n[aliases]\nfast = 'grok-4.3'\nbest = 'grok-4.7'\n[models.'grok-4.3']\ntemperature = 0.2\n"
        '[roles.reviewer]\nsystem = "Be\\nbrief."\nmodel = "fast"\n[roles.pirate]\nsystem = "arr"\n'
    )


def test_list_shows_aliases_roles_and_defaults_of_models(grok, sections, settings_file):
    rows = [line.split(None, 1) for line in grok("config", "list").out.splitlines()]
    assert [(name, rest.split()) for name, rest in rows if "." in name] == [
        ("models.grok-4.3.temperature", ["0.2", str(settings_file)]),
        ("roles.reviewer.system", ["Be", "brief.", str(settings_file)]),
        ("roles.reviewer.model", ["fast", str(settings_file)]),
        ("roles.pirate.system", ["arr", str(settings_file)]),
        ("aliases.fast", ["grok-4.3", str(settings_file)]),
        ("aliases.best", ["grok-4.7", str(settings_file)]),
    ]
    listed = json.loads(grok("config", "list", "--json").out)
    assert listed["roles.reviewer.system"] == {"value": "Be\nbrief.", "source": str(settings_file)}


def test_get_prints_an_entry_or_a_whole_role(grok, sections):
    assert grok("config", "get", "roles.reviewer.system") == (0, "Be\nbrief.\n", "")
    assert json.loads(grok("config", "get", "roles.reviewer").out) == {"system": "Be\nbrief.", "model": "fast"}
    assert grok("config", "get", "models.grok-4.3").out == '{"temperature": 0.2}\n'
    code, out, err = grok("config", "get", "roles.revewer.system")
    assert (code, out) == (2, "")
    assert err.endswith("hint: did you mean 'roles.reviewer.system'?\n")


@pytest.mark.parametrize(
    ("key", "left"),
    [
        ("aliases.fast", "best = 'grok-4.7'"),
        ("roles.reviewer", "[roles.pirate]"),
        ("roles.reviewer.system", 'model = "fast"'),
        ('models."grok-4.3"', "[roles.reviewer]"),
        ("modle", "[aliases]"),  # what means nothing can be removed too
    ],
)
def test_unset_removes_an_entry_or_a_whole_section(grok, sections, settings_file, key, left):
    before = settings_file.read_text()
    assert grok("config", "unset", key) == (0, "", "")
    assert left in settings_file.read_text()
    assert len(settings_file.read_text()) < len(before)
    assert grok("config", "unset", key).code == 2


@pytest.mark.parametrize(
    ("key", "closest"), [("aliases.fat", "aliases.fast"), ("roles.reviwer", "roles.reviewer"), ("modl", "model")]
)
def test_what_is_not_set_cannot_be_unset_and_the_closest_is_named(grok, sections, settings_file, key, closest):
    before = settings_file.read_text()
    code, out, err = grok("config", "unset", key)
    assert (code, out) == (2, "")
    assert f"hint: did you mean '{closest}'?" in err
    assert settings_file.read_text() == before


def test_a_flag_beats_the_environment_beats_the_file(grok, server, environ):
    server.reply(answer("ok"))
    grok("config", "set", "model", "from-file")
    grok("ask", "hi")
    environ["GROK_MODEL"] = "from-environment"
    grok("ask", "hi")
    grok("ask", "-m", "from-flag", "hi")
    assert [request.json["model"] for request in server.requests] == ["from-file", "from-environment", "from-flag"]


def test_setting_what_the_environment_overrules_warns(grok, environ):
    environ["GROK_MODEL"] = "x"
    assert "GROK_MODEL is set and overrides" in grok("config", "set", "model", "y").err


def test_an_unknown_key_in_the_file_is_warned_about_with_the_closest(grok, server, settings_file):
    settings_file.parent.mkdir(parents=True)
    settings_file.write_text('temprature = 1\n[models.x]\nsytem = "y"\n')
    server.reply(answer("ok"))
    code, out, err = grok("ask", "hi")
    assert (code, out) == (0, "ok\n")
    assert err.splitlines() == [
        f"warning: unknown setting 'temprature' in {settings_file}; did you mean 'temperature'?",
        f"warning: unknown setting 'models.x.sytem' in {settings_file}; did you mean 'system'?",
    ]


@pytest.mark.parametrize("content", [b"model = ", b"\xff\xfe", b"model = 3\n", b"models = 3\n"])
def test_a_broken_file_is_an_error_that_names_it(grok, server, settings_file, content):
    settings_file.parent.mkdir(parents=True)
    settings_file.write_bytes(content)
    code, out, err = grok("ask", "hi")
    assert (code, out, server.requests) == (2, "", [])
    assert str(settings_file) in err
    assert grok("config", "path").out == f"{settings_file}\n"
    if content != b"model = 3\n":
        assert settings_file.read_bytes() == content


@pytest.mark.parametrize(
    ("content", "words"), [("[roles]\nx = 3\n", ["--role", "x"]), ('[models]\n"grok-4.7" = 3\n', [])]
)
def test_a_section_of_the_wrong_shape_is_told(grok, server, settings_file, content, words):
    settings_file.parent.mkdir(parents=True)
    settings_file.write_text(content)
    code, _, err = grok("ask", *words, "hi")
    assert (code, server.requests) == (2, [])
    assert "must be a section" in err


def test_a_value_that_cannot_be_used_is_listed_and_says_the_way_out(grok, environ, settings_file):
    settings_file.parent.mkdir(parents=True)
    settings_file.write_text('temperature = "hot"\n')
    environ["GROK_COLOR"] = "mauve"
    code, out, err = grok("config", "list")
    assert (code, err) == (0, "")
    assert "invalid value for temperature" in out
    assert "hint: change or unset GROK_COLOR" in grok("ask", "-t", "1", "hi").err
    del environ["GROK_COLOR"]
    assert "hint: run: grok config unset temperature" in grok("ask", "hi").err
    assert grok("config", "unset", "temperature").code == 0
    assert grok("config", "set", "model", "").code == 2


def test_a_password_in_a_url_is_not_shown(grok, environ):
    environ["XAI_BASE_URL"] = "https://u:sekret@example.invalid/v1"
    shown = grok("config", "list").out + grok("config", "list", "--json").out + grok("ask", "--dry-run", "hi").out
    shown += grok("doctor", "--offline").out + grok("config", "get", "base_url").out
    assert "https://…@example.invalid/v1" in shown
    assert "sekret" not in shown


def test_paths(grok, home):
    assert grok("config", "path").out == f"{home}/config/config.toml\n"
    assert grok("config", "path", "credentials").out == f"{home}/config/credentials.toml\n"
    assert grok("config", "path", "data").out == f"{home}/data\n"


def test_without_grokcli_home_the_system_decides(grok, environ, tmp_path):
    del environ["GROKCLI_HOME"]
    code, out, _ = grok("config", "path")
    assert code == 0
    assert out.endswith("config.toml\n")
    assert "grokcli" in out


def test_the_key_is_read_from_a_pipe_and_kept_private(grok, server, environ, home):
    del environ["XAI_API_KEY"]
    credentials = home / "config" / "credentials.toml"
    assert grok("config", "set", "api-key", stdin=f"{KEY}\n") == (0, "", f"saved the key to {credentials}\n")
    assert stat.S_IMODE(credentials.stat().st_mode) == 0o600
    assert stat.S_IMODE(credentials.parent.stat().st_mode) == 0o700
    assert grok("config", "get", "api-key").out == "xai-…6789\n"
    server.reply(answer("ok"))
    assert grok("ask", "hi").code == 0
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert grok("config", "unset", "api_key").code == 0
    del environ["XAI_BASE_URL"]
    assert grok("ask", "hi").code == 3


def test_the_key_is_never_taken_from_the_command_line(grok, home):
    code, out, err = grok("config", "set", "api-key", KEY)
    assert (code, out) == (2, "")
    assert KEY not in err
    assert not home.exists()


@pytest.mark.parametrize("entered", ["", "two words\n", "schlüssel\n"])
def test_what_is_no_key_is_not_saved(grok, home, entered):
    code, _, err = grok("config", "set", "api-key", stdin=entered)
    assert code == 2
    assert err.startswith("error: ")
    assert not home.exists()


def test_on_a_terminal_the_key_is_asked_for_without_echo(environ, home):
    pty = pytest.importorskip("pty", reason="a pty is needed")
    environ.pop("XAI_API_KEY")
    primary, secondary = pty.openpty()
    process = subprocess.Popen(
        command("config", "set", "api-key"),
        stdin=secondary,
        stdout=secondary,
        stderr=secondary,
        env=environ,
        start_new_session=True,
        preexec_fn=lambda: _control(secondary),
    )
    os.close(secondary)
    seen = b""
    while b"API key" not in seen:
        seen += os.read(primary, 1000)
    os.write(primary, f"{KEY}\n".encode())
    while piece := _read(primary):
        seen += piece
    assert process.wait() == 0
    os.close(primary)
    assert KEY.encode() not in seen
    assert KEY in (home / "config" / "credentials.toml").read_text()


def _control(descriptor):
    import fcntl
    import termios

    fcntl.ioctl(descriptor, termios.TIOCSCTTY, 0)


def _read(descriptor):
    try:
        return os.read(descriptor, 1000)
    except OSError:
        return b""


def test_a_saved_key_that_the_environment_overrules_is_told(grok):
    assert "XAI_API_KEY is set and overrides" in grok("config", "set", "api-key", stdin=KEY).err


def test_a_command_may_print_the_key(grok, server, environ):
    del environ["XAI_API_KEY"]
    grok("config", "set", "api_key_command", f"sh -c 'cat; echo {KEY}; echo more'")
    server.reply(answer("ok"))
    grok("ask", "hi", stdin="a document that is not for the command")
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("line", ["false", "true", "/no/such/command", "'unclosed"])
def test_a_key_command_that_fails_is_told(grok, server, environ, line):
    del environ["XAI_API_KEY"]
    environ["GROK_API_KEY_COMMAND"] = line
    code, out, err = grok("ask", "hi")
    assert (code, out, server.requests) == (3, "", [])
    assert err.startswith(("error: api_key_command", "error: cannot run api_key_command"))


def test_a_key_that_others_can_read_is_warned_about(grok, home):
    grok("config", "set", "api-key", stdin=KEY)
    (home / "config" / "credentials.toml").chmod(0o644)
    assert "other users can read the key" in grok("config", "list").err


def test_check_says_whether_the_key_works_and_where_it_is_from(grok, server):
    server.reply(body({"name": "laptop", "api_key_blocked": False}))
    code, out, err = grok("config", "check")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "key     xai-…6789 from environment XAI_API_KEY",
        f"server  {server.url} from environment XAI_BASE_URL",
        "status  the key works (laptop)",
    ]
    assert (server.requests[0].method, server.requests[0].path) == ("GET", "/v1/api-key")


def test_check_asks_other_servers_for_their_models(grok, server):
    server.reply(body("no", 404), body({"data": []}))
    assert grok("config", "check").code == 0
    assert server.requests[1].path == "/v1/models"


@pytest.mark.parametrize(
    "reply",
    [
        body({"code": "invalid-argument", "error": "Incorrect API key provided."}, 400),
        body({"code": "unauthenticated:no-credentials", "error": "No credentials presented."}, 401),
        body({"api_key_blocked": True}),
        body({"team_blocked": True}),
    ],
)
def test_check_tells_a_key_that_does_not_work(grok, server, reply):
    server.reply(reply)
    code, out, err = grok("config", "check")
    assert code == 3
    assert "status" not in out
    assert err.startswith("error: ")


def test_edit_opens_the_editor_on_a_commented_file(grok, environ, settings_file, tmp_path):
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nprintf \'modle = "x"\\n\' >> "$2"\n')
    editor.chmod(0o755)
    environ["EDITOR"] = f"'{editor}' --wait"
    code, out, err = grok("config", "edit")
    assert (code, out) == (0, "")
    assert '# model = "grok-4.7"' in settings_file.read_text()
    assert "unknown setting 'modle'" in err
    environ["VISUAL"] = "/no/such/editor"
    assert grok("config", "edit").code == 2


def test_edit_tells_about_a_value_that_cannot_be_used(grok, environ, settings_file, tmp_path):
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\necho "temperature = 9" > "$1"\n')
    editor.chmod(0o755)
    environ["EDITOR"] = str(editor)
    code, _, err = grok("config", "edit")
    assert code == 2
    assert "9 (must be a number from 0 to 2)" in err
    assert settings_file.read_text() == "temperature = 9\n"
