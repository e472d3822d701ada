"""A scripted server on a loopback socket: it does exactly what a test tells it to, down to the byte.

    server.reply(answer("Hello"))            one streamed answer
    server.reply(status(429, {"error": …}))  an error
    server.reply(play)                       anything: play(connection) sends, waits, cuts or resets

Replies are used in order, one a request; the last one serves all further requests. What came in is in
`server.requests`.
"""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

MODEL = "grok-4.7"


@dataclass
class Request:
    """What a client sent."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Connection:
    """One accepted socket, as a script sees it."""

    def __init__(self, sock: socket.socket, number: int) -> None:
        self.sock = sock
        self.number = number
        self.file = sock.makefile("rb")
        self.keep = True

    def read_request(self) -> Request | None:
        line = self.file.readline().decode("latin-1").split()
        if len(line) < 2:
            return None
        headers = {}
        while raw := self.file.readline().strip():
            name, _, value = raw.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        body = self.file.read(int(headers.get("content-length", 0)))
        return Request(line[0], line[1], headers, body, self.number)

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def head(self, status: int = 200, **headers: str) -> None:
        """Send the status line and the headers; an underscore in a name stands for a hyphen."""
        lines = [f"HTTP/1.1 {status} Scripted", *(f"{k.replace('_', '-')}: {v}" for k, v in headers.items())]
        self.send("\r\n".join([*lines, "", ""]).encode("latin-1"))

    def stream_head(self) -> None:
        """Begin a chunked event stream."""
        self.head(content_type="text/event-stream", transfer_encoding="chunked")

    def chunk(self, data: bytes) -> None:
        """Send one chunk of a chunked body."""
        self.send(b"%x\r\n%s\r\n" % (len(data), data))

    def end(self) -> None:
        """End a chunked body properly."""
        self.send(b"0\r\n\r\n")

    def cut(self) -> None:
        """Close the connection, as a server does that has gone."""
        self.keep = False

    def reset(self) -> None:
        """Break the connection with a TCP reset."""
        self.keep = False
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


Reply = Callable[[Connection], None]


class Server:
    """Listens on 127.0.0.1 until the test ends."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self._replies: list[Reply] = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        if tls:
            self._listener = tls.wrap_socket(self._listener, server_side=True, do_handshake_on_connect=False)
        self.port = self._listener.getsockname()[1]
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.port}/v1"
        threading.Thread(target=self._accept, daemon=True).start()

    def reply(self, *replies: Reply) -> None:
        self._replies.extend(replies)

    def script(self, replies: Iterable[Reply]) -> None:
        """Use these replies from now on, and no others."""
        with self._lock:
            self._replies[:] = replies

    def close(self) -> None:
        # Without this the thread stays in accept(), and a signal would let it go on with whoever has the number then.
        with suppress(OSError):  # closed already
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            # Without this the kernel holds small pieces back until the one before is acknowledged, 40 ms later.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(sock, self.connections)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: Connection) -> None:
        try:
            while connection.keep and (request := connection.read_request()):
                with self._lock:
                    self.requests.append(request)
                    reply = self._replies[0] if len(self._replies) == 1 else self._replies.pop(0)
                reply(connection)
        except OSError:
            pass
        finally:
            connection.file.close()
            connection.sock.close()


def data(document: object) -> bytes:
    """Return one server-sent event."""
    text = document if isinstance(document, str) else json.dumps(document, ensure_ascii=False)
    return f"data: {text}\n\n".encode()


def delta(text: str = "", *, model: str = MODEL, **more: Any) -> dict[str, Any]:
    """Return a chunk of a streamed chat completion."""
    content = {"content": text} if text else {}
    choice = {"index": 0, "delta": {**content, **more}}
    return {"id": "chat-1", "object": "chat.completion.chunk", "created": 1, "model": model, "choices": [choice]}


def finish(reason: str = "stop", *, model: str = MODEL) -> dict[str, Any]:
    """Return the chunk that says why the answer ended."""
    document = delta(model=model)
    document["choices"][0]["finish_reason"] = reason
    return document


USAGE = {
    "prompt_tokens": 20,
    "completion_tokens": 3,
    "total_tokens": 30,
    "prompt_tokens_details": {"cached_tokens": 16},
    "completion_tokens_details": {"reasoning_tokens": 7},
    "cost_in_usd_ticks": 739000,
}


def usage(figures: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the chunk that says what the answer cost: it has no choices."""
    return {**delta(), "choices": [], "usage": figures or USAGE}


def stream(documents: Iterable[object]) -> Reply:
    """Return a reply that streams `documents`, one chunk each."""

    def play(connection: Connection) -> None:
        connection.stream_head()
        for document in documents:
            connection.chunk(data(document))
        connection.end()

    return play


def answer(*texts: str, reason: str = "stop", model: str = MODEL) -> Reply:
    """Return a reply that streams the pieces of an answer, as xAI does it."""
    return stream([*(delta(text, model=model) for text in texts), finish(reason, model=model), usage(), "[DONE]"])


def stalled(text: str) -> Reply:
    """Return a reply that streams the beginning of an answer, and then nothing until the client hangs up."""

    def play(connection: Connection) -> None:
        connection.stream_head()
        connection.chunk(data(delta(text)))
        connection.file.read(1)
        connection.cut()

    return play


def calls(*wanted: tuple[str, object], text: str = "") -> Reply:
    """Return a reply that asks for calls, each a name and its arguments, as xAI does it: each in one chunk."""
    pieces = [
        {"id": f"call-{number}", "index": number, "type": "function", "function": {"name": name, "arguments": given}}
        for number, (name, arguments) in enumerate(wanted)
        for given in [arguments if isinstance(arguments, str) else json.dumps(arguments)]
    ]
    deltas = [delta(text)] if text else []
    return stream([*deltas, *(delta(tool_calls=[piece]) for piece in pieces), finish("tool_calls"), usage(), "[DONE]"])


def whole(text: str, *, reason: str = "stop", model: str = MODEL) -> Reply:
    """Return a reply that answers in one piece."""
    message = {"role": "assistant", "content": text, "refusal": None}
    choices = [{"index": 0, "message": message, "finish_reason": reason}]
    return body({"id": "chat-1", "object": "chat.completion", "model": model, "choices": choices, "usage": USAGE})


def body(document: object, status: int = 200, *, content_type: str = "application/json", **headers: str) -> Reply:
    """Return a reply with a body of its own; bytes and text are sent as they are, the rest as JSON."""
    if isinstance(document, bytes):
        content = document
    else:
        content = (document if isinstance(document, str) else json.dumps(document)).encode()

    def play(connection: Connection) -> None:
        connection.head(status, content_type=content_type, content_length=str(len(content)), **headers)
        connection.send(content)

    return play
