"""Many questions to a server that fails at random in every way it can.

    python tests/chaos.py [RUNS [SEED]]

Every run must end with a code of the table, print a prefix of the true answer, keep in the store what was printed, and
show neither the key nor a traceback. An odd value, such as 2**70 tokens, never costs the answer. A run that does not is
printed with its seed; `python tests/chaos.py 1 SEED` repeats it.
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
from collections.abc import Callable
from pathlib import Path
from typing import Any

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


# One run in so many is answered in full, with odd values in its events; of those answers, one in so many is huge.
ODD, HUGE = 4, 40
# What stands where a server should have put a number, a name or nothing.
VALUES: tuple[Any, ...] = (
    2**70, -(2**70), 10**400, -1, 0.5, 1e308, float("nan"), float("inf"), float("-inf"), True, None, "", "many", "1e999",
    "\ud800", "\udc00x", "\x00", "\x1b[2J", "\u202e", "@1@", [], [[]], {}, {"a": {"a": None}}, [None], "x" * 5000,
    json.loads("[" * 200 + "]" * 200),
)  # fmt: skip


def fault(rng: random.Random, content: bytes) -> Reply:
    """Return a reply that sends the stream `content`, or fails in one of the ways, as `rng` wills."""
    return rng.choice(FAULTS)(rng, content)


def whole(rng: random.Random, content: bytes) -> Reply:
    """Return a reply that sends all of the stream `content`, and more than that, or odd values in it."""
    if rng.randrange(HUGE) == 0:
        return _well(rng, _huge(rng, content))
    return rng.choice(WHOLE)(rng, odd(rng, content))


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


def _slow_head(rng: random.Random, content: bytes) -> Reply:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"

    def reply(connection: Connection) -> None:
        for byte in head:
            connection.send(bytes([byte]))
        connection.send(content)
        connection.cut()

    return reply


def _alive_for_ever(rng: random.Random, content: bytes) -> Reply:
    part = content[: rng.randrange(len(content))]
    sign = rng.choice([b": alive\n\n", b":\n", b"\n", b"data:\n\n", b"retry: 1\n\n"])

    def reply(connection: Connection) -> None:
        connection.stream_head()
        connection.chunk(part or sign)
        while True:  # until the client hangs up
            time.sleep(0.01)
            connection.chunk(sign)

    return reply


def _busy(rng: random.Random, _: bytes) -> Reply:
    """Return a server that says under HTTP 200 that it is busy: in the first event, or in a document."""
    words = rng.choice(["The service is busy", "overloaded", "Service temporarily unavailable", f"busy {KEY}"])
    error = {"error": {"message": words, "code": rng.choice([429, 503, "503", "overloaded_error", None])}}
    if rng.random() < 0.5:
        return body(error)
    return body(data({"type": "error", **error}), content_type="text/event-stream")


def _refusal(rng: random.Random, content: bytes) -> Reply:
    if rng.random() < 0.5:
        return body({"error": f"Content violates usage guidelines. {KEY}"}, 403)
    events = content.split(b"\n\n")
    part = events[: rng.randrange(len(events))]
    return body(b"\n\n".join([*part, data(finish("content_filter"))]), content_type="text/event-stream")


def _called_html(rng: random.Random, content: bytes) -> Reply:
    return body(rng.choice([content, b'{"error": "no"}', b"{}"]), content_type="text/html; charset=utf-8")


def _cr_only(rng: random.Random, content: bytes) -> Reply:
    return body(content.replace(b"\n", b"\r"), content_type="text/event-stream")


def _deep(rng: random.Random, content: bytes) -> Reply:
    depth = rng.choice([500, 1000, 100_000])
    return body(_between(rng, content, b'data: {"a": ' + b"[" * depth + b"]" * depth + b"}\n\n"))


def _between(rng: random.Random, content: bytes, events: bytes) -> bytes:
    """Return the stream with further events between two of its own."""
    parts = content.split(b"\n\n")
    at = rng.randrange(1, len(parts))
    return b"\n\n".join(parts[:at]) + b"\n\n" + events + b"\n\n".join(parts[at:])


def _huge(rng: random.Random, content: bytes) -> bytes:
    """Return the stream with more in it than anybody asked for."""
    count, kind = rng.choice([2000, 20_000]), rng.randrange(4)
    if content.startswith(b"event:"):
        call = {**wire.function_call("f", {}), "arguments": ""}
        added = {"type": "response.output_item.added", "output_index": 7, "item": call}
        piece = {
            "type": "response.function_call_arguments.delta",
            "output_index": 7,
            "item_id": call["id"],
            "delta": "x",
        }
        source = {"type": "response.output_text.annotation.added", "annotation": wire.citation("https://x.test/")}
        kinds: list[list[dict[str, Any]]] = [
            [{"type": "response.something_new", "pad": "x" * 200 * count}],
            [{"type": "response.output_text.delta", "delta": ""}] * count,
            [source] * count,
            [added, *[piece] * count],
        ]
        return _between(rng, content, wire.frame(kinds[kind]))
    call = {"index": 0, "id": "c", "type": "function", "function": {"name": "f", "arguments": "x"}}
    chunks = [
        [{"choices": [], "pad": "x" * 200 * count}],
        [delta()] * count,
        [{**delta(), "citations": [f"https://x.test/{number}" for number in range(count)]}],
        [delta(tool_calls=[call])] * count,
    ][kind]
    return _between(rng, content, b"".join(map(data, chunks)))


FAULTS: tuple[Callable[[random.Random, bytes], Reply], ...] = (
    _well, _well, _dripping, _packed, _broken, _broken, _status, _under_200, _silent, _garbage, _slow_head, _alive_for_ever,
    _busy, _refusal, _called_html, _cr_only, _deep,
)  # fmt: skip
# Those that send all of the answer.
WHOLE: tuple[Callable[[random.Random, bytes], Reply], ...] = (_well, _dripping, _packed, _slow_head)


def odd(rng: random.Random, content: bytes) -> bytes:
    """Return the stream with odd values in fields that do not say what the answer is."""
    events = []
    for event in content.decode().split("\n\n"):
        head, mark, document = event.rpartition("data: ")
        if rng.random() < 0.3 and document.startswith("{"):
            # Escaped, since half a surrogate pair cannot be sent otherwise; and a number longer than Python reads.
            document = json.dumps(_with_odd(rng, json.loads(document))).replace('"@1@"', "1" * 5000)
        events.append(head + mark + document)
    return "\n\n".join(events).encode()


def _with_odd(rng: random.Random, document: dict[str, Any]) -> dict[str, Any]:
    """Return an event with some odd fields: figures, names, times and fields that nobody knows."""
    value = rng.choice(VALUES)
    for name in rng.sample(
        ["id", "object", "created", "model", "sequence_number", "system_fingerprint", "new", "logprobs"], 3
    ):
        document[name] = value
    for figures in (document.get("usage"), document.get("response", {}).get("usage")):
        if figures:
            figures[rng.choice(list(figures))] = value
    if "response" in document:
        document["response"] |= dict.fromkeys(("id", "created_at", "model", "store", "metadata", "tools"), value)
    return document


def stream_of(text: str, rng: random.Random, api: str) -> bytes:
    """Return the whole event stream of an answer that says `text`."""
    if api == "responses":
        # Several items may have one id.
        thoughts = [{**wire.reasoning("Hm."), "id": "msg_0"} for _ in range(rng.choice([0, 0, 1, 2]))]
        return wire.frame(wire.events(*thoughts, wire.message(text)))
    size = rng.randrange(1, 9)
    deltas = [delta(text[start : start + size]) for start in range(0, len(text), size)]
    return b"".join(map(data, [*deltas, finish(), usage(), "[DONE]"]))


def run(seed: int, server: Server, home: Path) -> list[str]:
    """Do one run and return what is wrong with it, its exit code first."""
    rng = random.Random(seed)
    text = "".join(rng.choice(LETTERS) for _ in range(rng.randrange(1, 60)))
    api = rng.choice(["chat", "responses"])
    content = stream_of(text, rng, api)
    is_odd = rng.randrange(ODD) == 0
    if is_odd:
        server.script([whole(rng, content)])
    else:
        server.script([fault(rng, content) for _ in range(4)])
    environ = {"PATH": os.environ["PATH"], "HOME": str(home), "GROKCLI_HOME": str(home), "GROK_API": api}
    environ |= {"XAI_API_KEY": KEY, "XAI_BASE_URL": server.url, "GROK_RETRY_DELAY": "0.001"}
    # A machine that is busy must not be taken for a server that is silent, where none is.
    environ["GROK_IDLE_TIMEOUT"] = "60" if is_odd else "0.1"
    words = ["ask", *rng.choice([[], ["--debug"], ["-u"]]), f"question {seed}"]
    began = time.monotonic()
    result = (in_process if rng.randrange(PROCESSES) == 0 else in_place)(words, environ)
    wrong = verdict(result, text, kept(environ))
    # Only blanks are no answer.
    if is_odd and result.code != (0 if text.strip() else 7):
        wrong.append(f"an odd value or its size cost the answer: exit code {result.code}")
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
