"""The options of `grok image`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from grokcli.client.wire.images import MAX_IMAGES
from grokcli.commands.grouping import option_group
from grokcli.commands.limits import MaxCost, OverBudget
from grokcli.commands.options import AsJSON, Fields, Quiet
from grokcli.errors import UsageError
from grokcli.models import IMAGE_MODEL, LOCAL_MODEL
from grokcli.turn.image_code import ImageLanguage
from grokcli.turn.request import parse_fields

if TYPE_CHECKING:
    from grokcli.env import Env

# API additions, sections 4 and 5. Others are left to the server.
ASPECTS = (
    *("1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "2:1", "1:2", "21:9", "5:2"),
    *("19.5:9", "9:19.5", "20:9", "9:20", "auto"),
)
EDIT_EXAMPLE = 'grok image -i - "make it night" < photo.jpg'


def complete_aspect(incomplete: str) -> list[str]:
    """Return the aspect ratios that begin as typed."""
    return [one for one in ASPECTS if one.startswith(incomplete)]


@option_group("Prompt and model")
class ImageInput:
    """What the pictures show, and which model makes them."""

    words: Annotated[
        list[str] | None, typer.Argument(metavar="[PROMPT]...", help="What the picture shows; - reads stdin")
    ] = None
    image: Annotated[
        list[str] | None,
        typer.Option(
            "-i",
            "--image",
            metavar="PATH",
            help="Edit this PNG, JPEG or WebP image; - reads stdin (repeatable, up to 5)",
        ),
    ] = None
    image_model: Annotated[
        str | None, typer.Option("-m", "--model", metavar="MODEL", help=f"Image model to use (default: {IMAGE_MODEL})")
    ] = None
    count: Annotated[
        int, typer.Option("-n", "--count", min=1, max=10, metavar="N", help="Number of pictures, up to 10")
    ] = 1
    aspect: Annotated[
        str | None,
        typer.Option(
            "--aspect", metavar="W:H", help="Aspect ratio, such as 16:9, or auto", autocompletion=complete_aspect
        ),
    ] = None
    resolution: Annotated[
        Literal["1k", "1.5k", "2k"] | None, typer.Option("--resolution", metavar="SIZE", help="Resolution")
    ] = None
    quality: Annotated[
        Literal["low", "medium", "auto"] | None,
        typer.Option("--quality", metavar="LEVEL", help="Quality; needs -m grok-imagine-image-2.0"),
    ] = None
    max_cost: MaxCost = None
    over_budget: OverBudget = False
    option: Fields = None
    no_stdin: Annotated[bool, typer.Option("--no-stdin", help="Do not read stdin")] = False
    no_save: Annotated[bool, typer.Option("--no-save", help="Do not save the prompt and the paths in the history")] = (
        False
    )

    def fields(self, model: str) -> dict[str, Any]:
        """Return the fields of the request. Raises UsageError for what cannot be asked for."""
        if model == LOCAL_MODEL:
            raise UsageError("the local model cannot make pictures", hint="leave out -m")
        aspect, images = self.aspect, self.image or []
        if aspect is not None and not re.fullmatch(r"\d+(\.\d+)?:\d+(\.\d+)?|auto", aspect):
            raise UsageError(
                f"invalid value for --aspect: {aspect!r} (expected W:H)", hint="for example: --aspect 16:9"
            )
        if aspect is not None and len(images) == 1:
            raise UsageError(
                "--aspect cannot be used with a single -i", hint="leave it out: the picture keeps its shape"
            )
        if len(images) > MAX_IMAGES:
            hint = f"edit up to {MAX_IMAGES} pictures at once"
            raise UsageError(f"too many values for -i: {len(images)}", hint=hint)
        return {
            "aspect_ratio": aspect,
            "resolution": self.resolution,
            "quality": self.quality,
            **parse_fields(self.option),
        }

    def sources(self, env: Env) -> list[str]:
        """Return the URLs of the pictures to edit, with the content of files as data: URLs. Raises UsageError."""
        if not self.image:
            return []
        from grokcli.input.images import read_images

        parts = read_images(self.image, env.console.stdin, example=EDIT_EXAMPLE)
        return [part["image_url"]["url"] for part in parts]


@option_group("Output")
class ImageOutput:
    """Where the pictures go, and what is printed about them."""

    output: Annotated[
        str | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write to FILE or into a folder; - writes to stdout"),
    ] = None
    force: Annotated[bool, typer.Option("--force", help="Overwrite existing files")] = False
    json: AsJSON = False
    language: Annotated[
        ImageLanguage | None,
        typer.Option("--as", metavar="LANGUAGE", help="Print code that sends this request; send nothing"),
    ] = None
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the request with the key masked; send nothing")] = (
        False
    )
    usage: Annotated[bool, typer.Option("-u", "--usage", help="Print the billed cost to stderr")] = False
    quiet: Quiet = False

    @property
    def sends_nothing(self) -> bool:
        """Whether the request is printed in place of being sent."""
        return self.dry_run or self.language is not None
