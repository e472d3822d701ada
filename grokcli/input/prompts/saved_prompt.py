"""One saved prompt: a markdown file with front matter, or a pattern folder with `system.md` and perhaps `user.md`."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from grokcli.errors import UsageError, reason
from grokcli.files import read_own_file
from grokcli.input.prompts.front_matter import parse, split

if TYPE_CHECKING:
    from collections.abc import Iterator

SYSTEM_FILE, USER_FILE = "system.md", "user.md"
# Read as JSON values; all else is text.
TYPED = ("options", "schema")
# Other tools name arguments in a hint for the person who types: `FILE=<path> [FOCUS=<section>]`.
_HINTED = r"(\[?)\b([A-Za-z_]\w*)="


class Argument(NamedTuple):
    """An argument of a prompt; one without a default must be given."""

    name: str
    default: str | None = None


@dataclass(frozen=True)
class SavedPrompt:
    """A prompt as it was read.

    `arguments` are those that the file declares; `names_of_words` name the words after the prompt's name, the first one
    first. `schema` is JSON, or a list of fields as for --schema. `digests` are the SHA-256 of its files by their path
    in the folder of prompts.
    """

    name: str
    text: str
    system: str = ""
    description: str = ""
    model: str | None = None
    schema: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    arguments: tuple[Argument, ...] = ()
    names_of_words: tuple[str, ...] = ()
    is_pattern: bool = False
    digests: tuple[tuple[str, str], ...] = ()


def prompt_path(folder: Path, name: str) -> Path | None:
    """Return the file of the prompt `name` in a folder of prompts (of a pattern, its `system.md`), None for none."""
    candidates = (folder / f"{name}.md", folder / name / SYSTEM_FILE)
    return next((path for path in candidates if _is_file(path)), None)


def read_prompt(folder: Path, path: Path) -> SavedPrompt:
    """Return the prompt in the file `path`, which `prompt_path` found in `folder`. Raises UsageError."""
    if path.name == SYSTEM_FILE and path.parent != folder:
        return _read_pattern(path)
    text, digest = _read(path)
    block, body = split(text)
    values = parse(block, typed=TYPED) if block else {}
    names = _names_of_words(values.get("arguments"))
    return SavedPrompt(
        name=path.stem,
        text=body.strip("\n"),
        system=_text(values.get("system")),
        description=_text(values.get("description")) or _first_line(body),
        model=_text(values.get("model")) or None,
        schema=_schema(values.get("schema")),
        options=_options(path, values.get("options")),
        arguments=tuple(_arguments(values, names)),
        names_of_words=names,
        digests=((path.name, digest),),
    )


def _read_pattern(path: Path) -> SavedPrompt:
    system, digest = _read(path)
    digests = [(f"{path.parent.name}/{SYSTEM_FILE}", digest)]
    text = ""
    if _is_file(user := path.with_name(USER_FILE)):
        text, digest = _read(user)
        digests.append((f"{path.parent.name}/{USER_FILE}", digest))
    return SavedPrompt(
        name=path.parent.name,
        text=text.strip("\n"),
        system=system.strip(),
        description=_first_line(system),
        is_pattern=True,
        digests=tuple(digests),
    )


def _read(path: Path) -> tuple[str, str]:
    try:
        content = read_own_file(path)
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"cannot read {path}: {reason(error)}") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 at byte {error.start}") from None
    return text.replace("\r\n", "\n"), hashlib.sha256(content).hexdigest()


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is too long
        return False


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _first_line(body: str) -> str:
    """Return the first line that is no heading."""
    lines = (line.strip() for line in body.splitlines())
    return next((line for line in lines if line and not line.startswith("#")), "")


def _schema(value: object) -> str | None:
    """Return a schema as text; a mapping is the schema itself."""
    if value is None:
        return None
    return value if isinstance(value, str) else json.dumps(value)


def _options(path: Path, value: object) -> dict[str, Any]:
    """Return the request fields. Raises UsageError for what is none: a file of somebody else's may offer no tools."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise UsageError(f"'options' in {path} must be a mapping", hint="for example: options: {temperature: 0.2}")
    for key, one in value.items():
        parts = one if isinstance(one, list) else [one]
        if any(isinstance(part, (dict, list)) for part in parts):
            raise UsageError(
                f"the option {key!r} in {path} must be a single value", hint="leave it out: prompts offer no tools"
            )
    return value


def _names_of_words(value: object) -> tuple[str, ...]:
    """Return the names in a list, or in one line of text, as other tools declare arguments."""
    listed = value.split() if isinstance(value, str) else value
    return tuple(str(one) for one in listed if isinstance(one, str)) if isinstance(listed, list) else ()


def _arguments(values: dict[str, Any], names: tuple[str, ...]) -> Iterator[Argument]:
    declared = values.get("arguments")
    if isinstance(declared, dict):
        for name, default in declared.items():
            yield Argument(name, default if isinstance(default, str) else None)
    yield from map(Argument, names)
    hint = values.get("argument-hint")
    if declared is None and isinstance(hint, str):
        for bracket, name in re.findall(_HINTED, hint):
            yield Argument(name, "" if bracket else None)
