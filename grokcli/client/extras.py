"""The packages that only some need: what they are, and the command that adds one to this very installation."""

from __future__ import annotations

import os
import re
import shlex
import sys
from importlib.util import find_spec
from pathlib import Path

# The extras of pyproject.toml; a test compares them. The metadata of an installation would have them too, but a
# checkout that was never installed has none, and an editable one has that of long ago.
LOCAL = "xllamacpp>=2026.9"
SOCKS = "PySocks>=1.5.7,<2"
PDF, WORD, EXCEL = "pypdf>=6", "mammoth>=1.11", "openpyxl>=3.1"


def install_command(requirement: str) -> str:
    """Return the command line that installs `requirement` where this grok is installed.

    It names the package itself: no index has ours, and what is there under such a name is somebody else's.
    """
    python, prefix = sys.executable, Path(sys.prefix)
    # `pipx run` makes a passing venv, of which `pipx inject` knows nothing.
    if (prefix / "pipx_metadata.json").exists() and prefix.parent.name == "venvs":
        words = ["pipx", "inject", prefix.name, requirement]
    elif (prefix / "uv-receipt.toml").exists() or find_spec("pip") is None:
        # Tools and venvs that uv makes have no pip.
        words = ["uv", "pip", "install", "--python", python, requirement]
    else:
        words = [python, "-m", "pip", "install", requirement]
    return " ".join(_quoted(word) for word in words)


def _quoted(word: str) -> str:
    if os.name != "nt":
        return shlex.quote(word)
    return word if re.fullmatch(r"[\w.:/\\-]+", word) else f'"{word}"'
