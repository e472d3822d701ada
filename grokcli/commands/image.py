"""`grok image`: pictures from words, and from pictures."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grokcli.chat import Response, user
from grokcli.commands.console_options import set_up_console
from grokcli.commands.grouping import new_app, takes_groups
from grokcli.commands.image_options import ImageInput, ImageOutput
from grokcli.commands.limits import limits_of
from grokcli.commands.made_files import Keeper, history_text, require_stdout, reword, with_sources
from grokcli.commands.options import NetworkOptions
from grokcli.env import Env
from grokcli.errors import APIError, GrokError, IncompleteError
from grokcli.events import Usage, dollars
from grokcli.input.question import read_question
from grokcli.models import IMAGE_MODEL
from grokcli.render.image_files import ImageFiles
from grokcli.store.opening import open_conversation
from grokcli.terminal.sanitize import json_text
from grokcli.turn.image_code import ImageCall
from grokcli.turn.retry import retry_unbilled
from grokcli.turn.secrets import refuse_secrets

if TYPE_CHECKING:
    from grokcli.client.images import Drawing, Picture
    from grokcli.client.xai import XAI

EXAMPLE = 'grok image "a siamese cat", or pipe text into grok image'

app = new_app()

EXAMPLES = """
grok image "a siamese cat in the rain" --aspect 16:9
grok image -i photo.jpg "make it night"
grok image -n 3 -o logos "a logo of a paper crane"
grok image -o - "a tiny robot" > robot.jpg
"""


@app.command(examples=EXAMPLES)
@takes_groups
def image(env: Env, inputs: ImageInput, output: ImageOutput, network: NetworkOptions) -> None:
    """Generate or edit pictures, and print the paths of their files."""
    set_up_console(env, network, quiet=output.quiet)
    call = _call(env, inputs)
    if output.sends_nothing:
        _print_request(env, call, output)
        return
    keeper = Keeper(env, _files(env, inputs, output, call.prompt), json=output.json)
    started = time.monotonic()
    env.require_key(call.model)
    conversation = open_conversation(env, "image", keep=not inputs.no_save, kind="image")
    budget = limits_of(inputs).budget(env, conversation.ledger, call.model)
    if budget:
        budget.check()
    question = user(with_sources(call.prompt, inputs.image or [], "edited"))
    fields = {**call.options, "images": call.images}
    refuse_secrets(env, [user(call.prompt)], fields, hint="remove it", noun="prompt")
    client = env.connect(call.model, network=network.network())
    conversation.keep(question, model=call.model)
    with env.console.status("drawing"):
        drawing = retry_unbilled(env, lambda: _draw(client, call))
    response = Response(call.model)
    response.add(Usage(cost_in_usd_ticks=drawing.cost_in_usd_ticks))
    conversation.count(response, call.model)
    try:
        keeper.keep(drawing.pictures)
    finally:
        if keeper.kept:
            text = history_text([path for path, _ in keeper.kept], drawing.cost_in_usd_ticks)
            conversation.add_answer(text, call.model, response.usage)
    if output.json:
        env.console.stdout.write(json_text(_document(keeper.kept, drawing, call.model), indent=2))
    if output.usage:
        env.console.error_line(_usage_line(len(keeper.kept), drawing, started))
    _require_all(env, len(keeper.kept), drawing.withheld, keeper.failed)


def _call(env: Env, inputs: ImageInput) -> ImageCall:
    """Return what is asked for. Raises UsageError."""
    model = env.settings.model(inputs.image_model) if inputs.image_model else IMAGE_MODEL
    fields = inputs.fields(model)
    images = inputs.sources(env)
    no_stdin = inputs.no_stdin or "-" in (inputs.image or ())
    prompt = read_question(env, inputs.words or [], no_stdin=no_stdin, example=EXAMPLE, noun="prompt")
    return ImageCall(env.settings.value("base_url").rstrip("/"), model, prompt, inputs.count, images, fields)


def _files(env: Env, inputs: ImageInput, output: ImageOutput, prompt: str) -> ImageFiles | None:
    """Return where the pictures go, None for stdout. Raises UsageError."""
    if output.output == "-":
        require_stdout(env, inputs.count, json=output.json)
        return None
    title = " ".join(word for word in inputs.words or [] if word != "-") or prompt
    return ImageFiles(output.output, title, inputs.count, force=output.force)


def _print_request(env: Env, call: ImageCall, output: ImageOutput) -> None:
    """Print the request as code in some language, or as it would be sent."""
    from grokcli.client.url import check_url
    from grokcli.turn.export import as_request
    from grokcli.turn.image_code import as_image_code

    check_url(call.base_url)
    env.console.print(as_request(env, call) if output.language is None else as_image_code(call, output.language))


def _draw(client: XAI, call: ImageCall) -> Drawing:
    """Ask for the pictures, and wait for the answer. Raises what the client raises."""
    try:
        return client.images.request(call.prompt, call.model, n=call.n, images=call.images, options=call.options)
    except APIError as error:
        reword(error, IMAGE_MODEL)
        raise


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
