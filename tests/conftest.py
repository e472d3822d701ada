"""The language of the tests: type what a user types, see what a user sees.

code, out, err = grok("ask", "hi")
grok("ask", "review this", stdin="a\\nb\\n")     text in a pipe
grok("ask", "hi", tty=True)                      stdout is a terminal
run("ask", "hi")                                 the same, in a process of its own

Property tests run in one of two profiles of Hypothesis. `suite` tries the same examples every time. `explore` looks for
new ones: `python -m pytest -m hypothesis --hypothesis-profile=explore`.
"""

from __future__ import annotations

import gc
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pytest
from hypothesis import HealthCheck, settings
from language import KEY, Result, Screen, command, piped, written
from server import Server

from grokcli.cli import main
from grokcli.env import Env
from grokcli.terminal.console import Console

# No time limits, so that a slow machine cannot fail a test. Hypothesis loads the profile of --hypothesis-profile later.
UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
settings.register_profile("suite", UNTIMED, max_examples=50, derandomize=True, database=None)
settings.register_profile("explore", UNTIMED, max_examples=2000, derandomize=False, print_blob=True)
settings.load_profile("suite")


def pytest_xdist_auto_num_workers() -> int:
    """Return how many processes run the tests: half as many again as cores, for many tests wait for other programs."""
    return (os.cpu_count() or 1) * 3 // 2


def pytest_collection_finish() -> None:
    """Take what is there once all tests are collected out of what Python looks for garbage in: a tenth of the time."""
    gc.collect()
    gc.freeze()


# A script that starts the tests in the background has them ignore Ctrl-C, and with them every grok that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The folder that GROKCLI_HOME names."""
    return tmp_path / "home"


@pytest.fixture
def environ(home: Path, server: Server) -> dict[str, str]:
    """The environment of a user who has a key and whose server is the scripted one. Tests change it as they like."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "GROKCLI_HOME": str(home),
        "XAI_API_KEY": KEY,
        "XAI_BASE_URL": server.url,
        # Nobody waits for a test server to recover.
        "GROK_RETRY_DELAY": "0",
    }


@pytest.fixture
def grok(environ: dict[str, str]) -> Callable[..., Result]:
    """Run grok in this process."""

    def run(
        *words: str, stdin: str | bytes | IO[bytes] | None = None, tty: bool = False, stderr: Screen | None = None
    ) -> Result:
        source = stdin if stdin is not None and not isinstance(stdin, (str, bytes)) else piped(stdin)
        console = Console(source, Screen(tty), stderr or Screen(tty=False), dumb=environ.get("TERM") == "dumb")
        env = Env(console, environ)
        with source:
            code = main(words, env)
        return Result(code, written(console.stdout), written(console.stderr))

    return run


@pytest.fixture
def run(environ: dict[str, str]) -> Callable[..., Result]:
    """Run grok in a process of its own."""

    def run(*words: str, stdin: str | bytes | None = None, **more: Any) -> Result:
        content = stdin.encode() if isinstance(stdin, str) else stdin
        source = {"input": content} if content is not None else {"stdin": subprocess.DEVNULL}
        done = subprocess.run(command(*words), capture_output=True, env=environ, timeout=60, **source, **more)
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture
def on_terminal(environ: dict[str, str]) -> Iterator[Callable[..., Any]]:
    """Run grok on a pty with an emulated screen; what is still running at the end is ended."""
    pytest.importorskip("pty", reason="a pty is needed")
    from program_on_terminal import ProgramOnTerminal

    started: list[ProgramOnTerminal] = []

    def start(*words: str, **more: Any) -> ProgramOnTerminal:
        started.append(ProgramOnTerminal(environ, *words, **more))
        return started[-1]

    yield start
    for one in started:
        one.close()
