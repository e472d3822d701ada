"""Editing text in the user's own editor."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from grokcli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping


def edit_file(path: Path, environ: Mapping[str, str]) -> None:
    """Open the file at `path` in `$VISUAL` or `$EDITOR` and wait. Raises UsageError if the editor fails.

    The variables are looked up in `environ`, which is also the editor's environment.
    """
    command = environ.get("VISUAL") or environ.get("EDITOR") or ("notepad" if os.name == "nt" else "vi")
    try:
        result = subprocess.run([*shlex.split(command), str(path)], env=environ, check=False)
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot run the editor {command!r}: {error}", hint="set VISUAL or EDITOR") from None
    if result.returncode != 0:
        raise UsageError(f"the editor {command!r} failed with exit code {result.returncode}")


def edit_text(text: str, environ: Mapping[str, str]) -> str:
    """Return `text` as edited by the user in their editor. Raises UsageError if the editor fails."""
    descriptor, name = tempfile.mkstemp(suffix=".md", prefix="grok-")
    path = Path(name)
    try:
        os.write(descriptor, text.encode("utf-8", "replace"))
        os.close(descriptor)
        edit_file(path, environ)
        return path.read_text("utf-8", errors="replace").rstrip("\n")
    finally:
        path.unlink(missing_ok=True)
