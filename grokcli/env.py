"""The world of one run: its console, its environment, its settings, its connections. Tests hand in another world."""

from __future__ import annotations

import os
import sys
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from grokcli.config.credentials import Key, child_environ, exposed, find_key, known_secrets, login_of, stored_keys
from grokcli.config.paths import Paths
from grokcli.config.settings import Settings
from grokcli.errors import MissingKeyError
from grokcli.models import DEFAULT_MODEL, LOCAL_MODEL
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
# What needs no thought is answered at once or not at all.
BRIEF_SECONDS = 10.0


class Network(NamedTuple):
    """What flags say of the way to the server; None leaves it to the settings.

    `idle_timeout` is in seconds, `proxy` a URL, `ca_bundle` the path of a file.
    """

    idle_timeout: float | None = None
    proxy: str | None = None
    ca_bundle: str | None = None


class Way(NamedTuple):
    """What flags and settings say of the way to a server; "" is nothing."""

    idle_timeout: float
    proxy: str
    ca_bundle: str


class Env:
    """Everything that a command touches."""

    def __init__(self, console: Console, environ: Mapping[str, str]) -> None:
        """Take the streams and the environment variables."""
        self.console = console
        self.environ = environ
        console.find_secrets = lambda: known_secrets(lambda: self.settings, environ)
        # What was read to go along with questions, as (tag, text): so that an error can name it.
        self.attached: list[tuple[str, str]] = []
        # The documents among it by their SHA-256: what was read once is sent again without being read again.
        self.documents: dict[str, bytes] = {}
        self._keys: set[str] = set()
        self._clients: dict[str, XAI] = {}
        self._closing: list[Callable[[], None]] = []

    @classmethod
    def real(cls) -> Env:
        """Return the world of this process."""
        for name in ("COLUMNS", "LINES"):
            value = os.environ.get(name, "")
            # Libraries believe them: a screen of a hundred billion columns is one line of a hundred billion spaces.
            if not (value.isascii() and value.isdigit() and len(value) < 5):
                os.environ.pop(name, None)
        env = cls(Console.real(dumb=os.environ.get("TERM") == "dumb"), os.environ)
        env.console.debug = os.environ.get("GROK_DEBUG", "") not in ("", "0")
        return env

    @cached_property
    def settings(self) -> Settings:
        """The settings of this run."""
        return Settings(Paths.find(self.environ), self.environ)

    def find_key(self) -> Key:
        """Return the key, which is masked from here on whatever it looks like. Raises MissingKeyError, ConfigError."""
        key = find_key(self.settings, self.environ)
        self.console.secrets.append(key.value)
        self._keys.add(key.value)
        return key

    def known_keys(self) -> set[str]:
        """Return the API keys there are: the one in use, and those that it overrides."""
        self._keys.update(stored_keys(self.settings, self.environ))
        return self._keys

    def child_environ(self) -> dict[str, str]:
        """Return the environment variables for a program that we start: all but those with a key."""
        return child_environ(self.environ, self.known_keys())

    def connect(self, model: str, api: API | None = None, network: Network | None = None) -> XAI:
        """Return a client for `model`: one for the server that is set, or for the model on this machine.

        Each is made once in a run, and keeps its connection. `api` is what it speaks; None leaves it to the settings.
        Raises MissingKeyError before anything slow is imported, ConfigError, LocalModelError.
        """
        place = LOCAL_MODEL if model == LOCAL_MODEL else "server"
        if place not in self._clients:
            self._clients[place] = self._new_client(place, api, network)
        return self._clients[place]

    def connect_briefly(self) -> XAI:
        """Return a client for the server that is set, to ask what it has at hand. Raises as `connect` does."""
        seconds = min(BRIEF_SECONDS, self.settings.value("idle_timeout"))
        return self.connect(DEFAULT_MODEL, network=Network(idle_timeout=seconds))

    def _new_client(self, place: str, api: API | None, network: Network | None) -> XAI:
        settings, console, way = self.settings, self.console, self.network(network)
        if place == LOCAL_MODEL:
            server = self._start_local_server()
            key, base_url, api = server.api_key, server.base_url, "chat"
            console.secrets.append(key)
        else:
            base_url, api = settings.value("base_url"), settings.value("api", api)
            found = self.server_key()
            key = found.value if found else ""
            self.warn_of_exposed_key()
        console.secrets.append(login_of(way.proxy))
        client = _import_client()(
            key,
            base_url=base_url,
            timeout=(CONNECT_SECONDS, way.idle_timeout),
            api=api,
            proxy=way.proxy,
            ca_bundle=way.ca_bundle,
            trace=_new_trace(console) if console.debug else None,
        )
        self.on_close(client.close)
        return client

    def network(self, flags: Network | None = None) -> Way:
        """Return the way to any server: as `flags` say, else as the settings do."""
        idle_timeout, proxy, ca_bundle = flags or Network()
        value = self.settings.value
        return Way(value("idle_timeout", idle_timeout), value("proxy", proxy), value("ca_bundle", ca_bundle))

    def warn_of_exposed_key(self) -> None:
        """Warn, once, when others on this machine can read the saved key."""
        path = self.settings.paths.credentials
        if exposed(path):
            self.console.note_once(f"warning: other users can read the key in {path}; run: chmod 600 '{path}'")

    def server_key(self) -> Key | None:
        """Return the key for the server that is set; None if that is on this machine and no key is set.

        Raises MissingKeyError, ConfigError.
        """
        from grokcli.client.wire import is_xai

        try:
            return self.find_key()
        except MissingKeyError:
            base_url = self.settings.value("base_url")
            if is_xai(base_url) or self.settings.value("api_key_command"):
                raise
            from grokcli.client.url import check_url

            if not check_url(base_url):
                raise
            return None

    def _start_local_server(self) -> LocalServer:
        from grokcli.client import local_server

        settings, console = self.settings, self.console
        server = local_server.start(
            settings.value("local_model"), settings.paths.data / "models", self.child_environ(), console.stderr,
            quiet=console.quiet, loading=console.status("loading the local model"),
        )  # fmt: skip
        self.on_close(server.close)
        return server

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
