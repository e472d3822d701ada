"""Thousands of questions, a server that fails a tenth of them, and a process that is killed twice."""

from __future__ import annotations

import collections
import json
import os
import signal
import subprocess
from itertools import count
from pathlib import Path

import pytest
from language import command
from server import Connection, body, whole

QUESTIONS, KILLED_AT = 2000, (500, 1200)


def drop(connection):
    connection.head(content_type="application/json", content_length="90")
    connection.send(b'{"choices": ')
    connection.cut()


# Those that pass when the question is asked again, and those that do not.
PASSING = [
    body({"error": "slow down"}, 429),
    body({"error": "slow down"}, 429, retry_after="0"),
    body({"error": "try later"}, 503),
    body("<html>bad gateway</html>", 502, content_type="text/html"),
    body({"error": {"message": "the model is overloaded", "type": "server_error"}}),
    drop,
    Connection.reset,
    Connection.cut,
]
LASTING = [
    body({"error": "invalid argument", "code": "invalid-argument"}, 400),
    body({"error": "content violates usage guidelines"}, 403),
    body("[]"),
    whole("half", reason="length"),
    whole("", reason="content_filter"),
    whole(""),
]
WAYS = [*PASSING, *LASTING]


@pytest.mark.skipif(os.name == "nt", reason="no kill -9")
def test_2000_questions_survive_a_failing_server_and_two_kills(environ, server, tmp_path):
    questions, out = tmp_path / "q.txt", tmp_path / "out.jsonl"
    questions.write_text("".join(f"question {number}\n" for number in range(1, QUESTIONS + 1)))
    tries: collections.Counter[int] = collections.Counter()
    arrivals, kills = count(1), list(KILLED_AT)

    def play(connection):
        request = next(one for one in reversed(server.requests) if one.connection == connection.number)
        if not is_whole(request):  # what a process was sending when it was killed
            return connection.cut()
        number = number_in(request)
        if kills and next(arrivals) >= kills[0]:
            kills.pop(0)
            os.kill(process.pid, signal.SIGKILL)
        tries[number] += 1
        way = WAYS[number // 10 % len(WAYS)] if number % 10 == 0 else None
        fails = way is not None and (way in LASTING or tries[number] == 1)
        return (way if fails else whole(f"answer {number}"))(connection)

    server.reply(play)
    words = command("batch", "-q", str(questions), "-o", str(out), "--parallel", "16")
    written: dict[int, set[str]] = {}
    for _ in (*KILLED_AT, None):
        process = subprocess.Popen(words, env=environ, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        _, err = process.communicate(timeout=120)
        written[len(server.requests)] = complete_ids(out)
    assert (process.returncode, kills) == (7, [])
    assert b"Traceback" not in err

    results = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert sorted(int(one["id"]) for one in results) == list(range(1, QUESTIONS + 1))
    failed = {int(one["id"]) for one in results if one["status"] == "failed"}
    lasting = {number for number in range(10, QUESTIONS + 1, 10) if WAYS[number // 10 % len(WAYS)] in LASTING}
    assert failed == lasting
    assert all(one["answer"] == f"answer {one['id']}" for one in results if one["status"] == "answered")
    # Nothing whose result was written when a process began was asked by it.
    for at, before in written.items():
        assert before.isdisjoint(str(number_in(request)) for request in server.requests[at:] if is_whole(request))
    assert [len(before) > 100 for before in written.values()] == [True, True, True]


def is_whole(request):
    return len(request.body) == int(request.headers["content-length"])


def number_in(request):
    return int(request.json["messages"][-1]["content"].split()[1])


def complete_ids(path: Path) -> set[str]:
    """Return the ids of the results that are written to their end."""
    return {json.loads(line)["id"] for line in path.read_bytes().split(b"\n")[:-1]}
