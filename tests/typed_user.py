"""What a user's type checker sees: this file is checked, not run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, assert_type

from grokcli import XAI, Client, Response, system, tool_result, user
from grokcli.events import Source, ToolCall
from grokcli.models import ModelInfo

xai = XAI("key", timeout=3600)
messages: list[dict[str, Any]] = [{"role": "user", "content": "hi"}]
assert_type(xai.chat_completion(messages), dict[str, Any])
assert_type(xai.chat_completion(messages, "grok-4.7", False, 0.5), dict[str, Any])
assert_type(xai.chat_completion(messages, stream=True), Iterator[str])
assert_type(xai.chat_completion(messages, "grok-4.7", True), Iterator[str])
assert_type(xai.stream_chat_completion(messages), Iterator[str])

assert_type(XAI("key", api="responses").models(), list[ModelInfo])

chat = Client("key").chat.create(model="grok-4.7", temperature=0.5)
chat.append(system("be brief")).append(user("hi"))
assert_type(chat.sample(), Response)
for response, chunk in chat.stream():
    assert_type(response.content, str)
    assert_type(response.sources, list[Source])
    assert_type(chunk.content, str)


def temperature(city: str, *, celsius: bool = True) -> float:
    return 15.5 if celsius else 59.9


asked = Client("key").chat.create(tools=[temperature, {"type": "web_search"}]).sample()
assert_type(asked.tool_calls, list[ToolCall])
assert_type(tool_result(asked.tool_calls[0], "15.5"), dict[str, Any])
