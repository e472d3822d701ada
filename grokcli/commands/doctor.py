"""`grok doctor`: what grok finds on this machine, and what is wrong with it."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from grokcli import __version__
from grokcli.client.redact import mask
from grokcli.commands.grouping import new_app
from grokcli.commands.options import AsJSON
from grokcli.config.credentials import exposed
from grokcli.errors import ConfigError, GrokError, MissingKeyError, reason
from grokcli.store.store import FILE_NAME, Store
from grokcli.terminal.sanitize import json_text, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grokcli.env import Env

State = Literal["ok", "note", "bad"]
PROXY_VARIABLES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")

app = new_app()


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: fine ("ok"), worth knowing ("note"), or broken ("bad")."""

    what: str
    state: State
    text: str


@app.command()
def doctor(
    ctx: typer.Context,
    json: AsJSON = False,
    offline: Annotated[bool, typer.Option("--offline", help="Skip the check of the server")] = False,
) -> None:
    """Check the installation, settings, key, server and terminal.

    Exits with 1 if something is broken.
    """
    env: Env = ctx.obj
    findings = []
    for finding in examine(env, ask_server=not offline):
        finding = replace(finding, text=env.console.mask(finding.text))
        findings.append(finding)
        if not json:
            sign = {"ok": " ", "note": "?", "bad": "!"}[finding.state]
            env.console.print(one_line(f"{sign} {finding.what:12} {finding.text}") + "\n")
    if json:
        env.console.print(json_text([asdict(finding) for finding in findings], indent=2))
    if any(finding.state == "bad" for finding in findings):
        raise typer.Exit(1)


def examine(env: Env, *, ask_server: bool) -> Iterator[Finding]:
    """Yield what is found, the slow things last."""
    yield Finding("version", "ok", f"grok {__version__}, Python {platform.python_version()} on {sys.platform}")
    yield _program(env)
    settings = list(_settings(env))
    yield from settings
    yield _store(env)
    yield from _folders(env)
    yield from _network(env)
    yield _terminal(env)
    yield from _accessible(env)
    key = _key(env)
    yield key
    if ask_server and all(finding.state != "bad" for finding in (*settings, key)):
        yield _server(env)


def _program(env: Env) -> Finding:
    """Say which `grok` a shell would start: other programs have that name too."""
    found = shutil.which("grok", path=env.environ.get("PATH"))
    ours = Path(sys.executable).parent
    if found is None:
        return Finding("program", "note", f"grok is not on PATH; this one is in {ours}")
    if Path(found).parent == ours or Path(found).resolve().parent == ours.resolve():
        return Finding("program", "ok", found)
    return Finding("program", "note", f"another program, {found}, is first on PATH; use {ours}/grokcli")


def _settings(env: Env) -> Iterator[Finding]:
    path = env.settings.paths.settings
    try:
        problems, unknown = env.settings.problems(), env.settings.warnings()
    except ConfigError as error:
        yield Finding("settings", "bad", _with_hint(error))
        return
    state: State = "ok" if path.exists() else "note"
    yield Finding(
        "settings", state, f"{path}{'' if path.exists() else ' (no file yet: all settings have their defaults)'}"
    )
    for problem in problems:
        yield Finding("settings", "bad", _with_hint(problem))
    if not problems:
        yield from _unusable(env)
    for warning in unknown:
        yield Finding("settings", "note", warning)


def _unusable(env: Env) -> Iterator[Finding]:
    """Yield the addresses and files that the settings name and that cannot be used."""
    from grokcli.client.url import check_proxy, check_url

    for name, check in (("base_url", check_url), ("proxy", check_proxy)):
        value, source = env.settings.find(name)
        try:
            check(value)
        except ConfigError as error:
            yield Finding("settings", "bad", f"{name} from {source}: {_with_hint(error)}")
    for name in ("ca_bundle", "local_model", "theme"):
        value, source = env.settings.find(name)
        is_name = name == "theme" and not value.endswith(".toml")
        if value and not is_name and not _is_there(value):
            yield Finding(
                "settings", "bad", f"{name} from {source}: no such file: {value!r}: set it to one, or unset it"
            )


def _is_there(name: str) -> bool:
    from grokcli.files import expand

    try:
        return _exists(expand(name))
    except GrokError:  # ~name without such a user
        return False


def _with_hint(error: GrokError) -> str:
    return f"{error.message}: {error.hint}" if error.hint else error.message


def _store(env: Env) -> Finding:
    path = env.settings.paths.data / FILE_NAME
    folder = next(parent for parent in (path, *path.parents) if _exists(parent))
    if not os.access(folder, os.W_OK) or not (folder == path or folder.is_dir()):
        return Finding("store", "bad", f"{path} is not writable: conversations are not saved")
    try:
        with Store(path, env.console.warn) as store:
            count = len(store.conversations())
    except GrokError as error:
        return Finding("store", "bad", error.message)
    return Finding("store", "ok", f"{path}, {count:,} conversation{'s' if count != 1 else ''}")


def _folders(env: Env) -> Iterator[Finding]:
    """Say what is kept where: no installer removes it. Lock files, which are hidden, are not worth a word."""
    paths = env.settings.paths
    for what, folder in (("config", paths.settings.parent), ("data", paths.data), ("cache", paths.cache)):
        yield Finding(what, "ok", f"{folder}: {_contents(folder)}")
    yield Finding("uninstall", "ok", "leaves these folders: delete them to remove the settings, key and conversations")


def _contents(folder: Path) -> str:
    try:
        paths = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
    except FileNotFoundError:
        return "not created yet"
    except OSError as error:
        return f"cannot be read ({reason(error)})"
    size = 0
    for path in folder.rglob("*"):
        with suppress(OSError):  # removed meanwhile
            size += 0 if path.is_dir() else path.lstat().st_size
    names = ", ".join(f"{path.name}{os.sep if path.is_dir() else ''}" for path in paths)
    return f"{names} ({_size(size)})" if names else "empty"


def _size(count: int) -> str:
    return f"{count / 2**20:,.1f} MB" if count >= 2**20 else f"{count / 2**10:,.1f} kB"


def _network(env: Env) -> Iterator[Finding]:
    for what, names in (("proxy", PROXY_VARIABLES), ("certificates", CA_VARIABLES)):
        for name in names:
            if value := env.environ.get(name):
                exists = what == "proxy" or _exists(Path(value))
                text = f"{name}={value}{'' if exists else ': no such file'}"
                yield Finding(what, "ok" if exists else "bad", text)


def _terminal(env: Env) -> Finding:
    if not env.console.stdout.isatty():
        return Finding("terminal", "ok", "stdout is not a terminal: answers are plain text")
    from grokcli.render.markdown import Terminal

    terminal = Terminal.detect(env.console.stdout, env.environ)
    columns, rows = terminal.size()
    abilities = [f"{columns}x{rows}", f"colours: {terminal.colors}"]
    abilities += ["links"] if terminal.hyperlinks else []
    abilities += ["live rendering"] if terminal.addressable and not _is_accessible(env) else ["no live rendering"]
    return Finding("terminal", "ok", ", ".join(abilities))


def _accessible(env: Env) -> Iterator[Finding]:
    """Report accessible output and where it was set."""
    if _is_accessible(env):
        source = env.settings.find("accessible").source
        yield Finding("accessible", "ok", f"complete lines, no cursor movement, no columns ({source})")


def _is_accessible(env: Env) -> bool:
    with suppress(ConfigError):  # reported with the settings
        return bool(env.settings.value("accessible"))
    return False


def _key(env: Env) -> Finding:
    try:
        key = env.server_key()
    except MissingKeyError as error:
        return Finding("key", "bad", f"{error.message}: {error.hint}")
    except ConfigError as error:
        return Finding("key", "bad", error.message)
    if key is None:
        return Finding("key", "ok", "none; the server on this machine needs none")
    if exposed(env.settings.paths.credentials):
        return Finding("key", "bad", f"other users can read {env.settings.paths.credentials}; run chmod 600 on it")
    return Finding("key", "ok", f"{mask(key.value)} from {key.source}")


def _server(env: Env) -> Finding:
    """Ask the server about the key, or for its models if it needs none."""
    base_url = env.settings.value("base_url")
    try:
        has_key, client = env.server_key() is not None, env.connect_briefly()
        if has_key:
            client.key_info()
        else:
            client.models()
    except GrokError as error:
        return Finding("server", "bad", f"{base_url}: {error.message}")
    return Finding("server", "ok", f"{base_url} accepts the key" if has_key else f"{base_url} answers")


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that is too long
        return False
