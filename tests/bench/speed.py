"""How fast grok starts, streams and ends, as ratios to a bare script in the same interpreter.

    python tests/bench/speed.py           each figure beside its bound
    python tests/bench/speed.py --json    the figures as JSON, to compare two commits

Each pair is run in turn, so that a machine that slows down slows both; the medians are compared.
"""

from __future__ import annotations

import json
import os
import pty
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent.parent))
from distance import DelayingProxy, certificate
from server import Connection, Server, data, delta, finish  # found through the path above

BARE = [sys.executable, str(Path(__file__).with_name("bare.py")), "hi"]
GROK = [str(Path(sys.executable).with_name("grok")), "ask", "hi"]
TYPER = [sys.executable, "-c", "import typer"]
RUNS = 21
DELTAS = 20_000
PACED_DELTAS = 1000
# There and back.
DISTANCE_SECONDS = 0.08
TAB = {"_GROK_COMPLETE": "bash", "_GROK_COMPLETE_LINE": "grok ask --no-st"}
# What an environment may say of the way to a server.
WAY = (
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "HTTP_PROXY",
)
# The prompt is bold.
PROMPT = b"\x1b[0;1m>"


class Run(NamedTuple):
    """A process that has ended: CPU seconds, peak memory in MB, and when it began and ended."""

    cpu: float
    memory: float
    began: float
    ended: float

    @property
    def wall(self) -> float:
        return self.ended - self.began


class Figures:
    """Prints figures as they are measured, or all of them as JSON at the end."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._all: dict[str, float] = {}

    def row(self, what: str, figure: float, unit: str, bound: float) -> None:
        self._all[what] = round(figure, 3)
        if not self._as_json:
            verdict = "ok" if figure <= bound else "OVER"
            print(f"{what:62} {figure:7.2f} {unit:3} (bound {bound:g}) {verdict}", flush=True)

    def close(self) -> None:
        if self._as_json:
            print(json.dumps(self._all, indent=1))


def main() -> None:
    """Print every figure beside its bound."""
    figures = Figures("--json" in sys.argv[1:])
    row = figures.row
    with tempfile.TemporaryDirectory() as home:
        environ = os.environ | {"GROKCLI_HOME": home, "XAI_API_KEY": "xai-benchmark"}
        # An installed program has its bytecode; a shell that forbids writing it would have us measure the compiler.
        for name in ("PYTHONDONTWRITEBYTECODE", *WAY, *map(str.lower, WAY)):
            environ.pop(name, None)
        # First: the threads of the other servers, which stay, would delay what is sent here.
        row("delta at the socket to bytes on stdout, p99", latency(environ) * 1000, "ms", 1)
        start, end, whole = one_question(environ)
        row("start to request, plain loopback, against the bare script", start, "x", 3.0)
        tls(environ, Path(home), row)
        row("last chunk to end of process, against the bare script", end, "x", 1.5)
        row("the whole of grok ask hi, against the bare script", whole, "x", 2.7)
        row("20,000 piped deltas: CPU, against the bare script", piped(environ), "x", 1.25)
        version, tab = ([GROK[0], "--version"], environ), (GROK[:1], environ | TAB)
        row("--version, against import typer", against_typer(*version), "x", 0.95)
        row("a Tab in bash, against import typer", against_typer(*tab), "x", 1.3)
        row("chat to its prompt, against import prompt_toolkit", chat_to_prompt(environ), "x", 2.5)
        small, large = (memory(environ, size) for size in (3_000, 300_000))
        row("peak memory of a 300 KB answer", large, "MB", 40)
        row("its growth over a 3 KB answer", large - small, "MB", 4)
    figures.close()


def in_turn(first: Callable[[], list[float]], second: Callable[[], list[float]], runs: int = RUNS) -> list[float]:
    """Return the ratios of the medians of measurements that are taken in turn, after one of each to warm up."""
    first(), second()
    pairs = [(first(), second()) for _ in range(runs)]
    medians = [[statistics.median(column) for column in zip(*side, strict=True)] for side in zip(*pairs, strict=True)]
    return [a / b for a, b in zip(*medians, strict=True)]


def one_question(environ: dict[str, str], port: int = 0, server: Server | None = None) -> list[float]:
    """Time from the start to the request at the server, from the last chunk to the end, and of the whole.

    The server is reached at `port`, if that is given.
    """
    server = server or Server()
    marks: list[float] = []

    def play(connection: Connection) -> None:
        marks.append(time.perf_counter())
        play_answer(connection, ["Hello"])
        marks.append(time.perf_counter())

    server.script([play])
    url = server.url.replace(str(server.port), str(port or server.port))

    def once(command: list[str]) -> list[float]:
        marks.clear()
        done = run(command, environ | {"XAI_BASE_URL": url})
        return [marks[0] - done.began, done.ended - marks[1], done.wall]

    return in_turn(lambda: once(GROK), lambda: once(BARE))


def tls(environ: dict[str, str], folder: Path, row: Callable[[str, float, str, float], None]) -> None:
    """Print the time to the request of a server behind TLS, here and at a distance; nothing without openssl."""
    made = certificate(folder)
    if made is None:
        return
    context, bundle = made
    server = Server(context)
    environ = environ | {"SSL_CERT_FILE": str(bundle)}
    row("start to request, TLS, no distance", one_question(environ, server=server)[0], "x", 2.1)
    proxy = DelayingProxy(server.port, DISTANCE_SECONDS)
    row("start to request, TLS, 80 ms there and back", one_question(environ, proxy.port, server)[0], "x", 1.15)
    proxy.close()


def against_typer(command: list[str], environ: dict[str, str]) -> float:
    """Wall time of a command against the import of its command-line library."""
    return in_turn(lambda: [run(command, environ).wall], lambda: [run(TYPER, environ).wall])[0]


def piped(environ: dict[str, str]) -> float:
    """CPU time of a long answer."""
    server = Server()
    server.reply(lambda connection: play_answer(connection, [f"word{n} " for n in range(DELTAS)]))
    environ = environ | {"XAI_BASE_URL": server.url}
    return in_turn(lambda: [run(GROK, environ).cpu], lambda: [run(BARE, environ).cpu], 5)[0]


def latency(environ: dict[str, str]) -> float:
    """The 99th percentile of the seconds from a delta's departure to its arrival on the other side."""
    server = Server()
    sent: list[float] = []

    def play(connection: Connection) -> None:
        connection.stream_head()
        for _ in range(PACED_DELTAS):
            time.sleep(0.002)
            sent.append(time.perf_counter())
            connection.chunk(data(delta("x")))
        connection.chunk(data(finish()) + data("[DONE]"))
        connection.end()

    server.reply(play)
    process = subprocess.Popen(
        GROK, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=environ | {"XAI_BASE_URL": server.url}
    )
    assert process.stdout is not None
    arrived: list[float] = []
    while piece := os.read(process.stdout.fileno(), 1000):
        arrived += [time.perf_counter()] * piece.count(b"x")
    process.stdout.close()
    process.wait()
    delays = sorted(there - here for here, there in zip(sent, arrived, strict=True))
    return delays[len(delays) * 99 // 100]


def chat_to_prompt(environ: dict[str, str]) -> float:
    """Time from starting `grok chat` on a terminal to its prompt."""
    environ = environ | {"TERM": "xterm-256color", "XAI_BASE_URL": "http://127.0.0.1:9/v1"}

    def chat() -> list[float]:
        begin = time.perf_counter()
        process, screen = pty.fork()
        if process == 0:
            os.execve(GROK[0], [GROK[0], "chat"], environ)
        seen = b""
        while PROMPT not in seen:
            seen += os.read(screen, 1000)
            if b"\x1b[6n" in seen:  # where is the cursor?
                os.write(screen, b"\x1b[1;1R")
                seen = seen.replace(b"\x1b[6n", b"")
        taken = time.perf_counter() - begin
        os.write(screen, b"\x04")
        with suppress(OSError):
            while os.read(screen, 1000):
                pass
        os.waitpid(process, 0)
        os.close(screen)
        return [taken]

    def bare() -> list[float]:
        return [run([sys.executable, "-c", "import prompt_toolkit"], environ).wall]

    return in_turn(chat, bare, 15)[0]


def memory(environ: dict[str, str], size: int) -> float:
    """Peak memory in MB of an answer of `size` bytes."""
    server = Server()
    server.reply(lambda connection: play_answer(connection, ["twelve bytes"] * (size // 12)))
    return run(GROK, environ | {"XAI_BASE_URL": server.url}).memory


def play_answer(connection: Connection, texts: list[str]) -> None:
    """Stream an answer, a chunk for each piece."""
    connection.stream_head()
    for text in texts:
        connection.chunk(data(delta(text)))
    connection.chunk(data(finish()) + data("[DONE]"))
    connection.end()


def run(command: list[str], environ: dict[str, str]) -> Run:
    """Run a command, its output into a pipe that is read."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=environ)
    assert process.stdout is not None
    reader = threading.Thread(target=process.stdout.read)
    reader.start()
    _, status, used = os.wait4(process.pid, 0)
    ended = time.perf_counter()
    process.returncode = os.waitstatus_to_exitcode(status)
    reader.join()
    process.stdout.close()
    if process.returncode != 0:
        raise SystemExit(f"{command} failed with exit code {process.returncode}")
    return Run(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, began, ended)


if __name__ == "__main__":
    main()
