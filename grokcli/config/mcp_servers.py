"""The MCP servers that the user has set up: [mcp.NAME] in the settings, and `mcpServers` of JSON files.

The JSON files are those of other programs: the ones that the setting mcp_files names, and `.mcp.json` in the current
folder. That last one somebody else may have written, and nothing of it is used without asking.
"""

from __future__ import annotations

import json
import re
import shlex
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl

from grokcli.config.settings import closest_hint
from grokcli.errors import ConfigError, UsageError, reason
from grokcli.files import expand, read_own_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from grokcli.config.settings import Settings

FOLDER_FILE = ".mcp.json"
CALLERS = ("grok", "xai")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}\Z")
_VARIABLE = r"\$\{(\w+)(?::-([^}]*))?\}"
_CONFIDENTIAL = r"(?i)auth|token|secret|key|pass|credential|cookie"
_TEXTS = ("cwd", "url", "authorization_env", "authorization_command", "called_by")
# Keys that other programs do not have. In their files they are not used: a command less that could stand there.
_OWN_KEYS = ("authorization_env", "authorization_command", "called_by")
_EDIT_HINT = "fix it with: grok config edit"


class McpServer(NamedTuple):
    """A server: a `command` to start, or a `url`. Values of `headers` and `env` may contain ${VARIABLE}.

    `source` is the file that it stands in, `is_foreign` says that somebody else may have written that. `called_by` is
    "grok", "xai" (whose server then calls it), or "" for what suits the URL. Without `allowed_tools`, all are allowed.
    """

    name: str
    source: str
    is_foreign: bool = False
    command: tuple[str, ...] = ()
    env: Mapping[str, str] = {}
    cwd: str = ""
    url: str = ""
    headers: Mapping[str, str] = {}
    authorization_env: str = ""
    authorization_command: str = ""
    allowed_tools: tuple[str, ...] = ()
    called_by: str = ""

    def secrets(self) -> Iterator[str]:
        """Yield the values that stand here and are secret by their names or their looks, not those of variables."""
        in_url = parse_qsl(self.url.partition("?")[2])
        for name, value in (*self.headers.items(), *self.env.items(), *in_url):
            by_name = re.search(_CONFIDENTIAL, name) and not value.isalpha()  # a plain word may stand anywhere
            if "${" not in value and (by_name or _looks_random(value)):
                yield from {value, value.rpartition(" ")[2]}  # also without the "Bearer" before it
        yield from filter(_looks_random, self.command)


def find_servers(settings: Settings) -> Iterator[McpServer]:
    """Yield all servers, those of the settings first; of two with the same name only the first. Raises ConfigError."""
    seen: set[str] = set()
    for server in _all_servers(settings):
        if server.name not in seen:
            seen.add(server.name)
            yield server


def find_server(settings: Settings, name: str) -> McpServer:
    """Return the server `name`. Raises UsageError if there is none, ConfigError for an invalid file before it."""
    known = []
    for server in _all_servers(settings):
        if server.name == name:
            return server
        known.append(server.name)
    hint = closest_hint(name, known) or f"set up [mcp.{name}] with: grok config edit"
    if not _NAME.match(name):
        hint = "for example: --mcp https://mcp.example.com/mcp, or a name that grok mcp list shows"
    raise UsageError(f"there is no MCP server {name!r}", hint=hint)


def servers_in_settings(file: Mapping[str, Any]) -> Iterator[McpServer]:
    """Yield the servers of a settings file, but for invalid ones."""
    tables = file.get("mcp")
    for name, table in tables.items() if isinstance(tables, dict) else ():
        with suppress(ConfigError):
            yield _server(name, table, "")


def fill_in(text: str, environ: Mapping[str, str], server: McpServer) -> str:
    """Return `text` with each ${VARIABLE} and ${VARIABLE:-default} replaced. Raises ConfigError if one is not set."""

    def value(match: re.Match[str]) -> str:
        found = environ.get(match[1]) or match[2]
        if found is None:
            hint = f"export {match[1]}, or remove it from {server.source}"
            raise ConfigError(f"the MCP server {server.name!r} needs {match[1]}, which is not set", hint=hint)
        return found

    return re.sub(_VARIABLE, value, text)


def _all_servers(settings: Settings) -> Iterator[McpServer]:
    tables = settings.file.get("mcp", {})
    if not isinstance(tables, dict):
        raise ConfigError(f"[mcp] in {settings.paths.settings} must be a section", hint=_EDIT_HINT)
    for name, table in tables.items():
        yield _server(name, table, str(settings.paths.settings))
    for file in settings.value("mcp_files"):
        yield from _servers_in(expand(file), is_foreign=False)
    yield from _servers_in(Path(FOLDER_FILE), is_foreign=True)


def _servers_in(path: Path, *, is_foreign: bool) -> Iterator[McpServer]:
    try:
        document = json.loads(read_own_file(path))
    except FileNotFoundError as error:
        if is_foreign:
            return
        raise ConfigError(f"cannot read {path}: {reason(error)}", hint="it is in the setting mcp_files") from None
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {reason(error)}") from None
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path} is not valid JSON: {error}") from None
    tables = document.get("mcpServers") if isinstance(document, dict) else None
    for name, table in tables.items() if isinstance(tables, dict) else ():
        usual = {key: one for key, one in table.items() if key not in _OWN_KEYS} if isinstance(table, dict) else table
        yield _server(name, usual, str(path), is_foreign=is_foreign)


def _server(name: str, table: object, source: str, *, is_foreign: bool = False) -> McpServer:
    """Return the server that `table` describes. Raises ConfigError, which names the key."""
    where = f"the MCP server {name[:40]!r} in {source}"
    hint = None if source.endswith(".json") else _EDIT_HINT
    if not _NAME.match(name):
        raise ConfigError(f"{where} has an invalid name", hint="use up to 40 letters, digits, - and _")
    if not isinstance(table, dict):
        raise ConfigError(f"{where} must be a section", hint=hint)
    try:
        server = McpServer(
            name,
            source,
            is_foreign,
            command=_command(table),
            env=_env(table.get("env", {})),
            headers=_pairs("headers", table.get("headers", {})),
            allowed_tools=_texts("allowed_tools", table.get("allowed_tools", [])),
            **{key: _text(key, table.get(key, "")) for key in _TEXTS},
        )
        if bool(server.command) == bool(server.url):
            raise ValueError("it needs either command or url")
        if server.called_by not in ("", *CALLERS) or (server.called_by == "xai" and server.command):
            raise ValueError("called_by must be grok or xai, and grok where there is a command")
    except ValueError as error:
        raise ConfigError(f"{where}: {error}", hint=hint) from None
    return server


def _command(table: dict[str, Any]) -> tuple[str, ...]:
    """Return the command line: a list, one text with all of it, or the program with a list of `args` as in JSON."""
    command, arguments = table.get("command", []), table.get("args")
    if isinstance(command, str) and arguments is not None:
        return (command, *_texts("args", arguments))
    return tuple(shlex.split(command)) if isinstance(command, str) else _texts("command", command)


def _env(value: object) -> dict[str, str]:
    """Return the variables with their values; a list has the names of those that are handed through."""
    return {name: f"${{{name}}}" for name in _texts("env", value)} if isinstance(value, list) else _pairs("env", value)


def _text(key: str, value: object) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise ValueError(f"{key} must be text")
    return value


def _texts(key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError(f"{key} must be a list")
    return tuple(_text(key, one) for one in value)


def _pairs(key: str, value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ValueError(f"{key} must be a section of names and values")
    return {_text(key, name): _text(key, one) for name, one in value.items()}


def _looks_random(value: str) -> bool:
    """Say whether `value` may be a secret by its looks: long, of letters and digits, and no path."""
    return bool(re.fullmatch(r"(?=.*\d)(?=.*[A-Za-z])[\w.=+-]{20,}", value))
