"""`grok image`: pictures from words."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import typer

from grokcli.chat import user
from grokcli.client.images import EXTENSIONS
from grokcli.client.wire.error_bodies import MODEL_HINT, NEUTRAL_HINTS
from grokcli.commands.console_options import set_up_console
from grokcli.commands.grouping import new_app, option_group, takes_groups
from grokcli.commands.limits import MaxCost, OverBudget, limits_of
from grokcli.commands.options import (
    AsJSON,
    Fields,
    NetworkOptions,
    Quiet,
)
from grokcli.env import Env
from grokcli.errors import APIError, GrokError, IncompleteError, UsageError
from grokcli.events import Usage, dollars
from grokcli.input.question import read_question
from grokcli.models import IMAGE_MODEL, LOCAL_MODEL
from grokcli.render.image_files import ImageFiles
from grokcli.render.inline_image import inline
from grokcli.store.opening import open_ledger
from grokcli.terminal.sanitize import json_text
from grokcli.turn.request import parse_fields
from grokcli.turn.secrets import refuse_secrets

if TYPE_CHECKING:
    from io import TextIOWrapper

    from grokcli.client.images import Drawing, Picture
    from grokcli.client.xai import XAI

EXAMPLE = 'grok image "a siamese cat", or pipe text into grok image'

app = new_app()


@option_group("Prompt and model")
class ImageInput:
    """What the pictures show, and which model makes them."""

    words: Annotated[
        list[str] | None, typer.Argument(metavar="[PROMPT]...", help="What the picture shows; - reads stdin")
    ] = None
    image_model: Annotated[
        str | None, typer.Option("-m", "--model", metavar="MODEL", help=f"Image model to use (default: {IMAGE_MODEL})")
    ] = None
    count: Annotated[
        int, typer.Option("-n", "--count", min=1, max=10, metavar="N", help="Number of pictures, up to 10")
    ] = 1
    aspect: Annotated[str | None, typer.Option("--aspect", metavar="W:H", help="Aspect ratio, such as 16:9")] = None
    resolution: Annotated[
        Literal["1k", "2k"] | None, typer.Option("--resolution", metavar="SIZE", help="Resolution")
    ] = None
    max_cost: MaxCost = None
    over_budget: OverBudget = False
    option: Fields = None
    no_stdin: Annotated[bool, typer.Option("--no-stdin", help="Do not read stdin")] = False


@option_group("Output")
class ImageOutput:
    """Where the pictures go, and what is printed about them."""

    output: Annotated[
        str | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write to FILE or into a folder; - writes to stdout"),
    ] = None
    force: Annotated[bool, typer.Option("--force", help="Overwrite existing files")] = False
    json: AsJSON = False
    usage: Annotated[bool, typer.Option("-u", "--usage", help="Print the billed cost to stderr")] = False
    quiet: Quiet = False


EXAMPLES = """
grok image "a siamese cat in the rain" --aspect 16:9
grok image -n 3 -o logos "a logo of a paper crane"
grok image -o - "a tiny robot" > robot.jpg
"""


@app.command(examples=EXAMPLES)
@takes_groups
def image(env: Env, inputs: ImageInput, output: ImageOutput, network: NetworkOptions) -> None:
    """Generate pictures, and print the paths of their files."""
    set_up_console(env, network, quiet=output.quiet)
    name = env.settings.model(inputs.image_model) if inputs.image_model else IMAGE_MODEL
    fields = _fields(name, inputs)
    words = inputs.words or []
    prompt = read_question(env, words, no_stdin=inputs.no_stdin, example=EXAMPLE, noun="prompt")
    files = None
    if output.output == "-":
        _require_stdout(env, inputs.count, json=output.json)
    else:
        title = " ".join(word for word in words if word != "-") or prompt
        files = ImageFiles(output.output, title, inputs.count, force=output.force)
    started = time.monotonic()
    env.require_key(name)
    ledger = open_ledger(env, "image")
    budget = limits_of(inputs).budget(env, ledger, name)
    if budget:
        budget.check()
    refuse_secrets(env, [user(prompt)], fields, hint="remove it", noun="prompt")
    client = env.connect(name, network=network.network())
    with env.console.status("drawing"):
        drawing = _draw(client, name, prompt, inputs.count, fields)
    ledger.add(name, Usage(cost_in_usd_ticks=drawing.cost_in_usd_ticks))
    kept, failed = _keep(env, files, drawing, json=output.json)
    if output.json:
        env.console.stdout.write(json_text(_document(kept, drawing, name), indent=2))
    if output.usage:
        env.console.error_line(_usage_line(len(kept), drawing, started))
    _require_all(env, len(kept), drawing.withheld, failed)


def _fields(model: str, inputs: ImageInput) -> dict[str, Any]:
    """Return the fields of the request. Raises UsageError for what cannot be asked for."""
    if model == LOCAL_MODEL:
        raise UsageError("the local model cannot make pictures", hint="leave out -m")
    aspect = inputs.aspect
    if aspect is not None and not re.fullmatch(r"\d+(\.\d+)?:\d+(\.\d+)?|auto", aspect):
        raise UsageError(f"invalid value for --aspect: {aspect!r} (expected W:H)", hint="for example: --aspect 16:9")
    return {"aspect_ratio": aspect, "resolution": inputs.resolution, **parse_fields(inputs.option)}


def _require_stdout(env: Env, count: int, *, json: bool) -> None:
    """Raise UsageError when the bytes of the pictures cannot go to stdout."""
    if count > 1 or json:
        raise UsageError("-o - writes a single picture to stdout", hint="leave out -n and --json, or leave out -o -")
    if env.console.stdout.isatty():
        raise UsageError("a picture cannot be written to a terminal", hint="-o FILE, or -o - > FILE")


def _draw(client: XAI, model: str, prompt: str, count: int, fields: dict[str, Any]) -> Drawing:
    """Ask for the pictures, and wait for the answer. Raises what the client raises."""
    try:
        return client.images.request(prompt, model, n=count, options=fields)
    except APIError as error:
        # The model that is otherwise named answers, but does not draw.
        if error.hint in (MODEL_HINT, NEUTRAL_HINTS[MODEL_HINT]):
            error.hint = f"try -m {IMAGE_MODEL}"
        elif error.hint:
            error.hint = error.hint.replace("the question", "the prompt")
        raise


def _keep(
    env: Env, files: ImageFiles | None, drawing: Drawing, *, json: bool
) -> tuple[list[tuple[Path, Picture]], list[GrokError]]:
    """Keep each picture as soon as it is there, so that none is lost, and return them, and what went wrong with others.

    Without `files` they go to stdout.
    """
    kept: list[tuple[Path, Picture]] = []
    failed: list[GrokError] = []
    deaf: OSError | None = None
    for picture in drawing.pictures:
        if isinstance(picture, GrokError):
            failed.append(picture)
            continue
        if files is None:
            _write_bytes(env, picture)
            kept.append((Path("-"), picture))
            continue
        try:
            kept.append((files.add(picture), picture))
            if deaf is None:
                _tell(env, *kept[-1], json=json)
        except GrokError as error:
            failed.append(error)
        except OSError as error:  # who reads the names has gone; the other pictures were paid for all the same
            deaf = error
    if deaf is not None:
        raise deaf
    return kept, failed


def _write_bytes(env: Env, picture: Picture) -> None:
    out = cast("TextIOWrapper", env.console.stdout)
    out.buffer.write(picture.content)
    out.buffer.flush()


def _tell(env: Env, path: Path, picture: Picture, *, json: bool) -> None:
    """Print where the picture is, if not as JSON later, and show it where that can be done."""
    if path.suffix.lower() not in _suffixes(picture):
        env.console.note(f"{path} contains a {picture.media_type.partition('/')[2].upper()}, despite its name")
    if not json:
        env.console.print_path(path)
        _show(env, picture)
        env.console.stdout.flush()


def _suffixes(picture: Picture) -> tuple[str, ...]:
    return (
        ("", ".jpg", ".jpeg", ".jpe")
        if picture.media_type == "image/jpeg"
        else ("", f".{EXTENSIONS[picture.media_type]}")
    )


def _show(env: Env, picture: Picture) -> None:
    if env.console.stdout.isatty() and not env.console.quiet:
        env.console.stdout.write(inline(picture, env.environ))


def _document(kept: list[tuple[Path, Picture]], drawing: Drawing, model: str) -> dict[str, Any]:
    ticks = drawing.cost_in_usd_ticks
    return {
        "images": [
            {"path": str(path), "type": picture.media_type, "bytes": len(picture.content)} for path, picture in kept
        ],
        "withheld": drawing.withheld,
        "model": model,
        "usage": {"cost_in_usd_ticks": ticks, "cost_usd": None if ticks is None else dollars(ticks)},
    }


def _usage_line(made: int, drawing: Drawing, started: float) -> str:
    """Return what the pictures cost, on one line; `started` is the monotonic time of the request, in seconds."""
    ticks = drawing.cost_in_usd_ticks
    cost = "cost not reported" if ticks is None else f"${dollars(ticks)}"
    return f"usage: {made} image{'s' if made != 1 else ''} · {cost} · {time.monotonic() - started:.1f} s"


def _require_all(env: Env, made: int, withheld: int, failed: list[GrokError]) -> None:
    """Raise what kept a picture from being made or written; of several errors, the first is raised last."""
    for error in failed[1:]:
        env.console.report(error)
    if failed:
        raise failed[0]
    if withheld:
        raise IncompleteError(
            f"the server withheld {withheld} of {withheld + made} pictures", hint="rephrase the prompt"
        )
