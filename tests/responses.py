"""Answers of the Responses API, in the shape of recorded ones, and a server as strict as xAI's about what comes back.

server.reply(answer(reasoning("Hm."), message("Four.")))          streamed, event by event
server.reply(whole(message("Four.")))                             in one piece
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from typing import Any

from server import MODEL, Connection, Reply, Server, body

Item = dict[str, Any]

USAGE = {
    "input_tokens": 199,
    "input_tokens_details": {"cached_tokens": 128},
    "output_tokens": 184,
    "output_tokens_details": {"reasoning_tokens": 181},
    "total_tokens": 383,
    "num_sources_used": 0,
    "num_server_side_tools_used": 0,
    "cost_in_usd_ticks": 5743500,
    "context_details": {"input_tokens": 199, "output_tokens": 184},
}


def reasoning(text: str, *, number: int = 0, secret: str = "c2VjcmV0") -> Item:
    summary = [{"text": text, "type": "summary_text"}] if text else []
    return {
        "id": f"rs_{number}",
        "summary": summary,
        "type": "reasoning",
        "status": "completed",
        "encrypted_content": secret,
    }


def message(text: str, *annotations: Item, number: int = 0) -> Item:
    part = {"type": "output_text", "text": text, "logprobs": [], "annotations": list(annotations)}
    return {"content": [part], "id": f"msg_{number}", "role": "assistant", "type": "message", "status": "completed"}


def function_call(name: str, arguments: object, *, number: int = 0) -> Item:
    return {
        "arguments": json.dumps(arguments),
        "call_id": f"call-{number}",
        "name": name,
        "type": "function_call",
        "id": f"fc_{number}",
        "status": "completed",
    }


def web_search(query: str, *, number: int = 0) -> Item:
    action = {"type": "search", "query": query, "sources": []}
    return {"type": "web_search_call", "id": f"ws_{number}", "status": "completed", "action": action}


def x_search(query: str, *, number: int = 0, name: str = "x_keyword_search") -> Item:
    return {
        "type": "custom_tool_call",
        "id": f"ctc_{number}",
        "call_id": f"xs_call_{number}",
        "name": name,
        "input": json.dumps({"query": query, "limit": 10}),
        "status": "completed",
    }


def logs(stdout: str = "", stderr: str = "", exit_code: int = 0) -> Item:
    """Return what a program wrote, as one output of a run: JSON as text."""
    return {"type": "logs", "logs": json.dumps({"stdout": stdout, "stderr": stderr, "exit_code": exit_code})}


def code_run(code: str, *outputs: Item, number: int = 0) -> Item:
    return {
        "type": "code_interpreter_call",
        "id": f"ci_{number}",
        "status": "completed",
        "code": code,
        "outputs": list(outputs),
    }


def drawing(prompt: str, picture: bytes, *, number: int = 0) -> Item:
    """Return a picture that the server drew (API additions, section 4)."""
    return {
        "type": "image_generation_call",
        "id": f"ig_{number}",
        "status": "completed",
        "prompt": prompt,
        "result": base64.b64encode(picture).decode(),
    }


def citation(url: str, title: str | None = None, start: int = 0, end: int = 0) -> Item:
    named = {} if title is None else {"title": title}
    return {"type": "url_citation", "url": url, "start_index": start, "end_index": end, **named}


def response(items: Iterable[Item], *, status: str = "completed", model: str = MODEL, **more: Any) -> Item:
    """Return the whole answer, as the terminal event holds it."""
    return {
        "created_at": 1786400989,
        "id": "resp-1",
        "model": model,
        "object": "response",
        "output": list(items),
        "usage": USAGE,
        "incomplete_details": None,
        "status": status,
        "store": False,
        "error": None,
        **more,
    }


def opening(model: str = MODEL) -> Item:
    return {"type": "response.created", "response": response([], status="in_progress", model=model, usage=None)}


_CODE = (("delta", "delta"), ("done", "code"))


def events_of(index: int, item: Item) -> Iterator[Item]:
    """Yield the events in which one output item comes."""
    at = {"output_index": index}
    started = {**item, "status": "in_progress"}
    if item["type"] == "message":
        texts = [part["text"] for part in item["content"]]
        started["content"] = []
        deltas = [{"type": "response.output_text.delta", "delta": word} for text in texts for word in _words(text)]
    elif item["type"] == "reasoning":
        texts = [part["text"] for part in item["summary"]]
        started |= {"summary": []}
        started.pop("encrypted_content", None)
        kind = "response.reasoning_summary_text.delta"
        deltas = [{"type": kind, "delta": word} for text in texts for word in _words(text)]
    elif item["type"] == "function_call":
        started["arguments"] = ""
        deltas = [{"type": "response.function_call_arguments.delta", "delta": item["arguments"]}]
    elif item["type"] == "code_interpreter_call":
        started |= {"code": "", "outputs": None}
        kind = "response.code_interpreter_call"
        deltas = [{"type": f"{kind}.in_progress"}]
        deltas += [{"type": f"{kind}_code.{what}", name: item["code"]} for what, name in _CODE]
        deltas += [{"type": f"{kind}.interpreting"}, {"type": f"{kind}.completed"}]
    elif item["type"] == "image_generation_call":
        started |= {"prompt": "", "result": None}
        kind = "response.image_generation_call"
        deltas = [{"type": f"{kind}.{what}"} for what in ("in_progress", "generating", "completed")]
    elif "action" in item:
        started["action"] = {**item["action"], "query": ""}
        deltas = [{"type": "response.web_search_call.searching"}]
    else:
        deltas = [{"type": "response.something_new", "delta": "?"}]
    yield {"type": "response.output_item.added", "item": started, **at}
    for delta in deltas:
        yield {**delta, "item_id": item["id"], **at}
    yield {"type": "response.output_item.done", "item": item, **at}


def _words(text: str) -> list[str]:
    return [f"{word} " for word in text.split(" ")[:-1]] + [text.split(" ")[-1]]


def events(*items: Item, model: str = MODEL, **more: Any) -> list[Item]:
    """Return all events of an answer, numbered as the server numbers them."""
    end = response(items, model=model, **more)
    kind = {"incomplete": "response.incomplete", "failed": "response.failed"}.get(end["status"], "response.completed")
    documents = [opening(model), {"type": "response.in_progress", "response": response([], status="in_progress")}]
    for index, item in enumerate(items):
        documents += events_of(index, item)
    documents.append({"type": kind, "response": end})
    return [{"sequence_number": number, **document} for number, document in enumerate(documents)]


def frame(documents: Iterable[Item]) -> bytes:
    """Return the bytes of a stream: the type stands before each event and in it, and there is no [DONE]."""
    return b"".join(
        f"event: {document['type']}\ndata: {json.dumps(document, ensure_ascii=False)}\n\n".encode()
        for document in documents
    )


def stream(documents: Iterable[Item], *, step: int = 0) -> Reply:
    """Return a reply that streams `documents`, all at once or in chunks of `step` bytes."""
    content = frame(documents)

    def play(connection: Connection) -> None:
        connection.stream_head()
        for start in range(0, len(content), step or len(content)):
            connection.chunk(content[start : start + (step or len(content))])
        connection.end()

    return play


def answer(*items: Item, **more: Any) -> Reply:
    return stream(events(*items, **more))


def whole(*items: Item, **more: Any) -> Reply:
    return body(response(items, **more))


def strictly(server: Server, *turns: tuple[Item, ...]) -> None:
    """Let the server answer `turns`, and refuse an input that is not what was said so far, in its order."""
    said: list[Item] = []
    waiting = list(turns)

    def play(connection: Connection) -> None:
        sent = server.requests[-1].json
        fault = _fault(sent, said)
        if fault:
            body({"code": "invalid-argument", "error": fault}, 400)(connection)
            return
        items = waiting.pop(0)
        said[:] = [*sent["input"], *(_returned(item) for item in items)]
        answer(*items)(connection)

    server.reply(play)


def spoken(text: str) -> Item:
    """Return an answer in the form in which it goes back."""
    return {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}


def _returned(item: Item) -> Item:
    """Return an output item in the form in which the server takes it."""
    if item["type"] == "message":
        return spoken(item["content"][0]["text"])
    if item["type"] == "function_call":
        return {name: item[name] for name in ("type", "call_id", "name", "arguments")}
    return {name: value for name, value in item.items() if name != "status" or item["type"] != "reasoning"}


FIELDS = {
    None: {"role", "content"},
    "message": {"type", "role", "content"},
    "reasoning": {"type", "id", "summary", "content", "encrypted_content"},
    "function_call": {"type", "call_id", "name", "arguments"},
    "function_call_output": {"type", "call_id", "output"},
    "web_search_call": {"type", "id", "status", "action"},
    "code_interpreter_call": {"type", "id", "status", "code", "outputs"},
    "image_generation_call": {"type", "id", "status", "prompt", "result"},
    "custom_tool_call": {"type", "id", "call_id", "name", "input", "status"},
}


def _fault(sent: Item, said: list[Item]) -> str | None:
    if sent.get("store") is not False or "reasoning.encrypted_content" not in sent.get("include", []):
        return "Nothing is stored here."
    for item in sent["input"]:
        if set(item) - FIELDS.get(item.get("type"), set()):
            return f"Argument not allowed: {item}"
    if sent["input"][: len(said)] != said:
        return f"The input does not begin with what was said: {said}"
    calls = {item["call_id"] for item in sent["input"] if item.get("type") == "function_call"}
    results = {item["call_id"] for item in sent["input"] if item.get("type") == "function_call_output"}
    return None if calls == results else "Each call needs its output."
