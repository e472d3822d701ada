"""The client for xAI's API, and for every server that speaks the same."""

from __future__ import annotations

import os
from contextlib import closing
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal, overload

from grokcli.chat import Chats
from grokcli.client.sse import ServerSentEvent, read_events
from grokcli.client.status_errors import hints_for
from grokcli.client.transport import IdleTimer, Transport
from grokcli.client.url import check_url
from grokcli.client.wire import DEFAULT_BASE_URL, format_for
from grokcli.client.wire import chat_completions as chat_wire
from grokcli.client.wire.json_body import EARLY_END, as_cut, encode, parse_object
from grokcli.errors import APIError, ConfigError, MissingKeyError, StreamCutError
from grokcli.models import API, APIS, DEFAULT_MODEL, IMAGE_MODEL, ModelInfo, read_models

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    import requests

    from grokcli.chat import Message
    from grokcli.client.batches import Batches
    from grokcli.client.early import EarlyConnection
    from grokcli.client.files import Files
    from grokcli.client.images import Images, Pictures
    from grokcli.client.trace import Trace
    from grokcli.client.videos import Videos
    from grokcli.client.wire import Format
    from grokcli.events import Event

CONNECT_SECONDS = 10.0
# A reasoning model may think for minutes before its first byte.
IDLE_SECONDS = 300.0


class XAI:
    """A connection to the API.

    `headers` go with every request; changing them, or `api_key` through them, takes effect with the next one. The
    object may be shared by threads, each with conversations of its own. It prints nothing and reads no files.
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        timeout: float | tuple[float, float] = (CONNECT_SECONDS, IDLE_SECONDS),
        api: API = "auto",
        proxy: str = "",
        ca_bundle: str = "",
        trace: Trace | None = None,
    ) -> None:
        """Take the key, or find it in `XAI_API_KEY`; take the server, or find it in `XAI_BASE_URL`, or ask xAI's.

        `timeout` is in seconds, either for both or as (to connect, of silence); an answer as a whole has no limit.
        `api` is what conversations speak: "responses", "chat", or "auto", which is responses with xAI's own
        servers and chat with all others. `proxy` and `ca_bundle` (a file) win over HTTPS_PROXY and REQUESTS_CA_BUNDLE;
        `trace` is told of each request and response. Raises MissingKeyError without a key, which a server on
        this machine does not need, ConfigError for a URL that the key must not be sent to and for an API that there is
        not.
        """
        key = api_key or os.environ.get("XAI_API_KEY", "")
        self.api_key = key
        self.base_url = (base_url or os.environ.get("XAI_BASE_URL") or DEFAULT_BASE_URL).rstrip("/")
        # Servers on this machine mostly know no keys.
        if not key and not check_url(self.base_url):
            raise MissingKeyError("no API key", hint="pass it as XAI(api_key) or set XAI_API_KEY")
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.headers["Content-Type"] = "application/json"
        if api not in APIS:
            raise ConfigError(f"invalid value for api: {api!r}", hint=f"choose from {', '.join(APIS)}")
        self.api: API = api
        limits = timeout if isinstance(timeout, tuple) else (timeout, timeout)
        self._idle_seconds = limits[1]
        self._trace = trace
        self._proxy, self._ca_bundle = proxy, ca_bundle
        self._transport = Transport(self.base_url, limits, proxy=proxy, ca_bundle=ca_bundle, trace=trace)

    @cached_property
    def chat(self) -> Chats:
        """Conversations: `client.chat.create(model=…)`."""
        return Chats(self)

    @overload
    def chat_completion(
        self, messages: Sequence[Message], model: str = ..., stream: Literal[False] = ..., temperature: float = ...
    ) -> dict[str, Any]: ...

    @overload
    def chat_completion(
        self, messages: Sequence[Message], model: str = ..., *, stream: Literal[True], temperature: float = ...
    ) -> Iterator[str]: ...

    @overload
    def chat_completion(
        self, messages: Sequence[Message], model: str, stream: Literal[True], temperature: float = ...
    ) -> Iterator[str]: ...

    def chat_completion(
        self,
        messages: Sequence[Message],
        model: str = DEFAULT_MODEL,
        stream: bool = False,
        temperature: float = 0,
    ) -> dict[str, Any] | Iterator[str]:
        """Ask `POST /chat/completions` and return its JSON answer; with `stream`, what stream_chat_completion does.

        `messages` are `{"role": "system"|"user"|"assistant"|"tool", "content": …}` in any order. Raises APIError
        for an error answer (an error status is also a `requests.HTTPError`), NetworkError when there was none.
        """
        if stream:
            return self.stream_chat_completion(messages, model, temperature)
        body = chat_wire.build_request(model, messages, {"temperature": temperature}, stream=False)
        return self.request("POST", chat_wire.ENDPOINT, body)

    def stream_chat_completion(
        self, messages: Sequence[Message], model: str = DEFAULT_MODEL, temperature: float = 0
    ) -> Iterator[str]:
        """Ask `POST /chat/completions` and yield each event of its stream, one JSON document a piece.

        Raises as chat_completion does; an error inside the stream is an APIError, a stream that stops before its end
        a StreamCutError.
        """
        body = chat_wire.build_request(model, messages, {"temperature": temperature}, stream=True)
        finished = False
        timer = IdleTimer(self._idle_seconds)
        with hints_for(self.base_url), closing(self._stream(chat_wire.ENDPOINT, body, timer)) as batches:
            for event in chain.from_iterable(batches):
                timer.reset()
                if event.data == chat_wire.DONE:
                    return
                if event.data:
                    finished = bool(chat_wire.finish_reason(self._chunk(event))) or finished
                    yield event.data.decode("utf-8", "replace")
        if not finished:
            raise StreamCutError(EARLY_END, retryable=True)

    def events(
        self,
        messages: Sequence[Message],
        model: str = DEFAULT_MODEL,
        *,
        stream: bool = True,
        options: dict[str, Any] | None = None,
        conversation: str = "",
        api: API | None = None,
    ) -> Iterator[Event]:
        """Ask, and return the answer as the typed events of `grokcli.events`.

        `options` are further fields of the request's body, spelled as in chat requests (`{"temperature": 0.2}`); what
        is not in it, or is None, is not sent. `conversation` is a name that requests with the same beginning share;
        `api` replaces the one that the client was made with. Raises as stream_chat_completion does.
        """
        wire = format_for(api or self.api, self.base_url)
        body = wire.build_request(model, messages, options or {}, stream=stream, conversation=conversation)
        events = self._stream_events(wire, body) if stream else self._whole_events(wire, body)
        return events if self._trace is None else self._trace.follow(events)

    @cached_property
    def images(self) -> Images:
        """Pictures: `client.images.request(prompt, …)`, which generate_images stands on."""
        from grokcli.client.images import Images

        return Images(self)

    @cached_property
    def batches(self) -> Batches:
        """Requests that xAI answers in its own time, at a lower price: `client.batches.create(file_id, name)`."""
        from grokcli.client.batches import Batches

        return Batches(self)

    @cached_property
    def videos(self) -> Videos:
        """Videos: `client.videos.start(prompt, …)`, then `wait` and `download`."""
        from grokcli.client.videos import Videos

        return Videos(self)

    def generate_images(
        self, prompt: str, model: str = IMAGE_MODEL, *, n: int = 1, options: dict[str, Any] | None = None
    ) -> Pictures:
        """Have `n` pictures made, with `POST /images/generations`, and return them.

        `options` are further fields of the request, such as `{"aspect_ratio": "16:9", "resolution": "2k"}`; what is
        not in it, or is None, is not sent. Pictures that come as URLs are fetched, without the key. Raises as
        chat_completion does, and what is wrong with the first picture when none can be had.
        """
        return self.images.generate(prompt, model, n=n, options=options)

    @cached_property
    def files(self) -> Files:
        """Files on the server: `client.files.upload(content, "report.pdf")`."""
        from grokcli.client.files import Files

        return Files(self)

    def models(self) -> list[ModelInfo]:
        """Return the models that the server offers to this key, with `GET /models` (API digest, section 10.3)."""
        return read_models(self.request("GET", "/models"))

    def key_info(self) -> dict[str, Any]:
        """Return what the server says of the key, with `GET /api-key` (API digest, section 3).

        Servers other than xAI's do not have that; they are asked for their models instead, and {} is returned. Raises
        AuthError when the key is refused.
        """
        try:
            return self.request("GET", "/api-key")
        except APIError as error:
            if error.status not in (404, 405):
                raise
        self.request("GET", "/models")
        return {}

    def request(self, method: str, endpoint: str, data: dict[str, Any] | None = None) -> dict[str, Any]:
        """Send `data` as JSON to `endpoint` (a path under the base URL) and return the JSON object it answers with.

        Raises as chat_completion does.
        """
        with hints_for(self.base_url):
            response = self._open(method, endpoint, data)
            return parse_object(self._read(response), status=response.status_code)

    def exchange(
        self, method: str, endpoint: str, body: bytes | None = None, *, content_type: str = "", limit: int | None = None
    ) -> bytes:
        """Send `body` as it is, and return the answer's body unread. Raises NetworkError above `limit` bytes."""
        headers = {**self.headers, "Content-Type": content_type} if content_type else self.headers
        with hints_for(self.base_url):
            return self._read(self._transport.send(method, endpoint, headers, body), limit)

    def download(self, url: str, limit: int, *, noun: str = "picture", seconds: float | None = None) -> bytes:
        """Return the `noun` at `url`, at most `limit` bytes, fetched without the key, in `seconds` (or a minute)."""
        from grokcli.client.download import download

        way = {"api_url": self.base_url, "proxy": self._proxy, "ca_bundle": self._ca_bundle}
        return download(url, limit, **way, noun=noun, seconds=seconds)

    def adopt(self, early: EarlyConnection) -> None:
        """Send the first request on `early`, a connection to the same server that is being made."""
        self._transport.adopt(early)

    def close(self) -> None:
        """Close the connections; the next request opens new ones."""
        self._transport.close()

    def _open(self, method: str, endpoint: str, data: dict[str, Any] | None) -> requests.Response:
        body = None if data is None else encode(data)
        return self._transport.send(method, endpoint, self.headers, body)

    def _read(self, response: requests.Response, limit: int | None = None) -> bytes:
        return self._transport.read(response, IdleTimer(self._idle_seconds), limit)

    def _chunk(self, event: ServerSentEvent) -> dict[str, Any]:
        try:
            return parse_object(event.data)
        except APIError as error:
            raise as_cut(error, [event]) from None

    def _whole_events(self, wire: Format, body: dict[str, Any]) -> Iterator[Event]:
        with hints_for(self.base_url):
            yield from wire.read_response(self._read(self._open("POST", wire.ENDPOINT, body)))

    def _stream_events(self, wire: Format, body: dict[str, Any]) -> Iterator[Event]:
        timer = IdleTimer(self._idle_seconds)
        # Closed here and now: the traceback of an error would keep the connection open.
        with hints_for(self.base_url), closing(self._stream(wire.ENDPOINT, body, timer)) as batches:
            for event in wire.read_stream(batches):
                yield event
                timer.reset()

    def _stream(self, endpoint: str, data: dict[str, Any], timer: IdleTimer) -> Generator[Sequence[ServerSentEvent]]:
        """Yield the server-sent events of an answer, a list for each read of the socket."""
        response = self._open("POST", endpoint, data)
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in ("application/json", "text/html"):
            yield from read_events(self._transport.chunks(response, timer))
            return
        # Errors come this way under HTTP 200, and whole answers from servers that cannot stream.
        content = self._transport.read(response, timer)
        if kind == "text/html" and not content.lstrip().startswith(b"{"):
            raise APIError(
                "the server answered with a web page", hint="check the base_url setting: it should end in /v1"
            )
        yield [ServerSentEvent("", content), ServerSentEvent("", chat_wire.DONE)]


# The name that xAI's guide and its own SDK use.
Client = XAI
