"""Asking before the prompts of a folder are used: they are text of whoever wrote what lies in it.

The answer is for the folder, and is kept with the SHA-256 of each prompt in it. So the user is asked once, and again
about a prompt that is new or has changed since.
"""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

from grokcli.config.lock import locked
from grokcli.errors import ConfigError, UsageError, reason
from grokcli.files import PRIVATE, read_own_file, write_atomically
from grokcli.input.prompts.places import Found, Place, names_in_folder, read_found
from grokcli.input.prompts.saved_prompt import SavedPrompt, prompt_path
from grokcli.terminal.confirm import can_confirm, confirm, present

if TYPE_CHECKING:
    from pathlib import Path

    from grokcli.env import Env

FILE_NAME = "allowed-prompts.json"


def require_consent(env: Env, found: Found, prompt: SavedPrompt, *, may_ask: bool = True) -> None:
    """Ask whether the prompts of a project's folder may be used, unless the user has said so.

    Raises UsageError if they may not, or if there is no terminal to ask on.
    """
    if found.place.source != "project":
        return
    file = env.settings.paths.data / FILE_NAME
    folder = str(found.place.folder.resolve())
    allowed = _read(file).get(folder)
    known = allowed if isinstance(allowed, dict) else {}
    if all(known.get(name) == digest for name, digest in prompt.digests):
        return
    console = env.console
    if not (may_ask and can_confirm(console)):
        raise UsageError(
            f"the prompt {found.name!r} is from {found.place.folder}, and there is no terminal to ask for consent",
            hint=f"use it once in a terminal, or make it your own: grok prompts import {shlex.quote(str(found.path))}",
        )
    changed = known and any(name in known for name, _ in prompt.digests)
    console.error_line(f"{found.name!r} is a prompt from {folder}" + (", and has changed" if changed else ""))
    present(console, "prompt: ", "\n\n".join(filter(None, (prompt.system, prompt.text))))
    if not confirm(console, "use the prompts of this folder?"):
        raise UsageError(f"the prompt {found.name!r} was not allowed; nothing was sent")
    _remember(file, folder, dict(prompt.digests) | _digests(found.place))


def _digests(place: Place) -> dict[str, str]:
    digests: dict[str, str] = {}
    for name in names_in_folder(place.folder):
        path = prompt_path(place.folder, name)
        try:
            digests |= read_found(Found(name, place, path)).digests if path else ()
        except UsageError:
            continue
    return digests


def _remember(file: Path, folder: str, digests: dict[str, str]) -> None:
    try:
        with locked(file):
            write_atomically(file, json.dumps({**_read(file), folder: digests}, indent=1).encode(), mode=PRIVATE)
    except OSError as error:
        raise ConfigError(f"cannot write {file}: {reason(error)}") from None


def _read(file: Path) -> dict[str, Any]:
    """Return what is allowed; a file that cannot be read allows nothing."""
    try:
        document = json.loads(read_own_file(file))
    except (OSError, ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
