"""A server with xAI's Files and Batch APIs in memory, its traps included (API additions, sections 1 and 2).

    fake = BatchServer(server)                  from now on `server` answers as xAI does
    fake.outcomes["7"] = "error"                what becomes of the request with that custom_id
    fake.zeros = 2                              the first two looks at a batch show no requests yet
    fake.advance()                              answer one more request of each batch; `finish()` answers all

What was asked is in `server.requests`; what is stored in `fake.files` and `fake.batches`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from server import Connection, Reply, Request, Server, body

TICKS = 2_747_200
ENDPOINTS = ("/v1/chat/completions", "/v1/responses")
REFUSED_MODELS = ("grok-4.7", "grok-4.6", "grok-4.5")
NO_SUCH_BATCH = {"code": "not-found", "error": "Batch not found"}
INVALID = "Client specified an invalid argument"


Outcome = str | Callable[[dict[str, Any]], dict[str, Any]]


@dataclass
class Stored:
    """One batch: its requests by id, and which of them have ended how."""

    id: str
    name: str
    file_id: str
    requests: dict[str, dict[str, Any]]
    refusal: str = ""
    looks: int = 0
    ended: dict[str, str] = field(default_factory=dict)
    cancelled: bool = False
    # How often the counters say that what was answered is cancelled.
    lies: int = 0


class BatchServer:
    """Answers for `server`. Everything that a test may change is a plain attribute."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.files: dict[str, tuple[str, bytes]] = {}
        self.batches: dict[str, Stored] = {}
        # By custom_id: "ok", "stuck", one of ROWS, or a function of the request that returns a batch_result.
        self.outcomes: dict[str, Outcome] = {}
        self.usual: Outcome = "ok"
        self.extra_rows: list[dict[str, Any]] = []
        self.zeros = 0
        self.page = 1000
        # When batches are created, expire and are cancelled.
        self.dates = ("2026-08-28", "2099-09-27", "2099-08-29")
        # Replies that come before the usual ones: (a word of the request line, the reply).
        self.instead: list[tuple[str, Reply]] = []
        # For how many looks after a cancel what is answered all the same counts as cancelled; 0: nothing is answered.
        self.lies_after_cancel = 0
        server.script([self.reply])

    # ---- what time does

    def advance(self, count: int = 1) -> None:
        """Answer `count` more requests of each batch."""
        for batch in self.batches.values():
            self._answer(batch, count)

    def finish(self) -> None:
        """Answer all requests that are not stuck."""
        self.advance(10**6)

    def _answer(self, batch: Stored, count: int) -> None:
        waiting = [one for one in batch.requests if one not in batch.ended and self.outcomes.get(one) != "stuck"]
        for one in waiting[: 0 if batch.refusal or batch.cancelled else count]:
            outcome = self.outcomes.get(one, self.usual)
            batch.ended[one] = "ok" if callable(outcome) else outcome

    # ---- HTTP

    def reply(self, connection: Connection) -> None:
        """Answer the request on `connection`, for better or worse."""
        request = self._request(connection)
        special = next((one for one in self.instead if one[0] in f"{request.method} {request.path}"), None)
        if special:
            self.instead.remove(special)
            special[1](connection)
        else:
            self.handle(connection)(connection)

    def _request(self, connection: Connection) -> Request:
        return next(one for one in reversed(self.server.requests) if one.connection == connection.number)

    def handle(self, connection: Connection) -> Reply:
        """Do what the request on `connection` asks for, and return the answer."""
        request = self._request(connection)
        url = urlsplit(request.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        parts = url.path.removeprefix("/v1/").split("/")
        route = {"files": self._files, "batches": self._batches}[parts[0]]
        return route(request, parts[1:], query)

    def _files(self, request: Request, parts: list[str], query: dict[str, str]) -> Reply:
        if request.method == "GET":
            found = [_file(one, *self.files[one]) for one in reversed(self.files)]
            return body({"data": found[: int(query["limit"])], "pagination_token": "always"})
        if request.method == "DELETE":
            self.files.pop(parts[0])
            return body({"id": parts[0], "deleted": True, "object": "file"})
        fields = _multipart(request)
        names = [name for name, _, _ in fields]
        if names != ["expires_after", "file"]:
            return body({"code": INVALID, "error": f"bad order of fields: {names}"}, 400)
        file_id = f"file_{len(self.files) + 1}"
        self.files[file_id] = (fields[1][1], fields[1][2])
        return body(_file(file_id, *self.files[file_id]))

    def _batches(self, request: Request, parts: list[str], query: dict[str, str]) -> Reply:
        if not parts:
            return self._create(request.json) if request.method == "POST" else self._list(query)
        batch_id, _, action = parts[0].partition(":")
        batch = self.batches.get(unquote(batch_id))
        if batch is None:
            return body(NO_SUCH_BATCH, 404)
        if action == "cancel":
            return self._cancel(batch)
        if parts[1:] == ["requests"] and request.method == "POST":
            return body({"code": INVALID, "error": "Cannot add inline requests to a file-based batch"}, 412)
        if parts[1:] == ["results"]:
            return self._results(batch, query)
        batch.looks += 1
        return body(self._described(batch))

    # ---- batches

    def _create(self, document: dict[str, Any]) -> Reply:
        file_id = document["input_file_id"]
        if file_id not in self.files:
            return body({"code": INVALID, "error": f"File {file_id} not found"}, 400)
        requests, refusal = _ingest(self.files[file_id][1])
        batch = Stored(f"team/batch:{len(self.batches) + 1}", document["name"], file_id, requests, refusal)
        self.batches[batch.id] = batch
        return body({**self._described(batch), "state": dict.fromkeys(_counters(Stored("", "", "", {}), 0), 0)})

    def _list(self, query: dict[str, str]) -> Reply:
        found = list(reversed(self.batches))
        page, token = self._cut(found, query)
        return body({"batches": [self._described(self.batches[one]) for one in page], "pagination_token": token})

    def _cancel(self, batch: Stored) -> Reply:
        batch.cancelled, batch.lies = True, self.lies_after_cancel
        if not batch.lies:
            for one in batch.requests:
                batch.ended.setdefault(one, "cancelled")
        reply = body(self._described(batch))
        if batch.lies:
            for one in batch.requests:
                batch.ended.setdefault(one, "ok")
        return reply

    def _results(self, batch: Stored, query: dict[str, str]) -> Reply:
        rows = [
            _row(batch.requests[one], batch.ended[one], self.outcomes.get(one, self.usual))
            for one in sorted(batch.ended)
        ]
        rows += self.extra_rows
        page, token = self._cut(list(range(len(rows))), query)
        return body({"results": [rows[number] for number in page], "pagination_token": token})

    def _cut(self, found: list[Any], query: dict[str, str]) -> tuple[list[Any], str | None]:
        """Return a page, and the token of the next one: the place where it begins."""
        start = int(query.get("pagination_token", "0"))
        end = start + min(self.page, int(query["limit"]))
        return found[start:end], str(end) if end < len(found) else None

    def _described(self, batch: Stored) -> dict[str, Any]:
        counters = _counters(batch, self.zeros)
        if batch.lies:
            batch.lies -= 1
            counters |= {"num_pending": 0, "num_success": 0, "num_cancelled": len(batch.requests)}
        return {
            "batch_id": batch.id,
            "name": batch.name,
            "create_time": self.dates[0],
            "expire_time": self.dates[1],
            "create_api_key_id": "key-1",
            "cancel_time": self.dates[2] if batch.cancelled else None,
            "cancel_by_xai_message": batch.refusal or None if not 0 < self.zeros >= batch.looks else None,
            "state": counters,
            "input_file_id": batch.file_id,
        }


def _counters(batch: Stored, zeros: int) -> dict[str, int]:
    ends = list(batch.ended.values())
    counts = {
        "num_requests": len(batch.requests),
        "num_pending": len(batch.requests) - len(ends),
        "num_success": ends.count("ok"),
        "num_error": sum(end not in ("ok", "cancelled") for end in ends),
        "num_cancelled": ends.count("cancelled"),
    }
    return dict.fromkeys(counts, 0) if batch.refusal or 0 < zeros >= batch.looks else counts


def _ingest(content: bytes) -> tuple[dict[str, dict[str, Any]], str]:
    """Return the requests of an uploaded file by id, or why it is refused."""
    requests: dict[str, dict[str, Any]] = {}
    for number, line in enumerate(content.decode().split("\n")[:-1], 1):
        try:
            one = json.loads(line)
        except ValueError as error:
            return {}, f"JSONL file validation failed: line {number}: invalid JSON: {error}"
        if set(one) != {"custom_id", "method", "url", "body"} or one["url"] not in ENDPOINTS or "stream" in one["body"]:
            return {}, f"JSONL file validation failed: line {number}: unexpected fields"
        if one["custom_id"] in requests:
            return {}, f"JSONL file validation failed: line {number}: duplicate custom_id"
        if (model := one["body"]["model"]) in REFUSED_MODELS:
            return {}, f"JSONL file validation failed: Model {model} is not supported for batch processing."
        requests[one["custom_id"]] = one
    return requests, ""


def completion(text: str | None = "ok", *, model: str = "grok-4.3", choices: list[Any] | None = None) -> dict[str, Any]:
    """Return the chat completion in a row of results."""
    message = {"role": "assistant", "content": text, "reasoning_content": "hm", "refusal": None}
    usage = {
        "prompt_tokens": 10,
        "completion_tokens": 1,
        "total_tokens": 16,
        "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 5},
        "cost_in_usd_ticks": TICKS,
    }
    return {
        "id": "answer-1",
        "object": "chat.completion",
        "model": model,
        "choices": choices or [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": usage,
        "service_tier": "default",
    }


def answered(document: dict[str, Any]) -> dict[str, Any]:
    """Return a batch_result that holds a chat completion."""
    return {"response": {"chat_get_completion": document}}


# What a row's batch_result looks like when it is no answer.
ROWS: dict[str, dict[str, Any]] = {
    "error": {"error": "Maximum number of tokens max_tokens must be positive but max_tokens = -5"},
    "status": {"error": {"code": 3, "message": "the prompt is empty"}},
    "message": {"error_message": "the image host is down"},
    "inside": answered({"code": "invalid-argument", "error": "no such tool"}),
    "unknown": {"response": "unknown"},
    "picture": {"response": {"image_generation": {"data": [{"url": "https://imgen.example/1.jpg"}]}}},
    "cancelled": {"error": "Batch cancelled"},
}


def _row(request: dict[str, Any], end: str, outcome: Outcome) -> dict[str, Any]:
    if end != "ok":
        result = ROWS[end]
    elif callable(outcome):
        result = outcome(request)
    else:
        said = request["body"].get("messages") or request["body"]["input"]
        result = answered(completion(f"answer to {said[-1]['content']}", model=request["body"]["model"]))
    return {"batch_request_id": request["custom_id"], "batch_result": result}


def _file(file_id: str, name: str, content: bytes) -> dict[str, Any]:
    return {"id": file_id, "object": "file", "bytes": len(content), "created_at": 1, "filename": name}


def _multipart(request: Request) -> list[tuple[str, str, bytes]]:
    """Return the fields of a form in their order: name, filename and content."""
    boundary = request.headers["content-type"].partition("boundary=")[2].encode()
    found = []
    for part in request.body.split(b"--" + boundary)[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        named = dict(re.findall(r'(\w+)="([^"]*)"', head.decode()))
        found.append((named["name"], named.get("filename", ""), content.removesuffix(b"\r\n")))
    return found
