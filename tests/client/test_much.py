"""Much of something costs as much more, not the square of it. Without that, each of these takes minutes."""

from __future__ import annotations

import json

import responses as wire
from server import data, delta, finish

from grokcli.client.sse import read_events
from grokcli.client.wire import chat_completions, responses
from grokcli.events import Source, ToolCall

MANY = 60_000


def read(module, documents):
    return list(module.read_stream(read_events([b"".join(map(data, documents))])))


def test_many_pieces_of_a_call():
    piece = delta(tool_calls=[{"index": 0, "id": "1", "function": {"name": "f", "arguments": "12345678"}}])
    events = read(chat_completions, [*[piece] * MANY, finish("tool_calls")])
    assert [len(event.arguments) for event in events if isinstance(event, ToolCall)] == [8 * MANY]


def test_many_pieces_of_a_call_of_a_response():
    opened = {"type": "response.output_item.added", "output_index": 0, "item": wire.function_call("f", {})}
    opened["item"]["arguments"] = ""
    piece = {"type": "response.function_call_arguments.delta", "output_index": 0, "delta": "12345678"}
    events = read(responses, [opened, *[piece] * MANY, {"type": "response.completed", "response": {}}])
    assert [len(event.arguments) for event in events if isinstance(event, ToolCall)] == [8 * MANY]


def test_many_annotations():
    urls = [f"https://example.org/{number}_(x)" for number in range(40_000)]
    text = "".join(f"[[{number}]]({url}) " for number, url in enumerate(urls, 1))
    cited = [wire.citation(url) for url in urls]
    seen = [wire.citation(f"{url}/read") for url in urls]
    document = wire.response([wire.message(text, *cited, *seen)])
    sources = [event for event in responses.read_response(json.dumps(document).encode()) if isinstance(event, Source)]
    assert [source.number for source in sources] == list(range(1, 80_001))
    assert sources[0].url == urls[0]


def test_an_event_of_32_megabytes_passes():
    text = "x" * (32 << 20)
    content = data(delta(text)) + data(finish())
    chunks = (content[start : start + 65536] for start in range(0, len(content), 65536))
    events = list(chat_completions.read_stream(read_events(chunks)))
    assert events[0].text == text
