"""The API key: from `XAI_API_KEY`, else from the output of `api_key_command`, else from the credentials file.

It is never read from the command line, where `ps` and the shell's history would show it.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import IO, TYPE_CHECKING, NamedTuple

from grokcli.config.toml_file import read_toml
from grokcli.errors import ConfigError, GrokError, MissingKeyError, UsageError, reason
from grokcli.files import PRIVATE, check_own_file, write_atomically

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from grokcli.config.settings import Settings

VARIABLE = "XAI_API_KEY"
# Shorter keys are for self-hosted servers, such as "none": not secret, and possibly part of any value.
SHORTEST_KEY = 6
# Long enough to unlock a password manager by hand.
COMMAND_SECONDS = 60.0
LEFTOVER_SECONDS = 1.0
COMMAND_BYTES = 65536
NO_KEY_HINT = f"run grok config set api_key, or set {VARIABLE}; without a key, try grok ask -m local"

_KEY_VARIABLE = r"(?i)(?:^|_)(?:API_KEY|TOKEN|SECRET)$"
# Secrets in a command: in an option or a variable (--token=…, VAULT_TOKEN=…, -u user:password), or printed by echo.
# The value of an option named after a key or a secret may be just its name, so there it must contain a digit.
_ARGUMENT = (
    r"(?<!\S)(?:--?[\w-]*(?:pass|password|passphrase|token|(?:secret|key)(?=.\S*\d))[= ]"
    r"|\w*(?:PASSWORD|TOKEN|SECRET|KEY)="
    r"|[\"']?[\w-]*(?i:token|key|secret|authorization): ?(?:(?i:bearer|basic|token) )?"
    r"|-u ?(?=\S*:)|(?:\S*[\"'])?(?:echo|printf) (?:-n |[\"']?%\S* )?)[\"']?([^\s\"']+)"
)


class Key(NamedTuple):
    """A key, and where it came from."""

    value: str
    source: str


def find_key(settings: Settings, environ: Mapping[str, str]) -> Key:
    """Return the key from the first source that has one. Raises MissingKeyError if none has."""
    if value := environ.get(VARIABLE, "").strip():
        return Key(_checked(value, f"environment {VARIABLE}"), f"environment {VARIABLE}")
    if command := settings.value("api_key_command"):
        value = output_of(command, environ, setting="api_key_command")
        return Key(_checked(value, "api_key_command"), f"api_key_command ({command})")
    path = settings.paths.credentials
    if value := str(read_toml(path).get("api_key", "")).strip():
        return Key(_checked(value, str(path)), str(path))
    raise MissingKeyError("no API key", hint=NO_KEY_HINT)


def stored_keys(settings: Settings, environ: Mapping[str, str]) -> Iterator[str]:
    """Yield the keys in the environment variable and in the credentials file, if that can be read."""
    yield environ.get(VARIABLE, "").strip()
    with suppress(GrokError, OSError, RuntimeError):
        yield str(read_toml(settings.paths.credentials).get("api_key", "")).strip()


def known_secrets(find_settings: Callable[[], Settings], environ: Mapping[str, str]) -> Iterator[str]:
    """Yield the strings that must never be printed, as far as they are known without running `api_key_command`.

    Errors in reading a source are ignored here; the code that needs the source reports them.
    """
    yield environ.get(VARIABLE, "").strip()
    yield from (
        value.strip() for name, value in environ.items() if re.search(_KEY_VARIABLE, name) and _is_random(value)
    )
    yield from (login_of(value) for name, value in environ.items() if name.upper().endswith("_PROXY"))
    with suppress(GrokError, OSError, RuntimeError):
        yield from _mcp_secrets(find_settings().file)
    with suppress(GrokError, OSError, RuntimeError):
        yield login_of(find_settings().value("proxy"))
        yield from re.findall(_ARGUMENT, find_settings().value("api_key_command"))
    with suppress(GrokError, OSError, RuntimeError):
        yield str(read_toml(find_settings().paths.credentials).get("api_key", "")).strip()


def _mcp_secrets(file: Mapping[str, object]) -> Iterator[str]:
    """Yield the secrets in the [mcp.…] sections of the settings."""
    if "mcp" not in file:
        return
    import shlex

    from grokcli.config.mcp_servers import servers_in_settings

    for server in servers_in_settings(file):
        yield from server.secrets()
        for command in (shlex.join(server.command), server.authorization_command):
            yield from re.findall(_ARGUMENT, command)


def login_of(proxy: str) -> str:
    """Return "user:password" from a proxy address, with or without a scheme; "" without a password."""
    login = proxy.rpartition("@")[0].rpartition("://")[2]
    return login if ":" in login else ""


def _is_random(value: str) -> bool:
    """Return whether a value looks random; another program's secret may be a plain word, which any text may contain."""
    return len(value) >= 20 or not (value.isdigit() or value.replace("-", "").replace("_", "").isalpha())


def child_environ(environ: Mapping[str, str], keys: Iterable[str] = ()) -> dict[str, str]:
    """Return the environment for a child process: `environ` without the API key and without any of `keys`.

    Every variable whose value contains one of the keys is left out, whatever its name.
    """
    secrets = [key for key in (environ.get(VARIABLE, "").strip(), *keys) if len(key) >= SHORTEST_KEY]
    return {
        name: value
        for name, value in environ.items()
        if name != VARIABLE and not any(secret in value for secret in secrets)
    }


def save_key(path: Path, value: str) -> None:
    """Save the key to the file at `path`, readable only by its owner. Raises ConfigError, UsageError."""
    import tomlkit

    value = _checked(value.strip(), "the input")
    if not value:
        raise UsageError("no key was entered; nothing was saved")
    try:
        with suppress(FileNotFoundError):
            check_own_file(path)
        write_atomically(path, tomlkit.dumps({"api_key": value}).encode(), mode=PRIVATE)
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {reason(error)}") from None


def forget_key(path: Path) -> bool:
    """Remove the credentials file and return whether there was one. Raises ConfigError."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise ConfigError(f"cannot remove {path}: {reason(error)}") from None
    return True


def exposed(path: Path) -> bool:
    """Return whether other users of this machine may have access to the file at `path`."""
    import os

    try:
        return os.name == "posix" and bool(path.stat().st_mode & 0o077)
    except OSError:
        return False


def _checked(value: str, source: str) -> str:
    """Return `value` if it is valid in an HTTP header. Raises ConfigError."""
    if value.isascii() and value.isprintable() and " " not in value:
        return value
    raise ConfigError(f"the API key from {source} contains spaces or invalid characters", hint=NO_KEY_HINT)


def output_of(command: str, environ: Mapping[str, str], *, setting: str) -> str:
    """Return the first line that `command`, the value of `setting`, prints. Raises MissingKeyError.

    Its stdin is empty, as grok's may be a piped document.
    """
    import subprocess

    hint = f"see the command with: grok config get {setting}"
    try:
        code, output = _run(command, environ)
    except subprocess.TimeoutExpired:
        raise MissingKeyError(f"{setting} did not finish within {COMMAND_SECONDS:g} s", hint=hint) from None
    except (OSError, ValueError) as error:
        raise MissingKeyError(f"cannot run {setting}: {error}", hint=hint) from None
    if len(output) > COMMAND_BYTES:
        raise MissingKeyError(f"{setting} printed more than a key", hint=hint)
    if code:
        raise MissingKeyError(f"{setting} failed with exit code {code}", hint=hint)
    line = output.decode("utf-8", "replace").strip().partition("\n")[0].strip()
    if not line:
        raise MissingKeyError(f"{setting} printed nothing", hint=hint)
    return line


def _run(command: str, environ: Mapping[str, str]) -> tuple[int, bytes]:
    """Return the exit code of `command` and its output, which may be cut off.

    The command stays in the terminal's process group, so that a password manager can prompt. So its own children cannot
    be killed with it, and once it has ended, grok waits for output no longer than LEFTOVER_SECONDS. Raises
    subprocess.TimeoutExpired, OSError, ValueError.
    """
    import shlex
    import subprocess
    from threading import Thread

    process = subprocess.Popen(
        shlex.split(command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, bufsize=0, env=child_environ(environ)
    )
    stdout: IO[bytes] = process.stdout  # type: ignore[assignment]  # None without PIPE
    output = bytearray()

    def read() -> None:
        with stdout:
            while len(output) <= COMMAND_BYTES and (chunk := stdout.read(COMMAND_BYTES)):
                output.extend(chunk)
        if len(output) > COMMAND_BYTES:
            process.kill()

    reader = Thread(target=read, daemon=True)
    try:
        reader.start()
        code = process.wait(COMMAND_SECONDS)
        reader.join(LEFTOVER_SECONDS)
    finally:
        process.kill()
        process.wait()
    return code, bytes(output)
