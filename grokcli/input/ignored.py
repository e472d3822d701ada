"""Which files git ignores below a folder: build products, dependencies and private files should not be sent."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from grokcli.files import read_own_file

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

NAME = ".gitignore"


class Ignored:
    """The rules of the `.gitignore` files in a folder, below it, and above it up to the root of the repository.

    As in git, the nearest file with a matching rule decides. If the folder itself is ignored, the rules above it do not
    apply, because the user named it.
    """

    def __init__(self, root: str) -> None:
        """Read the rules above the folder `root`; those below it are read on demand."""
        self._root = root
        self._real_root = os.path.realpath(root)
        # The rules that apply in each folder, nearest first, each with the folder of its file.
        self._rules: dict[str, tuple[tuple[str, GitIgnoreSpec], ...]] = {}
        self._above = self._rules_above()

    def holds(self, path: str, *, is_folder: bool) -> bool:
        """Return whether git ignores `path`, given that it does not ignore the folder that contains it."""
        end = "/" if is_folder else ""
        folder = path.rpartition(os.sep)[0] or os.sep
        ways = [(_below(path, start), spec) for start, spec in self._rules_in(folder)]
        ways += [(f"{way}/{_below(path, self._root)}", spec) for way, spec in self._above]
        found = (spec.check_file(way + end).include for way, spec in ways)
        return next((one for one in found if one is not None), False)

    def holds_target(self, target: str) -> bool:
        """Return whether git ignores the file `target`, a resolved path, or a folder that contains it."""
        path = self._root
        *folders, name = Path(target).relative_to(self._real_root).parts
        for folder in folders:
            path = str(Path(path, folder))
            if self.holds(path, is_folder=True):
                return True
        return self.holds(str(Path(path, name)), is_folder=False)

    def _rules_in(self, folder: str) -> tuple[tuple[str, GitIgnoreSpec], ...]:
        """Return the rules that apply in a folder; iteratively, because nesting may exceed the recursion limit."""
        missing = []
        current = folder
        while current not in self._rules:
            missing.append(current)
            if len(current) <= len(self._root):
                break
            current = current.rpartition(os.sep)[0]
        for one in reversed(missing):
            outer = self._rules.get(one.rpartition(os.sep)[0], ()) if len(one) > len(self._root) else ()
            spec = _read(Path(one))
            self._rules[one] = ((one, spec), *outer) if spec else outer
        return self._rules[folder]

    def _rules_above(self) -> list[tuple[str, GitIgnoreSpec]]:
        """Return the rules of the folders above the root, nearest first, each with the relative path to the root."""
        found: list[tuple[str, GitIgnoreSpec]] = []
        root = Path(self._real_root)
        if (root / ".git").exists():
            return found
        repository = next((folder for folder in root.parents if (folder / ".git").exists()), None)
        if repository is None:
            return found
        for folder in root.parents:
            if spec := _read(folder):
                found.append((root.relative_to(folder).as_posix(), spec))
            if folder == repository:
                break
        # These rules would match everything below an ignored root.
        decided = (spec.check_file(f"{way}/").include for way, spec in found)
        return [] if next((one for one in decided if one is not None), False) else found


def _read(folder: Path) -> GitIgnoreSpec | None:
    """Return the rules of the `.gitignore` in a folder, None if it has none; like git, do not follow a link."""
    path = folder / NAME
    try:
        if path.is_symlink() or not path.exists():
            return None
        lines = read_own_file(path).decode("utf-8", "surrogateescape").splitlines()
    except OSError:
        return None
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(line for line in lines if _is_rule(line))


def _is_rule(line: str) -> bool:
    """Return whether a line is a valid rule. Like git, skip invalid ones and apply the others."""
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True


def _below(path: str, folder: str) -> str:
    """Return `path` relative to `folder`, with slashes."""
    return path[len(folder) :].lstrip(os.sep).replace(os.sep, "/")
