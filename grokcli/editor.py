"""The user's own editor."""

from __future__ import annotations

import os
import shlex
import subprocess
from typing import TYPE_CHECKING

from grokcli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def edit_file(path: Path, environ: Mapping[str, str]) -> None:
    """Open the file at `path` in `$VISUAL` or `$EDITOR` and wait. Raises UsageError when the editor fails."""
    command = environ.get("VISUAL") or environ.get("EDITOR") or ("notepad" if os.name == "nt" else "vi")
    try:
        result = subprocess.run([*shlex.split(command), str(path)], check=False)
    except (OSError, ValueError) as error:
        raise UsageError(f"the editor {command!r} cannot run: {error}", hint="set VISUAL or EDITOR") from None
    if result.returncode != 0:
        raise UsageError(f"the editor {command!r} ended with exit code {result.returncode}")
