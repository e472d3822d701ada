"""The world of one run: its console, its environment, its settings, its connections. Tests hand in another world."""

from __future__ import annotations

import os
import sys
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from grokcli.config.credentials import find_key
from grokcli.config.paths import Paths
from grokcli.config.settings import Settings
from grokcli.errors import MissingKeyError
from grokcli.models import LOCAL_MODEL
from grokcli.terminal.console import Console

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from grokcli.client.local_server import LocalServer
    from grokcli.client.trace import Trace
    from grokcli.client.xai import XAI
    from grokcli.models import API

# Set by a shell that asks for completions.
COMPLETION_VARIABLE = "_GROK_COMPLETE"
CONNECT_SECONDS = 10.0


class Network(NamedTuple):
    """What flags say of the way to the server; None leaves it to the settings.

    `idle_timeout` is in seconds, `proxy` a URL, `ca_bundle` the path of a file.
    """

    idle_timeout: float | None = None
    proxy: str | None = None
    ca_bundle: str | None = None


class Env:
    """Everything that a command touches."""

    def __init__(self, console: Console, environ: Mapping[str, str]) -> None:
        """Take the streams and the environment variables."""
        self.console = console
        self.environ = environ
        self._clients: dict[str, XAI] = {}
        self._closing: list[Callable[[], None]] = []

    @classmethod
    def real(cls) -> Env:
        """Return the world of this process."""
        env = cls(Console.real(dumb=os.environ.get("TERM") == "dumb"), os.environ)
        env.console.debug = os.environ.get("GROK_DEBUG", "") not in ("", "0")
        return env

    @cached_property
    def settings(self) -> Settings:
        """The settings of this run."""
        return Settings(Paths.find(self.environ), self.environ)

    def connect(self, model: str, api: API | None = None, network: Network | None = None) -> XAI:
        """Return a client for `model`: one for the server that is set, or for the model on this machine.

        Each is made once in a run, and keeps its connection. `api` is what it speaks; None leaves it to the settings.
        Raises MissingKeyError before anything slow is imported, ConfigError, LocalModelError.
        """
        place = LOCAL_MODEL if model == LOCAL_MODEL else "server"
        if place not in self._clients:
            self._clients[place] = self._new_client(place, api, network or Network())
        return self._clients[place]

    def _new_client(self, place: str, api: API | None, network: Network) -> XAI:
        settings, console = self.settings, self.console
        if place == LOCAL_MODEL:
            server = self._start_local_server()
            key, base_url, api = server.api_key, server.base_url, "chat"
        else:
            base_url, api = settings.value("base_url"), settings.value("api", api)
            key = self._find_key(base_url)
        if key:
            console.secrets.append(key)
        client = _import_client()(
            key,
            base_url=base_url,
            timeout=(CONNECT_SECONDS, settings.value("idle_timeout", network.idle_timeout)),
            api=api,
            proxy=settings.value("proxy", network.proxy),
            ca_bundle=settings.value("ca_bundle", network.ca_bundle),
            trace=_new_trace(console) if console.debug else None,
        )
        self.on_close(client.close)
        return client

    def _find_key(self, base_url: str) -> str:
        """Return the key, or "" where a server on this machine is asked and no key is set."""
        from grokcli.client.wire import is_xai

        try:
            return find_key(self.settings, self.environ).value
        except MissingKeyError:
            if is_xai(base_url) or self.settings.value("api_key_command"):
                raise
            _import_client()
            from grokcli.client.transport import check_url

            if not check_url(base_url):
                raise
            return ""

    def _start_local_server(self) -> LocalServer:
        from grokcli.client import local_server

        settings, console = self.settings, self.console
        # Kept, because the server ends when nothing holds it.
        self._local_server = local_server.start(
            settings.value("local_model"), settings.paths.data / "models", console.stderr, quiet=console.quiet
        )
        return self._local_server

    def on_close(self, close: Callable[[], None]) -> None:
        """Have something closed when the run ends."""
        self._closing.append(close)

    def close(self) -> None:
        """Close what was opened in this run, the last first."""
        while self._closing:
            self._closing.pop()()


def _new_trace(console: Console) -> Trace:
    from grokcli.client.trace import Trace

    return Trace(console.error_line)


def _import_client() -> type[XAI]:
    """Import the client, and with it requests.

    requests runs without a library that guesses charsets, and we never ask it to guess: leaving charset_normalizer
    out of this process saves 10 of the 100 ms from start to request.
    """
    import warnings

    guessers = ("chardet", "charset_normalizer")
    absent = [name for name in guessers if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]  # None is Python's own mark for "not there"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from grokcli.client.xai import XAI
    finally:
        for name in absent:
            del sys.modules[name]
    return XAI
