"""`grok batch`: what is asked, what is written, and what is asked again."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
from language import KEY, Screen, command, until, written
from server import body, whole

from grokcli.batch.progress import Progress, Tally
from grokcli.terminal.console import Console


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


@pytest.fixture
def ask(folder, grok):
    """Run a batch of these lines, one at a time unless told otherwise, with the results in out.jsonl."""

    def run(lines, *words, name="q.txt", **more):
        (folder / name).write_text(lines)
        return grok("batch", name, "--parallel", "1", "-o", "out.jsonl", *words, **more)

    return run


def results(path="out.jsonl"):
    return [json.loads(line) for line in Path(path).read_text("utf-8").splitlines()]


def asked(server):
    return [request.json["messages"][-1]["content"] for request in server.requests]


def echo(server):
    """Return a reply that repeats the prompt, to each connection its own."""

    def play(connection):
        request = next(one for one in reversed(server.requests) if one.connection == connection.number)
        whole(f"to {request.json['messages'][-1]['content']}")(connection)

    return play


def test_each_question_has_a_result_and_is_asked_once(ask, grok, server):
    server.reply(echo(server))
    code, out, err = ask("a\nb\nc\n", "--parallel", "3")
    assert (code, out) == (0, "")
    assert "3 answered · 90 tokens · $0.0002217" in err
    one = next(result for result in results() if result["id"] == "2")
    assert one["usage"]["cost_usd"] == "0.0000739"
    assert {name: one[name] for name in one if name not in ("usage", "hash")} == {
        "id": "2", "status": "answered", "answer": "to b", "finish_reason": "stop", "model": "grok-4.7",
    }  # fmt: skip
    assert ask("a\nb\nc\nd\n")[:2] == (0, "")
    assert sorted(asked(server)) == ["a", "b", "c", "d"]
    counts = dict(line.rsplit(None, 1) for line in ask("a\nb\nc\nd\ne\n", "--dry-run").out.splitlines())
    assert counts == {"questions": "5", "answered": "4", "failed": "0", "to ask": "1"}
    assert len(results()) == 4
    assert re.search(r"batch +4 +80", grok("usage", "--by", "command").out)
    assert grok("history", "list", "--json").out == "[]\n"


def test_half_a_line_is_removed_and_its_question_asked_again(ask, folder, server):
    server.reply(echo(server))
    ask("a\nb\n")
    whole_file = (folder / "out.jsonl").read_bytes()
    lines = whole_file.splitlines(keepends=True)
    for left, questions, note in [
        (lines[0] + lines[1][:40], ["b"], True),
        (lines[0] + lines[1][:-1], [], False),  # only the line break is missing
        (lines[0] + bytes(4096), ["b"], True),
        (lines[0][:-2], ["a", "b"], True),
        (lines[0][:4], ["a", "b"], True),
    ]:
        (folder / "out.jsonl").write_bytes(left)
        server.requests.clear()
        code, _, err = ask("a\nb\n")
        assert (code, asked(server)) == (0, questions)
        assert ("removed half a line" in err) == note
        assert sorted(one["answer"] for one in results()) == ["to a", "to b"]


def test_what_failed_is_asked_again_only_when_told(ask, server):
    server.reply(body({"error": "no such thing"}, 400), whole("b"))
    code, out, err = ask("a\nb\n")
    assert (code, out) == (7, "")
    assert "error: 1 of 2 questions failed\nhint: their lines in out.jsonl say why; --retry-failed asks" in err
    assert ask("a\nb\n").code == 7
    assert len(server.requests) == 2
    assert ask("a\nb\n", "--retry-failed").code == 0
    assert asked(server)[2:] == ["a"]
    assert [one["id"] for one in results()] == ["2", "1"]


def test_a_changed_question_is_noticed(ask, server):
    server.reply(echo(server))
    ask("a\nb\n")
    for lines, words in [("a\nc\n", ()), ("a\nb\n", ("-s", "be brief")), ("a\nb\n", ("--schema", "label"))]:
        code, _, err = ask(lines, *words)
        assert code == 2
        assert "changed since out.jsonl was written, or the options have; the first: q.txt, line " in err
    assert ask("a\nb\n", "-m", "grok-4.3").code == 0
    assert len(server.requests) == 2
    assert ask("a\nc\n", "--retry-changed").code == 0
    assert asked(server)[2:] == ["c"]
    assert sorted(one["answer"] for one in results()) == ["to a", "to c"]
    code, _, err = ask("a\n")
    assert code == 0
    assert "1 results in out.jsonl belong to no question" in err


def test_each_kind_of_failure_is_a_line_with_its_code(ask, server, folder):
    """Those that may pass are tried again, and leave no trace."""
    kinds = [
        ([body({"error": "bad", "code": "invalid"}, 400)], (6, "the server said: bad"), "invalid"),
        ([body("<html>", 502, content_type="text/html")] * 4, (6, "the server answered HTTP 502"), None),
        ([body({"error": "content violates usage guidelines"}, 403)], (7, "the server said"), None),
        ([_cut] * 4, (5, "the connection closed"), None),
        ([body("[1]")], (6, ""), None),
        ([body({"error": {"message": "inside", "code": "c7"}})], (6, "the server said: inside"), "c7"),
        ([whole("half", reason="length")], (7, "the answer was cut off"), None),
        ([whole("", reason="content_filter")], (7, "the answer was withheld"), None),
        ([whole("")], (7, "the answer is empty"), None),
        ([_call], (7, "the model wants to call shell"), None),
        ([body({"error": "boom"}, 500), _cut, body({"error": "busy"}, 429, retry_after="0"), whole("ok")], None, None),
    ]
    server.reply(*(reply for replies, *_ in kinds for reply in replies))
    code, _, err = ask("".join(f"{number}\n" for number in range(len(kinds))))
    assert code == 7
    assert "Traceback" not in err
    for one, (_, expected, server_code) in zip(results(), kinds, strict=True):
        if expected is None:
            assert (one["status"], one["answer"]) == ("answered", "ok")
        else:
            assert (one["status"], one["error"]["exit_code"]) == ("failed", expected[0]), one["error"]
            assert expected[1] in one["error"]["message"]
            assert one["error"].get("code") == server_code
    assert results()[6]["answer"] == "half"
    assert results()[6]["usage"]["cost_usd"] == "0.0000739"


def _cut(connection):
    connection.head(content_type="application/json", content_length="90")
    connection.send(b'{"choices": ')
    connection.cut()


def _call(connection):
    call = {"id": "1", "type": "function", "function": {"name": "shell", "arguments": "{}"}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    body({"choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]})(connection)


def test_what_no_question_would_survive_stops_the_run(ask, server):
    lines = "".join(f"{number}\n" for number in range(100))
    for reply, code, count, message in [
        (body({"error": "Incorrect API key provided"}, 400), 3, 0, "Incorrect API key"),
        (body({"error": "you have no credits"}, 429), 4, 0, "no credits"),
        (body({"error": "slow down"}, 429), 4, 0, "slow down"),
        (body({"error": "tomorrow"}, 429, retry_after="86400"), 4, 0, "tomorrow"),
        (body({"error": "no"}, 400), 6, 31, "31 questions in a row failed, the last because: the server said: no"),
    ]:
        server.script([reply])
        server.requests.clear()
        found = ask(lines)
        assert (found.code, found.out) == (code, "")
        assert message in found.err
        assert len(results()) in (count, count and count + 1)  # one may be under way
        assert f"{100 - len(results())} left: run the same command again to continue" in found.err
        assert len(server.requests) < 40


def test_lines_and_options_make_the_request(ask, server):
    server.reply(whole("ok"))
    lines = [
        {"prompt": "a"},
        {"prompt": "b", "model": "grok-4.3", "system": "own", "options": {"seed": 7, "temperature": 0}},
        {"messages": [{"role": "system", "content": "mine"}, {"role": "user", "content": "c"}]},
    ]
    text = "".join(f"{json.dumps(line)}\n" for line in lines)
    assert ask(text, "-s", "shared", "-t", "0.5", "-O", "top_p=0.9", name="q.jsonl").code == 0
    sent = [request.json for request in server.requests]
    assert [[message["content"] for message in one["messages"]] for one in sent] == [
        ["shared", "a"], ["own", "b"], ["mine", "c"],
    ]  # fmt: skip
    assert [(one["model"], one["temperature"], one.get("seed")) for one in sent] == [
        ("grok-4.7", 0.5, None), ("grok-4.3", 0, 7), ("grok-4.7", 0.5, None),
    ]  # fmt: skip
    assert {one["top_p"] for one in sent} == {0.9}


def test_a_field_that_the_model_rejects_is_left_out_of_all_further_requests(ask, server):
    server.reply(body({"error": "Argument not supported on this model: seed"}, 400), whole("ok"))
    code, _, err = ask("a\nb\nc\n", "-O", "seed=7")
    assert code == 0
    assert err.count("grok-4.7 does not support seed; asking without it") == 1
    assert ["seed" in request.json for request in server.requests] == [True, False, False, False]


TICKETS = 'id,text\nx,"Charged, twice"\ny,Crash\nz,Love it\n'


def test_a_table_gets_the_fields_of_the_schema_as_columns(ask, folder, server):
    good = json.dumps({"label": "billing", "urgent": True})
    server.reply(whole(good), whole('{"label": 1}'), whole(good))
    (folder / "prompt.txt").write_text("Classify: {text}\n")
    words = ("--prompt", "@prompt.txt", "--schema", "label, urgent bool", "--csv", "-o", "out.csv")
    code, _, err = ask(TICKETS, *words, name="t.csv")
    assert (code, "hint: their lines in out.csv.jsonl say why" in err) == (7, True)
    assert asked(server) == ["Classify: Charged, twice", "Classify: Crash", "Classify: Love it"]
    rows = (folder / "out.csv").read_text().splitlines()
    assert rows[:2] == ["id,text,label,urgent,error", 'x,"Charged, twice",billing,true,']
    assert rows[2].startswith('y,Crash,,,"the answer does not match the schema')
    assert results("out.csv.jsonl")[0]["data"] == {"label": "billing", "urgent": True}
    assert ask(TICKETS, *words, "--retry-failed", name="t.csv").code == 0
    assert (folder / "out.csv").read_text().splitlines()[2] == "y,Crash,billing,true,"
    for text, name, more, message in [
        (TICKETS.replace("text", "error"), "t.csv", ("--prompt", "{error}"), "already has a column 'error'"),
        ('{"prompt": "x"}', "q.jsonl", (), "but the input is JSONL"),
    ]:
        code, _, err = ask(text, "--csv", "-o", "new.csv", *more, name=name)
        assert (code, message in err) == (2, True)


def test_what_models_write_cannot_drive_the_terminal(ask, grok, folder, server):
    server.reply(whole("\x1b]52;c;eA==\x07red\x1b[31m"))
    (folder / "q.txt").write_text("a\n")
    for words in (("--csv",), ("--ordered",), ()):
        code, out, err = grok("batch", "q.txt", *words, tty=True)
        assert code == 0
        assert "red" in out
        assert "\x1b" not in out + err


def test_results_are_put_into_order(ask, grok, folder, server):
    def later(connection):
        until(lambda: len(server.requests) > 1)
        echo(server)(connection)

    server.reply(later, echo(server))
    assert ask("a\nb\nc\n", "--parallel", "2", "--ordered").code == 0
    assert [one["answer"] for one in results()] == ["to a", "to b", "to c"]
    (folder / "t.txt").write_text("a\nb\n")
    assert [json.loads(line)["id"] for line in grok("batch", "t.txt", "--ordered").out.splitlines()] == ["1", "2"]
    assert grok("batch", "t.txt", "--csv").out == "line,answer,error\na,to a,\nb,to b,\n"
    assert [json.loads(line)["answer"] for line in grok("batch", "-", stdin="x\n").out.splitlines()] == ["to x"]


def test_a_run_is_bounded(ask, server, environ):
    server.reply(whole("ok"))
    lines = "a\nb\nc\nd\n"
    code, _, err = ask(lines, "--limit", "1")
    assert (code, len(server.requests)) == (0, 1)
    assert "3 left: run the same command again to continue" in err
    code, _, err = ask(lines, "--max-cost", "0.0001")
    assert (code, len(server.requests)) == (4, 3)
    assert "error: the cost limit of $0.0001 is reached: this run cost $0.0001478" in err
    assert len(results()) == 3
    server.requests.clear()
    twenty = "".join(f"{number}\n" for number in range(20))
    code, *_ = ask(twenty, "--max-cost", "0.000739", "--parallel", "8", "-o", "twenty.jsonl")
    assert (code, len(server.requests)) == (4, 10)  # of 0.0000739 each
    server.requests[3:] = []
    environ["GROK_DAILY_BUDGET"] = "0.0001"
    assert (ask(lines).code, len(server.requests)) == (4, 3)
    assert (ask(lines, "--over-budget").code, len(server.requests)) == (0, 4)


def test_input_that_cannot_be_used_is_an_error_before_anything_is_sent(ask, grok, folder, server):
    (folder / "text.md").write_text("# my notes\n")
    (folder / "one.txt").write_text("one line without an end")
    (folder / "one.json").write_text('{"id": "7"}')
    (folder / "sub").mkdir()
    (folder / "table.csv").write_text("mine\n")
    good = '{"id": "a", "prompt": "x"}\n'
    for lines, words, message in [
        (good + "{\n", (), "q.jsonl, line 2: not JSON"),
        (good * 2, (), "q.jsonl, line 2: the id 'a' is also that of line 1"),
        (good, ("--prompt", "{text}"), "q.jsonl, line 1: no field 'text', which --prompt names"),
        (good, ("--prompt", "{"), "--prompt has a single '{'"),
        ("\n", (), "q.jsonl has no questions"),
        (good + json.dumps({"prompt": f"my key is {KEY}"}), (), "q.jsonl, line 2: the question contains your API key"),
        (good, ("-s", KEY), "contains your API key"),
        (good, ("-o", "q.jsonl"), "q.jsonl is the file of questions"),
        (good, ("-o", "text.md"), "text.md, line 1: not a result of grok batch"),
        (good, ("-o", "one.txt"), "one.txt, line 1: not a result of grok batch"),
        (good, ("-o", "one.json"), "one.json, line 1: not a result of grok batch"),
        (good, ("-o", "sub"), "cannot write sub: it is a folder"),
        (good, ("-o", "no/out"), "cannot write no/out: no such folder"),
        (good, ("-o", "/dev/null"), "cannot write /dev/null: not a regular file"),
        (good, ("--csv", "--format", "lines", "-o", "table.csv"), "table.csv exists, and has no results"),
        (good, ("--search", "--api", "chat"), "search needs the Responses API"),
    ]:
        code, out, err = ask(lines, *words, name="q.jsonl")
        assert (code, out) == (2, ""), message
        assert f"error: {message}" in err or message in err
        assert KEY not in err
    assert (folder / "one.txt").read_text() == "one line without an end"
    assert (folder / "one.json").read_text() == '{"id": "7"}'
    assert (folder / "text.md").read_text() == "# my notes\n"
    assert (folder / "table.csv").read_text() == "mine\n"
    assert grok("batch", "nothing.txt").err.startswith("error: cannot read nothing.txt: no such file")
    assert "looks like JSONL" in grok("batch", "-", stdin=good).err
    assert grok("batch", "-", "-o", "no").err.startswith("error: ")
    assert server.requests == []
    server.reply(whole("ok"))
    assert ask(json.dumps({"prompt": KEY}), "--allow-secrets", name="q.jsonl").code == 0


@pytest.mark.skipif(os.name == "nt", reason="locks keep this process itself from reading there")
def test_two_processes_do_not_write_to_one_file(ask, folder, server):
    import fcntl

    with (folder / "out.jsonl").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        code, _, err = ask("a\n")
    assert (code, server.requests) == (2, [])
    assert "error: another process writes to out.jsonl" in err


def test_ctrl_c_lets_the_answers_under_way_finish_and_a_second_one_does_not(ask, server):
    screen = Screen(tty=False)

    def interrupted(connection):
        os.kill(os.getpid(), signal.SIGINT)
        until(lambda: "press Ctrl-C again to stop at once" in written(screen))
        whole("paid")(connection)

    server.reply(interrupted)
    code, _, err = ask("a\nb\nc\n", stderr=screen)
    assert (code, [one["answer"] for one in results()]) == (130, ["paid"])
    assert "2 left: run the same command again to continue" in err
    assert len(server.requests) == 1

    def twice(connection):
        os.kill(os.getpid(), signal.SIGINT)
        until(lambda: written(screen).count("press Ctrl-C again") == 2)
        os.kill(os.getpid(), signal.SIGINT)
        connection.file.read(1)  # until the client hangs up

    server.script([twice])
    assert ask("a\nb\nc\n", stderr=screen).code == 130
    assert len(results()) == 1
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.skipif(os.name == "nt", reason="no limit on the size of files")
def test_a_full_disk_loses_nothing_that_is_written(folder, environ, server):
    import resource

    server.reply(whole("x" * 2000))
    (folder / "q.txt").write_text("a\nb\nc\nd\ne\n")
    # The limit is for all files: for the store, and for what Python would compile.
    environ |= {"GROKCLI_HOME": "/dev/null/nowhere", "PYTHONDONTWRITEBYTECODE": "1"}

    def limited():
        resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))

    words = command("batch", "q.txt", "-o", "out.jsonl", "--parallel", "1")
    done = subprocess.run(words, env=environ, capture_output=True, text=True, preexec_fn=limited)
    assert done.returncode == 1
    assert "error: cannot write out.jsonl: file too large\nhint: nothing written is lost" in done.stderr
    assert [one["id"] for one in results()] == ["1", "2"]
    assert "Traceback" not in done.stderr


def test_without_a_terminal_a_line_now_and_then_says_how_far_it_is():
    now = [0.0]
    console = Console(None, Screen(tty=False), Screen(tty=False))
    tally = Tally(10, answered=3, failed=1, tokens=1234, ticks=739000, has_cost=True)
    progress = Progress(console, tally, clock=lambda: now[0])
    with progress.showing():
        for now[0] in (10.0, 29.0, 40.0, 69.0):
            progress.show()
    line = "4 of 10 done · 1 failed · 1,234 tokens · $0.0000739 · 0.1/s · 1 min left\n"
    assert written(console.stderr) == line


def test_a_bar_stays_below_what_is_said_meanwhile(on_terminal, folder, server):
    def slow(connection):
        until(lambda: "1/2" in terminal.text())
        body({"error": "please wait"}, 429, retry_after="0")(connection)

    (folder / "q.txt").write_text("a\nb\n")
    server.reply(whole("ok"), slow, whole("ok"))
    terminal = on_terminal("batch", str(folder / "q.txt"), "-o", str(folder / "out.jsonl"), "--parallel", "1")
    assert terminal.wait() == 0, terminal.text()
    lines = [line.rstrip() for line in terminal.text().splitlines() if line.strip()]
    assert lines[0] == "the server said: please wait; asking fewer questions at a time"
    assert lines[1].startswith("2 answered · 60 tokens")
    assert len(lines) == 2
