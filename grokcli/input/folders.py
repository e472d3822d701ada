"""Finding the files in a folder or for a glob pattern, without following links out of the folder."""

from __future__ import annotations

import fnmatch
import os
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from grokcli.errors import UsageError, reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from grokcli.input.ignored import Ignored

MAX_ENTRIES = 100_000
# Matches any number of folders, including none, as in a shell.
EVERYWHERE = "**"
SHOWN_NAMES = 3
SHOWN_CHARACTERS = 60


@dataclass
class Tally:
    """What was attached from folders, and what was left out and why."""

    folders: list[str] = field(default_factory=list)
    taken: int = 0
    ignored: int = 0
    not_text: int = 0
    skipped: dict[str, str] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        """Yield the notes for the user, at most two."""
        if self.folders:
            names = ", ".join(repr(name[-SHOWN_CHARACTERS:]) for name in self.folders[:SHOWN_NAMES])
            more = f" and {len(self.folders) - SHOWN_NAMES} more" if len(self.folders) > SHOWN_NAMES else ""
            left = f"; left out: {self.left_out}" if self.left_out else ""
            yield f"attached {self.taken:,} {'file' if self.taken == 1 else 'files'} from {names}{more}{left}"
        if self.skipped:
            yield self.skipped_line

    @property
    def left_out(self) -> str:
        """The counts of files that were left out, "" if there are none."""
        counts = ((self.ignored, "ignored by git"), (self.not_text, "not text"))
        return ", ".join(f"{count:,} {reason}" for count, reason in counts if count)

    @property
    def skipped_line(self) -> str:
        """The paths that were skipped and may have been expected, with reasons."""
        shown = [f"{path[-SHOWN_CHARACTERS:]!r} ({why})" for path, why in islice(self.skipped.items(), SHOWN_NAMES)]
        more = f" and {len(self.skipped) - SHOWN_NAMES} more" if len(self.skipped) > SHOWN_NAMES else ""
        return f"skipped {', '.join(shown)}{more}"


class Found(NamedTuple):
    """A file: its name, which the user and the model see, and the path without links for opening it."""

    name: Path
    path: str


class Search:
    """A search for files below a folder. Hidden files are found only by patterns that begin with a dot.

    A symbolic link is followed if its target is a file below the folder, is not hidden and was not found directly. `..`
    is not supported in patterns. `skipped` maps each skipped path to the reason; `ignored` has those that git ignores.
    """

    def __init__(self, root: Path, *, heed_git: bool = False) -> None:
        """Search below the folder `root`, which may be a link, because the user named it.

        With `heed_git`, skip what git ignores.
        """
        self.skipped: dict[str, str] = {}
        self.ignored: set[str] = set()
        self._rules: Ignored | None = None
        if heed_git:
            from grokcli.input.ignored import Ignored

            self._rules = Ignored(str(root))
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
            return self._rules is None or not self._rules.holds_target(target)
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
                    yield from (entry for entry in self._counted(entries) if self._is_wanted(entry, pattern))
            except OSError as error:
                self.skipped[folder] = reason(error)

    def _is_wanted(self, entry: os.DirEntry[str], pattern: str) -> bool:
        if not _matches(entry.name, pattern):
            return False
        if self._rules is None or not self._rules.holds(entry.path, is_folder=entry.is_dir(follow_symlinks=False)):
            return True
        self.ignored.add(entry.path)
        return False

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
