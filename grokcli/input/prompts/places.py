"""Where prompts are: the user's own folder, `.grok/prompts` in the current folder and above, and those built in.

The first that has the name is used, in this order. Foreign text never replaces the user's own, but the prompts of a
project replace the built-in ones.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from grokcli.errors import UsageError
from grokcli.input.prompts.saved_prompt import SYSTEM_FILE, USER_FILE, Argument, SavedPrompt, prompt_path, read_prompt

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from grokcli.config.paths import Paths

BUILT_IN = Path(__file__).with_name("built_in")
PROJECT_FOLDER = Path(".grok", "prompts")
Source = Literal["own", "project", "built-in"]
_NAME = r"\w[\w.-]{0,99}"


class Place(NamedTuple):
    """A folder of prompts, and whose they are."""

    source: Source
    folder: Path


class Found(NamedTuple):
    """A prompt's file: the markdown, or the `system.md` of a pattern folder."""

    name: str
    place: Place
    path: Path


class Listed(NamedTuple):
    """A prompt as lists and Tab show it. All of its text may be foreign.

    `arguments` are those that can be given as `name=value`. One that is `hidden` has the name of an earlier one, which
    is used in its place; one with a `problem` cannot be read.
    """

    name: str
    source: Source
    path: Path
    description: str = ""
    arguments: tuple[Argument, ...] = ()
    hidden: bool = False
    problem: str = ""


def own_folder(paths: Paths) -> Path:
    """Return the folder of the user's own prompts, beside the settings file."""
    return paths.settings.parent / "prompts"


def places(paths: Paths, environ: Mapping[str, str]) -> list[Place]:
    """Return the folders to look in, the first one first; not all of them exist."""
    projects = [Place("project", folder) for folder in _project_folders(environ)]
    return [Place("own", own_folder(paths)), *projects, Place("built-in", BUILT_IN)]


def _project_folders(environ: Mapping[str, str]) -> Iterator[Path]:
    try:
        start = Path.cwd()
    except OSError:  # the current folder was removed
        return
    # ~/.grok belongs to another program.
    home = Path(environ.get("HOME") or environ.get("USERPROFILE") or Path.home()).resolve()
    for folder in (start, *start.parents):
        if folder != home:
            yield folder / PROJECT_FOLDER


def check_name(name: str) -> str:
    """Return `name` if a prompt can be called that: it is never a path. Raises UsageError."""
    if re.fullmatch(_NAME, name):
        return name
    raise UsageError(
        f"invalid name of a prompt: {name!r}", hint="a name has letters, digits, - and _; see: grok prompts list"
    )


def find_prompt(paths: Paths, environ: Mapping[str, str], name: str) -> Found:
    """Return where the prompt `name` is. Raises UsageError if there is none, with the closest name as a hint."""
    check_name(name)
    for place in places(paths, environ):
        if path := prompt_path(place.folder, name):
            return Found(name, place, path)
    from grokcli.config.settings import closest_hint

    hint = closest_hint(name, [one.name for one in all_prompts(paths, environ)]) or "list them with: grok prompts list"
    raise UsageError(f"there is no prompt {name!r}", hint=hint)


def all_prompts(paths: Paths, environ: Mapping[str, str]) -> Iterator[Found]:
    """Yield every prompt there is, in the order of `places` and then by name; of a name only the first is used."""
    for place in places(paths, environ):
        for name in sorted(names_in_folder(place.folder)):
            if path := prompt_path(place.folder, name):
                yield Found(name, place, path)


def names_in_folder(folder: Path) -> set[str]:
    """Return the names of the prompts in a folder; files with names that cannot be typed are left out."""
    try:
        entries = list(folder.iterdir())
    except OSError:
        return set()
    names = {entry.stem for entry in entries if entry.suffix == ".md"}
    names |= {entry.name for entry in entries if (entry / SYSTEM_FILE).is_file()}
    return {name for name in names if re.fullmatch(_NAME, name)}


def read_found(found: Found) -> SavedPrompt:
    """Return the prompt that was found. Raises UsageError, also for a project's link to a file elsewhere."""
    folder = found.place.folder
    if found.place.source == "project":
        is_pattern = found.path.name == SYSTEM_FILE
        for path in (found.path, *([found.path.with_name(USER_FILE)] if is_pattern else [])):
            if not path.resolve().is_relative_to(folder.resolve()):
                raise UsageError(f"{path} is a link to another folder", hint="copy the file there")
    return read_prompt(folder, found.path)


def list_prompts(paths: Paths, environ: Mapping[str, str]) -> list[Listed]:
    """Return every prompt with its description and arguments, unsanitized; no consent is asked for."""
    listed: list[Listed] = []
    for found in all_prompts(paths, environ):
        hidden = any(one.name == found.name for one in listed)
        one = Listed(found.name, found.place.source, found.path, hidden=hidden)
        try:
            prompt = read_found(found)
        except UsageError as error:
            listed.append(one._replace(problem=error.message))
        else:
            arguments = tuple(arguments_of(prompt))
            listed.append(one._replace(description=prompt.description, arguments=arguments))
    return listed


def arguments_of(prompt: SavedPrompt) -> Iterator[Argument]:
    """Yield the arguments that a prompt declares, then those that only its text names."""
    from grokcli.input.prompts.placeholders import undeclared

    yield from prompt.arguments
    yield from map(Argument, undeclared(prompt))
