"""What a shell, a script or a file can put in front of grok: one error line, a documented exit code, never a traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from language import command
from server import answer

DIGITS = "9" * 23
EXIT_CODES = range(8)


def told(result, code):
    """Check that a run ended with one error line."""
    assert result.code == code, result.err
    assert result.err.count("error: ") == 1, result.err
    assert "Traceback" not in result.err
    assert "bug in grok" not in result.err
    return result.err


@pytest.mark.parametrize(
    "url",
    [
        "http://[::1",
        "https://[bad",
        "https：//api.x.ai/v1",
        "https://api x.ai/v1",
        "https://api.x.ai/v1 ",
        "https://x.example\n/v1",
        "https://x.example\\y",
        "https://x.example:99999",
        "https://x.example:abc",
        "http://localhost:0",
        "https://user:secret@x.example",
        "https://" + "a" * 64 + ".example",
        "https://" + "ü" * 64 + ".example",
        "https://..",
        "https:///v1",
        "api.x.ai",
    ],
)
def test_a_base_url_that_cannot_be_one_is_refused_before_anything_is_sent(grok, environ, url):
    environ["XAI_BASE_URL"] = url
    for words in (["ask", "hi"], ["ask", "--as", "curl", "hi"], ["ask", "--dry-run", "hi"], ["models"], ["image", "x"]):
        assert "base URL" in told(grok(*words), 2)
    told(grok("ask", "--search", "hi"), 2)
    del environ["XAI_API_KEY"]
    for words in (["ask", "hi"], ["image", "x"]):
        assert told(grok(*words), 2 if "base URL" in grok(*words).err else 3)


@pytest.mark.parametrize("proxy", ["http://[::1", "http://proxy.example:99999", "proxy.example:abc"])
@pytest.mark.parametrize("place", ["flag", "setting", "environment"])
def test_a_proxy_that_cannot_be_one_is_refused(grok, environ, monkeypatch, proxy, place):
    environ["XAI_BASE_URL"] = "https://x.invalid"
    words = ["--proxy", proxy] if place == "flag" else []
    environ["GROK_PROXY"] = proxy if place == "setting" else ""
    if place == "environment":
        monkeypatch.setenv("HTTPS_PROXY", proxy)  # requests asks the process
    assert "invalid proxy URL" in told(grok("ask", *words, "hi"), 2)


@pytest.mark.parametrize(
    "words",
    [
        ("--idle-timeout", "0"),
        ("--idle-timeout", "-1"),
        ("--idle-timeout", "1e-400"),
        ("--idle-timeout", "1e300"),
        ("--idle-timeout", "1e400"),
        ("--idle-timeout", "nan"),
        ("--max-tokens", DIGITS),
        ("--max-tokens", "9" * 5000),
        ("--temperature", "nan"),
    ],
)
def test_a_flag_of_an_absurd_size_is_refused(grok, server, words):
    server.reply(answer("ok"))
    told(grok("ask", *words, "hi"), 2)
    assert server.requests == []


@pytest.mark.parametrize("name", ["idle_timeout", "stdin_timeout", "retry_delay", "max_tokens", "temperature"])
@pytest.mark.parametrize("value", ["-1", "1e300", "1e400", "nan", "x", "9" * 5000])
@pytest.mark.parametrize("place", ["environment", "file", "config set"])
def test_a_setting_of_an_absurd_size_is_refused(grok, environ, home, name, value, place):
    environ.pop("GROK_RETRY_DELAY")
    if place == "environment":
        environ[f"GROK_{name.upper()}"] = value
    elif place == "file":
        (home / "config").mkdir(parents=True)
        (home / "config" / "config.toml").write_text(f"{name} = {value if value != 'x' else '[]'}\n")
    words = ["get", name] if place != "config set" else ["set", "--", name, value]
    assert len(told(grok("config", *words), 2)) < 500


@pytest.mark.parametrize("value", ["0", "9" * 5000, "1e-400"])
def test_no_time_at_all_to_answer_is_refused(grok, environ, value):
    environ["GROK_IDLE_TIMEOUT"] = value
    told(grok("ask", "hi"), 2)


@pytest.mark.parametrize("content", ["a = " + "[" * 50_000, "temperature = 1" + "0" * 5000, "\0", "model = 1979-99-99"])
def test_a_settings_file_that_no_parser_takes_is_not_valid(grok, home, content):
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text(content)
    assert "is not valid TOML" in told(grok("config", "list"), 2)


HOMES = {
    "deep": lambda folder: str(folder) + "/abcde" * 1200,
    "loop": lambda folder: str(folder / "loop" / "x"),
    "a file": lambda folder: os.devnull,
    "not writable": lambda folder: "/proc/x",
}
COMMANDS = [
    ("ask", "hi"),
    ("chat", "hi"),
    ("config", "list"),
    ("config", "set", "model", "x"),
    ("config", "unset", "api-key"),
    ("history", "list"),
    ("models",),
    ("doctor",),
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("kind", HOMES)
def test_a_home_that_cannot_be_one_is_no_crash(grok, server, environ, tmp_path, kind, words):
    if not hasattr(os, "symlink") or not Path("/proc").exists():
        pytest.skip("these are the folders of Linux")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    server.reply(answer("ok"))
    environ["GROKCLI_HOME"] = HOMES[kind](tmp_path)
    code, _, err = grok(*words)
    assert code in EXIT_CODES
    assert "bug in grok" not in err
    assert err.count("error: ") <= 1


def test_without_a_home_folder_nothing_is_written_where_grok_is_started(environ, tmp_path):
    if os.name != "posix" or os.getuid() != 0:
        pytest.skip("only root can be a user whom nobody knows")
    del environ["HOME"], environ["GROKCLI_HOME"]
    tmp_path.chmod(0o777)
    # Such a user may not be able to read Python's own files either, so all is loaded before.
    code = (
        "import os, sys, platformdirs.unix, grokcli.commands.config; from grokcli.cli import run\n"
        "os.setuid(54321); sys.argv[1:] = ['config', 'path']; run()"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environ, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: cannot find your home folder\nhint: set GROKCLI_HOME")


@pytest.mark.parametrize("value", ["99999999999", "-1", "0", "x", "", "9" * 5000])
def test_a_screen_of_an_absurd_size_is_not_believed(environ, server, run, value):
    server.reply(answer("# ok\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\n---"))
    environ |= {"COLUMNS": value, "LINES": value}
    code, out, err = run("ask", "--markdown", "hi")
    assert (code, err) == (0, "")
    assert len(out) < 5000


def test_without_terminal_type_and_current_folder_a_question_is_answered(environ, server, tmp_path):
    server.reply(answer("ok"))
    gone = tmp_path / "gone"
    gone.mkdir()
    environ["PYTHONPATH"] = str(Path(__file__).parents[2])
    script = 'rmdir "$PWD" && exec "$@"'
    words = ["sh", "-c", script, "sh", *command("ask", "--no-stdin", "hi")]
    done = subprocess.run(words, env=environ, cwd=gone, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "ok\n", "")


@pytest.mark.skipif(os.name != "posix", reason="these are the signals of Unix")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("module", ["grokcli.cli", "typer", "grokcli.env", "grokcli.commands.options", "requests"])
def test_a_signal_while_grok_loads_ends_it_quietly(environ, tmp_path, number, module):
    """The signal comes with the import of `module`, before the first line of grok's own `try`."""
    (tmp_path / "sitecustomize.py").write_text(
        "import os, sys\n"
        f"def hook(event, args):\n    if event == 'import' and args[0] == {module!r}: os.kill(os.getpid(), {int(number)})\n"
        "sys.addaudithook(hook)\n"
    )
    environ["PYTHONPATH"] = f"{tmp_path}:{Path(__file__).parents[2]}"
    done = subprocess.run(
        command("ask", "hi"), env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (128 + number, "", "")


@pytest.mark.skipif(os.name != "posix", reason="these are the signals of Unix")
def test_a_signal_that_is_to_be_ignored_is_ignored(environ, server):
    """As nohup has it, and a shell with what runs in the background."""

    def interrupt(connection):
        os.kill(process.pid, signal.SIGHUP)
        os.kill(process.pid, signal.SIGINT)
        answer("ok")(connection)

    server.reply(interrupt)
    script = "trap '' HUP INT; exec \"$@\""
    words = ["sh", "-c", script, "sh", *command("ask", "hi")]
    with subprocess.Popen(
        words, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "ok\n", "")
