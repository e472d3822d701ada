"""`grok batch submit`, `list`, `status`, `fetch` and `cancel`, against xAI's Batch API in memory."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import time

import pytest
from batch_server import TICKS, BatchServer, answered, completion
from language import KEY, Screen, Typist, command
from server import body

from grokcli.batch import submit
from grokcli.batch.submissions import FOLDER, RECORD, Submissions
from grokcli.batch.watch import Clock, wait
from grokcli.client.wire.batches import Counts
from grokcli.client.xai import XAI
from grokcli.env import Env
from grokcli.terminal.console import Console

# The server sorts by id, as text: c comes before the b that was asked first.
QUESTIONS = '{"id": "b10", "prompt": "one"}\n{"id": "b9", "prompt": "two"}\n{"id": "a", "prompt": "three"}\n'


@pytest.fixture
def fake(server):
    return BatchServer(server)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with a file of three questions."""
    path = tmp_path / "work"
    path.mkdir()
    (path / "q.jsonl").write_text(QUESTIONS)
    monkeypatch.chdir(path)
    return path


@pytest.fixture
def submitted(grok, folder, fake):
    """The id of the three questions, submitted."""
    code, out, _ = grok("batch", "submit", "q.jsonl")
    assert code == 0
    return out.strip()


def posts(server):
    return [request.path for request in server.requests if request.method == "POST"]


def results(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def spent(grok):
    rows = json.loads(grok("usage", "--by", "command", "--json").out)["rows"]
    return {row["command"]: (row["questions"], row["cost_in_usd_ticks"]) for row in rows}


def test_questions_are_uploaded_and_a_batch_created(grok, server, fake, folder, home):
    code, out, err = grok("batch", "submit", "q.jsonl", "-s", "Be brief", "--schema", "label", "-t", "0.5")
    assert code == 0
    assert err.splitlines() == [
        "submitted 3 requests for grok-4.3",
        f"to wait for the results: grok batch fetch {out.strip()} --wait -o FILE",
    ]
    (batch,) = fake.batches.values()
    name, content = fake.files[batch.file_id]
    assert (batch.name, name) == (f"grok {out.strip()}: q.jsonl", f"grok-batch-{out.strip()}-1.jsonl")
    lines = [json.loads(line) for line in content.decode().splitlines()]
    assert [line["custom_id"] for line in lines] == ["b10", "b9", "a"]
    assert {(line["method"], line["url"]) for line in lines} == {("POST", "/v1/chat/completions")}
    assert lines[0]["body"]["messages"] == [
        {"role": "system", "content": "Be brief"},
        {"role": "user", "content": "one"},
    ]
    assert lines[0]["body"]["model"] == "grok-4.3"
    assert lines[0]["body"]["temperature"] == 0.5
    assert lines[0]["body"]["response_format"]["type"] == "json_schema"
    assert b"604800" in server.requests[0].body  # the file is deleted after a week
    assert {path.stat().st_mode & 0o777 for path in (home / "data" / FOLDER).rglob(RECORD)} == {0o600}


def test_requests_of_the_responses_api_ask_for_nothing_that_does_not_come_back(grok, fake, folder):
    assert grok("batch", "submit", "q.jsonl", "--web", "--api", "responses", "--fast").code == 0
    line = json.loads(next(iter(fake.files.values()))[1].splitlines()[0])
    assert line["url"] == "/v1/responses"
    assert line["body"] == {
        "model": "grok-4.3",
        "input": [{"role": "user", "content": "one"}],
        "store": False,
        "tools": [{"type": "web_search"}],
    }


def test_the_model_is_the_flags_the_lines_or_the_roles_but_not_that_of_chats(grok, fake, folder, environ, home):
    environ["GROK_MODEL"] = "grok-4.7"
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text('[roles.r]\nmodel = "from-role"\n[aliases]\nshort = "long"\n')
    (folder / "q.jsonl").write_text('{"prompt": "one"}\n{"prompt": "two", "model": "own"}\n')
    for words, model in (((), "grok-4.3"), (("--role", "r"), "from-role"), (("-m", "short"), "long")):
        assert grok("batch", "submit", "q.jsonl", *words).code == 0
        lines = [json.loads(line) for line in list(fake.files.values())[-1][1].splitlines()]
        assert [line["body"]["model"] for line in lines] == [model, "own"]


def test_results_come_back_in_the_order_of_the_questions(grok, server, fake, folder, submitted):
    fake.page, fake.outcomes["b9"] = 1, "error"
    fake.finish()
    code, out, err = grok("batch", "fetch", "-o", "out.jsonl")
    assert (code, out) == (7, "")
    assert err.splitlines() == [
        "2 answered, 1 failed · $0.00054944 billed",
        "error: 1 of 3 questions failed",
        "hint: their lines say why; grok batch FILE -o out.jsonl --retry-failed asks them from here",
    ]
    first, second, third = results(folder / "out.jsonl")
    assert [first["id"], second["id"], third["id"]] == ["b10", "b9", "a"]
    assert (first["status"], first["answer"], first["usage"]["cost_in_usd_ticks"]) == (
        "answered",
        "answer to one",
        TICKS,
    )
    assert second["status"] == "failed"
    assert second["error"]["message"].startswith("the server said: Maximum number of tokens")
    assert set(third) == {"id", "status", "answer", "finish_reason", "model", "usage", "hash"}
    assert sum("/results" in request.path for request in server.requests) == 3


def test_a_fetched_file_is_one_that_grok_batch_continues(grok, server, fake, folder, submitted):
    fake.outcomes["b9"] = "stuck"
    fake.finish()
    assert grok("batch", "fetch", "-o", "out.jsonl").code == 7
    before = len(server.requests)
    server.script([body({"choices": [{"message": {"content": "here"}, "finish_reason": "stop"}]})])
    assert grok("batch", "q.jsonl", "-o", "out.jsonl", "--ordered").code == 0
    assert [request.json["messages"][0]["content"] for request in server.requests[before:]] == ["two"]
    filled = (folder / "out.jsonl").read_text()
    assert [one["answer"] for one in results(folder / "out.jsonl")] == ["answer to one", "here", "answer to three"]
    server.script([fake.reply])
    fake.outcomes["b9"] = "error"
    fake.finish()
    assert grok("batch", "fetch", "-o", "out.jsonl") == (0, "", "3 answered\n")
    assert (folder / "out.jsonl").read_text() == filled


def test_results_can_be_read_early_and_cost_once(grok, fake, folder, submitted):
    assert spent(grok) == {}
    fake.advance()
    code, _, err = grok("batch", "fetch", submitted[:4], "-o", "out.jsonl")
    assert code == 7
    assert "error: 2 of 3 questions have no result yet (running: 1 of 3 answered, 2 pending)\n" in err
    assert "hint: fetch them later, or add --wait\n" in err
    assert [one["id"] for one in results(folder / "out.jsonl")] == ["b10"]
    assert spent(grok) == {"batch": (1, TICKS)}
    with (folder / "out.jsonl").open("a") as file:
        file.write('{"id": "b9"')  # as kill -9 leaves it
    fake.finish()
    code, _, err = grok("batch", "fetch", submitted, "-o", "out.jsonl")
    assert (code, err) == (0, "removed half a line from the end of out.jsonl\n3 answered · $0.00054944 billed\n")
    assert [one["id"] for one in results(folder / "out.jsonl")] == ["b10", "b9", "a"]
    code, out, err = grok("batch", "fetch", submitted)
    assert (code, err) == (0, "3 answered\n")
    assert out == (folder / "out.jsonl").read_text()
    assert spent(grok) == {"batch": (3, 3 * TICKS)}


def test_odd_rows_cost_no_result(grok, fake, folder, submitted):
    search = {"role": "assistant", "content": "", "tool_calls": [{"id": "c", "function": {"name": "web_search"}}]}
    final = {"role": "assistant", "content": "found"}
    run = [{"message": search, "finish_reason": ""}, {"message": final, "finish_reason": "stop"}]
    fake.outcomes |= {"a": lambda _: answered(completion(choices=run)), "b9": "unknown", "b10": "inside"}
    fake.extra_rows = [
        {"batch_request_id": "b9", "batch_result": answered(completion("late"))},
        {"batch_request_id": "a", "batch_result": {"error": "twice"}},
        {"batch_request_id": "foreign", "batch_result": {"error": "?"}},
    ]
    fake.finish()
    code, out, err = grok("batch", "fetch")
    assert code == 7
    assert "warning: 1 result belongs to no question\n" in err
    first, second, third = map(json.loads, out.splitlines())
    assert (first["status"], first["error"]["message"]) == ("failed", "the server said: no such tool")
    assert (second["answer"], third["answer"]) == ("late", "found")


def test_a_schema_is_checked_when_the_answers_come(grok, fake, folder):
    grok("batch", "submit", "q.jsonl", "--schema", "label")
    fake.outcomes = {"a": lambda _: answered(completion('{"label": "x"}'))}
    fake.finish()
    code, out, _ = grok("batch", "fetch")
    first, _, third = map(json.loads, out.splitlines())
    assert (code, first["status"], third["data"]) == (7, "failed", {"label": "x"})


def test_a_file_with_other_results_is_left_alone(grok, fake, folder, submitted):
    fake.finish()
    for line in (
        '{"id": "a", "status": "answered", "hash": "other"}',
        '{"id": "z", "status": "failed", "hash": ""}',
        "x",
    ):
        (folder / "out.jsonl").write_text(line + "\n")
        code, _, err = grok("batch", "fetch", "-o", "out.jsonl")
        assert code == 2
        assert "hint: write to another file with -o\n" in err
        assert (folder / "out.jsonl").read_text() == line + "\n"


def test_a_refused_file_is_reported_in_the_servers_words(grok, fake, folder):
    fake.zeros = 2
    submitted = grok("batch", "submit", "q.jsonl", "-m", "grok-4.7").out.strip()
    words = "the server said: JSONL file validation failed: Model grok-4.7 is not supported for batch processing.\n"
    for _ in range(2):
        code, out, err = grok("batch", "status")
        assert (code, "validating" in out, err) == (0, True, "")
    code, out, err = grok("batch", "status")
    assert (code, "failed" in out, err) == (0, True, words + "hint: choose a model that batches accept: -m grok-4.3\n")
    code, out, err = grok("batch", "fetch", submitted)
    assert (code, out) == (6, "")
    assert f"error: {words}hint: choose a model that batches accept: -m grok-4.3\n" in err
    assert grok("batch", "submit", "q.jsonl", "-m", "grok-4.7").code == 0  # nothing was paid: no need to ask


def test_what_the_server_says_cannot_write_to_the_terminal(grok, fake, folder, submitted):
    next(iter(fake.batches.values())).refusal = "no\x1b]0;x\x07\nerror: forged"
    screen = Screen(tty=True)
    grok("batch", "status", tty=True, stderr=screen)
    assert "\x1b]" not in screen.getvalue()
    assert "\nerror: forged" not in screen.getvalue()


def test_a_cancel_may_still_turn_into_results(grok, server, fake, folder, submitted):
    fake.lies_after_cancel = 2
    code, out, _ = grok("batch", "cancel", submitted)
    assert (code, "cancelling" in out, "0 of 3 answered, 3 cancelled" in out) == (0, True, True)
    assert "/v1/batches/team%2Fbatch%3A1:cancel" in posts(server)
    code, out, _ = grok("batch", "status")
    assert "cancelling" in out  # the same counters, but not for 20 s
    assert grok("batch", "fetch", "-o", "out.jsonl").code == 0
    assert len(results(folder / "out.jsonl")) == 3


def test_what_was_cancelled_has_no_answer(grok, fake, folder, submitted):
    fake.advance()
    assert grok("batch", "cancel", submitted).code == 0
    code, out, _ = grok("batch", "fetch")
    assert code == 7
    said = [json.loads(line).get("error", {}).get("message") for line in out.splitlines()]
    assert said == [None, "the server said: Batch cancelled", "the server said: Batch cancelled"]


def test_results_outlive_their_batch_as_long_as_they_can_be_read(grok, fake, folder, submitted):
    fake.dates = ("2026-08-28", "2026-09-27", None)
    fake.advance()
    code, out, err = grok("batch", "fetch")
    assert (code, [json.loads(line)["id"] for line in out.splitlines()]) == (7, ["b10"])
    assert "error: 2 of 3 questions have no result: the batch is expired\n" in err
    assert "hint: grok batch FILE -o OUT asks them from here\n" in err
    fake.instead = [("/results", body({"code": "not-found", "error": "gone"}, 404))]
    code, out, err = grok("batch", "fetch")
    assert (code, out) == (6, "")
    assert "error: the server said: gone\n" in err


def test_batches_are_listed_with_those_of_others(grok, server, fake, folder, submitted, environ):
    fake.files["file_x"] = ("other.jsonl", b"")
    XAI("key", base_url=server.url).batches.create("file_x", "A colleague's")
    fake.advance()
    code, out, err = grok("batch", "list")
    header, own, other = out.splitlines()
    assert (code, err, header.split()) == (0, "", ["id", "age", "state", "requests", "answered", "failed", "input"])
    assert own.split() == [submitted, "now", "running", "3", "1", "0", "q.jsonl"]
    assert other.split()[0::2] == ["team/batch:2", "validating", "0", "A"]
    listed = json.loads(grok("batch", "list", "--json", "-n", "1").out)
    assert [(one["id"], one["own"], one["answered"]) for one in listed] == [(submitted, True, 1)]
    server.close()
    code, out, err = grok("batch", "list")
    assert (code, out.splitlines()[1].split()[2:4]) == (0, ["running", "3"])
    assert "\nshowing the last known states (could not reach" in err


def test_a_batch_of_somebody_else_can_be_fetched(grok, server, fake, folder, submitted, home):
    fake.outcomes["b9"] = "error"
    fake.finish()
    (record,) = (home / "data" / FOLDER).glob(f"*/{RECORD}")
    record.write_text("{")  # damaged: then only the server knows
    code, out, err = grok("batch", "fetch", "team/batch:1", "-o", "out.jsonl")
    assert (code, [one["id"] for one in results(folder / "out.jsonl")]) == (7, ["a", "b10", "b9"])
    assert err.startswith("2 answered, 1 failed\nerror: 1 of 3 questions failed\n")
    assert spent(grok) == {}
    code, out, err = grok("batch", "status", "batch_404")
    assert (code, out) == (6, "")
    assert err == "error: the server said: Batch not found\nhint: list the batches with: grok batch list\n"


def test_a_busy_server_is_asked_again(grok, server, fake, folder):
    def busy(**headers):
        return body({"error": "Too many requests"}, 429, **headers)

    places = ("POST /v1/files", "POST /v1/batches", "GET /v1/batches/team", "/results", ":cancel", "GET /v1/batches?")
    fake.instead = [(word, reply) for word in places for reply in (busy(retry_after="0"), busy())]
    for words in (("submit", "q.jsonl"), ("status",), ("fetch",), ("cancel", "team/batch:1"), ("list",)):
        assert grok("batch", *words).code in (0, 7)
    assert fake.instead == []
    assert (len(fake.files), len(fake.batches)) == (1, 1)
    fake.instead = [("POST /v1/files", busy(retry_after="100"))]
    code, _, err = grok("batch", "submit", "q.jsonl", "--again")
    assert (code, err.splitlines()[-1]) == (4, "hint: ask again in 100 s, as the server requests")


def test_a_lost_answer_is_looked_for_before_anything_is_sent_twice(grok, server, fake, folder):
    def lost(connection):
        fake.handle(connection)
        connection.cut()

    fake.instead = [("POST /v1/files", lost), ("POST /v1/batches", lost)]
    assert grok("batch", "submit", "q.jsonl").code == 0
    assert (len(fake.files), len(fake.batches)) == (1, 1)
    assert posts(server) == ["/v1/files", "/v1/batches"]


def test_what_was_killed_on_the_way_is_not_paid_twice(grok, server, fake, folder, environ):
    """kill -9 leaves us without the server's answer: it may have done what it was asked to, or not."""
    reached = threading.Event()

    def held(connection):
        if done:
            fake.handle(connection)
        reached.set()
        connection.file.read(1)  # until the client is gone
        connection.cut()

    table = [(where, done) for where in ("POST /v1/files", "POST /v1/batches") for done in (False, True)]
    for number, (where, done) in enumerate(table, 1):
        (folder / "q.txt").write_text(f"one\ntwo\n{number}\n")
        fake.instead = [(where, held)]
        reached.clear()
        process = subprocess.Popen(command("batch", "submit", "q.txt"), env=environ, stdin=subprocess.DEVNULL)
        assert reached.wait(60)
        process.kill()
        process.wait()
        before = len(server.requests)
        code, out, err = grok("batch", "submit", "q.txt")
        assert (code, out, len(server.requests)) == (2, "", before)
        assert "error: the same questions were uploaded just now (as " in err
        assert "hint: --resume continues that, --again submits all of them anew\n" in err
        code, out, _ = grok("batch", "submit", "q.txt", "--resume")
        assert (code, len(fake.files), len(fake.batches)) == (0, number, number), (where, done)
        fake.finish()
        assert grok("batch", "fetch", out.strip()).code == 0


def test_what_never_reached_the_server_is_forgotten(grok, server, fake, folder, home):
    for status, code in ((400, 6), (401, 3)):
        fake.instead = [("POST /v1/files", body({"error": "no"}, status))]
        assert grok("batch", "submit", "q.jsonl").code == code
    assert not list((home / "data" / FOLDER).glob(f"*/{RECORD}"))
    fake.instead = [("POST /v1/batches", body({"error": "no"}, 400))]
    code, _, err = grok("batch", "submit", "q.jsonl")
    assert code == 6
    assert " is not complete; to continue, run the same command with --resume\n" in err
    (listed,) = json.loads(grok("batch", "list", "--json").out)
    assert (listed["state"], len(fake.files)) == ("incomplete", 1)
    code, out, _ = grok("batch", "cancel", listed["id"])
    assert (code, "cancelled" in out, len(fake.files)) == (0, True, 0)
    assert grok("batch", "submit", "q.jsonl").code == 0


def test_looking_at_a_submission_loses_nothing_of_one_that_is_being_sent(fake, submitted, home):
    """Two processes: this one read the journal before the other one had created the batch."""
    submissions = Submissions(home / "data" / FOLDER)
    early = submissions.find(submitted)
    early.parts[0].batch_id, early.parts[0].state = "", ""
    submissions.save_states(early)
    assert submissions.find(submitted).parts[0].batch_id == "team/batch:1"


def test_the_same_questions_are_submitted_once_unless_they_are_asked_for(grok, fake, folder, submitted):
    code, out, err = grok("batch", "submit", "q.jsonl")
    assert (code, out) == (2, "")
    assert f"error: the same questions were submitted just now (as {submitted})\n" in err
    assert f"hint: fetch its results: grok batch fetch {submitted}; --again submits and pays once more\n" in err
    assert grok("batch", "submit", "q.jsonl", "--resume").out == f"{submitted}\n"
    for answer, code, batches in ((b"n\n", 2, 1), (b"y\n", 0, 2)):
        screen = Screen(tty=True)
        assert grok("batch", "submit", "q.jsonl", stdin=Typist(answer), stderr=screen).code == code
        assert "Submit 3 requests once more, and pay for them? [y/N]" in screen.getvalue()
        assert len(fake.batches) == batches
    assert grok("batch", "submit", "q.jsonl", "--again").code == 0
    assert grok("batch", "submit", "q.jsonl", "-m", "grok-4.20").code == 0  # another request
    assert len(fake.batches) == 4


def test_a_large_submission_is_several_batches_and_one_id(grok, server, fake, folder, monkeypatch):
    monkeypatch.setattr(submit, "MAX_PART_REQUESTS", 2)
    assert grok("batch", "submit", "q.jsonl", "--dry-run").out == "3 requests for grok-4.3, 0.4 KB in 2 files\n"
    assert server.requests == []
    fake.instead = [
        ("POST /v1/batches", lambda connection: None if fake.batches else fake.handle(connection)(connection))
    ]
    submitted = grok("batch", "submit", "q.jsonl").out.strip()
    assert [sorted(one.requests) for one in fake.batches.values()] == [["b10", "b9"], ["a"]]
    fake.finish()
    code, out, _ = grok("batch", "status", submitted)
    assert (code, "3 of 3 answered" in out, out.count("team/batch:")) == (0, True, 2)
    assert [json.loads(line)["id"] for line in grok("batch", "fetch").out.splitlines()] == ["b10", "b9", "a"]
    assert grok("batch", "list").out.splitlines()[1].split()[:4] == [submitted, "now", "done", "3"]


def test_what_cannot_be_submitted_is_refused_before_anything_is_sent(grok, server, fake, folder, home):
    table = [
        (("--max-cost", "1"), "--max-cost cannot stop a batch, which xAI runs"),
        (("-m", "local"), "xAI's servers do not run the local model"),
        (("--limit", "0"), "--limit"),
        (("-s", f"My key: {KEY}"), "the system prompt contains your API key"),
        (("--prompt", f"{{prompt}} {KEY}"), "q.jsonl, line 1: the question contains your API key"),
    ]
    for words, message in table:
        code, out, err = grok("batch", "submit", "q.jsonl", *words)
        assert (code, out, message in err) == (2, "", True), err
    (folder / "q.jsonl").write_text(QUESTIONS + '{"id": "a", "prompt": "four"}\n')
    assert grok("batch", "submit", "q.jsonl").code == 2
    (folder / "q.jsonl").write_text(QUESTIONS + json.dumps({"prompt": "x" * 5_100_000}))
    code, _, err = grok("batch", "submit", "q.jsonl")
    assert (code, err.startswith("error: q.jsonl, line 4: the input has at least 1,020,000 tokens")) == (2, True)
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{'A' * 25_000_000}"}}
    (folder / "q.jsonl").write_text(json.dumps({"messages": [{"role": "user", "content": [image]}]}))
    code, _, err = grok("batch", "submit", "q.jsonl")
    assert (code, err) == (2, "error: q.jsonl, line 1: the request is larger than 25 MB, the limit\n")
    assert server.requests == []
    assert list((home / "data" / FOLDER).glob("*")) == []


def test_nothing_was_submitted_yet(grok, fake):
    for name in ("status", "fetch"):
        code, out, err = grok("batch", name)
        assert (code, out) == (2, "")
        assert err == "error: no batch was submitted from here\nhint: submit one: grok batch submit FILE\n"
    assert grok("batch", "list") == (0, "", "")


class Hours:
    """A clock that a test turns, and what happens meanwhile: one thing for each wait."""

    def __init__(self, *events):
        self.time = time.time()
        self.waits = []
        self._events = list(events)
        self.clock = Clock(lambda: self.time, self.sleep)

    def sleep(self, seconds):
        self.time += seconds
        self.waits.append(round(seconds))
        if self._events:
            self._events.pop(0)()


def waited(environ, home, hours):
    """Wait for the only submission, and return its state, its counters and what was said."""
    console = Console(None, Screen(tty=False), Screen(tty=False))
    env = Env(console, environ)
    submissions = Submissions(home / "data" / FOLDER)
    submission = submissions.find(None)
    wait(env, env.connect("m"), submissions, submission, hours.clock)
    return submission.state, submission.counts, console.stderr.getvalue().splitlines()


def test_waiting_asks_less_and_less_often_and_says_what_changed(fake, submitted, environ, home):
    fake.zeros = 1
    busy = body({"error": "Too many requests"}, 429, retry_after="100")
    hours = Hours(
        lambda: None, fake.advance, lambda: fake.instead.append(("GET", busy)), *[lambda: None] * 9, fake.finish
    )
    state, counts, said = waited(environ, home, hours)
    assert (state, counts) == ("done", Counts(3, 0, 3, 0, 0))
    assert said == [
        "validating",
        "running: 0 of 3 answered, 3 pending",
        "running: 1 of 3 answered, 2 pending",
        "the server said: Too many requests; asking again",
    ]
    assert hours.waits == [3, 4, 7, 100, 15, 23, 34, 51, 60, 60, 60, 60, 60]


def test_waiting_for_a_cancel_lasts_until_the_counters_are_steady(grok, fake, submitted, environ, home):
    fake.lies_after_cancel = 4
    grok("batch", "cancel", submitted)
    state, counts, said = waited(environ, home, Hours())
    assert (state, counts.success, said) == ("done", 3, ["cancelling: 0 of 3 answered, 3 cancelled"])


def test_ctrl_c_leaves_a_batch_running_and_says_how_to_return(fake, submitted, environ, folder):
    words = ("batch", "fetch", "--wait", "-o", "out.jsonl")
    process = subprocess.Popen(
        command(*words), env=environ, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr.readline() == "running: 0 of 3 answered, 3 pending\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    return_to = f"grok batch fetch {submitted} -o out.jsonl --wait"
    assert (process.returncode, err) == (130, f"{submitted} continues on the server; to return to it: {return_to}\n")


def test_dates_are_read_with_and_without_a_time(grok, fake, folder, submitted):
    for dates in (("2026-08-28", "2099-09-27", None), ("2026-08-28T10:00:00Z", "2099-09-27T10:00:00.123456789Z", None)):
        fake.dates = dates
        (listed,) = json.loads(grok("batch", "list", "--json").out)
        assert listed["batches"][0]["expires"].startswith("2099-09-2")
