"""`grok ask`, as a user types it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import tempfile
import threading
from pathlib import Path

import pytest
from language import KEY, Screen, command
from server import MODEL, answer, body, calls, data, delta, finish, stream, usage, whole


def test_the_answer_is_on_stdout_and_nothing_else_anywhere(grok, server):
    server.reply(answer("Hel", "lo"))
    assert grok("ask", "hi") == (0, "Hello\n", "")


def test_words_are_joined_and_the_body_is_small(grok, server):
    server.reply(answer("Hello"))
    grok("ask", "say", "hi")
    request = server.requests[0]
    assert (request.method, request.path) == ("POST", "/v1/chat/completions")
    assert request.json == {
        "model": "grok-4.7",
        "messages": [{"role": "user", "content": "say hi"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert len(request.body) <= 300
    assert request.headers["authorization"] == f"Bearer {KEY}"


def test_piped_text_stands_before_the_question(grok, server):
    server.reply(answer("2"))
    assert grok("ask", "count the lines", stdin="a\nb\n") == (0, "2\n", "")
    content = server.requests[0].json["messages"][0]["content"]
    assert content == "<stdin>\na\nb\n</stdin>\n\ncount the lines"


def test_piped_text_alone_is_the_question_verbatim(grok, server):
    server.reply(answer("ok"))
    grok("ask", stdin="  what is\nthis?\n")
    assert server.requests[0].json["messages"][0]["content"] == "  what is\nthis?\n"


def test_output_in_a_pipe_is_the_models_bytes(run, server):
    text = "# Héllo\u2028wörld\x1b[31m\r\n\ttab 日本\n"
    server.reply(answer(*text))
    assert run("ask", "hi") == (0, text, "")


def test_an_answer_that_lacks_a_final_newline_gets_one_and_an_empty_one_nothing(grok, server):
    server.reply(answer("a\n"), answer("a"), answer())
    assert [grok("ask", "hi").out for _ in range(3)] == ["a\n", "a\n", ""]


@pytest.mark.parametrize("stdin", [None, "", " \n"])
def test_no_question_is_a_usage_error_and_nothing_is_sent(grok, server, stdin):
    code, out, err = grok("ask", stdin=stdin)
    assert (code, out, server.requests) == (2, "", [])
    assert err.startswith("error: no question given\nhint: ")


def test_a_dash_means_stdin(grok, server):
    server.reply(answer("ok"))
    grok("ask", "-", "sum up", stdin="x")
    assert server.requests[0].json["messages"][0]["content"] == "<stdin>\nx\n</stdin>\n\nsum up"


def test_a_regular_file_on_stdin_is_read(grok, server, tmp_path):
    server.reply(answer("ok"))
    (tmp_path / "notes").write_text("from a file")
    grok("ask", "sum up", stdin=(tmp_path / "notes").open("rb"))
    assert "from a file" in server.requests[0].json["messages"][0]["content"]


def test_no_stdin_does_not_look(grok, server):
    server.reply(answer("ok"))
    grok("ask", "--no-stdin", "hi", stdin="not this")
    assert server.requests[0].json["messages"][0]["content"] == "hi"


def test_an_idle_pipe_beside_a_question_is_given_up_with_a_warning(grok, server, environ):
    environ["GROK_STDIN_TIMEOUT"] = "0.05"
    server.reply(answer("ok"))
    reading, writing = os.pipe()
    code, out, err = grok("ask", "hi", stdin=os.fdopen(reading, "rb"))
    os.close(writing)
    assert (code, out) == (0, "ok\n")
    assert err.startswith("warning: no data on stdin for 0.05 s")
    assert server.requests[0].json["messages"][0]["content"] == "hi"


def test_an_idle_socket_beside_a_question_is_given_up_too(grok, server, environ):
    environ["GROK_STDIN_TIMEOUT"] = "0.05"
    server.reply(answer("ok"))
    ours, theirs = socket.socketpair()
    with theirs:
        assert grok("ask", "-q", "hi", stdin=os.fdopen(ours.detach(), "rb")) == (0, "ok\n", "")


def test_somebody_at_the_terminal_is_told_about_the_wait(grok, server, monkeypatch):
    monkeypatch.setattr("grokcli.input.question.NOTICE_SECONDS", 0.01)
    server.reply(answer("ok"))
    reading, writing = os.pipe()

    class SlowWriter(Screen):
        """Writes into the pipe once the user has been told about the wait."""

        def write(self, text):
            if "waiting for stdin" in text:
                os.write(writing, b"late")
                os.close(writing)
            return super().write(text)

    code, out, err = grok("ask", "hi", stdin=os.fdopen(reading, "rb"), stderr=SlowWriter(tty=True))
    assert (code, out) == (0, "ok\n")
    assert "waiting for stdin" in err
    assert "late" in server.requests[0].json["messages"][0]["content"]


@pytest.mark.parametrize(
    ("stdin", "offset", "hint"),
    [(b"ab\xff\xfe", "0xff at offset 2", "iconv"), (b"\xff\xfea\0", "0xff at offset 0", "utf-16")],
)
def test_stdin_that_is_not_utf8_is_refused_with_the_offset(grok, server, stdin, offset, hint):
    code, out, err = grok("ask", "hi", stdin=stdin)
    assert (code, out, server.requests) == (2, "", [])
    assert offset in err
    assert hint in err


def test_a_server_on_this_machine_needs_no_key(grok, server, environ):
    del environ["XAI_API_KEY"]
    server.reply(answer("ok"), body({"error": "No key"}, 401))
    assert grok("ask", "hi") == (0, "ok\n", "")
    assert "authorization" not in server.requests[0].headers
    assert grok("ask", "hi").code == 3
    environ["GROK_API_KEY_COMMAND"] = "false"
    assert "api_key_command failed" in grok("ask", "hi").err
    assert len(server.requests) == 2


def test_no_key_is_told_with_every_way_out(grok, environ):
    del environ["XAI_API_KEY"], environ["XAI_BASE_URL"]
    code, out, err = grok("ask", "hi")
    assert (code, out) == (3, "")
    first, second = err.splitlines()
    assert first == "error: no API key"
    assert all(way in second for way in ("grok config set api_key", "XAI_API_KEY", "-m local"))


def test_flags_become_fields_of_the_request(grok, server):
    server.reply(answer("ok"))
    grok(
        "ask", "-m", "grok-4.3", "-s", "be brief", "-t", "0", "--max-tokens", "9", "-O", "seed=7", "-O", "user=me", "hi"
    )
    assert server.requests[0].json == {
        "model": "grok-4.3",
        "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hi"}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.0,
        "max_tokens": 9,
        "seed": 7,
        "user": "me",
    }


@pytest.mark.parametrize("option", ["seed", "=7", "model=x"])
def test_an_option_that_makes_no_sense_is_a_usage_error(grok, server, option):
    code, _, err = grok("ask", "-O", option, "hi")
    assert (code, server.requests) == (2, [])
    assert err.startswith("error: ")


def test_the_system_prompt_may_come_from_a_file(grok, server, tmp_path):
    (tmp_path / "role.txt").write_text("be a pirate")
    server.reply(answer("arr"))
    grok("ask", "-s", f"@{tmp_path}/role.txt", "hi")
    assert server.requests[0].json["messages"][0] == {"role": "system", "content": "be a pirate"}
    assert grok("ask", "-s", f"@{tmp_path}/none", "hi").code == 2


def test_p_is_ask(grok, server):
    server.reply(answer("Hello"))
    assert grok("-p", "hi") == (0, "Hello\n", "")
    assert grok("-m", "grok-4.3", "-p", "hi").code == 0
    assert server.requests[1].json["model"] == "grok-4.3"


def test_no_stream_asks_for_one_piece(grok, server):
    server.reply(whole("Hello"))
    assert grok("ask", "--no-stream", "hi") == (0, "Hello\n", "")
    assert "stream" not in server.requests[0].json


def test_a_server_that_cannot_stream_still_answers(grok, server):
    server.reply(whole("Hello"))
    assert grok("ask", "hi") == (0, "Hello\n", "")


def test_json_is_one_object(grok, server):
    server.reply(stream([delta(reasoning_content="hm"), delta("Hello"), finish(), usage(), "[DONE]"]))
    code, out, err = grok("ask", "--json", "hi")
    assert (code, err) == (0, "")
    assert json.loads(out) == {
        "content": "Hello",
        "reasoning": "hm",
        "sources": [],
        "model": MODEL,
        "finish_reason": "stop",
        "usage": {
            "input_tokens": 20,
            "output_tokens": 10,
            "reasoning_tokens": 7,
            "cached_tokens": 16,
            "cost_in_usd_ticks": 739000,
            "cost_usd": "0.0000739",
        },
        "id": "chat-1",
    }


def test_stream_json_is_one_object_a_line(grok, server):
    server.reply(answer("Hel", "lo"))
    code, out, _ = grok("ask", "--output-format", "stream-json", "hi")
    events = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert "".join(event["text"] for event in events if event["type"] == "text") == "Hello"
    assert [event["type"] for event in events if event["type"] != "text"] == ["usage", "end"]
    assert events[-2]["cost_usd"] == "0.0000739"


def test_errors_are_objects_too(grok, server):
    server.reply(body({"code": "invalid-argument", "error": "no such thing"}, 400, x_request_id="r-1"))
    code, out, err = grok("ask", "--json", "hi")
    assert code == 6
    assert err.startswith("error: the server said: no such thing (request r-1)")
    assert json.loads(out)["error"] == {
        "message": "the server said: no such thing",
        "hint": None,
        "exit_code": 6,
        "status": 400,
        "code": "invalid-argument",
        "request_id": "r-1",
    }
    code, out, _ = grok("ask", "--output-format", "stream-json", "hi")
    assert (code, json.loads(out)["type"]) == (6, "error")


def test_json_on_a_terminal_holds_no_control_characters(grok, server):
    server.reply(answer("\x1b]0;title\x07\x9b31m\u202e"))
    _, out, _ = grok("ask", "--json", "hi", tty=True)
    assert out.rstrip("\n").isprintable()
    assert json.loads(out)["content"] == "\x1b]0;title\x07\x9b31m\u202e"


def test_raw_text_on_a_terminal_holds_no_control_characters(grok, server):
    server.reply(answer("a\x1b", "]0;t\x07b\x9bc"))
    code, out, _ = grok("ask", "--raw", "hi", tty=True)
    assert code == 0
    assert not set(out) & {"\x1b", "\x07", "\x9b"}
    assert "a" in out
    assert "]0;t" in out


def test_on_a_terminal_the_answer_is_rendered(grok, server):
    server.reply(answer("# Ti", "tle\n\n- one\n- tw", "o\n"))
    code, out, err = grok("ask", "hi", tty=True)
    assert (code, err) == (0, "")
    assert "\x1b[" in out
    assert "- one" not in out
    for word in ("Title", "one", "two"):
        assert word in out
    plain = grok("ask", "--color", "never", "--markdown", "hi").out
    assert "\x1b" not in plain
    assert plain.split() == ["Title", "•", "one", "•", "two"]


def test_reasoning_is_shown_on_stderr_when_asked_for(grok, server):
    server.reply(stream([delta(reasoning_content="h\x1bm"), delta("Hello"), finish(), "[DONE]"]))
    assert grok("ask", "--show-reasoning", "hi") == (0, "Hello\n", "h␛m\n\n")
    assert grok("ask", "hi").err == ""


def test_a_theme_that_does_not_exist_is_told(grok, server, environ):
    environ["GROK_THEME"] = "monokay"
    server.reply(answer("ok"))
    code, _, err = grok("ask", "hi", tty=True)
    assert code == 2
    assert "monokai" in err


def test_output_goes_into_a_file(grok, server, tmp_path):
    server.reply(answer("Hello"))
    target = tmp_path / "answer.md"
    assert grok("ask", "-o", str(target), "hi") == (0, "", "")
    assert target.read_text() == "Hello\n"
    target.write_text("old")
    assert grok("ask", "-o", str(target), "hi", tty=True).out != ""
    assert target.read_text() == "Hello\n"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["answer.md"]


def test_a_file_is_replaced_by_a_whole_answer_only(grok, server, tmp_path):
    server.reply(stream([delta("Hel")]))
    target = tmp_path / "answer.md"
    target.write_text("old")
    code, out, err = grok("ask", "-o", str(target), "hi")
    assert (code, out) == (5, "")
    assert err.startswith(
        f"kept what arrived in {target}.partial\nerror: the connection closed before the answer was complete"
    )
    assert target.read_text() == "old"
    assert (tmp_path / "answer.md.partial").read_text() == "Hel\n"


@pytest.mark.skipif(os.name != "posix", reason="a signal")
def test_ctrl_c_says_where_what_arrived_is(environ, server, tmp_path):
    def stall(connection):
        connection.stream_head()
        connection.chunk(data(delta("Hel")) + data(delta(reasoning_content="thought")))
        connection.file.read(1)
        connection.cut()

    server.reply(stall)
    words = command("ask", "--show-reasoning", "-o", "answer.md", "hi")
    pipe = subprocess.PIPE
    with subprocess.Popen(
        words, env=environ, cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe
    ) as process:
        seen = process.stderr.read(len("thought"))
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, seen) == (130, b"", b"thought")
    assert "kept what arrived in answer.md.partial\n" in err.decode()
    assert (tmp_path / "answer.md.partial").read_text() == "Hel\n"


def test_a_file_that_cannot_be_written_is_told_before_anything_is_sent(grok, server, tmp_path):
    code, _, err = grok("ask", "-o", str(tmp_path / "no" / "where"), "hi")
    assert code == 2
    assert err.endswith(f"no such folder: {tmp_path}/no\nhint: mkdir -p {tmp_path}/no\n")
    assert grok("ask", "-o", str(tmp_path), "hi").code == 2
    assert server.requests == []


def test_a_pipe_is_written_to_and_stays_a_pipe(grok, server, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    read = []
    reader = threading.Thread(target=lambda: read.append(fifo.read_text()))
    reader.start()
    server.reply(answer("Hello"))
    assert grok("ask", "-o", str(fifo), "hi").code == 0
    reader.join(30)
    assert read == ["Hello\n"]
    assert fifo.is_fifo()


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["-t", "nan"], "invalid value for temperature"),
        (["--model", ""], "invalid value for model: '' (must not be empty)"),
        (["-f", "/dev/zero"], "/dev/zero is a device"),
        (["-s", "@/dev/zero"], "/dev/zero is a device"),
        (["-O", "temperature=9"], "9 (must be a number from 0 to 2)"),
    ],
)
def test_what_cannot_be_sent_is_told_and_nothing_is_sent(grok, server, flags, said):
    code, out, err = grok("ask", *flags, "hi")
    assert (code, out, server.requests) == (2, "", [])
    assert said in err


def test_a_file_that_no_model_takes_is_refused_unread(grok, server, tmp_path):
    with (tmp_path / "huge").open("wb") as huge:
        huge.truncate(10**10)
    code, _, err = grok("ask", "-f", str(tmp_path / "huge"), "hi")
    assert (code, server.requests) == (2, [])
    assert "is larger than 32 MiB" in err


@pytest.mark.parametrize("text", ["", " \n"])
def test_an_answer_without_a_word_is_told_and_is_no_success(grok, server, tmp_path, text):
    server.reply(answer(text))
    code, _, err = grok("ask", "-o", str(tmp_path / "out"), "hi")
    assert (code, err.splitlines()[0]) == (7, "error: the answer is empty")
    assert not (tmp_path / "out").exists()


def test_a_call_without_a_word_is_an_answer(grok, server):
    server.reply(calls(("f", {})))
    code, _, err = grok("ask", "hi")
    assert (code, "the answer is empty" in err) == (0, False)


def test_a_question_needs_no_subcommand(grok, server):
    server.reply(answer("ok"))
    asked = {
        ("why is it blue",): ("why is it blue", None),
        ("why?",): ("why?", None),
        ("为什么？",): ("为什么？", None),
        ("why is it blue?", "-m", "grok-4.3"): ("why is it blue?", "grok-4.3"),
        ("-m", "grok-4.3", "why?"): ("why?", "grok-4.3"),
        ("-m", "grok-4.3", "-s", "be brief", "two\nlines"): ("two\nlines", "grok-4.3"),
        ("-q", "-s", "ask", "why not"): ("why not", None),
        ("history list", "--no-save"): ("history list", None),
    }
    for words, (question, model) in asked.items():
        assert grok(*words)[:2] == (0, "ok\n"), words
        sent = server.requests[-1].json
        assert (sent["messages"][-1]["content"], sent["model"]) == (question, model or "grok-4.7")
    assert grok("explain this", stdin="text\n").code == 0
    assert server.requests[-1].json["messages"][-1]["content"] == "<stdin>\ntext\n</stdin>\n\nexplain this"


def test_a_single_word_is_no_question(grok, server):
    for words in (["why"], [""], [" "], ["-s", "be brief", "why"], ["-s", "be brief", "history"], ["why", "not?"]):
        assert grok(*words).code == 2, words
    assert server.requests == []


def test_usage_is_told_on_stderr(grok, server):
    server.reply(answer("Hello"))
    _, out, err = grok("ask", "-u", "hi")
    assert out == "Hello\n"
    assert err.startswith("usage: 20 tokens in (16 cached) · 10 out (7 reasoning) · $0.0000739 · ")


def test_dry_run_shows_the_request_and_sends_nothing(grok, server):
    code, out, err = grok("ask", "--dry-run", "-t", "1", "hi")
    assert (code, err, server.requests) == (0, "", [])
    head, _, sent = out.partition("\n\n")
    assert head.splitlines() == [
        f"POST {server.url}/chat/completions",
        "Authorization: Bearer xai-…6789",
        "Content-Type: application/json",
    ]
    assert json.loads(sent)["temperature"] == 1
    server.reply(answer("ok"))
    grok("ask", "-t", "1", "hi")
    assert server.requests[0].body.decode() == sent.rstrip("\n")


def test_an_answer_of_another_model_says_so(grok, server):
    server.reply(answer("Hello", model="grok-4.3"))
    assert grok("ask", "hi") == (0, "Hello\n", "asked grok-4.7, answered by grok-4.3\n")
    assert grok("ask", "-q", "hi").err == ""


def test_the_full_name_of_the_same_model_is_no_news(grok, server):
    server.reply(answer("Hello", model="grok-4.7-0921"))
    assert grok("ask", "hi").err == ""


@pytest.mark.parametrize(("reason", "word"), [("length", "token limit"), ("content_filter", "filter")])
def test_an_answer_that_was_cut_by_a_limit_says_so(grok, server, reason, word):
    server.reply(answer("Hel", reason=reason))
    code, out, err = grok("ask", "hi")
    assert (code, out) == (7, "Hel\n")
    assert word in err


def test_too_much_for_the_model_is_refused_with_both_numbers(grok, server, tmp_path):
    (tmp_path / "log").write_text("word " * 600_000)
    code, _, err = grok("ask", "sum up", stdin=(tmp_path / "log").open("rb"))
    assert (code, server.requests) == (2, [])
    assert "600,005 tokens; grok-4.7 takes at most 500,000" in err


@pytest.mark.parametrize("framing", ["chunks", "length", "close"])
def test_the_first_delta_is_out_before_the_second_is_sent(environ, server, framing):
    seen = threading.Event()
    first, rest = data(delta("first")), data(delta(" second")) + data(finish()) + data("[DONE]")

    def play(connection):
        if framing == "chunks":
            connection.stream_head()
        elif framing == "length":
            connection.head(content_type="text/event-stream", content_length=str(len(first + rest)))
        else:
            connection.head(content_type="text/event-stream", connection="close")
        send = connection.chunk if framing == "chunks" else connection.send
        send(first)
        assert seen.wait(30)
        send(rest)
        connection.cut()

    server.reply(play)
    process = subprocess.Popen(command("ask", "hi"), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=environ)
    assert os.read(process.stdout.fileno(), 100) == b"first"
    seen.set()
    assert process.stdout.read() == b" second\n"
    process.stdout.close()
    assert process.wait() == 0


def test_a_reader_that_leaves_is_quiet(environ, server):
    server.reply(stream([*(delta("line\n") for _ in range(20_000)), finish(), "[DONE]"]))
    with tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            command("ask", "hi"), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=err, env=environ
        )
        os.read(process.stdout.fileno(), 10)
        process.stdout.close()
        assert process.wait(30) == 141
        err.seek(0)
        assert err.read() == b""


def test_roles_and_aliases_come_from_the_settings(grok, server, home):
    Path(home, "config").mkdir(parents=True)
    Path(home, "config", "config.toml").write_text(
        '[aliases]\nfast = "grok-4.3"\n[roles.pirate]\nsystem = "arr"\ntemperature = 2\n'
        '[models."grok-4.3"]\nmax_tokens = 5\ntemperature = 0.5\n'
    )
    server.reply(answer("ok", model="grok-4.3"))
    assert grok("ask", "-m", "fast", "--role", "pirate", "hi").err == ""
    sent = server.requests[0].json
    assert (sent["model"], sent["temperature"], sent["max_tokens"]) == ("grok-4.3", 2, 5)
    assert sent["messages"][0]["content"] == "arr"
    code, _, err = grok("ask", "--role", "pirat", "hi")
    assert code == 2
    assert "did you mean 'pirate'?" in err
