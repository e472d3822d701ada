"""The library, as its page shows it, against a server on a loopback socket."""

from __future__ import annotations

import json
import subprocess
import sys
import threading

import pytest
import requests
from server import answer, body, data, delta, finish, stream, usage, whole

from grokcli import XAI, APIError, AuthError, Client, GrokError, MissingKeyError, StreamCutError
from grokcli.chat import assistant, image, system, user
from grokcli.events import End, ReasoningDelta, TextDelta, ToolCall, Usage

KEY = "xai-library-key"


@pytest.fixture
def xai(server):
    client = XAI(KEY, base_url=server.url)
    yield client
    client.close()


def test_what_a_client_shows(xai, server):
    assert (xai.api_key, xai.base_url) == (KEY, server.url)
    assert xai.headers == {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}


def test_key_and_server_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("XAI_API_KEY", "from-environment")
    monkeypatch.delenv("XAI_BASE_URL", raising=False)
    assert (XAI().api_key, XAI().base_url) == ("from-environment", "https://api.x.ai/v1")
    monkeypatch.setenv("XAI_BASE_URL", "https://example.com/v1/")
    assert XAI().base_url == "https://example.com/v1"
    assert XAI(base_url="https://other.example/v1").base_url == "https://other.example/v1"
    monkeypatch.delenv("XAI_API_KEY")
    with pytest.raises(MissingKeyError, match="no API key"):
        XAI()


def test_a_timeout_is_one_number_or_two():
    assert XAI(KEY, timeout=3600)._transport._timeout == (3600, 3600)
    assert XAI(KEY, timeout=(1, 2))._transport._timeout == (1, 2)
    assert XAI(KEY)._transport._timeout == (10, 300)


def test_chat_completion_returns_the_answer(xai, server):
    server.reply(whole("Hello"))
    messages = [{"role": "user", "content": "hi"}]
    reply = xai.chat_completion(messages, model="grok-4.3")
    assert reply["choices"][0]["message"]["content"] == "Hello"
    assert server.requests[0].json == {"model": "grok-4.3", "messages": messages, "temperature": 0}
    assert server.requests[0].headers["content-type"] == "application/json"


def test_messages_pass_through_in_any_order(xai, server):
    server.reply(whole("ok"))
    messages = [
        {"role": "assistant", "content": "first"},
        {"role": "system", "content": "one"},
        {"role": "user", "content": [{"type": "text", "text": "ü"}, {"type": "image_url", "image_url": {"url": "u"}}]},
        {"role": "system", "content": "two"},
        {"role": "tool", "content": "3", "tool_call_id": "c"},
    ]
    xai.chat_completion(messages)
    assert server.requests[0].json["messages"] == messages


@pytest.mark.parametrize("ask", ["stream_chat_completion", "chat_completion"])
def test_a_stream_yields_a_json_document_an_event(xai, server, ask):
    server.reply(answer("Hel", "lo"))
    more = {"stream": True} if ask == "chat_completion" else {}
    texts = []
    for line in getattr(xai, ask)([{"role": "user", "content": "hi"}], **more):
        if line.strip():
            choices = json.loads(line)["choices"]
            texts += [choice["delta"].get("content", "") for choice in choices]
    assert "".join(texts) == "Hello"
    assert server.requests[0].json["stream"] is True
    assert server.requests[0].json["temperature"] == 0


def test_a_stream_that_is_cut_raises_after_what_came(xai, server):
    server.reply(stream([delta("Hel")]))
    lines = xai.stream_chat_completion([])
    assert "Hel" in next(lines)
    with pytest.raises(StreamCutError):
        next(lines)


def test_an_error_inside_a_stream_raises(xai, server):
    server.reply(stream([delta("Hel"), {"code": "x", "error": "gone"}]))
    lines = xai.stream_chat_completion([])
    next(lines)
    with pytest.raises(APIError, match="gone"):
        next(lines)


def test_an_error_status_is_ours_and_requests(xai, server):
    server.reply(body({"code": "invalid-argument", "error": "Incorrect API key provided."}, 400, x_request_id="r-7"))
    with pytest.raises(requests.exceptions.HTTPError) as caught:
        xai.chat_completion([])
    error = caught.value
    assert isinstance(error, AuthError)
    assert isinstance(error, GrokError)
    assert (error.status, error.code, error.request_id) == (400, "invalid-argument", "r-7")
    assert error.response.status_code == 400
    assert str(error) == "the server said: Incorrect API key provided."


def test_send_request_takes_any_endpoint(xai, server):
    server.reply(body({"data": []}))
    assert xai.request("GET", "/models") == {"data": []}
    assert xai.request("POST", "images/generations", {"prompt": "ü"}) == {"data": []}
    first, second = server.requests
    assert (first.method, first.path, first.body) == ("GET", "/v1/models", b"")
    assert (second.path, second.body) == ("/v1/images/generations", '{"prompt":"ü"}'.encode())


def test_the_guides_conversation(server):
    server.reply(whole("Blue light scatters."), answer("Be", "cause."))
    client = Client(KEY, base_url=server.url)
    chat = client.chat.create(model="grok-4.7", temperature=0.2)
    chat.append(system("You answer in one sentence."))
    chat.append(user("Why is the sky blue?"))
    response = chat.sample()
    assert response.content == "Blue light scatters."
    assert (response.finish_reason, response.model, response.usage.output_tokens) == ("stop", "grok-4.7", 10)
    chat.append(response)
    chat.append(user("Why?", image("https://example.com/sky.png")))
    steps = list(chat.stream())
    assert "".join(chunk.content for _, chunk in steps) == steps[-1][0].content == "Because."
    assert server.requests[1].json == {
        "model": "grok-4.7",
        "messages": [
            {"role": "system", "content": "You answer in one sentence."},
            {"role": "user", "content": "Why is the sky blue?"},
            {"role": "assistant", "content": "Blue light scatters."},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Why?"},
                    {"type": "image_url", "image_url": {"url": "https://example.com/sky.png", "detail": "auto"}},
                ],
            },
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.2,
    }
    client.close()


def test_a_conversation_may_start_with_messages(xai, server):
    server.reply(whole("ok"))
    xai.chat.create(messages=[assistant("I speak first."), system("late")]).sample()
    assert [message["role"] for message in server.requests[0].json["messages"]] == ["assistant", "system"]


def test_reasoning_is_apart_from_the_answer(xai, server):
    server.reply(stream([delta(reasoning_content="hm"), delta("Hello"), finish(), "[DONE]"]))
    steps = [(chunk.reasoning_content, chunk.content) for _, chunk in xai.chat.create().stream()]
    assert [step for step in steps if any(step)] == [("hm", ""), ("", "Hello")]


def test_events_of_a_stream(xai, server):
    call = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "add", "arguments": '{"a"'}}
    rest = {"index": 0, "function": {"arguments": ":1}"}}
    server.reply(
        stream(
            [
                delta(reasoning_content="hm"),
                delta("Hi", tool_calls=[call]),
                delta(tool_calls=[rest]),
                finish(),
                usage(),
                "[DONE]",
            ]
        )
    )
    events = list(xai.events([]))
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == "Hi"
    assert [event for event in events if not isinstance(event, TextDelta)] == [
        ReasoningDelta("hm"),
        ToolCall("call_1", "add", '{"a":1}'),
        Usage(input_tokens=20, output_tokens=10, reasoning_tokens=7, cached_tokens=16, cost_in_usd_ticks=739000),
        End("tool_calls", "grok-4.7", "chat-1"),
    ]


def test_tokens_of_servers_that_count_the_reasoning_in(xai, server):
    figures = {"prompt_tokens": 20, "completion_tokens": 10, "total_tokens": 30}
    figures["completion_tokens_details"] = {"reasoning_tokens": 7}
    server.reply(stream([delta("x"), finish(), usage(figures), "[DONE]"]))
    told = next(event for event in xai.events([]) if isinstance(event, Usage))
    assert (told.output_tokens, told.reasoning_tokens, told.cost_in_usd_ticks) == (10, 7, None)


def test_leaving_a_stream_closes_the_connection(xai, server):
    seen = threading.Event()

    def play(connection):
        connection.stream_head()
        connection.chunk(data(delta("one")))
        try:
            while True:
                connection.chunk(data(delta("more " * 1000)))
        except OSError:
            seen.set()

    server.reply(play)
    events = xai.events([])
    next(events)
    events.close()
    assert seen.wait(30)


def test_a_server_that_does_not_end_the_body_after_done_loses_the_connection_and_nothing_else(xai, server):
    held = threading.Event()

    def play(connection):
        connection.stream_head()
        connection.chunk(data(delta("Hi")) + data(finish()) + data("[DONE]"))
        held.wait(30)

    server.reply(play, answer("again"))
    assert "".join(event.text for event in xai.events([]) if isinstance(event, TextDelta)) == "Hi"
    assert "".join(event.text for event in xai.events([]) if isinstance(event, TextDelta)) == "again"
    held.set()
    assert server.connections == 2


def test_conversations_in_several_threads_do_not_mix(xai, server):
    def echo(connection):
        asked = next(r for r in reversed(server.requests) if r.connection == connection.number)
        whole(asked.json["messages"][0]["content"])(connection)

    server.reply(echo)
    heard = {}

    def talk(name):
        for _ in range(20):
            heard.setdefault(name, set()).add(xai.chat.create(messages=[user(name)]).sample().content)

    threads = [threading.Thread(target=talk, args=(f"thread {n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == {f"thread {n}": {f"thread {n}"} for n in range(4)}


def test_every_exception_of_requests_becomes_ours(xai, monkeypatch):
    import inspect

    from requests import exceptions

    def raising(error):
        def send(*_, **__):
            raise error

        return send

    for name, kind in inspect.getmembers(exceptions, inspect.isclass):
        if not issubclass(kind, exceptions.RequestException) or kind is exceptions.JSONDecodeError:
            continue
        monkeypatch.setattr(requests.Session, "request", raising(kind(f"{name} happened")))
        with pytest.raises((GrokError, exceptions.HTTPError)):
            xai.chat_completion([])


def test_the_library_prints_nothing_and_the_package_is_cheap_to_import():
    code = (
        "import sys, grokcli; print(sorted(m for m in ('requests', 'typer', 'grokcli.client.xai') if m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_the_public_names():
    import grokcli

    for name in grokcli.__all__:
        assert getattr(grokcli, name) is not None
    assert "XAI" in dir(grokcli)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = grokcli.nothing
