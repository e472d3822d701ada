"""Messages as the items of a Responses request, and the items of an answer as the server wants them back.

Source: the API digest, section 4.2. Items keep their order, which the server checks and its cache lives on; reasoning
goes back encrypted and without its status, to the model that wrote it only.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from grokcli.client.wire.json_body import JSONObject, as_list, as_object, as_text, plain
from grokcli.events import CodeRun, DrawnImage, SearchStep
from grokcli.models import is_same_model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grokcli.chat import Message

# What the server runs by itself (section 4.4): searches of the web come in two forms, those of X as custom tool calls.
_KINDS = {
    "web_search_call": "web",
    "x_search_call": "x",
    "custom_tool_call": "x",
    "file_search_call": "files",
    "code_interpreter_call": "code",
    "mcp_call": "mcp",
    "image_generation_call": "image",
}
# What a search may be called in the input of a call, the most telling first.
_WORDS = ("query", "url", "pattern", "post_id", "code", "prompt")


def to_input(messages: Sequence[Message], model: str) -> list[JSONObject]:
    """Return the `input` of a request to `model`: for each message one item or several.

    A message is a plain one in any role, an answer with its own output items (see `Response.message`), a compaction in
    place of what is before it (see `grokcli.client.wire.compaction`), or already an item, which has a type and no role.
    """
    if any(message.get("role") == "compaction" for message in messages):
        from grokcli.client.wire.compaction import since_compaction

        messages = since_compaction(messages, model)
    return [item for message in messages for item in _items(message, model)]


def message_text(item: JSONObject) -> str:
    """Return what a message item says."""
    parts = [as_object(part) for part in as_list(item.get("content"))]
    return "".join(as_text(part.get("text")) or as_text(part.get("refusal")) for part in parts)


def _items(message: Message, model: str) -> list[JSONObject]:
    role = as_text(message.get("role"))
    if role == "compaction":  # opaque: the items go back as they came (API additions, section 6)
        return [dict(as_object(item)) for item in as_list(message.get("output"))]
    content = message.get("content")
    if not role:
        return _replayed(message, keep_reasoning=True)
    if role == "assistant" and message.get("output"):
        same = model == message.get("asked") or is_same_model(model, as_text(message.get("model")))
        return [item for old in as_list(message["output"]) for item in _replayed(as_object(old), keep_reasoning=same)]
    if role == "tool":
        call_id = as_text(message.get("tool_call_id"))
        return [{"type": "function_call_output", "call_id": call_id, "output": _content(content, role)}]
    calls = [_call(as_object(call)) for call in as_list(message.get("tool_calls"))]
    if calls and not content:
        return calls
    said = _content(content, role)
    return [_answer(said) if role == "assistant" else {"role": role, "content": said}, *calls]


def _answer(content: str | list[object]) -> JSONObject:
    """Return an answer as an item in full: llama.cpp takes no shorter form."""
    parts = [{"type": "output_text", "text": content}] if isinstance(content, str) else content
    return {"type": "message", "role": "assistant", "content": parts}


def _replayed(item: JSONObject, *, keep_reasoning: bool) -> list[JSONObject]:
    """Return an item of an answer as the server takes it back, or nothing when it would not take it."""
    match item.get("type"):
        case "reasoning":
            # Without its encrypted content it would have to be stored at the server, and we ask for nothing to be.
            return [_reasoning(item)] if keep_reasoning and item.get("encrypted_content") else []
        case "message":
            text = message_text(item)
            return [_answer(text)] if text else []
        case "function_call":
            return [{name: item.get(name, "") for name in ("type", "call_id", "name", "arguments")}]
        case _:
            return [dict(item)]


def _reasoning(item: JSONObject) -> JSONObject:
    kept = {name: value for name, value in item.items() if name != "status"}
    if kept.get("content"):
        kept["content"] = [{"type": "reasoning_text", **as_object(part)} for part in as_list(kept["content"])]
    return kept


def _call(call: JSONObject) -> JSONObject:
    """Return a tool call of the chat form, `{"id": …, "function": {"name": …, "arguments": …}}`, as an item."""
    function = as_object(call.get("function"))
    return {
        "type": "function_call",
        "call_id": as_text(call.get("id")),
        "name": as_text(function.get("name")),
        "arguments": as_text(function.get("arguments")),
    }


def _content(content: object, role: str) -> str | list[object]:
    if isinstance(content, list):
        return [_part(part, role) if isinstance(part, dict) else part for part in content]
    return as_text(content)


def _part(part: JSONObject, role: str) -> JSONObject:
    """Return a part of the chat form in the Responses form; one that is in it already passes unchanged."""
    match part.get("type"):
        case "text":
            return {"type": "output_text" if role == "assistant" else "input_text", "text": part.get("text", "")}
        case "image_url":
            image = part.get("image_url")
            where = image if isinstance(image, dict) else {"url": image}
            detail = {"detail": where["detail"]} if "detail" in where else {}
            return {"type": "input_image", "image_url": where.get("url"), **detail}
        case "file":
            return {"type": "input_file", **as_object(part.get("file"))}
        case _:
            return part


def step_of(item: JSONObject) -> SearchStep | None:
    """Return the step that an output item stands for, or None for other items."""
    kind = _KINDS.get(as_text(item.get("type")))
    if kind is None:
        return None
    action = as_object(item.get("action"))
    if action.get("type") in ("open_page", "find_in_page"):
        kind = "page"
    return SearchStep(kind, _query(item, action), as_text(item.get("status")) or "completed", as_text(item.get("id")))


def _query(item: JSONObject, action: JSONObject) -> str:
    if item.get("type") == "mcp_call":
        return as_text(item.get("name"))
    for document in (action, _document(item.get("arguments")), _document(item.get("input")), item):
        for word in _WORDS:
            if text := as_text(document.get(word)):
                return text
    return ", ".join(text for text in as_list(item.get("queries")) if isinstance(text, str))


def _document(text: object) -> JSONObject:
    """Return the JSON object in `text`; text that is none is itself the query."""
    if not isinstance(text, str) or not text:
        return {}
    try:
        return as_object(json.loads(text))
    except (ValueError, RecursionError):
        return {"query": text}


def run_of(item: JSONObject) -> CodeRun | None:
    """Return the code run in an output item, or None for other items."""
    if item.get("type") != "code_interpreter_call":
        return None
    run = CodeRun(as_text(item.get("id")), as_text(item.get("code")), status=as_text(item.get("status")) or "completed")
    for output in map(as_object, as_list(item.get("outputs"))):
        if output.get("type") == "logs":
            _add_logs(run, as_text(output.get("logs")))
        elif url := as_text(output.get("url")):
            run.files.append(url)
    return run


def image_of(item: JSONObject) -> DrawnImage | None:
    """Return the picture in an output item, or None for other items (API additions, section 4)."""
    if item.get("type") != "image_generation_call":
        return None
    name, prompt, data = (as_text(item.get(field)) for field in ("id", "prompt", "result"))
    return DrawnImage(name, prompt, data, as_text(item.get("status")) or "completed")


def _add_logs(run: CodeRun, logs: str) -> None:
    """Add the output of a program to `run`. `logs` is a JSON document with streams and exit code, or plain text."""
    try:
        found = as_object(plain(json.loads(logs)))
    except (ValueError, RecursionError):
        found = {}
    if found.keys().isdisjoint(("stdout", "stderr", "exit_code")):
        found = {"stdout": logs}
    run.stdout += as_text(found.get("stdout"))
    run.stderr += as_text(found.get("stderr"))
    code = found.get("exit_code")
    if isinstance(code, int) and not isinstance(code, bool):
        run.exit_code = run.exit_code or code
