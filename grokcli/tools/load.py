"""Loading tools from a Python file: `FILE.py` means all its public functions, `FILE.py:name` one of them."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TextIO

from grokcli.errors import UsageError
from grokcli.files import expand
from grokcli.tools.server_tools import SERVER_TOOLS
from grokcli.tools.tool import Tool, tool_of

if TYPE_CHECKING:
    from collections.abc import Sequence


class NeighbourFinder:
    """Lets a tool file, and the modules it imports this way, import modules from its own folder.

    Installed modules of the same name take precedence, and no other code can import from that folder: a socks.py
    beside the tools must not become the optional socks module of a library that grok uses.
    """

    def __init__(self) -> None:
        """Start without folders."""
        self.folders: dict[str, str] = {}  # by the name of the module or package that imports from it

    def find_spec(self, name: str, path: Sequence[str] | None, target: object = None) -> ModuleSpec | None:
        """Return the spec of the module `name`, or None; `path` is None unless the module is in a package."""
        folder = self.folders.get(_importer())
        spec = PathFinder.find_spec(name, [folder]) if folder is not None and path is None else None
        if folder is not None and spec is not None:
            self.folders[name] = folder
        return spec


_neighbours = NeighbourFinder()


def _importer() -> str:
    """Return the top-level module or package whose import statement is being executed."""
    frame = inspect.currentframe()
    while frame is not None:
        name = str(frame.f_globals.get("__name__"))
        if name != __name__ and name.partition(".")[0] not in ("importlib", "_frozen_importlib"):
            return name.partition(".")[0]
        frame = frame.f_back
    return ""


def load(wanted: str, *, printed: TextIO) -> list[Tool]:
    """Return the tools that `wanted` names. The file is executed; its output goes to `printed`.

    Raises UsageError if the file cannot be read or executed, or a function cannot be a tool.
    """
    file, name = (wanted, "") if wanted.endswith(".py") else _split(wanted)
    path = expand(file).resolve()
    if not path.is_file():
        raise UsageError(f"no such file: {file}", hint="use FILE.py, or FILE.py:NAME for one of its functions")
    module = _run(path, printed)
    if name:
        function = getattr(module, name, None)
        if not callable(function):
            raise UsageError(
                f"{file} has no function {name!r}", hint=f"functions in it: {', '.join(_public(module)) or 'none'}"
            )
        return [_tool(function, path)]
    names = _public(module)
    if not names:
        raise UsageError(f"{file} defines no public function", hint="name one of its functions: FILE.py:NAME")
    return [_tool(getattr(module, name), path) for name in names]


def _tool(function: Callable[..., Any], path: Path) -> Tool:
    tool = tool_of(function, origin=str(path))
    if tool.name in SERVER_TOOLS:
        raise UsageError(
            f"the function {tool.name}() has the same name as a server tool",
            hint="rename it, or name the other functions: FILE.py:NAME",
        )
    return tool


def _split(wanted: str) -> tuple[str, str]:
    file, colon, name = wanted.rpartition(":")
    # Without a colon, or with only that of a Windows drive, `wanted` is just the file.
    return (file, name) if colon and name.isidentifier() else (wanted, "")


def _run(path: Path, printed: TextIO) -> ModuleType:
    name = f"grok_tools_{path.stem}_{abs(hash(path)):x}"
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path} is not a Python file", hint="its name should end in .py")
    module = module_from_spec(spec)
    # dataclasses and get_type_hints() look up names in annotations there.
    sys.modules[name] = module
    _neighbours.folders[name] = str(path.parent)
    if _neighbours not in sys.meta_path:
        # Last, so that a json.py beside the tools does not replace the standard module.
        sys.meta_path.append(_neighbours)
    try:
        with redirect_stdout(printed), redirect_stderr(printed):
            spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # whatever the user's code does
        text = " ".join(str(error).split())
        raise UsageError(f"cannot run {path.name}: {type(error).__name__}: {text}") from None
    return module


def _public(module: ModuleType) -> list[str]:
    """Return the names of the public functions defined in the file itself, in order."""
    return [
        name
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_")
    ]
