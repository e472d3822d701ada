"""Finding the files in a folder or for a glob pattern, without following links out of the folder."""

from __future__ import annotations

import fnmatch
import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from grokcli.errors import UsageError, reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MAX_ENTRIES = 100_000
# Matches any number of folders, including none, as in a shell.
EVERYWHERE = "**"


class Found(NamedTuple):
    """A file: its name, which the user and the model see, and the path without links for opening it."""

    name: Path
    path: str


class Search:
    """A search for files below a folder. Hidden files are found only by patterns that begin with a dot.

    A symbolic link is followed if its target is a file below the folder, is not hidden and was not found directly. `..`
    is not supported in patterns. `skipped` maps each skipped path to the reason.
    """

    def __init__(self, root: Path) -> None:
        """Search below the folder `root`, which may be a link, because the user named it."""
        self.skipped: dict[str, str] = {}
        self._root = root
        self._real_root = os.path.realpath(root)
        self._entries = 0

    def find(self, patterns: Sequence[str]) -> list[Found]:
        """Return the files that match `patterns`, one pattern per path component. Raises UsageError for too many."""
        if patterns[-1] == EVERYWHERE:
            patterns = [*patterns, "*"]
        folders: Iterable[str] = [str(self._root)]
        for pattern in patterns[:-1]:
            folders = dict.fromkeys(
                self._everywhere(folders) if pattern == EVERYWHERE else self._below(folders, pattern)
            )
        links: list[str] = []
        files = {os.path.realpath(path): Found(Path(path), path) for path in self._files(folders, patterns[-1], links)}
        for link in links:
            target = os.path.realpath(link)
            if target not in files and self._may_follow(link, target):
                files[target] = Found(Path(link), target)
        return sorted(files.values())

    def _files(self, folders: Iterable[str], pattern: str, links: list[str]) -> Iterator[str]:
        """Yield the matching files, and add matching links to `links`."""
        for entry in self._matching(folders, pattern):
            if entry.is_symlink():
                links.append(entry.path)
            elif entry.is_file(follow_symlinks=False):
                yield entry.path
            elif not entry.is_dir(follow_symlinks=False):
                self.skipped[entry.path] = "not a regular file"

    def _may_follow(self, link: str, target: str) -> bool:
        """Return whether `link` points to a file that may be sent."""
        path = Path(target)
        if not path.is_relative_to(self._real_root):
            self.skipped[link] = "link out of the folder"
        elif any(part.startswith(".") for part in path.relative_to(self._real_root).parts):
            self.skipped[link] = "link to a hidden file"
        elif path.is_file():
            return True
        elif not path.is_dir():  # the search reaches a folder by its own path
            self.skipped[link] = "broken link"
        return False

    def _everywhere(self, folders: Iterable[str]) -> Iterator[str]:
        """Yield the folders and all folders below them; iteratively, because nesting may exceed the recursion limit."""
        waiting = list(folders)
        while waiting:
            folder = waiting.pop()
            yield folder
            waiting += self._below([folder], "*")

    def _below(self, folders: Iterable[str], pattern: str) -> Iterator[str]:
        for entry in self._matching(folders, pattern):
            if entry.is_dir(follow_symlinks=False):
                yield entry.path
            elif Path(entry.path).is_dir():  # not entry.is_dir(), which raises for a circular link
                self._may_follow(entry.path, os.path.realpath(entry.path))

    def _matching(self, folders: Iterable[str], pattern: str) -> Iterator[os.DirEntry[str]]:
        for folder in folders:
            try:
                with os.scandir(folder) as entries:
                    yield from (entry for entry in self._counted(entries) if _matches(entry.name, pattern))
            except OSError as error:
                self.skipped[folder] = reason(error)

    def _counted(self, entries: Iterable[os.DirEntry[str]]) -> Iterator[os.DirEntry[str]]:
        for entry in entries:
            self._entries += 1
            if self._entries > MAX_ENTRIES:
                raise UsageError(
                    f"{str(self._root)!r} contains more than {MAX_ENTRIES:,} files and folders",
                    hint="attach a part of it",
                )
            yield entry


def _matches(name: str, pattern: str) -> bool:
    return name.startswith(".") == pattern.startswith(".") and fnmatch.fnmatch(name, pattern)
