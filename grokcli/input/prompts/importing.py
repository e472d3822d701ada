"""Copying prompts of other tools into the user's own folder: markdown files, pattern folders, and folders of both."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from grokcli.errors import GrokError, UsageError, reason
from grokcli.files import expand, read_own_file, write_atomically
from grokcli.input.prompts.places import check_name
from grokcli.input.prompts.saved_prompt import SYSTEM_FILE, USER_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator

# Files that lie beside prompts and are none.
_NO_PROMPT = r"(?i)readme|license|licence|changelog|contributing|agents|claude"


class Copy(NamedTuple):
    """A file to write into the folder of prompts; `name` is that of its prompt."""

    name: str
    target: str
    content: bytes


def import_prompts(source: str, folder: Path, *, name: str | None = None, replace: bool = False) -> list[Copy]:
    """Copy the prompts at `source` into `folder`, all of them or none, and return what was copied.

    `name` is for a single prompt. Raises UsageError if there is nothing to copy, if it cannot be read, or if it would
    replace another prompt without `replace`; GrokError if it cannot be written.
    """
    path = expand(source)
    copies = list(_copies(path))
    if not copies:
        raise UsageError(f"no prompts in {source}", hint="a prompt is a markdown file, or a folder with a system.md")
    if name is not None:
        copies = [_renamed(copy, check_name(name)) for copy in copies]
    _require_distinct(copies)
    if not replace:
        _require_new(copies, folder)
    for copy in copies:
        try:
            write_atomically(folder / copy.target, copy.content)
        except OSError as error:
            raise GrokError(f"cannot write {folder / copy.target}: {reason(error)}") from None
    return copies


def _copies(path: Path) -> Iterator[Copy]:
    if path.name == SYSTEM_FILE:
        path = path.parent
    if not path.is_dir():
        yield _file(path, path.name)
    elif (path / SYSTEM_FILE).is_file():
        yield from _pattern(path, path.resolve().name)
    else:
        yield from _below(path)


def _below(root: Path) -> Iterator[Copy]:
    """Yield the prompts in a folder and those below it; links are not followed."""
    for folder, folders, files in os.walk(root):
        here = Path(folder)
        inside = list(here.relative_to(root).parts)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        if SYSTEM_FILE in files and inside:
            folders.clear()
            yield from _pattern(here, "-".join(inside))
            continue
        for name in sorted(files):
            is_prompt = name.endswith(".md") and not re.fullmatch(_NO_PROMPT, name.partition(".")[0])
            if is_prompt and not (here / name).is_symlink():
                yield _file(here / name, "-".join([*inside, name]))


def _file(path: Path, name: str) -> Copy:
    name = _sanitized(name.removesuffix(".md").removesuffix(".prompt"))
    return Copy(name, f"{name}.md", _read(path))


def _pattern(folder: Path, name: str) -> Iterator[Copy]:
    name = _sanitized(name)
    for file in (SYSTEM_FILE, USER_FILE):
        if (path := folder / file).is_file() and not path.is_symlink():
            yield Copy(name, f"{name}/{file}", _read(path))


def _sanitized(name: str) -> str:
    """Return the name for a prompt from a file of that name. Raises UsageError if nothing of it is left."""
    return check_name(re.sub(r"[^\w.-]+", "-", name).strip("-."))


def _read(path: Path) -> bytes:
    try:
        content = read_own_file(path)
        content.decode("utf-8")
    except OSError as error:
        raise UsageError(f"cannot read {path}: {reason(error)}") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 at byte {error.start}") from None
    return content


def _renamed(copy: Copy, name: str) -> Copy:
    return copy._replace(name=name, target=name + copy.target.removeprefix(copy.name))


def _require_distinct(copies: list[Copy]) -> None:
    targets = [copy.target for copy in copies]
    twice = next((target for target in targets if targets.count(target) > 1), None)
    if twice is not None:
        raise UsageError(f"two prompts would be called {twice!r}", hint="import them one by one, with --name")


def _require_new(copies: list[Copy], folder: Path) -> None:
    """Raise UsageError if a prompt exists already and is another one."""
    taken = dict.fromkeys(copy.name for copy in copies if _differs(copy, folder))
    if taken:
        raise UsageError(
            f"there is a prompt of that name: {', '.join(taken)}", hint="replace it with --force, or use --name"
        )


def _differs(copy: Copy, folder: Path) -> bool:
    path = folder / copy.target
    others = [folder / f"{copy.name}.md", folder / copy.name]
    try:
        if path.is_file():
            return path.read_bytes() != copy.content
        return any(other.exists() for other in others if other not in (path, path.parent))
    except OSError:
        return True
