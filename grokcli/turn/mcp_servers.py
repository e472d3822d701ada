"""Reaching the MCP servers of --mcp: as tools of a request, for xAI's server to call, or in sessions of our own.

A server that only this machine can reach, by a command or at a loopback address, is called by grok, and the others by
xAI's server, unless the settings say otherwise.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from grokcli.client.url import is_loopback
from grokcli.config.credentials import output_of
from grokcli.config.mcp_servers import McpServer, fill_in, find_server
from grokcli.errors import ConfigError, UsageError
from grokcli.terminal.confirm import can_confirm, confirm, present
from grokcli.turn.mcp_tools import McpTool, tools_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from grokcli.client.mcp.session import Session, Transport
    from grokcli.env import Env

# What a program needs to run at all; everything else must be named. The second line is for Windows.
PASSED_ON = (
    *("HOME", "LANG", "LC_ALL", "LC_CTYPE", "LOGNAME", "PATH", "SHELL", "TMPDIR", "USER"),
    *("APPDATA", "COMSPEC", "LOCALAPPDATA", "PATHEXT", "PROGRAMFILES", "SYSTEMROOT", "TEMP", "TMP", "USERPROFILE"),
)
EXAMPLE = "for example: --mcp https://mcp.example.com/mcp"


def request_tools(env: Env, wanted: Sequence[str]) -> list[dict[str, Any]]:
    """Return the tools of a request for those of `wanted`, names or URLs, that xAI's server calls.

    Raises UsageError for what is neither, ConfigError, MissingKeyError for a login that is not to be had.
    """
    return [_request_tool(env, server) for server in _servers(env, wanted) if not is_called_here(server)]


def has_own(env: Env, wanted: Sequence[str]) -> bool:
    """Say whether any of `wanted` is called by grok itself. Raises UsageError, ConfigError."""
    return any(map(is_called_here, _servers(env, wanted)))


def own_tools(env: Env, wanted: Sequence[str], taken: Iterable[str]) -> Iterator[McpTool]:
    """Start those of `wanted`, names or URLs, that grok calls itself, and yield their tools; none has a `taken` name.

    Raises as `request_tools` does, and as `open_session`.
    """
    names = set(taken)
    for server in _servers(env, wanted):
        if is_called_here(server):
            session, secrets = open_session(env, server)
            yield from tools_of(env.console, server, session, names, secrets)


def listed_tools(env: Env, wanted: str) -> list[McpTool]:
    """Return the tools of the server that `wanted` names, whoever calls it otherwise. Raises as `own_tools` does."""
    (server,) = _servers(env, [wanted])
    session, secrets = open_session(env, server)
    return list(tools_of(env.console, server, session, set(), secrets))


def is_called_here(server: McpServer) -> bool:
    """Say whether grok calls the server itself, not xAI's server."""
    if server.command or server.called_by:
        return server.called_by != "xai"
    return is_loopback(_host(server))


def open_session(env: Env, server: McpServer) -> tuple[Session, list[str]]:
    """Return a session with `server`, which ends with this run, and the secrets that it was given.

    Raises UsageError if a foreign one is not consented to, ConfigError, MissingKeyError, McpError, NetworkError.
    """
    from grokcli.client.mcp.session import Session

    _require_consent(env, server)
    filled, secrets = _filled(env, server)
    with env.console.status(f"starting the MCP server {server.name}"):
        session = Session(server.name, _endpoint(env, filled) if server.url else _process(env, filled))
        env.on_close(session.close)
        session.open()
    return session, secrets


def _servers(env: Env, wanted: Sequence[str]) -> Iterator[McpServer]:
    """Yield the servers that `wanted` names; those of URLs are named after their hosts, each differently."""
    labels: set[str] = set()
    for one in dict.fromkeys(wanted):
        if "://" not in one:
            labels.add(one)
            yield find_server(env.settings, one)
            continue
        host = _host(McpServer("", "", url=one))
        label = name = re.sub(r"[^A-Za-z0-9]+", "_", host).strip("_") or "mcp"
        number = 1
        while name in labels:
            number += 1
            name = f"{label}_{number}"
        labels.add(name)
        yield McpServer(name, "--mcp", url=one)


def _host(server: McpServer) -> str:
    """Return the host of the server's URL. Raises UsageError or ConfigError, by where it stands."""
    kind = ConfigError if server.source else UsageError
    whose = f"the MCP server {server.name!r}" if server.source else "an MCP server"
    try:
        parts = urlsplit(server.url)
        host, has_login = parts.hostname or "", bool(parts.username or parts.password)
    except ValueError:
        parts, host, has_login = urlsplit(""), "", False
    if parts.scheme not in ("http", "https") or not host or not re.fullmatch(r"[^\s\\]+", server.url):
        raise kind(f"invalid URL of {whose}: {server.url!r}", hint=EXAMPLE)
    if has_login:
        hint = "set authorization_env or authorization_command of [mcp.NAME]: grok help mcp"
        raise kind("the URL of an MCP server must not contain a user name or password", hint=hint)
    return host


def _request_tool(env: Env, server: McpServer) -> dict[str, Any]:
    """Return the tool that makes xAI's server call `server` (API digest, section 6)."""
    _require_consent(env, server)
    filled, secrets = _filled(env, server)
    host = _host(filled)
    if secrets and urlsplit(filled.url).scheme != "https":
        raise ConfigError(f"refused to have a login sent over plain http to {host}", hint="use https in its url")
    headers = dict(filled.headers)
    tool: dict[str, Any] = {"type": "mcp", "server_url": filled.url, "server_label": server.name}
    if authorization := headers.pop("Authorization", ""):
        tool["authorization"] = authorization
    if headers:
        tool["headers"] = headers
    if server.allowed_tools:
        tool["allowed_tools"] = list(server.allowed_tools)
    return tool


def _filled(env: Env, server: McpServer) -> tuple[McpServer, list[str]]:
    """Return `server` with its variables filled in and its login among the headers, and its secrets, masked by now."""
    environ = env.child_environ()  # a ${XAI_API_KEY} is not for others

    def filled(pairs: Mapping[str, str]) -> dict[str, str]:
        return {name: fill_in(value, environ, server) for name, value in pairs.items()}

    own = server._replace(
        command=tuple(fill_in(word, environ, server) for word in server.command),
        url=fill_in(server.url, environ, server),
        headers={
            name.title() if name.lower() == "authorization" else name: one
            for name, one in filled(server.headers).items()
        },
        env=filled(server.env),
        cwd=fill_in(server.cwd, environ, server),
    )
    secrets = list(own.secrets())
    if token := _token(env, server):
        secrets.append(token)
        own = own._replace(headers={**own.headers, "Authorization": token if " " in token else f"Bearer {token}"})
    env.console.secrets.extend(secrets)
    for name, value in own.headers.items():
        if not (name + value).isascii() or not (name + value).isprintable():
            raise ConfigError(f"the header {name!r} of the MCP server {server.name!r} has invalid characters")
    return own, secrets


def _token(env: Env, server: McpServer) -> str:
    """Return what the server is logged in to with, "" for nothing. Raises ConfigError, MissingKeyError."""
    if server.authorization_env:
        return fill_in(f"${{{server.authorization_env}}}", env.child_environ(), server)
    if server.authorization_command:
        setting = f"mcp.{server.name}.authorization_command"
        return output_of(server.authorization_command, env.environ, setting=setting)
    return ""


def _require_consent(env: Env, server: McpServer) -> None:
    """Ask the user about a server of the current folder's file. Raises UsageError if the answer is not yes."""
    if not server.is_foreign:
        return
    hint = "to trust the file, name it in the setting mcp_files: grok config set mcp_files /path/to/it"
    if not can_confirm(env.console):
        raise UsageError(f"cannot ask about the MCP server {server.name!r} of {server.source}: no terminal", hint=hint)
    present(env.console, f"{server.source} names this server: ", described(server, whole=True))
    if not confirm(env.console, "use this server?"):
        raise UsageError(f"the MCP server {server.name!r} of {server.source} is not used", hint=hint)


def described(server: McpServer, *, whole: bool = False) -> str:
    """Return the command line or the URL of a server; with `whole`, also what it is given."""
    where = shlex.join(server.command) if server.command else server.url.partition("?")[0]
    if not whole:
        return where
    given = {"variable": server.env, "header": server.headers}
    more = [f"{kind} {name}={value}" for kind, pairs in given.items() for name, value in pairs.items()]
    return "; ".join([server.url or where, *more, *([f"folder {server.cwd}"] if server.cwd else [])])


def _process(env: Env, server: McpServer) -> Transport:
    from grokcli.client.mcp.process import Process

    console = env.console
    environ = env.child_environ()
    passed_on = {name: environ[name] for name in PASSED_ON if name in environ}
    log = (lambda line: console.error_line(f"* {server.name}: {line}")) if console.debug else None
    return Process(server.name, server.command, {**passed_on, **server.env}, cwd=server.cwd or None, log=log)


def _endpoint(env: Env, server: McpServer) -> Transport:
    from grokcli.client.mcp.endpoint import Endpoint
    from grokcli.client.trace import Trace

    host, way = _host(server), env.network()
    if urlsplit(server.url).scheme != "https" and not is_loopback(host):
        raise ConfigError(f"refused to call an MCP server over plain http: {host}", hint="use https in its url")
    trace = Trace(env.console.error_line) if env.console.debug else None
    return Endpoint(server.name, server.url, server.headers, proxy=way.proxy, ca_bundle=way.ca_bundle, trace=trace)
