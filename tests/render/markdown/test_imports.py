"""grokcli.render.markdown is a library of its own, and its parts know each other in one direction only."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import grokcli.render.markdown

LIBRARY = "grokcli.render.markdown"
FOLDER = Path(grokcli.render.markdown.__file__).parent
# Each imports from those before it.
PARTS = ["terminal", "parse", "layout", "html", "document", "renderable", "screen", "stream", "__init__"]


def imports(path: Path) -> set[str]:
    """Return all modules of grok that the file imports, wherever in the file and if only for type checkers."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
    return {name for name in found if name.startswith(("grokcli", "."))}


IMPORTS = {
    ".".join([LIBRARY, *path.relative_to(FOLDER).with_suffix("").parts]): imports(path)
    for path in sorted(FOLDER.rglob("*.py"))
}


def part(module: str) -> int:
    """Return the place in PARTS of what the module belongs to."""
    return PARTS.index(module.removeprefix(f"{LIBRARY}.").split(".")[0])


def test_of_grok_it_imports_only_what_cleans_text():
    assert set().union(*IMPORTS.values()) - IMPORTS.keys() == {"grokcli.terminal.sanitize"}


def test_arrows_point_down():
    for module, imported in IMPORTS.items():
        for name in imported & IMPORTS.keys():
            own = name.rpartition(".")[0] == module.rpartition(".")[0] != LIBRARY  # a folder's modules know each other
            assert own or part(name) < part(module), f"{module} imports {name}"


def test_there_are_no_circles():
    assert list(TopologicalSorter(IMPORTS).static_order())
