"""The API key: `XAI_API_KEY`, else what `api_key_command` prints, else the credentials file.

It is never taken from the command line, where `ps` and the shell's history would show it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from grokcli.config.toml_file import read_toml
from grokcli.errors import ConfigError, MissingKeyError, UsageError
from grokcli.files import PRIVATE, write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from grokcli.config.settings import Settings

VARIABLE = "XAI_API_KEY"
# What servers of one's own take for a key, "none" say, is no secret and may be part of any value.
SHORTEST_KEY = 6
NO_KEY_HINT = f"grok config set api-key, or set {VARIABLE}, or try the model on this machine: grok ask -m local"


class Key(NamedTuple):
    """A key, and where it came from."""

    value: str
    source: str


def find_key(settings: Settings, environ: Mapping[str, str]) -> Key:
    """Return the key of the first source that has one. Raises MissingKeyError when none has."""
    if value := environ.get(VARIABLE, "").strip():
        return Key(_checked(value, f"environment {VARIABLE}"), f"environment {VARIABLE}")
    if command := settings.value("api_key_command"):
        return Key(_checked(_output_of(command, environ), "api_key_command"), f"api_key_command ({command})")
    path = settings.paths.credentials
    if value := str(read_toml(path).get("api_key", "")).strip():
        return Key(_checked(value, str(path)), str(path))
    raise MissingKeyError("no API key", hint=NO_KEY_HINT)


def child_environ(environ: Mapping[str, str], keys: Iterable[str] = ()) -> dict[str, str]:
    """Return the environment of a program that we start: `environ` without the key, and without any of `keys`.

    A key is left out under whatever name it stands, and in whatever text.
    """
    secrets = [key for key in (environ.get(VARIABLE, "").strip(), *keys) if len(key) >= SHORTEST_KEY]
    return {
        name: value
        for name, value in environ.items()
        if name != VARIABLE and not any(secret in value for secret in secrets)
    }


def save_key(path: Path, value: str) -> None:
    """Keep the key in the file at `path`, readable by its owner only. Raises ConfigError, UsageError."""
    import tomlkit

    value = _checked(value.strip(), "the input")
    if not value:
        raise UsageError("the key is empty; nothing was saved")
    try:
        write_atomically(path, tomlkit.dumps({"api_key": value}).encode(), mode=PRIVATE)
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}") from None


def forget_key(path: Path) -> bool:
    """Remove the credentials file and say whether there was one. Raises ConfigError."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise ConfigError(f"cannot remove {path}: {error.strerror}") from None
    return True


def exposed(path: Path) -> bool:
    """Say whether others on this machine may read the file at `path`."""
    import os

    try:
        return os.name == "posix" and bool(path.stat().st_mode & 0o077)
    except OSError:
        return False


def _checked(value: str, source: str) -> str:
    """Return `value` if it can stand in an HTTP header."""
    if value.isascii() and value.isprintable() and " " not in value:
        return value
    raise ConfigError(f"the API key from {source} holds blanks or characters that no key has", hint=NO_KEY_HINT)


def _output_of(command: str, environ: Mapping[str, str]) -> str:
    """Return the first line that `command` prints. It gets no input: a piped document is not for it."""
    import shlex
    import subprocess

    hint = "grok config get api_key_command shows the command"
    try:
        result = subprocess.run(
            shlex.split(command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True,
            env=child_environ(environ),
        )  # fmt: skip
    except subprocess.CalledProcessError as error:
        raise MissingKeyError(f"api_key_command failed with exit code {error.returncode}", hint=hint) from None
    except (OSError, ValueError) as error:
        raise MissingKeyError(f"api_key_command cannot run: {error}", hint=hint) from None
    line = result.stdout.decode("utf-8", "replace").strip().partition("\n")[0].strip()
    if not line:
        raise MissingKeyError("api_key_command printed nothing", hint=hint)
    return line
