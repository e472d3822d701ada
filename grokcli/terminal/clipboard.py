"""Copying to the clipboard with the system's own tool, or else through the terminal (OSC 52), even over SSH."""

from __future__ import annotations

import base64
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping

# Many terminals silently drop longer sequences.
MAX_OSC52_BYTES = 74_994


def copy(text: str, stdout: TextIO, environ: Mapping[str, str]) -> str:
    """Copy `text` to the clipboard and return the method used, "" if none worked.

    `environ` determines the display, and is the environment of the tool. If there is no working tool, the escape
    sequence is written to `stdout`, if that is a terminal.
    """
    command = _tool(environ)
    if command is not None:
        # The tools stay in the background to serve the clipboard, and must not keep a pipe of ours open.
        try:
            done = subprocess.run(
                command, input=text.encode("utf-8", "replace"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                env=environ, timeout=5, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired):
            return ""
        if done.returncode == 0:
            return f"via {command[0]}"
    encoded = base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")
    if not stdout.isatty() or len(encoded) > MAX_OSC52_BYTES or environ.get("TERM") == "dumb":
        return ""
    stdout.write(f"\x1b]52;c;{encoded}\x07")
    stdout.flush()
    return "via OSC 52"


def _tool(environ: Mapping[str, str]) -> list[str] | None:
    """Return the command that copies to this system's clipboard; None over SSH, where that is the wrong machine's."""
    if environ.get("SSH_CONNECTION"):
        return None
    candidates = [["pbcopy"]] if sys.platform == "darwin" else [["clip.exe"]] if sys.platform == "win32" else []
    if environ.get("WAYLAND_DISPLAY"):
        candidates.append(["wl-copy"])
    if environ.get("DISPLAY"):
        candidates += [["xclip", "-selection", "clipboard"], ["xsel", "--clipboard", "--input"]]
    return next((command for command in candidates if shutil.which(command[0], path=environ.get("PATH"))), None)
