"""`grok video`: a video from words, or from words and a first frame."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from grokcli.chat import user
from grokcli.commands.console_options import set_up_console
from grokcli.commands.grouping import new_app, takes_groups
from grokcli.commands.limits import limits_of
from grokcli.commands.made_files import history_text, require_stdout, reword, with_sources, write_bytes
from grokcli.commands.options import NetworkOptions
from grokcli.commands.video_options import VideoInput, VideoOutput
from grokcli.env import Env
from grokcli.errors import APIError
from grokcli.events import Usage, dollars
from grokcli.input.question import read_question
from grokcli.models import VIDEO_MODEL
from grokcli.render.image_files import ImageFiles
from grokcli.store.conversation import Conversation
from grokcli.store.opening import open_ledger
from grokcli.terminal.sanitize import json_text
from grokcli.turn import videos
from grokcli.turn.secrets import refuse_secrets

if TYPE_CHECKING:
    from grokcli.client.videos import Video
    from grokcli.client.wire.videos import VideoStatus
    from grokcli.client.xai import XAI
    from grokcli.store.store import Store
    from grokcli.turn.videos import Job

EXAMPLE = 'grok video "a paper boat in the rain", or pipe text into grok video'
EXAMPLES = """
grok video "a paper boat in the rain" --duration 6
grok video -i photo.jpg "the clouds drift" -o clouds.mp4
grok video --detach "a city at night"
grok video fetch ID
"""

app = new_app()


@app.command(examples=EXAMPLES)
@takes_groups
def video(env: Env, inputs: VideoInput, output: VideoOutput, network: NetworkOptions) -> None:
    """Make a video, and print the path of its file.

    This takes minutes. If it is interrupted, grok video fetch ID gets it later.
    """
    set_up_console(env, network, quiet=output.quiet)
    wanted = inputs.fetched_id()
    if output.output == "-":
        require_stdout(env, 1, json=output.json, noun="video")
    ledger = open_ledger(env, "video")
    conversation = Conversation(None if inputs.no_save else ledger.store, ledger, kind="video")
    if wanted is not None:
        env.require_key(VIDEO_MODEL)
        job = videos.known(ledger.store, conversation, wanted)
        files = _files(output, job.title or "video")
        client = env.connect(job.model, network=network.network())
    else:
        files, client, job = _start(env, inputs, output, network, conversation, ledger.store)
        if inputs.detach:
            env.console.print(json_text({"id": job.id}, indent=2) if output.json else f"{job.id}\n")
            return
    try:
        status, made = videos.finish(env, client, ledger.store, job)
    except (KeyboardInterrupt, SystemExit):  # also what SIGTERM raises
        env.console.error_line(f"the server is still making it; fetch it later: {videos.fetch_command(job.id)}")
        raise
    with videos.hint_at_fetching(job):
        path = _keep(env, files, made)
    usage = Usage(cost_in_usd_ticks=status.cost_in_usd_ticks)
    conversation.add_answer(history_text([path], status.cost_in_usd_ticks), status.model, usage)
    _tell(env, job, status, (path, made), json=output.json)


def _start(
    env: Env,
    inputs: VideoInput,
    output: VideoOutput,
    network: NetworkOptions,
    conversation: Conversation,
    store: Store,
) -> tuple[ImageFiles | None, XAI, Job]:
    """Have the video made that is asked for; return where it goes, the client, and its id."""
    model = env.settings.model(inputs.video_model) if inputs.video_model else VIDEO_MODEL
    options, image = inputs.fields(model), inputs.source(env)
    words, no_stdin = inputs.words or [], inputs.no_stdin or inputs.image == "-"
    prompt = read_question(env, words, no_stdin=no_stdin, example=EXAMPLE, noun="prompt")
    files = _files(output, " ".join(word for word in words if word != "-") or prompt)
    env.require_key(model)
    budget = limits_of(inputs).budget(env, conversation.ledger, model)
    if budget:
        budget.check()
    refuse_secrets(env, [user(prompt)], {**options, "image": image}, hint="remove it", noun="prompt")
    client = env.connect(model, network=network.network())
    sources = [inputs.image] if inputs.image else []
    conversation.keep(user(with_sources(prompt, sources, "first frame")), model=model)
    try:
        job = videos.start(env, client, conversation, store, model, prompt, image=image, options=options)
    except APIError as error:
        reword(error, VIDEO_MODEL)
        raise
    if not inputs.detach:
        env.console.note(f"the server is making video {job.id}")
    return files, client, job


def _files(output: VideoOutput, title: str) -> ImageFiles | None:
    """Return where the video goes, None for stdout. Raises UsageError."""
    return None if output.output == "-" else ImageFiles(output.output, title, 1, force=output.force)


def _keep(env: Env, files: ImageFiles | None, made: Video) -> Path:
    """Write the video, and return where. Raises GrokError."""
    if files is None:
        write_bytes(env, made)
        return Path("-")
    return files.add(made)


def _tell(env: Env, job: Job, status: VideoStatus, kept: tuple[Path, Video], *, json: bool) -> None:
    """Print where the video is and what it cost."""
    path, made = kept
    ticks = status.cost_in_usd_ticks
    if json:
        document: dict[str, Any] = {
            "id": job.id,
            "path": str(path),
            "type": made.media_type,
            "bytes": len(made.content),
            "seconds": status.seconds or None,
            "model": status.model,
            "usage": {"cost_in_usd_ticks": ticks, "cost_usd": None if ticks is None else dollars(ticks)},
        }
        env.console.stdout.write(json_text(document, indent=2))
    elif path != Path("-"):
        env.console.print_path(path)
    length = f"{status.seconds:g} s" if status.seconds else "length not reported"
    env.console.note(f"video: {length} · {'cost not reported' if ticks is None else f'${dollars(ticks)}'}")
