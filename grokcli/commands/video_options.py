"""The options of `grok video`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from grokcli.commands.grouping import option_group
from grokcli.commands.limits import MaxCost, OverBudget
from grokcli.commands.options import AsJSON, Fields, Quiet
from grokcli.errors import UsageError
from grokcli.models import LOCAL_MODEL, VIDEO_MODEL
from grokcli.turn.request import parse_fields

if TYPE_CHECKING:
    from grokcli.env import Env

FRAME_EXAMPLE = 'grok video -i - "the clouds drift" < photo.jpg'
BETTER_MODEL = "grok-imagine-video-1.5"


@option_group("Prompt and model")
class VideoInput:
    """What the video shows, and which model makes it."""

    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PROMPT]...", help="What the video shows; - reads stdin; or: fetch ID"),
    ] = None
    image: Annotated[
        str | None,
        typer.Option("-i", "--image", metavar="PATH", help="Begin with this PNG, JPEG or WebP image; - reads stdin"),
    ] = None
    video_model: Annotated[
        str | None, typer.Option("-m", "--model", metavar="MODEL", help=f"Video model to use (default: {VIDEO_MODEL})")
    ] = None
    duration: Annotated[
        int | None,
        typer.Option("--duration", min=1, max=15, metavar="SECONDS", help="Length, from 1 to 15 seconds (default: 8)"),
    ] = None
    aspect: Annotated[
        Literal["1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3"] | None,
        typer.Option("--aspect", metavar="W:H", help="Aspect ratio, such as 16:9"),
    ] = None
    resolution: Annotated[
        Literal["480p", "720p", "1080p"] | None,
        typer.Option("--resolution", metavar="SIZE", help=f"Resolution; 1080p needs -m {BETTER_MODEL}"),
    ] = None
    max_cost: MaxCost = None
    over_budget: OverBudget = False
    option: Fields = None
    no_stdin: Annotated[bool, typer.Option("--no-stdin", help="Do not read stdin")] = False
    no_save: Annotated[bool, typer.Option("--no-save", help="Do not save the prompt and the path in the history")] = (
        False
    )
    detach: Annotated[
        bool, typer.Option("--detach", help="Print the id of the video and do not wait; grok video fetch ID gets it")
    ] = False

    def fields(self, model: str) -> dict[str, Any]:
        """Return the fields of the request. Raises UsageError for what cannot be asked for."""
        if model == LOCAL_MODEL:
            raise UsageError("the local model cannot make videos", hint="leave out -m")
        if model == VIDEO_MODEL and self.resolution == "1080p":
            raise UsageError(f"{VIDEO_MODEL} makes no videos of 1080p", hint=f"add -m {BETTER_MODEL}")
        return {
            "duration": self.duration,
            "aspect_ratio": self.aspect,
            "resolution": self.resolution,
            **parse_fields(self.option),
        }

    def source(self, env: Env) -> str:
        """Return the URL of the first frame, with the content of a file as a data: URL. Raises UsageError."""
        if self.image is None:
            return ""
        from grokcli.input.images import read_images

        (part,) = read_images([self.image], env.console.stdin, example=FRAME_EXAMPLE)
        return str(part["image_url"]["url"])

    def fetched_id(self) -> str | None:
        """Return the id in `fetch ID`, None for a prompt. Raises UsageError."""
        from grokcli.client.wire.videos import ID

        words = self.words or []
        if not words or words[0] != "fetch" or len(words) > 2:
            return None
        if len(words) == 1 or not ID.fullmatch(words[1]):
            raise UsageError("fetch needs the id of a video", hint="grok video --detach prints one")
        for name in ("image", "video_model", "duration", "aspect", "resolution", "option", "no_save", "detach"):
            if getattr(self, name):
                option = "-O" if name == "option" else f"--{name.removeprefix('video_').replace('_', '-')}"
                raise UsageError(f"{option} cannot be used with fetch", hint="leave it out")
        return words[1]


@option_group("Output")
class VideoOutput:
    """Where the video goes, and what is printed about it."""

    output: Annotated[
        str | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write to FILE or into a folder; - writes to stdout"),
    ] = None
    force: Annotated[bool, typer.Option("--force", help="Overwrite existing files")] = False
    json: AsJSON = False
    quiet: Quiet = False
