"""The end of the process: at once, with everything flushed, closed and restored, and what others wait for done."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from language import command
from server import answer, calls

# An object that only the interpreter's own end destroys.
LATE = "class Late:\n    def __del__(self): print('destroyed')\nlate = Late()\n"
RUN = "from grokcli.__main__ import run\nrun()\n"


def python(code, environ, *words):
    return subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, env=environ, input="")


@pytest.mark.parametrize("words", [["models", "--help"], ["ask", "hi"], ["config", "path"]], ids=" ".join)
def test_the_interpreter_is_not_taken_apart(environ, server, words):
    server.reply(answer("Hello"))
    done = python(LATE + RUN, environ, *words)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout
    assert "destroyed" not in done.stdout


@pytest.mark.parametrize(("words", "code"), [(["ask", "hi"], 3), (["ask", "--oops"], 2)])
def test_exit_codes_arrive(environ, words, code):
    del environ["XAI_API_KEY"], environ["XAI_BASE_URL"]
    done = python(LATE + RUN, environ, *words)
    assert (done.returncode, done.stdout) == (code, "")
    assert "error: " in done.stderr


def test_functions_registered_for_the_end_run(environ):
    """Coverage writes its figures there."""
    done = python("import atexit\natexit.register(print, 'registered')\n" + LATE + RUN, environ, "config", "path")
    assert done.stdout.splitlines()[-1:] == ["registered"]


def test_threads_are_waited_for(environ):
    code = "import threading, time\ndef late():\n    main.join()\n    print('waited for')\n"
    code += "main = threading.main_thread()\nthreading.Thread(target=late).start()\n"
    assert python(code + RUN, environ, "config", "path").stdout.splitlines()[-1:] == ["waited for"]


def test_a_profiler_reports(environ):
    words = [sys.executable, "-m", "cProfile", "-m", "grokcli", "config", "path"]
    assert " function calls " in subprocess.run(words, capture_output=True, text=True, env=environ).stdout


def test_what_a_tool_left_to_the_interpreter_is_done(run, server, tmp_path):
    tool = tmp_path / "tool.py"
    tool.write_text(
        f"log = open({str(tmp_path / 'log')!r}, 'w')\n\n"
        "def note(text: str) -> str:\n    log.write(text)\n    return 'noted'\n"
    )
    server.reply(calls(("note", '{"text": "kept"}')), answer("done"))
    assert run("ask", "--yes", "--tool", str(tool), "hi").out == "done\n"
    assert (tmp_path / "log").read_text() == "kept"


def test_a_pipe_that_closes_at_the_last_moment(environ, server):
    server.reply(answer("Hello"))
    process = subprocess.Popen(
        command("ask", "hi"), env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(60) == 141


def test_the_version_needs_nothing_loaded(environ):
    code = "import sys\nfrom grokcli.__main__ import run\ntry: run()\nexcept SystemExit as end: print(end.code)\n"
    done = python(code + "print([name for name in ('typer', 'grokcli.cli') if name in sys.modules])", environ, "-V")
    first, *others = done.stdout.splitlines()
    assert first.startswith("grok ")
    assert others == ["0", "[]"]


def test_a_version_that_cannot_be_written_is_an_error(environ):
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command("--version"), stdout=full, stderr=subprocess.PIPE, text=True, env=environ)
    assert (done.returncode, done.stderr.splitlines()[0]) == (1, "error: no space left on device")
