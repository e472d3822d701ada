"""Conversations that go on: `ask -c`, `ask -r`, `chat -c`, and what is kept whatever happens."""

from __future__ import annotations

import json
import os
import signal
import subprocess

import pytest
from language import command
from server import answer, body, delta, stalled, stream


def sent(server, index=-1):
    return [(message["role"], message["content"]) for message in server.requests[index].json["messages"]]


def kept(grok):
    return [(m["role"], m["content"]) for m in json.loads(grok("history", "show", "--json").out)["messages"]]


def test_ask_goes_on_with_the_latest_conversation(grok, server):
    server.reply(answer("one"), answer("two"), answer("three"))
    grok("ask", "-s", "be brief", "-m", "grok-4.7", "first")
    grok("ask", "-c", "second")
    grok("chat", "-c", stdin="third\n")
    assert sent(server) == [
        ("system", "be brief"),
        ("user", "first"),
        ("assistant", "one"),
        ("user", "second"),
        ("assistant", "two"),
        ("user", "third"),
    ]
    assert len(json.loads(grok("history", "list", "--json").out)) == 1


def test_a_conversation_is_resumed_by_id_and_title_with_its_model(grok, server):
    server.reply(answer("Paris", model="grok-4.3"), answer("ok"))
    grok("ask", "-m", "grok-4.3", "capital of France?")
    grok("ask", "unrelated")
    by_title = grok("ask", "-r", "capital of France?", "and Spain?")
    assert by_title.code == 0
    assert server.requests[-1].json["model"] == "grok-4.3"
    assert sent(server)[1] == ("assistant", "Paris")
    number = json.loads(grok("history", "list", "--json").out)[0]["id"]
    grok("ask", "-r", number[:6], "and Italy?")
    assert sent(server)[0] == ("user", "capital of France?")
    assert len(sent(server)) == 5


def test_a_conversation_that_does_not_exist_is_told_and_nothing_sent(grok, server):
    code, _, err = grok("ask", "-r", "nothing like this", "hi")
    assert (code, server.requests) == (1, [])
    assert "no conversation 'nothing like this'" in err
    assert grok("ask", "-c", "hi").code == 1


def test_no_save_keeps_numbers_alone(grok, server, home):
    server.reply(answer("hidden"))
    grok("ask", "-n", "secret")
    grok("chat", "--no-save", stdin="secret\n/resume\n")
    assert grok("history", "list").out == ""
    for file in home.rglob("*"):
        content = file.read_bytes() if file.is_file() else b""
        assert b"secret" not in content, file
        assert b"hidden" not in content, file


def test_no_save_can_go_on_and_leaves_the_conversation_as_it_was(grok, server):
    server.reply(answer("ok"))
    grok("ask", "first")
    grok("ask", "-n", "-c", "aside")
    assert sent(server) == [("user", "first"), ("assistant", "ok"), ("user", "aside")]
    assert kept(grok) == [("user", "first"), ("assistant", "ok")]


def test_the_question_is_kept_before_it_is_sent(grok, server, home):
    seen = []

    def look(connection):
        seen.append(kept(grok))
        answer("ok")(connection)

    server.reply(look)
    grok("ask", "where am I?")
    assert seen == [[("user", "where am I?")]]


def test_a_cut_answer_is_kept_as_far_as_it_came_and_gone_on_with(grok, server):
    server.reply(stream([delta("Once upon")]), answer("a time"))
    assert grok("ask", "tell").code == 5
    assert kept(grok) == [("user", "tell"), ("assistant", "Once upon")]
    grok("ask", "-c", "go on")
    assert sent(server) == [("user", "tell"), ("assistant", "Once upon"), ("user", "go on")]


def test_what_chat_takes_back_is_not_gone_on_with(grok, server):
    server.reply(answer("ok"))
    grok("chat", stdin="one\n/system be brief\ntwo\n/undo\nthree\n/retry\n")
    assert kept(grok) == [
        ("user", "one"),
        ("assistant", "ok"),
        ("system", "be brief"),
        ("user", "three"),
        ("assistant", "ok"),
    ]
    grok("chat", "-c", stdin="four\n")
    assert sent(server)[0] == ("system", "be brief")
    assert [content for role, content in sent(server) if role == "user"] == ["one", "three", "four"]


def test_a_failed_question_gives_way_to_the_next_also_in_the_store(grok, server):
    server.reply(body({"error": "oops"}, 400), answer("ok"))
    grok("chat", stdin="bad\ngood\n")
    assert kept(grok) == [("user", "good"), ("assistant", "ok")]


def test_chat_shows_where_it_goes_on(grok, server):
    server.reply(answer("the answer"), body({"error": "oops"}, 400))
    grok("ask", "first")
    code, out, err = grok("chat", "-c", stdin="second\n", tty=True)
    assert (code, out.strip()) == (6, "the answer")
    assert "> first" in err
    assert "this question was not answered; use /retry to ask again" in grok("chat", "-c").err


def test_resume_and_rename_in_chat(grok, server):
    server.reply(answer("ok"))
    grok("ask", "about whales")
    _, _, err = grok("chat", stdin="/resume\n/resume whales\nmore\n/rename Moby\n/new\n/rename nothing\n")
    assert "about whales" in err
    assert sent(server) == [("user", "about whales"), ("assistant", "ok"), ("user", "more")]
    assert "nothing to rename yet" in err
    assert json.loads(grok("history", "list", "--json").out)[0]["title"] == "Moby"


def test_new_begins_another_conversation(grok, server):
    server.reply(answer("ok"))
    grok("chat", stdin="one\n/new\ntwo\n")
    assert [one["title"] for one in json.loads(grok("history", "list", "--json").out)] == ["two", "one"]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_whatever_ends_the_process_the_question_and_the_text_are_kept(grok, environ, server, number):
    server.reply(stalled("Once upon a time"), answer("there was"))
    process = subprocess.Popen(command("chat", "tell"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environ)
    assert os.read(process.stdout.fileno(), 100) == b"Once upon a time"
    # The first text is in the store when `write` returns, right after it was printed.
    while kept(grok)[-1] != ("assistant", "Once upon a time"):
        assert process.poll() is None
    process.send_signal(number)
    if number == signal.SIGINT:
        process.stdin.close()
    process.stdout.read()
    process.stdout.close()
    process.wait(30)
    process.stdin.close()
    code, out, err = grok("chat", "-c", stdin="go on\n")
    assert (code, out) == (0, "there was\n")
    assert "> tell" in err
    assert "interrupted (" in err
    assert "); use /continue or /retry" in err
    assert sent(server) == [("user", "tell"), ("assistant", "Once upon a time"), ("user", "go on")]


def test_a_store_that_cannot_be_written_costs_a_warning_and_no_answer(grok, server, home):
    (home).mkdir()
    (home / "data").write_text("in the way")
    server.reply(answer("ok"))
    code, out, err = grok("chat", stdin="one\ntwo\n")
    assert (code, out) == (0, "ok\nok\n")
    assert err.count("warning: this conversation is not saved") == 1
    assert err.count("\n") == 1
