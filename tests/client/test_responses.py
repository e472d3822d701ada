"""The Responses API: what is sent, what is read, and what goes back."""

from __future__ import annotations

import json

import pytest
import responses as wire
from responses import citation, events, function_call, message, reasoning, web_search, x_search
from server import MODEL, answer, body, data, delta, finish, usage
from server import stream as chat_stream

from grokcli import XAI, APIError, ConfigError, StreamCutError
from grokcli.chat import Response, assistant, image, system, user
from grokcli.client.wire import resolve
from grokcli.client.wire.responses import build_request
from grokcli.events import End, OutputItem, ReasoningDelta, SearchStep, Source, TextDelta, ToolCall, Usage

QUESTION = [user("What is 2 + 2?")]


@pytest.fixture
def xai(server):
    client = XAI("xai-library-key", base_url=server.url, api="responses")
    yield client
    client.close()


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [
        ("https://api.x.ai/v1", "responses"),
        ("https://API.X.AI/v1", "responses"),
        ("https://us.api.x.ai/v1", "responses"),
        ("https://api.x.ai.evil.example/v1", "chat"),
        ("https://evilapi.x.ai/v1", "chat"),
        ("https://x.ai/v1", "chat"),
        ("https://api.x.ai@evil.example/v1", "chat"),
        ("https://evil.example/api.x.ai/v1", "chat"),
        ("http://127.0.0.1:8080/v1", "chat"),
    ],
)
def test_the_server_says_which_format_is_spoken(base_url, expected):
    assert resolve("auto", base_url) == expected
    assert resolve("chat", base_url) == "chat"
    assert resolve("responses", base_url) == "responses"


def test_the_two_methods_always_use_chat_completions(xai, server):
    server.reply(answer("Four"))
    list(xai.stream_chat_completion(QUESTION))
    assert server.requests[0].path == "/v1/chat/completions"


def test_an_api_that_there_is_not_is_told():
    with pytest.raises(ConfigError, match="soap"):
        XAI("key", api="soap")


def test_the_citations_of_chat_completions_are_sources(xai, server):
    last = {**usage(), "citations": ["https://a.example", "https://b.example", "https://a.example"]}
    server.reply(chat_stream([delta("ok"), finish(), last, "[DONE]"]))
    told = [event for event in xai.events(QUESTION, api="chat") if isinstance(event, Source)]
    assert told == [Source("https://a.example", number=1), Source("https://b.example", number=2)]


def test_a_request_is_small_and_leaves_nothing_at_the_server(xai, server):
    server.reply(wire.answer(message("Four.")))
    list(xai.events(QUESTION, "grok-4.3"))
    request = server.requests[0]
    assert request.path == "/v1/responses"
    assert request.json == {
        "model": "grok-4.3",
        "input": [{"role": "user", "content": "What is 2 + 2?"}],
        "stream": True,
        "store": False,
        "include": ["reasoning.encrypted_content"],
    }
    assert len(request.body) <= 300


def test_options_are_spelled_as_in_chat_requests():
    schema = {"name": "person", "schema": {"type": "object"}, "strict": True}
    function = {"name": "weather", "description": "Tells it", "parameters": {"type": "object"}}
    options = {
        "temperature": 0.2,
        "max_tokens": 9,
        "reasoning_effort": "high",
        "seed": None,
        "tools": [{"type": "function", "function": function}, {"type": "web_search"}],
        "tool_choice": {"type": "function", "function": {"name": "weather"}},
        "response_format": {"type": "json_schema", "json_schema": schema},
        "include": ["no_inline_citations"],
        "top_p": 0.5,
    }
    sent = build_request("grok-4.3", QUESTION, options, stream=False, conversation="c-1")
    assert sent == {
        "model": "grok-4.3",
        "input": [{"role": "user", "content": "What is 2 + 2?"}],
        "store": False,
        "include": ["reasoning.encrypted_content", "no_inline_citations"],
        "prompt_cache_key": "c-1",
        "temperature": 0.2,
        "max_output_tokens": 9,
        "reasoning": {"effort": "high"},
        "tools": [{"type": "function", **function}, {"type": "web_search"}],
        "tool_choice": {"type": "function", "name": "weather"},
        "text": {"format": {"type": "json_schema", **schema}},
        "top_p": 0.5,
    }
    assert "include" not in build_request("m", QUESTION, {"include": None}, stream=False)
    own = build_request("m", QUESTION, {"reasoning": {"effort": "low"}, "reasoning_effort": None}, stream=False)
    assert own["reasoning"] == {"effort": "low"}


def test_messages_become_items():
    call = {"id": "c-1", "type": "function", "function": {"name": "add", "arguments": "{}"}}
    messages = [
        assistant("I speak first."),
        system("late"),
        user("Look", image("https://example.com/sky.png")),
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c-1", "content": "3", "name": "add"},
        {"role": "assistant", "content": [{"type": "text", "text": "It is 3."}]},
        {
            "role": "user",
            "content": [{"type": "file", "file": {"file_id": "f-1"}}, {"type": "input_text", "text": "?"}],
        },
        {"type": "function_call_output", "call_id": "c-2", "output": "raw"},
    ]
    picture = {"type": "input_image", "image_url": "https://example.com/sky.png", "detail": "auto"}
    assert build_request("m", messages, {}, stream=False)["input"] == [
        wire.spoken("I speak first."),
        {"role": "system", "content": "late"},
        {"role": "user", "content": [{"type": "input_text", "text": "Look"}, picture]},
        {"type": "function_call", "call_id": "c-1", "name": "add", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c-1", "output": "3"},
        wire.spoken("It is 3."),
        {"role": "user", "content": [{"type": "input_file", "file_id": "f-1"}, {"type": "input_text", "text": "?"}]},
        {"type": "function_call_output", "call_id": "c-2", "output": "raw"},
    ]


ITEMS = [reasoning("The sum is easy.\n"), message("Two and two are **4**.")]


@pytest.mark.parametrize("step", [0, 1])
def test_a_stream_is_read_however_it_is_cut(xai, server, step):
    server.reply(wire.stream(events(*ITEMS), step=step))
    told = list(xai.events(QUESTION))
    assert "".join(event.text for event in told if isinstance(event, TextDelta)) == "Two and two are **4**."
    assert "".join(event.text for event in told if isinstance(event, ReasoningDelta)) == "The sum is easy.\n"
    assert [event.item for event in told if isinstance(event, OutputItem)] == ITEMS
    assert told[-2:] == [Usage(199, 184, 181, 128, 5743500, context_tokens=383), End("stop", MODEL, "resp-1")]
    if not step:
        assert sum(isinstance(event, TextDelta) for event in told) == 1


def test_an_answer_in_one_piece_says_the_same(xai, server):
    server.reply(wire.whole(*ITEMS))
    response = xai.chat.create(messages=QUESTION).sample()
    assert (response.content, response.reasoning_content) == ("Two and two are **4**.", "The sum is easy.\n")
    assert (response.output, response.finish_reason) == (ITEMS, "stop")
    assert "stream" not in server.requests[0].json


def test_a_server_that_cannot_stream_still_answers(xai, server):
    server.reply(wire.whole(*ITEMS))
    assert list(xai.chat.create(messages=QUESTION).stream())[-1][0].content == "Two and two are **4**."


def test_the_end_may_hold_what_no_event_told(xai, server):
    end = events(*ITEMS, function_call("add", {"a": 1}))[-1]
    server.reply(wire.stream([wire.opening(), end]))
    response = Response()
    for event in xai.events(QUESTION):
        response.add(event)
    assert (response.content, response.tool_calls) == (
        "Two and two are **4**.",
        [ToolCall("call-0", "add", '{"a": 1}')],
    )


def test_the_arguments_of_a_call_may_come_in_pieces(xai, server):
    call = function_call("add", {})
    documents = [
        {"type": "response.output_item.added", "item": {**call, "arguments": ""}, "output_index": 1},
        {"type": "response.function_call_arguments.delta", "delta": '{"a"', "output_index": 1},
        {"type": "response.function_call_arguments.delta", "delta": ":1}", "output_index": 1},
        {"type": "response.output_item.done", "item": {"id": "fc_0", "type": "function_call"}, "output_index": 1},
        {"type": "response.completed", "response": wire.response([])},
    ]
    server.reply(wire.stream(documents))
    told = list(xai.events(QUESTION))
    assert [event for event in told if isinstance(event, ToolCall)] == [ToolCall("call-0", "add", '{"a":1}')]
    assert told[-1].finish_reason == "tool_calls"


def test_calls_without_an_index_are_known_by_their_id(xai, server):
    calls = [function_call("add", {"a": n}, number=n) for n in range(2)]
    documents = [document for call in calls for document in wire.events_of(0, call)]
    for document in documents:
        del document["output_index"]
    server.reply(wire.stream([*documents, {"type": "response.completed", "response": wire.response(calls)}]))
    told = [event for event in xai.events(QUESTION) if isinstance(event, ToolCall)]
    assert [(call.id, call.arguments) for call in told] == [("call-0", '{"a": 0}'), ("call-1", '{"a": 1}')]


@pytest.mark.parametrize(
    ("reason", "expected"),
    [("max_output_tokens", "length"), ("content_filter", "content_filter"), ("max_turns", "incomplete: max_turns")],
)
def test_an_incomplete_answer_says_why(xai, server, reason, expected):
    server.reply(wire.answer(*ITEMS, status="incomplete", incomplete_details={"reason": reason}))
    response = Response()
    for event in xai.events(QUESTION):
        response.add(event)
    assert response.finish_reason == expected
    assert response.message() == {"role": "assistant", "content": "Two and two are **4**."}


def test_an_incomplete_answer_exits_7(grok, server):
    server.reply(wire.answer(message("Two and"), status="incomplete", incomplete_details={"reason": "max_turns"}))
    code, out, err = grok("ask", "--api", "responses", "hi")
    assert (code, out, err) == (7, "Two and\n", "error: the answer is incomplete: max_turns\n")


FAILURE = {"type": "error", "code": None, "message": "The model did not respond to this request.", "param": None}


@pytest.mark.parametrize(
    "documents",
    [
        [FAILURE],
        [*events(*ITEMS)[:-1], FAILURE],
        [*events(*ITEMS)[:-1], events(status="failed", error={"code": "x", "message": FAILURE["message"]})[-1]],
    ],
    ids=["first", "late", "failed"],
)
def test_errors_inside_a_stream_come_after_what_was_said(xai, server, documents):
    server.reply(wire.stream(documents))
    response = Response()
    with pytest.raises(APIError, match="did not respond"):
        for event in xai.events(QUESTION):
            response.add(event)
    assert response.content == ("" if len(documents) == 1 else "Two and two are **4**.")


def test_a_failure_that_says_nothing_is_still_one(xai, server):
    server.reply(wire.whole(status="failed"))
    with pytest.raises(APIError, match="gave no reason"):
        list(xai.events(QUESTION, stream=False))


def test_a_stream_without_its_end_was_cut(xai, server):
    server.reply(wire.stream(events(*ITEMS)[:-1]))
    response = Response()
    with pytest.raises(StreamCutError):
        for event in xai.events(QUESTION):
            response.add(event)
    assert response.content == "Two and two are **4**."
    assert response.message() == assistant(response.content)


def test_done_may_stand_at_the_end(xai, server):
    server.reply(chat_stream([*events(*ITEMS), "[DONE]"]))
    assert list(xai.events(QUESTION))[-1].finish_reason == "stop"


def test_an_error_event_may_have_its_name_outside(xai, server):
    def play(connection):
        connection.stream_head()
        connection.chunk(b"event: error\n" + data({"code": "overloaded", "message": "try later"}))
        connection.end()

    server.reply(play)
    with pytest.raises(APIError, match="try later"):
        list(xai.events(QUESTION))


def test_searches_are_told_as_they_begin_and_end(xai, server):
    page = {**web_search("", number=3), "action": {"type": "open_page", "url": "https://x.ai/"}}
    older = {"type": "web_search_call", "id": "o", "status": "completed", "arguments": '{"query":"old"}', "call_id": ""}
    code = {"type": "code_interpreter_call", "id": "ci", "status": "completed", "code": "1+1"}
    mcp = {"type": "mcp_call", "id": "m", "status": "failed", "name": "lookup", "arguments": '{"query":"q"}'}
    server.reply(wire.answer(web_search("grok"), x_search("from:xai", number=1), page, older, code, mcp))
    steps = [event for event in xai.events(QUESTION) if isinstance(event, SearchStep)]
    assert steps == [
        SearchStep("web", "", "in_progress", "ws_0"),
        SearchStep("web", "grok", "completed", "ws_0"),
        SearchStep("x", "from:xai", "in_progress", "ctc_1"),
        SearchStep("x", "from:xai", "completed", "ctc_1"),
        SearchStep("page", "https://x.ai/", "in_progress", "ws_3"),
        SearchStep("page", "https://x.ai/", "completed", "ws_3"),
        SearchStep("web", "old", "in_progress", "o"),
        SearchStep("web", "old", "completed", "o"),
        SearchStep("code", "", "in_progress", "ci"),
        SearchStep("code", "1+1", "in_progress", "ci"),
        SearchStep("code", "1+1", "completed", "ci"),
        SearchStep("mcp", "lookup", "in_progress", "m"),
        SearchStep("mcp", "lookup", "failed", "m"),
    ]


def test_sources_have_the_numbers_of_their_markers(xai, server):
    text = "It is new[[2]](https://b.example/x) and good[[1]](https://a.example)."
    annotations = [
        citation("https://c.example", "https://c.example"),
        citation("https://b.example/x", "2", 9, 35),
        citation("https://a.example", "A title", 44, 70),
        citation("https://d.example", "D"),
        citation("https://b.example/x", "2", 9, 35),
        citation("https://c.example"),
        citation("https://e.example", "9" * 5000),
        {"type": "file_citation", "url": "no"},
    ]
    server.reply(wire.answer(message(text, *annotations)))
    told = list(xai.events(QUESTION))
    assert [event for event in told if isinstance(event, Source)] == [
        Source("https://a.example", "A title", 1),
        Source("https://b.example/x", "", 2),
        Source("https://c.example", "", 3),
        Source("https://d.example", "D", 4),
        Source("https://e.example", "", 5),
    ]


def test_annotations_may_come_in_events_only(xai, server):
    said = message("See[[7]](https://a.example).")
    annotation = {"type": "response.output_text.annotation.added", "output_index": 0, "item_id": "msg_0"}
    documents = [*events(said)]
    documents.insert(-2, {**annotation, "annotation": citation("https://a.example")})
    server.reply(wire.stream(documents))
    assert Source("https://a.example", "", 7) in list(xai.events(QUESTION))


def test_items_come_back_to_the_letter(xai, server):
    older = {"type": "web_search_call", "id": "o", "status": "completed", "call_id": "", "arguments": "{}"}
    server.reply(wire.answer(older, message("ok")))
    items = [event.item for event in xai.events(QUESTION) if isinstance(event, OutputItem)]
    assert items == [older, message("ok")]


def test_two_turns_with_a_tool_are_sent_back_in_order(xai, server):
    call = function_call("weather", {"city": "Berlin"}, number=7)
    second = (reasoning("It is warm.", number=2), message("15 °C.", number=2))
    wire.strictly(server, (reasoning("Look it up."), call), second)
    function = {"name": "weather", "parameters": {"type": "object"}}
    chat = xai.chat.create("grok-4.7", tools=[{"type": "function", "function": function}], conversation="berlin")
    chat.append(system("be brief")).append(user("How warm is Berlin?"))
    first = Response()
    for event in chat.events():
        first.add(event)
    assert first.tool_calls == [ToolCall("call-7", "weather", '{"city": "Berlin"}')]
    chat.append(first).append({"role": "tool", "tool_call_id": "call-7", "content": "15°C"})
    response, _ = list(chat.stream())[-1]
    assert response.content == "15 °C."
    sent = server.requests[1].json
    assert [item.get("type") or item["role"] for item in sent["input"]] == [
        "system",
        "user",
        "reasoning",
        "function_call",
        "function_call_output",
    ]
    assert sent["prompt_cache_key"] == "berlin"


def test_three_turns_with_reasoning_and_searches_are_sent_back_in_order(xai, server):
    turns = [
        (reasoning("One.", number=1), web_search("one"), reasoning("", number=2), message("First.", number=1)),
        (x_search("two"), reasoning("Two.", number=3), message("Second.", number=2)),
        (reasoning("Three.", number=4), message("Third.", number=3)),
    ]
    wire.strictly(server, *turns)
    chat = xai.chat.create("grok-4.7")
    for question, expected in [("a", "First."), ("b", "Second."), ("c", "Third.")]:
        chat.append(user(question))
        response, _ = list(chat.stream())[-1]
        assert response.content == expected
        # As a store would keep it.
        chat.append(json.loads(json.dumps(response.message())))
    assert [item.get("type") for item in server.requests[2].json["input"]] == [
        *(None, "reasoning", "web_search_call", "reasoning", "message"),
        *(None, "custom_tool_call", "reasoning", "message"),
        None,
    ]


def test_the_strict_server_is_strict(xai, server):
    wire.strictly(server, (reasoning("One."), message("First.")))
    with pytest.raises(APIError, match="not allowed"):
        list(xai.events([{"type": "made_up", "text": "x"}]))
    with pytest.raises(APIError, match="needs its output"):
        list(xai.events([{"type": "function_call", "call_id": "c", "name": "n", "arguments": "{}"}]))


def test_another_model_gets_no_reasoning_that_it_cannot_read(xai, server):
    server.reply(wire.answer(reasoning("One."), message("First."), model="grok-4.3-0430"), wire.answer(message("ok")))
    chat = xai.chat.create("grok-4.3", messages=[user("a")])
    chat.append(list(chat.stream())[-1][0])
    for model, kinds in [("grok-4.3", [None, "reasoning", "message"]), ("grok-4.7", [None, "message"])]:
        list(xai.events(chat.messages, model))
        assert [item.get("type") for item in server.requests[-1].json["input"]] == kinds


def test_reasoning_goes_back_only_encrypted_and_with_its_parts_named():
    items = [
        {"type": "reasoning", "id": "rs_1", "summary": [], "content": [{"text": "raw"}], "encrypted_content": "x"},
        {"type": "reasoning", "id": "rs_2", "summary": [], "status": "completed"},
    ]
    sent = build_request("m", [{"role": "assistant", "content": "", "output": items, "model": "m"}], {}, stream=False)
    assert sent["input"] == [{**items[0], "content": [{"type": "reasoning_text", "text": "raw"}]}]


def test_a_chat_request_holds_nothing_of_the_other_api(xai, server):
    server.reply(wire.answer(reasoning("One."), function_call("add", {})), answer("ok"))
    chat = xai.chat.create("grok-4.7", messages=[user("a")], conversation="c")
    chat.append(list(chat.stream())[-1][0])
    list(xai.events(chat.messages, api="chat", conversation="c"))
    sent = server.requests[1].json
    call = {"id": "call-0", "type": "function", "function": {"name": "add", "arguments": "{}"}}
    assert sent["messages"][1] == {"role": "assistant", "content": "", "tool_calls": [call]}
    assert set(sent) == {"model", "messages", "stream", "stream_options"}


def test_a_status_error_is_one_here_too(xai, server):
    server.reply(body({"code": "invalid-argument", "error": "Incorrect API key provided."}, 400))
    with pytest.raises(APIError) as caught:
        list(xai.events(QUESTION))
    assert caught.value.exit_code == 3


def test_what_the_usage_line_says(grok, server):
    figures = {**wire.USAGE, "num_server_side_tools_used": 2, "cost_in_usd_ticks": 100005743500}
    server.reply(wire.answer(message("Four."), usage=figures))
    _, _, err = grok("ask", "--api", "responses", "-u", "hi")
    assert err.startswith(
        "usage: 199 tokens in (128 cached) · 184 out (181 reasoning) · 2 server tool calls · $10.00057435 · "
    )


def test_a_conversation_that_is_gone_on_with_sends_its_items_back(grok, server):
    turns = [(reasoning(f"Thought {n}.", number=n), x_search("q", number=n), message(f"Answer {n}.")) for n in range(3)]
    wire.strictly(server, *turns)
    assert grok("ask", "--api", "responses", "--x", "one") == (0, "Answer 0.\n", "")
    assert grok("ask", "--api", "responses", "-c", "two") == (0, "Answer 1.\n", "")
    assert grok("ask", "--api", "responses", "-c", "three") == (0, "Answer 2.\n", "")
    first, second, third = (request.json for request in server.requests)
    assert [item.get("type") for item in second["input"]] == [None, "reasoning", "custom_tool_call", "message", None]
    assert first["prompt_cache_key"] == second["prompt_cache_key"] == third["prompt_cache_key"] != ""


def test_a_question_that_is_not_kept_names_no_conversation(grok, server):
    server.reply(wire.answer(message("ok")))
    assert grok("ask", "--api", "responses", "-n", "hi").code == 0
    assert "prompt_cache_key" not in server.requests[0].json


def test_a_chat_sends_its_items_back_and_names_itself(grok, server, environ):
    environ["GROK_API"] = "responses"
    wire.strictly(server, (reasoning("One."), message("First.")), (reasoning("Two.", number=2), message("Second.")))
    code, out, _ = grok("chat", stdin="a\nb\n")
    assert (code, out.split()) == (0, ["First.", "Second."])
    first, second = (request.json for request in server.requests)
    assert first["prompt_cache_key"] == second["prompt_cache_key"] != ""
