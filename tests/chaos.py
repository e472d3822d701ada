"""Many questions to a server that fails at random in every way it can.

    python tests/chaos.py [RUNS [SEED]]

Every run must end with a code of the table, print a prefix of the true answer, keep in the store what was printed, and
show neither the key nor a traceback. A run that does not is printed with its seed; `python tests/chaos.py 1 SEED`
repeats it.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import responses as wire  # found through the path above, as are the next two
from language import KEY, Result, Screen, command, piped, written
from server import Connection, Reply, Server, body, data, delta, finish, usage

from grokcli.cli import main as grok
from grokcli.env import Env
from grokcli.terminal.console import Console

CODES = {0, 3, 4, 5, 6, 7}
LETTERS = "aé日🙂 \n`*"
STATUSES = (400, 401, 402, 403, 404, 405, 410, 413, 415, 422, 429, 500, 502, 503, 520, 529)
# Longer than any wait that is meant, so that only a run that hangs is found.
LONG_SECONDS = 60
# One run in so many is a process of its own.
PROCESSES = 25


def fault(rng: random.Random, content: bytes) -> Reply:
    """Return a reply that sends the stream `content`, or fails in one of the ways, as `rng` wills."""
    return rng.choice([_well, _well, _dripping, _packed, _broken, _broken, _status, _under_200, _silent, _garbage])(
        rng, content
    )


def _well(rng: random.Random, content: bytes) -> Reply:
    kind = rng.choice(["text/event-stream", "text/event-stream; charset=latin-1", "text/plain", ""])
    return body(content, content_type=kind)


def _dripping(rng: random.Random, content: bytes) -> Reply:
    size = rng.randrange(1, 20)

    def reply(connection: Connection) -> None:
        connection.head(content_type="text/event-stream", connection="close")
        for start in range(0, len(content), size):
            connection.send(content[start : start + size])
        connection.cut()

    return reply


def _packed(_: random.Random, content: bytes) -> Reply:
    return body(gzip.compress(content), content_type="text/event-stream", content_encoding="gzip")


def _broken(rng: random.Random, content: bytes) -> Reply:
    part = content[: rng.randrange(len(content))] if rng.random() < 0.8 else b""
    end = rng.choice(["cut", "reset", "end"])
    head = rng.random() < 0.9

    def reply(connection: Connection) -> None:
        if head:
            connection.stream_head()
        if part and head:
            connection.chunk(part)
        getattr(connection, end if head else "reset")()

    return reply


def _status(rng: random.Random, _: bytes) -> Reply:
    said = {"code": "some", "error": f"Bearer {KEY} \x1b]0;x\x07"}
    document = rng.choice([said, "<html>no</html>", "", f"\x9b {KEY}", json.dumps(said)])
    wait = {"retry_after": rng.choice(["0", "0.01", "61", "soon"])} if rng.random() < 0.3 else {}
    return body(document, rng.choice(STATUSES), **wait)


def _under_200(rng: random.Random, content: bytes) -> Reply:
    error = {"error": {"message": f"no {KEY}", "code": rng.choice(STATUSES)}}
    events = content.split(b"\n\n")
    return body(b"\n\n".join([*events[: rng.randrange(len(events))], data(error)]), content_type="text/event-stream")


def _silent(rng: random.Random, content: bytes) -> Reply:
    part = content[: rng.randrange(len(content))]

    def reply(connection: Connection) -> None:
        connection.stream_head()
        if part:
            connection.chunk(part)
        for _ in range(30):
            time.sleep(0.01)
            connection.chunk(b": alive\n\n")
        connection.cut()

    return reply


def _garbage(rng: random.Random, _: bytes) -> Reply:
    junk = rng.randbytes(rng.randrange(200))

    def reply(connection: Connection) -> None:
        connection.send(junk)
        connection.cut()

    return reply


def stream_of(text: str, rng: random.Random, api: str) -> bytes:
    """Return the whole event stream of an answer that says `text`."""
    if api == "responses":
        return wire.frame(wire.events(wire.message(text)))
    size = rng.randrange(1, 9)
    deltas = [delta(text[start : start + size]) for start in range(0, len(text), size)]
    return b"".join(map(data, [*deltas, finish(), usage(), "[DONE]"]))


def run(seed: int, server: Server, home: Path) -> list[str]:
    """Do one run and return what is wrong with it, its exit code first."""
    rng = random.Random(seed)
    text = "".join(rng.choice(LETTERS) for _ in range(rng.randrange(1, 60)))
    api = rng.choice(["chat", "responses"])
    content = stream_of(text, rng, api)
    server.script([fault(rng, content) for _ in range(4)])
    environ = {"PATH": os.environ["PATH"], "HOME": str(home), "GROKCLI_HOME": str(home), "GROK_API": api}
    environ |= {"XAI_API_KEY": KEY, "XAI_BASE_URL": server.url, "GROK_RETRY_DELAY": "0.001", "GROK_IDLE_TIMEOUT": "0.1"}
    words = ["ask", *rng.choice([[], ["--debug"], ["-u"]]), f"question {seed}"]
    began = time.monotonic()
    result = (in_process if rng.randrange(PROCESSES) == 0 else in_place)(words, environ)
    wrong = verdict(result, text, kept(environ))
    if time.monotonic() - began > LONG_SECONDS:
        wrong.append("it took long")
    return [str(result.code), *wrong, *([result.err] if wrong else [])]


def verdict(result: Result, text: str, stored: str) -> list[str]:
    """Return what is wrong with the `result` of a run whose true answer is `text`, and of which `stored` was kept."""
    printed, whole = result.out.removesuffix("\n"), text.removesuffix("\n")
    checks = {
        f"exit code {result.code}": result.code in CODES,
        "the key is shown": KEY not in result.out + result.err,
        "a traceback, or a bug": "Traceback" not in result.err and "bug in grok" not in result.err,
        f"printed {result.out!r} of {text!r}": whole.startswith(printed),
        f"exit code {result.code} with {printed!r} of {text!r}": result.code != 0 or printed == whole,
        f"kept {stored!r}, printed {result.out!r}": stored.removesuffix("\n") == printed,
    }
    return [problem for problem, is_right in checks.items() if not is_right]


def kept(environ: dict[str, str]) -> str:
    """Return the answer that the store holds of the latest question."""
    messages = json.loads(in_place(["history", "show", "--json"], environ).out)["messages"]
    return "".join(message["content"] for message in messages if message["role"] == "assistant")


def in_place(words: list[str], environ: dict[str, str]) -> Result:
    """Run grok in this process."""
    with piped(None) as stdin:
        env = Env(Console(stdin, Screen(tty=False), Screen(tty=False)), environ)
        code = grok(words, env)
    return Result(code, written(env.console.stdout), written(env.console.stderr))


def in_process(words: list[str], environ: dict[str, str]) -> Result:
    """Run grok in a process of its own."""
    done = subprocess.run(command(*words), stdin=subprocess.DEVNULL, capture_output=True, env=environ, timeout=60)
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


def storm(runs: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Do so many runs; return how often each exit code came, and what was wrong."""
    server = Server()
    codes: Counter[str] = Counter()
    wrong = []
    with tempfile.TemporaryDirectory() as home:
        for number in range(seed, seed + runs):
            code, *problems = run(number, server, Path(home))
            codes[code] += 1
            wrong += [f"seed {number}: {problem}" for problem in problems]
    server.close()
    return codes, wrong


if __name__ == "__main__":
    runs, seed = (*map(int, sys.argv[1:]), *(1000, 0)[len(sys.argv) - 1 :])
    codes, wrong = storm(runs, seed)
    print(*wrong, sep="\n")
    print(f"{runs} runs, exit codes {dict(sorted(codes.items()))}, wrong: {len(wrong)}")
    sys.exit(bool(wrong))
