"""What `grok image` and `grok video` say of the files that they made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from grokcli.client.images import EXTENSIONS, Picture
from grokcli.client.wire.error_bodies import MODEL_HINT, NEUTRAL_HINTS
from grokcli.errors import APIError, GrokError, UsageError
from grokcli.events import dollars
from grokcli.files import expand
from grokcli.render.inline_image import inline

if TYPE_CHECKING:
    from collections.abc import Iterable
    from io import TextIOWrapper

    from grokcli.env import Env
    from grokcli.render.image_files import ImageFiles, Made


def require_stdout(env: Env, count: int, *, json: bool, noun: str = "picture") -> None:
    """Raise UsageError when the bytes of what is made cannot go to stdout."""
    if count > 1 or json:
        options = "-n and --json" if noun == "picture" else "--json"
        raise UsageError(f"-o - writes a single {noun} to stdout", hint=f"leave out {options}, or leave out -o -")
    if env.console.stdout.isatty():
        raise UsageError(f"a {noun} cannot be written to a terminal", hint="-o FILE, or -o - > FILE")


def write_bytes(env: Env, made: Made) -> None:
    """Write a picture or a video to stdout."""
    out = cast("TextIOWrapper", env.console.stdout)
    out.buffer.write(made.content)
    out.buffer.flush()


def reword(error: APIError, model: str) -> None:
    """Let the hint of an error fit a request that is no question; `model` is one that can do it."""
    # The model that is otherwise named answers, but does not draw.
    if error.hint in (MODEL_HINT, NEUTRAL_HINTS[MODEL_HINT]):
        error.hint = f"try -m {model}"
    elif error.hint:
        error.hint = error.hint.replace("the question", "the prompt")


def with_sources(prompt: str, sources: Iterable[str], what: str) -> str:
    """Return the prompt for the history, with the names of the pictures that go with it, but not their content."""
    names = ["stdin" if one == "-" else one if "://" in one else str(expand(one).absolute()) for one in sources]
    return "\n".join([prompt, *([""] if names else []), *(f"- {what}: `{name}`" for name in names)])


class Keeper:
    """Keeps pictures as soon as they are here, so that none is lost; without `files` they go to stdout.

    `kept` are the paths and pictures so far, `failed` the errors of the others.
    """

    def __init__(self, env: Env, files: ImageFiles | None, *, json: bool) -> None:
        """Print the path of each picture, unless `json` is printed later."""
        self.kept: list[tuple[Path, Picture]] = []
        self.failed: list[GrokError] = []
        self._env = env
        self._files = files
        self._json = json

    def keep(self, pictures: Iterable[Picture | GrokError]) -> None:
        """Write the pictures, and say where. Raises OSError at the end if who reads that has gone."""
        deaf: OSError | None = None
        for picture in pictures:
            if isinstance(picture, GrokError):
                self.failed.append(picture)
                continue
            if self._files is None:
                write_bytes(self._env, picture)
                self.kept.append((Path("-"), picture))
                continue
            try:
                self.kept.append((self._files.add(picture), picture))
                if deaf is None:
                    _tell(self._env, *self.kept[-1], json=self._json)
            except GrokError as error:
                self.failed.append(error)
            except OSError as error:  # who reads the names has gone; the other pictures were paid for all the same
                deaf = error
        if deaf is not None:
            raise deaf


def _tell(env: Env, path: Path, picture: Picture, *, json: bool) -> None:
    """Print where the picture is, if not as JSON later, and show it where that can be done."""
    if path.suffix.lower() not in _suffixes(picture):
        env.console.note(f"{path} contains a {picture.media_type.partition('/')[2].upper()}, despite its name")
    if not json:
        env.console.print_path(path)
        if env.console.stdout.isatty() and not env.console.quiet:
            env.console.stdout.write(inline(picture, env.environ))
        env.console.stdout.flush()


def _suffixes(picture: Picture) -> tuple[str, ...]:
    return (
        ("", ".jpg", ".jpeg", ".jpe")
        if picture.media_type == "image/jpeg"
        else ("", f".{EXTENSIONS[picture.media_type]}")
    )


def history_text(paths: Iterable[Path], ticks: int | None) -> str:
    """Return what the history keeps as the answer: where the files are, and what they cost."""
    lines = [f"- `{path.absolute()}`" if path != Path("-") else "- written to stdout" for path in paths]
    cost = "not reported" if ticks is None else f"${dollars(ticks)}"
    return "\n".join([*lines, "", f"cost: {cost}"])
