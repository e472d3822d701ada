"""How fast `grok batch` asks, as a ratio to a bare pool of threads with http.client, and how much memory it takes.

    python tests/bench/batch.py           5,000 short answers, 32 at a time; then 1,000 and 100,000 lines
    python tests/bench/batch.py 1000      fewer answers

Each pair is run in turn. The server is a process of its own; it answers after some milliseconds, far sooner than any
model does, because without any wait only the processor is measured: that figure is printed too.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PARALLEL = 32
ANSWERS = 5000
RUNS = 3
LATENCIES = (0.05, 0.0)
FEW, MANY = 1000, 100_000
GROK = str(Path(sys.executable).with_name("grok"))

SERVER = """
import asyncio, json, sys

BODY = json.dumps({"id": "1", "object": "chat.completion", "model": "grok-4.7", "choices": [{"index": 0, "message": {
    "role": "assistant", "content": "billing"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 20,
    "completion_tokens": 3, "total_tokens": 23, "cost_in_usd_ticks": 739000}}).encode()
REPLY = b"HTTP/1.1 200 OK\\r\\ncontent-type: application/json\\r\\ncontent-length: %d\\r\\n\\r\\n%s" % (len(BODY), BODY)

async def serve(reader, writer):
    try:
        while True:
            head = (await reader.readuntil(b"\\r\\n\\r\\n")).lower()
            await reader.readexactly(int(head.split(b"content-length:")[1].split(b"\\r")[0]))
            if LATENCY:
                await asyncio.sleep(LATENCY)
            writer.write(REPLY)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()

async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=256)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

LATENCY = float(sys.argv[1])
asyncio.run(main())
"""

# The least that a program must do: read the lines, ask with so many threads over connections that are kept, and write
# each answer as a line.
POOL = """
import http.client, json, sys, threading
from concurrent.futures import ThreadPoolExecutor

port, source, target, width = int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
own, lock, out = threading.local(), threading.Lock(), open(target, "w")

def ask(numbered):
    number, line = numbered
    if not hasattr(own, "connection"):
        own.connection = http.client.HTTPConnection("127.0.0.1", port)
    body = json.dumps({"model": "grok-4.7", "messages": [{"role": "user", "content": line.strip()}]})
    headers = {"Authorization": "Bearer key", "Content-Type": "application/json"}
    own.connection.request("POST", "/v1/chat/completions", body, headers)
    answer = json.loads(own.connection.getresponse().read())
    with lock:
        out.write(json.dumps({"id": number, "answer": answer["choices"][0]["message"]["content"]}) + "\\n")
        out.flush()

with open(source) as lines, ThreadPoolExecutor(width) as pool:
    for _ in pool.map(ask, enumerate(lines, 1)):
        pass
"""


def main(answers: int) -> None:
    """Print every figure beside its bound."""
    with tempfile.TemporaryDirectory() as folder:
        for latency in LATENCIES:
            compare(Path(folder), answers, latency)
        memory(Path(folder))


def compare(folder: Path, answers: int, latency: float) -> None:
    """Print the throughput as a ratio to that of the bare pool."""
    with Server(latency) as port:
        questions = lines(folder, answers)
        pool = [sys.executable, "-c", POOL, str(port), str(questions), str(folder / "bare.jsonl"), str(PARALLEL)]
        times: list[tuple[float, float]] = []
        for number in range(RUNS):
            out = folder / f"{latency}-{number}.jsonl"
            words = [GROK, "batch", "-q", str(questions), "-o", str(out), "--parallel", str(PARALLEL)]
            times.append((run(words, folder, port)[0], run(pool, folder, port)[0]))
            assert len(out.read_bytes().splitlines()) == answers
    ours, bare = (statistics.median(column) for column in zip(*times, strict=True))
    bound = "bound 0.80x" if latency else "no bound"
    what = f"{answers:,} answers, {PARALLEL} at a time, {latency * 1000:.0f} ms each"
    print(f"{what:<50} {bare / ours:5.2f}x ({bound}; {answers / ours:,.0f}/s, bare {answers / bare:,.0f}/s)")


def memory(folder: Path) -> None:
    """Print the peak memory for few and for many lines, and for many that are answered already."""
    with Server(0.0) as port:
        peaks = []
        for count in (FEW, MANY):
            words = [GROK, "batch", "-q", str(lines(folder, count)), "-o", str(folder / f"memory-{count}.jsonl")]
            peaks.append(run([*words, "--parallel", str(PARALLEL)], folder, port)[1])
        again = run([*words, "--parallel", str(PARALLEL)], folder, port)[1]
    print(f"peak memory: {FEW:,} lines {peaks[0]:.0f} MB, {MANY:,} lines {peaks[1]:.0f} MB, continued {again:.0f} MB")


def lines(folder: Path, count: int) -> Path:
    """Return a file of so many questions."""
    path = folder / f"{count}.txt"
    path.write_text("".join(f"classify ticket {number}: I was charged twice\n" for number in range(count)))
    return path


def run(words: list[str], folder: Path, port: int) -> tuple[float, float]:
    """Run a program, and return the seconds that it took, and its peak memory in MB."""
    environ = os.environ | {
        "GROKCLI_HOME": str(folder / "home"),
        "XAI_API_KEY": "key",
        "XAI_BASE_URL": f"http://127.0.0.1:{port}/v1",
    }
    began = time.monotonic()
    process = subprocess.Popen(words, env=environ)
    _, status, used = os.wait4(process.pid, 0)
    assert status == 0, words
    return time.monotonic() - began, used.ru_maxrss / 1024


class Server:
    """The server, for as long as the block runs."""

    def __init__(self, latency: float) -> None:
        """Answer after so many seconds."""
        words = [sys.executable, "-c", SERVER, str(latency)]
        self._process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=os.environ)

    def __enter__(self) -> int:
        assert self._process.stdout is not None
        return int(json.loads(self._process.stdout.readline()))

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ANSWERS)
