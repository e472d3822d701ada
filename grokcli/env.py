"""The environment of one run: console, environment variables, settings, connections. Tests pass their own."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
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

    from grokcli.client.files import StoredFile
    from grokcli.client.local_server import LocalServer
    from grokcli.client.trace import Trace
    from grokcli.client.xai import XAI
    from grokcli.models import API

# Set by a shell that asks for completions.
COMPLETION_VARIABLE = "_GROK_COMPLETE"
CONNECT_SECONDS = 10.0
# For requests that need no inference: a server answers these immediately or not at all.
BRIEF_SECONDS = 10.0


class Network(NamedTuple):
    """Connection options given as flags; None leaves the option to the settings.

    `idle_timeout` is in seconds, `proxy` a URL, `ca_bundle` the path of a file.
    """

    idle_timeout: float | None = None
    proxy: str | None = None
    ca_bundle: str | None = None


class Way(NamedTuple):
    """Connection options from flags and settings combined; "" means not set."""

    idle_timeout: float
    proxy: str
    ca_bundle: str


class Access(NamedTuple):
    """The server that is asked, and the key for it, "" for none."""

    base_url: str
    key: str


class Env:
    """Everything that a command uses: the streams, the settings, the API key and the clients."""

    def __init__(self, console: Console, environ: Mapping[str, str]) -> None:
        """Use the streams of `console` and the environment variables `environ`."""
        self.console = console
        self.environ = environ
        console.find_secrets = lambda: known_secrets(lambda: self.settings, environ)
        # The attachments of prompts, as (tag, content), so that an error can name one.
        self.attached: list[tuple[str, str | bytes]] = []
        # The contents of attached documents by SHA-256, so that each is read only once in a run.
        self.documents: dict[str, bytes] = {}
        # The documents that are on the server for this run only, by SHA-256 and name.
        self.uploads: dict[tuple[str, str], StoredFile] = {}
        self._keys: set[str] = set()
        self._clients: dict[str, XAI] = {}
        self._closing = ExitStack()

    @classmethod
    def real(cls) -> Env:
        """Return the environment of this process."""
        for name in ("COLUMNS", "LINES"):
            value = os.environ.get(name, "")
            # Libraries trust these: with a hundred billion columns, they would pad a line with as many spaces.
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
        """Return the API key, and mask it in all further output. Raises MissingKeyError, ConfigError."""
        key = find_key(self.settings, self.environ)
        self.console.secrets.append(key.value)
        self._keys.add(key.value)
        return key

    def known_keys(self) -> set[str]:
        """Return all API keys that are set: the one in use, and those that it overrides."""
        self._keys.update(stored_keys(self.settings, self.environ))
        return self._keys

    def require_key(self, model: str) -> None:
        """Find the key for requests to `model`; it is masked from now on, and never sent inside a request.

        Raises MissingKeyError before any slow import, and ConfigError.
        """
        if model != LOCAL_MODEL:
            _ = self._access

    def child_environ(self) -> dict[str, str]:
        """Return the environment for child processes: all variables except those that contain an API key."""
        return child_environ(self.environ, self.known_keys())

    def connect(self, model: str, api: API | None = None, network: Network | None = None) -> XAI:
        """Return a client for `model`, connected to the configured server or to the embedded model.

        Each of the two is created once per run and keeps its connection, which is opened here: call this only when
        there is something to send. `api` is the API to use; None leaves it to the settings. Raises as `require_key`
        does, and LocalModelError.
        """
        place = LOCAL_MODEL if model == LOCAL_MODEL else "server"
        if place not in self._clients:
            self._clients[place] = self._new_client(place, api, network)
        return self._clients[place]

    def connect_briefly(self) -> XAI:
        """Return a client for the configured server with a short timeout. Raises as `connect` does."""
        seconds = min(BRIEF_SECONDS, self.settings.value("idle_timeout"))
        return self.connect(DEFAULT_MODEL, network=Network(idle_timeout=seconds))

    def _new_client(self, place: str, api: API | None, network: Network | None) -> XAI:
        settings, console, way = self.settings, self.console, self.network(network)
        if place == LOCAL_MODEL:
            server = self._start_local_server()
            key, base_url, api = server.api_key, server.base_url, "chat"
            console.secrets.append(key)
            early = None
        else:
            from grokcli.client.early import connect_early

            (base_url, key), api = self._access, settings.value("api", api)
            early = connect_early(base_url, way.proxy, way.ca_bundle, CONNECT_SECONDS)
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
        if early is not None:
            client.adopt(early)
        return client

    def network(self, flags: Network | None = None) -> Way:
        """Return the connection options for any server, from `flags` first, then from the settings."""
        idle_timeout, proxy, ca_bundle = flags or Network()
        value = self.settings.value
        return Way(value("idle_timeout", idle_timeout), value("proxy", proxy), value("ca_bundle", ca_bundle))

    def warn_of_exposed_key(self) -> None:
        """Warn, once, if other users of this machine can read the saved key."""
        path = self.settings.paths.credentials
        if exposed(path):
            self.console.note_once(f"warning: other users can read the key in {path}; run: chmod 600 '{path}'")

    @cached_property
    def _access(self) -> Access:
        found = self.server_key()
        self.warn_of_exposed_key()
        return Access(self.settings.value("base_url"), found.value if found else "")

    def server_key(self) -> Key | None:
        """Return the key for the configured server; None if that is on this machine and no key is set.

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
            settings.value("local_model"), settings.paths.data / "models", self.child_environ(),
            console.for_others() if console.accessible else console.stderr,  # pip draws no progress there
            quiet=console.quiet, loading=console.status("loading the local model"),
        )  # fmt: skip
        self.on_close(server.close)
        return server

    def on_close(self, close: Callable[[], None]) -> None:
        """Register `close` to be called when the run ends."""
        self._closing.callback(close)

    def close(self) -> None:
        """Call the registered functions, the last one first, and all of them even if one is interrupted."""
        self._closing.close()


def _new_trace(console: Console) -> Trace:
    from grokcli.client.trace import Trace

    return Trace(console.error_line)


def _import_client() -> type[XAI]:
    """Import the client, and with it requests.

    requests also works without charset detection, which we never use: leaving out charset_normalizer saves 10 of the
    100 ms from start to request.
    """
    import warnings

    guessers = ("chardet", "charset_normalizer")
    absent = [name for name in guessers if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]  # None makes an import of the module fail
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from grokcli.client.xai import XAI
    finally:
        for name in absent:
            del sys.modules[name]
    return XAI
