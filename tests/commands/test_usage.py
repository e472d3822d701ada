"""`grok usage`: what was asked and what it cost, summed up by day, model, conversation and command."""

from __future__ import annotations

import json
import random
import sqlite3
import time
from contextlib import closing

import pytest
import responses as wire
from language import KEY
from server import MODEL, answer, body, calls, delta, finish, stream, usage, whole

from grokcli.events import Usage
from grokcli.store import schema, writing
from grokcli.store.store import FILE_NAME, Store

TICKS = 739_000  # of each scripted answer
PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)


@pytest.fixture
def path(home):
    return home / "data" / FILE_NAME


@pytest.fixture
def report(grok):
    def report(*words):
        code, out, err = grok("usage", "--json", *words)
        assert (code, err) == (0, "")
        return json.loads(out)

    return report


def costing(ticks, text="ok"):
    """Return an answer of that cost, None for one that reports no usage at all."""
    figures = {"prompt_tokens": 20, "completion_tokens": 3, "total_tokens": 23, "cost_in_usd_ticks": ticks}
    return stream([delta(text), finish(), *([] if ticks is None else [usage(figures)]), "[DONE]"])


def by(report, *words, what):
    return {row[what]: row for row in report("--by", what, *words)["rows"]}


def test_every_command_is_counted_and_so_is_what_is_not_saved(grok, server, report):
    server.reply(answer("ok"))
    grok("ask", "one")
    grok("ask", "-n", "two")
    grok("chat", "-n", stdin="three\nfour\n")
    rows = by(report, what="command")
    assert {name: row["questions"] for name, row in rows.items()} == {"ask": 2, "chat": 2}
    assert rows["ask"] == {
        "command": "ask",
        "questions": 2,
        "requests": 2,
        "input_tokens": 40,
        "cached_tokens": 32,
        "output_tokens": 20,
        "reasoning_tokens": 14,
        "server_tool_calls": 0,
        "cost_in_usd_ticks": 2 * TICKS,
        "cost_usd": "0.0001478",
        "requests_without_cost": 0,
    }
    saved, unsaved = report("--by", "conversation")["rows"][::-1]
    assert (unsaved["conversation"], unsaved["title"], unsaved["questions"]) == (None, None, 3)
    assert (saved["title"], saved["questions"]) == ("one", 1)
    total = report()["total"]
    assert (total["questions"], total["cost_in_usd_ticks"]) == (4, 4 * TICKS)


def test_pictures_are_counted_with_their_cost_and_without_tokens(grok, server, report, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    import base64

    picture = {"b64_json": base64.b64encode(PNG).decode()}
    server.reply(body({"data": [picture], "usage": {"cost_in_usd_ticks": 200_000_000}}), body({"data": [picture]}))
    grok("image", "a cat")
    grok("image", "a dog")
    (row,) = report("--by", "command")["rows"]
    assert (row["command"], row["questions"], row["cost_usd"], row["requests_without_cost"]) == ("image", 2, "0.02", 1)
    assert row["input_tokens"] is row["output_tokens"] is row["server_tool_calls"] is None


def test_tool_rounds_are_requests_of_one_question(grok, server, report, tmp_path):
    (tmp_path / "tools.py").write_text('def double(n: int) -> int:\n    "Double."\n    return 2 * n\n')
    server.reply(calls(("double", {"n": 4})), calls(("double", {"n": 8})), answer("16"))
    assert grok("ask", "--tool", str(tmp_path / "tools.py"), "--yes", "double twice").out == "16\n"
    (row,) = report()["rows"]
    assert (row["questions"], row["requests"], row["cost_in_usd_ticks"]) == (1, 3, 3 * TICKS)


def test_the_servers_own_tools_are_counted(grok, server, report, environ):
    environ["GROK_API"] = "responses"
    figures = {**wire.USAGE, "num_server_side_tools_used": 3}
    server.reply(wire.answer(wire.web_search("x"), wire.message("ok"), usage=figures))
    grok("ask", "--web", "hi")
    assert report()["total"]["server_tool_calls"] == 3


def test_what_is_not_reported_is_never_zero(grok, server, report):
    server.reply(costing(None), costing(0), costing(TICKS))
    grok("ask", "-m", "silent", "one")
    assert grok("usage").out.splitlines()[1].split()[1:] == ["1", "-", "-", "-", "-", "-", "not", "reported"]
    grok("ask", "two")
    assert [line.split()[-2:] for line in grok("usage").out.splitlines()[1:]] == [["not", "reported"]] * 2
    assert "$" not in grok("usage").out
    grok("ask", "three")
    header, row, total = grok("usage").out.splitlines()
    assert header.endswith("cost  unreported")
    assert row.split()[-2:] == total.split()[-2:] == ["<$0.0001", "2"]
    figures = report()["total"]
    assert (figures["cost_in_usd_ticks"], figures["requests_without_cost"]) == (TICKS, 2)


def test_a_cut_answer_counts_and_a_request_without_an_answer_does_not(grok, server, report):
    server.reply(stream([delta("Once")]), body({"error": "no"}, 400))
    assert grok("ask", "tell").code == 5
    assert grok("ask", "tell").code == 6
    (row,) = report()["rows"]
    assert (row["questions"], row["requests_without_cost"], row["cost_in_usd_ticks"]) == (1, 1, None)


def test_an_answer_that_was_replaced_or_deleted_has_still_been_paid_for(grok, server, report):
    server.reply(answer("ok"))
    grok("chat", stdin="one\n/retry\n/undo\n")
    (key,) = by(report, what="conversation")
    grok("history", "delete", key, "--yes")
    (row,) = report("--by", "conversation")["rows"]
    assert (row["conversation"], row["title"], row["questions"], row["cost_in_usd_ticks"]) == (key, None, 2, 2 * TICKS)


def test_models_are_told_apart_by_who_answered(grok, server, report):
    server.reply(answer("ok", model="grok-4.3"), answer("ok"))
    grok("ask", "-m", "grok-3", "one")
    grok("ask", "two")
    assert set(by(report, what="model")) == {"grok-4.3", MODEL}


def test_a_store_that_cannot_be_written_costs_one_warning_and_no_answer(grok, server, path):
    path.parent.mkdir(parents=True)
    path.write_text("this is no database, and never was one: " * 30)
    server.reply(answer("ok"))
    code, out, err = grok("ask", "-n", "hi")
    assert (code, out) == (0, "ok\n")
    assert err == f"warning: the usage of this answer is not recorded: {path} is not a database\n"
    assert grok("usage").code == 1


# ---- sums


def fill(path, rows):
    """Store requests at these times with these costs, as an older run of grok would have."""
    with closing(schema.open_for_writing(path, 5)) as connection, connection:
        connection.execute("BEGIN")
        for created, model, ticks in rows:
            found = None if ticks is None else Usage(10, 5, 2, 4, ticks)
            writing.count(connection, "ask", model, "", True, found, created)


BERLIN = "CET-1CEST,M3.5.0,M10.5.0/3"
CHANGE = 1792890000  # 2026-10-25 01:00 UTC: in Berlin 03:00 becomes 02:00


def berlin_day(created):
    return time.strftime("%Y-%m-%d", time.gmtime(created + (7200 if created < CHANGE else 3600)))


def test_ten_thousand_answers_add_up_to_the_tick_across_a_change_of_clocks(run, environ, path):
    """In the days of a change a day has 25 hours; an hour off would be seen at each midnight."""
    chance = random.Random(5)
    rows = [
        (CHANGE + chance.uniform(-3, 3) * 86400, chance.choice(["a", "b"]), chance.choice([None, *range(1, 9)]))
        for _ in range(9_990)
    ]
    # Just before and at each midnight, and more than a float can count.
    rows += [
        (CHANGE - 3 * 3600 - 0.0004, "a", 2**53),
        (CHANGE - 3 * 3600, "a", 1),
        (CHANGE + 22 * 3600, "b", 2**53 - 1),
    ]
    rows += [(CHANGE + 22 * 3600 - 0.0001, "b", 3)] * 7
    path.parent.mkdir(parents=True)
    fill(path, rows)
    environ["TZ"] = BERLIN
    expected = {}
    for created, _, ticks in rows:
        day = expected.setdefault(berlin_day(created), [0, 0, 0])
        day[0] += 1
        day[1] += ticks or 0
        day[2] += ticks is None
    document = json.loads(run("usage", "--json").out)
    assert {
        row["day"]: [row["questions"], row["cost_in_usd_ticks"], row["requests_without_cost"]]
        for row in document["rows"]
    } == expected
    assert [row["day"] for row in document["rows"]] == sorted(expected)
    with closing(sqlite3.connect(path)) as bare:
        (ticks,) = bare.execute("SELECT sum(cost_in_usd_ticks) FROM request").fetchone()
        models = dict(bare.execute("SELECT model, sum(cost_in_usd_ticks) FROM request GROUP BY model"))
    assert document["total"]["cost_in_usd_ticks"] == ticks
    found = json.loads(run("usage", "--json", "--by", "model").out)["rows"]
    assert {row["model"]: row["cost_in_usd_ticks"] for row in found} == models
    only = json.loads(run("usage", "--json", "--since", "2026-10-25", "--until", "2026-10-25").out)
    assert only["since"] == "2026-10-25T00:00:00+02:00"
    assert only["until"] == "2026-10-26T00:00:00+01:00"
    assert [row["questions"] for row in only["rows"]] == [expected["2026-10-25"][0]]


def test_absurd_costs_do_not_break_the_sums(path, report):
    path.parent.mkdir(parents=True)
    fill(path, [(1e9, "m", 2**53)] * 3000)
    assert report()["total"]["cost_in_usd_ticks"] == 3000 * 2**53
    assert report("--by", "model")["total"]["cost_in_usd_ticks"] == 3000 * 2**53


def test_a_store_of_before_is_counted_from_its_answers(grok, server, path, report):
    server.reply(calls(("f", {})), answer("ok"), stream([delta("Once")]))
    grok("ask", "call")
    grok("ask", "-c", "and?")
    grok("ask", "tell")
    with closing(sqlite3.connect(path)) as old:
        old.executescript(
            "DROP TABLE request; DROP TABLE notice; DROP TABLE video; DROP TABLE shared; DROP INDEX conversation_parent;"
            "ALTER TABLE conversation DROP COLUMN kind; ALTER TABLE conversation DROP COLUMN parent;"
            "PRAGMA user_version = 2"
        )
    assert report()["total"] == {
        "questions": 3,
        "requests": 3,
        "input_tokens": 40,
        "cached_tokens": 32,
        "output_tokens": 20,
        "reasoning_tokens": 14,
        "server_tool_calls": None,
        "cost_in_usd_ticks": 2 * TICKS,
        "cost_usd": "0.0001478",
        "requests_without_cost": 1,
    }
    assert [row["command"] for row in report("--by", "command")["rows"]] == [None]
    assert "unknown" in grok("usage", "--by", "command").out


def test_an_answer_of_a_process_that_died_counts_as_not_reported(path, report):
    path.parent.mkdir(parents=True)
    with Store(path, print) as store:
        store.begin_answer(store.create(model="m", title="t"), model="m").write("Once")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE message SET writer = 'elsewhere:1', created = 1.0")
    (row,) = report()["rows"]
    assert (row["requests"], row["requests_without_cost"], row["cost_in_usd_ticks"]) == (1, 1, None)
    assert report()["total"]["requests"] == 1


# ---- which time


DAY = 86400


def test_since_counts_whole_days_and_today_is_one_of_them(path, report):
    now = time.time()
    noon = time.mktime((*time.localtime(now)[:3], 12, 0, 0, 0, 0, -1))
    path.parent.mkdir(parents=True)
    fill(path, [(now, "m", 1), (noon - 6 * DAY, "m", 10), (noon - 8 * DAY, "m", 100), (1e9, "m", 1000)])
    for words, ticks in {(): 1111, ("--since", "1d"): 1, ("--since", "7d"): 11, ("--since", "1w"): 11,
                         ("--since", "9D"): 111, ("--since", "1h"): 1, ("--since", "99999y"): 1111,
                         ("--until", "2001-12-31"): 1000, ("--since", "2001-01-01", "--until", "2001-09-09"): 1000,
                         ("--since", "2001-09-11"): 111}.items():  # fmt: skip
        assert report(*words)["total"]["cost_in_usd_ticks"] == ticks, words


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--since", "soon"), "invalid value for --since: 'soon'"),
        (("--since", "2026-13-01"), "invalid value for --since: '2026-13-01'"),
        (("--since", "7x"), "invalid age: '7x'"),
        (("--until", "9999-12-31"), "invalid value for --until: '9999-12-31'"),
        (("--since", "2026-02-01", "--until", "2026-01-01"), "--since 2026-02-01 is after --until 2026-01-01"),
        (("--by", "week"), "'week'"),
    ],
)
def test_a_time_that_is_none_is_a_usage_error(grok, words, said):
    code, out, err = grok("usage", *words)
    assert (code, out) == (2, "")
    assert said in err


def test_nothing_is_said_to_be_nothing(grok):
    assert grok("usage") == (0, "", "nothing was asked yet\n")
    assert grok("usage", "--since", "1d") == (0, "", "nothing was asked in this time\n")


# ---- for people


def test_a_pipe_gets_exact_figures_without_bars(path, grok):
    path.parent.mkdir(parents=True)
    fill(path, [(1e9, "big", 123_456_789_012_345)] * 300 + [(1e9, "small", 1_500_000)])
    assert grok("usage", "--by", "model").out.splitlines() == [
        "model  questions     in  cached    out  reasoning  tools             cost",
        "big          300  3,000   1,200  1,500        600      0  $3,703,703.6704",
        "small          1     10       4      5          2      0          $0.0002",
        "total        301  3,010   1,204  1,505        602      0  $3,703,703.6705",
    ]


@pytest.mark.parametrize(("columns", "bar"), [("80", "█" * 20), ("63", "█" * 4), ("40", "")])
def test_a_terminal_gets_short_figures_and_bars(path, grok, monkeypatch, columns, bar):
    monkeypatch.setenv("COLUMNS", columns)
    path.parent.mkdir(parents=True)
    fill(path, [(1e9, "big", 20_000_000)] * 300 + [(1e9, "small", 10_000_000)])
    header, big, small, total = grok("usage", "--by", "model", tty=True).out.splitlines()
    assert header == "model  questions    in  cached   out  reasoning     cost"[: len(header)]
    assert big == f"big          300  3.0k    1.2k  1.5k        600  $0.6000  {bar}".rstrip()
    assert small == f"small          1    10       4     5          2  $0.0010{'  ▏' if bar else ''}"
    assert total == "total        301  3.0k    1.2k  1.5k        602  $0.6010"


def test_without_costs_the_bars_are_tokens(path, grok, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    path.parent.mkdir(parents=True)
    with closing(schema.open_for_writing(path, 5)) as connection, connection:
        connection.execute("BEGIN")
        for model, tokens in (("a", 1000), ("b", 500)):
            found = Usage(10, tokens)
            writing.count(connection, "ask", model, "", True, found, 1e9)
    _, first, second, _ = grok("usage", "--by", "model", tty=True).out.splitlines()
    assert first.count("█") == 2 * second.count("█") == 20


def test_titles_are_cut_to_the_window_on_a_terminal_alone(grok, server, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    server.reply(answer("ok"))
    grok("ask", "あ" * 50)
    grok("ask", "-n", "x")
    shown = grok("usage", "--by", "conversation", tty=True).out
    assert "あ…" in shown
    assert "あ" * 50 in grok("usage", "--by", "conversation").out
    assert "not saved" in shown


def test_a_model_with_a_key_or_controls_for_a_name(grok, server, path):
    path.parent.mkdir(parents=True)
    fill(path, [(1e9, f"evil\x1b[2J {KEY}", 1)])
    for words in ([], ["--json"]):
        out = grok("usage", "--by", "model", *words, tty=True).out
        assert KEY not in out
        assert "\x1b" not in out


def test_an_answer_in_one_piece_counts_too(grok, server, report):
    server.reply(whole("ok"))
    grok("ask", "--no-stream", "hi")
    assert report()["total"]["cost_in_usd_ticks"] == TICKS
