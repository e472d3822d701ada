"""What goes wrong: exit codes, the lines on stderr, and that the key stays a secret."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading

import pytest
from language import KEY, command
from server import Server, answer, body, data, delta, finish, stalled, stream, usage

BAD_KEY = {"code": "invalid-argument", "error": f"Incorrect API key provided: {KEY}. Get one from the console."}
LOST = {"code": "not-found", "error": "The model grok-x does not exist or your team has no access to it."}
SPENT = {"code": 429, "error": "You ran out of credits. [WKE=personal-team-blocked:spending-limit]"}
DEEP = {"error": '{"type": "error", "error": {"message": "the inner words", "code": "inner"}}'}


@pytest.mark.parametrize(
    ("status", "document", "code", "said", "hint"),
    [
        (400, BAD_KEY, 3, "Incorrect API key", "config set api_key"),
        (400, {"code": "invalid-argument", "error": "Argument not supported: x"}, 6, "not supported", None),
        (400, {"error": {"message": "bad thing", "type": "t", "code": "c"}}, 6, "bad thing", None),
        (400, {"error": "This model's maximum prompt length is 5 but the request contains 9 tokens."}, 6, "maximum", "shorten the input"),
        (400, DEEP, 6, "the inner words", None),
        (401, {"code": "unauthenticated:no-credentials", "error": "No credentials presented."}, 3, "No credentials", "key"),
        (402, {"error": "usage balance exhausted"}, 4, "balance", "credits"),
        (403, {"code": "permission-denied", "error": "Your team doesn't have any credits or licenses yet."}, 4, "credits", "buy"),
        (403, {"code": "x", "error": "Content violates usage guidelines. Team: t"}, 7, "guidelines", "rephrase"),
        (403, {"error": "This key may not use this endpoint"}, 3, "may not", "permissions"),
        (404, LOST, 6, "does not exist", "choose one with -m"),
        (404, "No handler found on route.", 6, "No handler", "base_url"),
        (405, "", 6, "HTTP 405", None),
        (410, {"error": "Live search is deprecated."}, 6, "deprecated", None),
        (413, "", 6, "HTTP 413", "shorten the input"),
        (422, "Failed to deserialize the JSON body", 6, "Failed to deserialize", None),
        (422, '"A request may either be streaming or deferred, but not both."', 6, "either be streaming", None),
        (429, {"code": "resource-exhausted", "error": "Too many requests for team t."}, 4, "Too many", "wait"),
        (429, SPENT, 4, "You ran out of credits.", "credits"),
        (500, {"code": "x", "error": "Service temporarily unavailable."}, 6, "temporarily", "may be down"),
        (502, "<html><body>\x1b]0;gotcha\x07 nginx</body></html>", 6, "HTTP 502", "may be down"),
    ],
)  # fmt: skip
def test_each_status_has_its_code_its_words_and_its_hint(grok, server, status, document, code, said, hint):
    server.reply(body(document, status))
    result = grok("ask", "hi")
    assert (result.code, result.out) == (code, "")
    told = result.err.splitlines()
    lines = [line for line in told if "retrying in" not in line]
    retryable = status >= 500 or (status == 429 and document is not SPENT)
    assert (len(server.requests), len(told) - len(lines)) == ((4, 3) if retryable else (1, 0))
    assert lines[0].startswith("error: ")
    assert said in lines[0]
    assert hint in lines[1] if hint else len(lines) == 1, lines
    assert KEY not in result.err
    assert "WKE" not in result.err
    assert "nginx" not in result.err


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"code": "timeout", "error": "Timed out waiting for first token"}, 6),
        ({"type": "error", "message": "quota", "code": None}, 6),
        ({"error": {"message": "upstream overloaded", "code": 400}}, 6),
        ({"error": "Incorrect API key provided"}, 3),
        (["not", "an", "object"], 6),
    ],
)
def test_an_error_under_http_200_is_an_error(grok, server, document, code):
    server.reply(body(document), stream([delta("Hel"), document]))
    assert grok("ask", "hi")[:2] == (code, "")
    assert grok("ask", "hi")[:2] == (code, "Hel\n")


def test_a_web_page_under_http_200_is_an_error_and_not_shown(grok, server):
    server.reply(body("<html>welcome to the hotel</html>", content_type="text/html; charset=utf-8"))
    code, out, err = grok("ask", "hi")
    assert (code, out) == (6, "")
    assert "hotel" not in err


@pytest.mark.parametrize("ending", ["cut", "reset", "end"])
def test_a_stream_that_stops_early_keeps_what_came(grok, server, ending):
    def play(connection):
        connection.stream_head()
        connection.chunk(data(delta("Hello")))
        getattr(connection, ending)()

    server.reply(play)
    code, out, err = grok("ask", "hi")
    assert (code, out) == (5, "Hello\n")
    assert err.startswith("error: ")


def test_a_connection_that_breaks_after_the_end_costs_the_usage_only(grok, server):
    def play(connection):
        connection.stream_head()
        connection.chunk(data(delta("Hello")) + data(finish()))
        connection.reset()

    server.reply(play)
    assert grok("ask", "hi") == (0, "Hello\n", "")


def test_silence_ends(grok, server, environ):
    # Long enough for a slow machine to take the first word before it is over.
    environ["GROK_IDLE_TIMEOUT"] = "1"
    server.reply(stalled("Hello"))
    code, out, err = grok("ask", "hi")
    assert (code, out) == (5, "Hello\n")
    assert "no data from the server for 1 s" in err


def test_nobody_listens(grok, environ):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    environ["XAI_BASE_URL"] = f"http://127.0.0.1:{port}/v1"
    code, out, err = grok("ask", "hi")
    assert (code, out) == (5, "")
    reason = f"could not reach 127.0.0.1:{port}: connection refused"
    assert err.startswith(
        f"{reason}; retrying in 0.0 s (attempt 2 of 4)\n{reason}; retrying in 0.0 s (attempt 3 of 4)\n"
    )
    assert f"\nerror: {reason}\nhint: " in err


def test_a_name_without_an_address(grok, environ):
    environ["XAI_BASE_URL"] = "https://no-such-host.invalid/v1"
    code, _, err = grok("ask", "hi")
    assert code == 5
    assert "could not resolve no-such-host.invalid" in err


def test_tls_with_a_server_that_has_none(grok, environ):
    def answer_in_plain(listener):
        connection, _ = listener.accept()
        with connection:
            connection.recv(1000)
            connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        server = threading.Thread(target=answer_in_plain, args=(listener,))
        server.start()
        environ["XAI_BASE_URL"] = f"https://127.0.0.1:{port}/v1"
        code, _, err = grok("ask", "hi")
        server.join()
    assert code == 5
    assert err.startswith(f"error: TLS with 127.0.0.1:{port} failed")


@pytest.mark.parametrize(
    "url",
    ["http://example.com/v1", "ftp://x/v1", "api.x.ai/v1", "http://127.0.0.1.evil.invalid/", "https://u:p@x.ai/v1"],
)
def test_the_key_is_not_sent_where_others_could_read_it(grok, environ, url):
    environ["XAI_BASE_URL"] = url
    code, out, err = grok("ask", "hi")
    assert (code, out) == (2, "")
    assert err.startswith(("error: invalid base URL", "error: refused to send the key", "error: the base URL"))


def test_the_key_does_not_follow_a_redirect(grok, server):
    other = Server()
    other.reply(answer("stolen"))
    server.reply(body("", 307, location=f"{other.url}/chat/completions"))
    code, out, err = grok("ask", "hi")
    other.close()
    assert (code, out, other.requests) == (6, "", [])
    assert "redirects to" in err


def test_netrc_does_not_replace_the_key(run, server, environ, home):
    home.mkdir()
    netrc = home / ".netrc"
    netrc.write_text("machine 127.0.0.1 login mallory password secret\n")
    netrc.chmod(0o600)
    environ["NETRC"] = str(netrc)
    server.reply(answer("ok"))
    assert run("ask", "hi").out == "ok\n"
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_a_proxy_does_not_see_what_is_meant_for_this_machine(run, server, environ):
    proxy = Server()
    proxy.reply(answer("stolen"))
    environ["HTTP_PROXY"] = environ["http_proxy"] = f"http://127.0.0.1:{proxy.port}"
    server.reply(answer("ok"))
    assert run("ask", "hi").out == "ok\n"
    assert proxy.requests == []
    proxy.close()


def test_words_of_the_server_cannot_drive_the_terminal(grok, server):
    server.reply(body({"error": "\x1b]52;c;aGk=\x07\x9b2J\u202e gotcha"}, 500))
    _, _, err = grok("ask", "hi")
    assert err.replace("\n", "").isprintable()
    assert "gotcha" in err


def test_long_words_of_the_server_are_cut(grok, server):
    server.reply(body({"error": "long " * 1000}, 500))
    assert max(map(len, grok("ask", "hi").err.splitlines())) < 400


@pytest.mark.skipif(sys.platform == "win32", reason="these are the signals of Unix")
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_signals_keep_what_came_and_end_with_their_code(environ, server, name, code):
    server.reply(stalled("Hello"))
    process = subprocess.Popen(
        command("ask", "hi"), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ
    )
    first = process.stdout.read(5)
    process.send_signal(getattr(signal, name))
    out, err = process.communicate(timeout=30)
    assert (process.returncode, first + out, err) == (code, b"Hello\n", b"")


@pytest.mark.parametrize(
    "document", [{}, {"choices": [{}]}, {"choices": "x"}, {"choices": [{"delta": 3}]}, {"usage": 7}]
)
def test_strange_chunks_do_not_crash(grok, server, document):
    server.reply(stream([document, delta("ok"), usage(), finish(), "[DONE]"]))
    assert grok("ask", "hi") == (0, "ok\n", "")


def test_unexpected_flags_are_named(grok):
    code, out, err = grok("ask", "--temprature", "1", "hi")
    assert (code, out) == (2, "")
    assert err.startswith("error: unknown option --temprature")
    assert "--temperature" in err
