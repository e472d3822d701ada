"""How fast grok starts and streams, as ratios to a bare script in the same interpreter.

    python tests/bench/speed.py

Each pair is run in turn, so that a machine that slows down slows both; the medians are compared.
"""

from __future__ import annotations

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

sys.path.insert(0, str(Path(__file__).parent.parent))
from server import Connection, Server, data, delta, finish  # found through the path above

BARE = [sys.executable, str(Path(__file__).with_name("bare.py")), "hi"]
GROK = [str(Path(sys.executable).with_name("grok")), "ask", "hi"]
DELTAS = 20_000
PACED_DELTAS = 1000
# The prompt is bold.
PROMPT = b"\x1b[0;1m>"


def main() -> None:
    """Print every figure beside its bound."""
    with tempfile.TemporaryDirectory() as home:
        environ = os.environ | {"GROKCLI_HOME": home, "XAI_API_KEY": "xai-benchmark"}
        row("start to request, against the bare script", start_to_request(environ), "x", 3.3)
        row("--version, against import typer", version(environ), "x", 1.25)
        row("20,000 piped deltas: CPU, against the bare script", piped(environ), "x", 1.5)
        row("delta at the socket to bytes on stdout, p99", latency(environ) * 1000, "ms", 5)
        row("chat to its prompt, against import prompt_toolkit", chat_to_prompt(environ), "x", 2.5)
        small, large = (memory(environ, size) for size in (3_000, 300_000))
        row("peak memory of a 300 KB answer", large, "MB", 80)
        row("its growth over a 3 KB answer", large - small, "MB", 8)


def row(what: str, figure: float, unit: str, bound: float) -> None:
    """Print one figure."""
    verdict = "ok" if figure <= bound else "OVER"
    print(f"{what:55} {figure:7.2f} {unit:3} (bound {bound:g}) {verdict}", flush=True)


def in_turn(first: Callable[[], float], second: Callable[[], float], runs: int) -> float:
    """Return the ratio of the medians of two measurements that are taken in turn, after one of each to warm up."""
    first(), second()
    pairs = [(first(), second()) for _ in range(runs)]
    return statistics.median(a for a, _ in pairs) / statistics.median(b for _, b in pairs)


def start_to_request(environ: dict[str, str]) -> float:
    """Time from starting the process to its request at the server."""
    server = Server()
    arrived: list[float] = []

    def play(connection: Connection) -> None:
        arrived.append(time.perf_counter())
        play_answer(connection, ["Hello"])

    server.reply(play)

    def once(command: list[str]) -> float:
        begin = time.perf_counter()
        run(command, environ | {"XAI_BASE_URL": server.url})
        return arrived[-1] - begin

    return in_turn(lambda: once(GROK), lambda: once(BARE), 21)


def version(environ: dict[str, str]) -> float:
    """Wall time of `grok --version` against the import of its command-line library."""

    def once(command: list[str]) -> float:
        begin = time.perf_counter()
        run(command, environ)
        return time.perf_counter() - begin

    return in_turn(lambda: once([GROK[0], "--version"]), lambda: once([sys.executable, "-c", "import typer"]), 21)


def piped(environ: dict[str, str]) -> float:
    """CPU time of a long answer."""
    server = Server()
    server.reply(lambda connection: play_answer(connection, [f"word{n} " for n in range(DELTAS)]))
    environ = environ | {"XAI_BASE_URL": server.url}
    return in_turn(lambda: run(GROK, environ)[0], lambda: run(BARE, environ)[0], 5)


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

    def chat() -> float:
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
        return taken

    def bare() -> float:
        begin = time.perf_counter()
        run([sys.executable, "-c", "import prompt_toolkit"], environ)
        return time.perf_counter() - begin

    return in_turn(chat, bare, 15)


def memory(environ: dict[str, str], size: int) -> float:
    """Peak memory in MB of an answer of `size` bytes."""
    server = Server()
    server.reply(lambda connection: play_answer(connection, ["twelve bytes"] * (size // 12)))
    return run(GROK, environ | {"XAI_BASE_URL": server.url})[1]


def play_answer(connection: Connection, texts: list[str]) -> None:
    """Stream an answer, a chunk for each piece."""
    connection.stream_head()
    for text in texts:
        connection.chunk(data(delta(text)))
    connection.chunk(data(finish()) + data("[DONE]"))
    connection.end()


def run(command: list[str], environ: dict[str, str]) -> tuple[float, float]:
    """Run a command, its output into a pipe that is read. Returns its CPU seconds and its peak memory in MB."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=environ)
    assert process.stdout is not None
    reader = threading.Thread(target=process.stdout.read)
    reader.start()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    reader.join()
    process.stdout.close()
    if process.returncode != 0:
        raise SystemExit(f"{command} failed with exit code {process.returncode}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


if __name__ == "__main__":
    main()
