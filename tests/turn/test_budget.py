"""Limits of the cost: --max-cost for a run, budgets for days and months."""

from __future__ import annotations

import base64
import json
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest
from language import command
from server import answer, body, calls, delta, finish, stream, usage

from grokcli.events import Usage
from grokcli.models import LOCAL_MODEL
from grokcli.store import schema, writing
from grokcli.store.store import FILE_NAME
from grokcli.turn.limits import Limits

DOLLAR = 10**10
PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)
PICTURES = body({"data": [{"b64_json": base64.b64encode(PNG).decode()}], "usage": {"cost_in_usd_ticks": DOLLAR}})


def costing(ticks, text="ok", *, model="grok-4.7"):
    """Return an answer of that cost, None for one that reports no usage at all."""
    figures = {"prompt_tokens": 20, "completion_tokens": 3, "total_tokens": 23, "cost_in_usd_ticks": ticks}
    documents = [delta(text, model=model), finish(model=model)]
    return stream([*documents, *([] if ticks is None else [usage(figures)]), "[DONE]"])


@pytest.fixture
def tool(tmp_path):
    """A tool, and the file that it writes when it is called."""
    done = tmp_path / "done"
    (tmp_path / "tools.py").write_text(
        f'def double(n: int) -> int:\n    "Double."\n    with open({str(done)!r}, "a") as file: file.write("x")\n    return 2 * n\n'
    )
    return ["--tool", str(tmp_path / "tools.py"), "--yes"], done


@pytest.fixture
def spend(home):
    """Let something have been spent, some seconds ago."""

    def spend(dollars, ago=0.0):
        path = home / "data" / FILE_NAME
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(schema.open_for_writing(path, 5)) as connection, connection:
            connection.execute("BEGIN")
            found = Usage(1, 1, cost_in_usd_ticks=round(dollars * DOLLAR))
            writing.count(connection, "ask", "m", "", True, found, time.time() - ago)

    return spend


# ---- one run


@pytest.mark.parametrize("flags", [[], ["-n"]])
def test_a_cap_in_the_middle_of_a_tool_loop_ends_it(grok, server, tool, flags):
    words, done = tool
    server.reply(calls(("double", {"n": 4}), text="Let me see."), answer("8"))
    code, out, err = grok("ask", *flags, *words, "--max-cost", "0.00005", "double it")
    assert (code, len(server.requests)) == (4, 1)
    assert out.strip() == "Let me see."
    assert err.splitlines() == [
        "error: the cost limit of $0.00005 is reached: this run cost $0.0000739",
        "hint: raise it with --max-cost",
    ]
    assert not done.exists()
    if not flags:
        kept = json.loads(grok("history", "show", "--json").out)["messages"]
        assert [one["role"] for one in kept] == ["user", "assistant"]
        assert kept[1]["content"] == "Let me see."
        server.script([answer("8")])
        assert grok("ask", "-c", "and now?").code == 0
    assert json.loads(grok("usage", "--json", "--until", "9000-01-01").out)["rows"][0]["cost_in_usd_ticks"] >= 739000


def test_rounds_go_on_until_the_cap_is_reached(grok, server, tool):
    words, done = tool
    server.reply(*[calls(("double", {"n": n})) for n in range(9)])
    code, _, err = grok("ask", *words, "--json", "--max-cost", "0.0002", "double it")
    # 3 x 0.0000739 is more than the cap for the first time.
    assert (code, len(server.requests), done.read_text()) == (4, 3, "xx")
    assert "this run cost $0.0002217" in err


def test_an_error_in_json_says_so_too(grok, server, tool):
    words, _ = tool
    server.reply(calls(("double", {"n": 4}), text="Let me see."))
    _, out, _ = grok("ask", *words, "--json", "--max-cost", "0.00005", "double it")
    document = json.loads(out)
    assert document["content"].strip() == "Let me see."
    assert (document["error"]["exit_code"], document["usage"]["cost_in_usd_ticks"]) == (4, 739000)


def test_an_answer_is_given_whole_whatever_it_costs(grok, server):
    server.reply(costing(5 * DOLLAR))
    assert grok("ask", "--max-cost", "1", "hi") == (0, "ok\n", "")


def test_a_retry_is_a_request_too(grok, server, environ, spend, home):
    """What others spend meanwhile counts before each try."""

    def busy(connection):
        spend(2)
        body({"error": "busy"}, 503)(connection)

    environ["GROK_DAILY_BUDGET"] = "1"
    server.reply(busy, answer("never"))
    code, out, err = grok("ask", "hi")
    assert (code, out, len(server.requests)) == (4, "", 1)
    assert "error: the daily_budget of $1.00 is reached: $2.00 was spent today" in err


def test_a_chat_has_one_cap_for_all_of_it(grok, server):
    server.reply(costing(DOLLAR))
    code, out, err = grok("chat", "--max-cost", "2", stdin="one\ntwo\nthree\nfour\n")
    assert (code, out, len(server.requests)) == (4, "ok\nok\n", 2)
    assert err.count("error: the cost limit of $2.00 is reached: this run cost $2.00") == 2
    assert "hint: start the chat again with a higher --max-cost" in err
    assert "use /retry to ask again" in err


def test_a_cap_of_nothing_sends_nothing_and_keeps_nothing(grok, server, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for words in (["ask", "hi"], ["image", "a cat"]):
        code, out, err = grok(*words, "--max-cost", "0")
        assert (code, out, server.requests) == (4, "", [])
        assert "this run cost $0.00" in err
    assert grok("history", "list").out == ""


def test_a_cap_that_cannot_hold_says_so_once(grok, server):
    server.reply(costing(None))
    code, _, err = grok("chat", "--max-cost", "1", stdin="one\ntwo\nthree\n")
    assert (code, len(server.requests)) == (0, 3)
    assert err == "the server did not report the cost of every answer; --max-cost counts the others\n"


@pytest.mark.parametrize("value", ["-1", "nan", "inf", "1e9", "much"])
def test_a_cap_that_is_no_sum_is_a_usage_error(grok, server, value):
    code, _, err = grok("ask", "--max-cost", value, "hi")
    assert (code, server.requests) == (2, [])
    assert "invalid value for --max-cost" in err


# ---- days and months


@pytest.mark.parametrize("name", ["daily_budget", "monthly_budget"])
@pytest.mark.parametrize("words", [["ask", "hi"], ["ask", "-n", "hi"], ["image", "a cat"]])
def test_a_budget_of_nothing_sends_nothing(grok, server, environ, name, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    server.reply(PICTURES if words[0] == "image" else answer("ok"))
    assert grok("config", "set", name, "0").code == 0
    code, out, err = grok(*words)
    when = {"daily_budget": "today", "monthly_budget": "this month"}[name]
    assert (code, out, server.requests) == (4, "", [])
    assert err.splitlines() == [
        f"error: the {name} of $0.00 is reached: $0.00 was spent {when}",
        f"hint: raise {name}, or add --over-budget to send it anyway",
    ]
    assert grok("history", "list").out == ""
    assert grok(*words, "--over-budget").code == 0
    assert len(server.requests) == 1


def test_in_a_chat_the_question_waits(grok, server, environ):
    environ["GROK_DAILY_BUDGET"] = "0"
    code, _, err = grok("chat", stdin="hi\n")
    assert (code, server.requests) == (4, [])
    assert "hint: raise daily_budget, or start the chat with --over-budget to send it anyway" in err
    assert "use /retry to ask again" in err
    server.reply(answer("ok"))
    assert grok("chat", "-c", "--over-budget", stdin="/retry\n")[:2] == (0, "ok\n")


def test_a_day_begins_at_midnight_and_a_month_on_its_first(grok, server, environ, spend):
    now = time.localtime()
    since_midnight = now.tm_hour * 3600 + now.tm_min * 60 + now.tm_sec
    spend(10, ago=since_midnight + 7200)
    spend(10, ago=since_midnight + now.tm_mday * 86400)  # before this month
    server.reply(answer("ok"))
    environ["GROK_DAILY_BUDGET"] = "1"
    assert grok("ask", "hi")[::2] == (0, "")
    environ["GROK_MONTHLY_BUDGET"] = "15"
    assert grok("ask", "hi")[::2] == (0, "")
    environ["GROK_MONTHLY_BUDGET"] = "5"
    assert grok("ask", "hi").code == (4 if now.tm_mday > 1 else 0)


def test_at_four_fifths_there_is_one_note_a_day(grok, server, environ, spend, home):
    environ |= {"GROK_DAILY_BUDGET": "5", "GROK_MONTHLY_BUDGET": "1000"}
    server.reply(answer("ok"))
    spend(3.99)
    assert grok("ask", "hi").err == ""
    spend(0.01)
    assert grok("ask", "hi").err == "$4.00 of the daily_budget of $5.00 was spent today\n"
    assert grok("ask", "hi").err == ""
    with closing(sqlite3.connect(home / "data" / FILE_NAME)) as connection, connection:
        connection.execute("UPDATE notice SET day = '2026-01-01'")
    assert "daily_budget" in grok("chat", stdin="hi\nhi\n").err
    assert grok("ask", "hi").err == ""
    environ["GROK_MONTHLY_BUDGET"] = "4.5"
    assert grok("ask", "hi").err.endswith("of the monthly_budget of $4.50 was spent this month\n")


def test_where_nothing_can_be_counted_nothing_is_sent(grok, server, environ, home):
    path = home / "data" / FILE_NAME
    path.parent.mkdir(parents=True)
    path.write_text("this is no database, and never was one: " * 30)
    environ["GROK_DAILY_BUDGET"] = "5"
    code, _, err = grok("ask", "-n", "hi")
    assert (code, server.requests) == (1, [])
    assert "is not a database" in err
    server.reply(answer("ok"))
    assert grok("ask", "-n", "--over-budget", "hi").code == 0


def test_what_could_not_be_written_counts_all_the_same(grok, server, environ, home):
    """Another program holds the store while the first answer ends."""
    environ["GROK_DAILY_BUDGET"] = "1"
    blockers = []

    def hold(connection):
        blocker = sqlite3.connect(home / "data" / FILE_NAME, check_same_thread=False)
        blocker.execute("DROP TABLE request")
        blocker.execute("CREATE TABLE request (created, cost_in_usd_ticks)")
        blockers.append(blocker)
        blocker.close()
        costing(2 * DOLLAR)(connection)

    server.reply(hold)
    code, _, err = grok("chat", stdin="one\ntwo\n")
    assert (code, len(server.requests)) == (4, 1)
    assert "is not saved" in err
    assert "$2.00 was spent today" in err


@pytest.mark.parametrize("value", ["-1", "much", "nan"])
def test_a_budget_that_is_no_sum_sends_nothing(grok, server, environ, value):
    environ["GROK_DAILY_BUDGET"] = value
    code, _, err = grok("ask", "hi")
    assert (code, server.requests) == (2, [])
    assert "invalid value for daily_budget in environment GROK_DAILY_BUDGET" in err


def test_eight_processes_overshoot_by_at_most_an_answer_each(server, environ, home):
    """Each asks again and again; what one spends, the others know before their next request."""
    environ["GROK_DAILY_BUDGET"] = "20"
    server.reply(costing(DOLLAR))
    chats = [
        subprocess.Popen(
            command("chat", "-n"), env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(8)
    ]
    for chat in chats:
        chat.stdin.write(b"hi\n" * 30)  # more than all of them may ask
        chat.stdin.close()
    answers = 0
    for chat in chats:
        with chat.stdout, chat.stderr:
            answers += chat.stdout.read().count(b"ok\n")
            assert b"the daily_budget of $20.00 is reached" in chat.stderr.read()
        assert chat.wait(60) == 4
    assert answers == len(server.requests)
    assert 20 <= answers <= 20 + 7
    with closing(sqlite3.connect(home / "data" / FILE_NAME)) as connection:
        assert connection.execute("SELECT sum(cost_in_usd_ticks) FROM request").fetchone() == (answers * DOLLAR,)


def test_without_a_limit_nothing_of_limits_is_loaded(environ, server):
    server.reply(answer("ok"))
    code = (
        "import sys\nfrom grokcli.cli import main\nfrom grokcli.env import Env\n"
        "main(sys.argv[1:], Env.real())\nprint(sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code, "ask", "hi"], capture_output=True, text=True, env=environ)
    assert "'grokcli.turn.limits'" in done.stdout
    assert "'grokcli.turn.budget'" not in done.stdout
    assert "'grokcli.store.usage'" not in done.stdout


def test_what_runs_on_this_machine_is_not_limited():
    assert Limits(0.0, over_budget=True).budget(None, object(), LOCAL_MODEL) is None
