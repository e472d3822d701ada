"""One video, from the prompt to what it cost: started, waited for and fetched, none of them twice.

Its id is in the store before anything is waited for, so that what was paid for can be fetched after a Ctrl-C, a
`kill -9` or a power failure. Its cost is known when it is done, and counted once, however often it is fetched.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from grokcli.errors import APIError, GrokError, IncompleteError, StoreError
from grokcli.events import Usage
from grokcli.models import VIDEO_MODEL
from grokcli.turn.retry import retry_unbilled, with_retries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from grokcli.client.videos import Video
    from grokcli.client.wire.videos import VideoStatus
    from grokcli.client.xai import XAI
    from grokcli.env import Env
    from grokcli.store.conversation import Conversation
    from grokcli.store.store import Store


class Job(NamedTuple):
    """A video that is being made: its id, its model, and the title of its prompt, "" if that is not known."""

    id: str
    model: str
    title: str = ""


def fetch_command(request_id: str) -> str:
    """Return the command that fetches a video later."""
    return f"grok video fetch {request_id}"


def start(
    env: Env, client: XAI, conversation: Conversation, store: Store, model: str, prompt: str, **given: Any
) -> Job:
    """Have a video made, and keep its id. `given` is what `Videos.start` takes besides. Raises as that does."""
    request_id = retry_unbilled(env, lambda: client.videos.start(prompt, model, **given))
    store.remember_video(request_id, model=model, conversation=conversation.id if conversation.store else "")
    text = f"the video `{request_id}` is being made; to fetch it: `{fetch_command(request_id)}`"
    conversation.add_answer(text, model, None)
    return Job(request_id, model)


def known(store: Store, conversation: Conversation, request_id: str) -> Job:
    """Return a video that was started before, and load the conversation of its prompt, if there is one."""
    try:
        record = store.video(request_id)
        if record is None:
            return Job(request_id, VIDEO_MODEL)
        if record.conversation:
            conversation.load(store.find(record.conversation, by_title=False))
    except StoreError:  # reported when something is to be written
        return Job(request_id, VIDEO_MODEL)
    return Job(request_id, record.model, record.title)


def finish(env: Env, client: XAI, store: Store, job: Job) -> tuple[VideoStatus, Video]:
    """Wait for a video, count what it cost, and return it.

    Raises IncompleteError for a video that is withheld, has expired or takes too long, and as the client does.
    """
    with hint_at_fetching(job, only=_may_pass), env.console.status("making the video"):
        status = client.videos.wait(job.id, poll=lambda: _poll(env, client, job.id))
    status = status._replace(model=env.console.mask(status.model) or job.model)
    if status.state == "done" or status.cost_in_usd_ticks is not None:
        usage = Usage(cost_in_usd_ticks=status.cost_in_usd_ticks)
        store.count_video(job.id, model=status.model, usage=usage)
    _require_done(status)
    with hint_at_fetching(job), env.console.status("fetching the video"):
        return status, client.videos.download(status)


@contextmanager
def hint_at_fetching(job: Job, *, only: Callable[[GrokError], bool] = lambda _: True) -> Iterator[None]:
    """Let the errors of the block, or `only` some of them, say how to fetch the video that is still there."""
    try:
        yield
    except GrokError as error:
        if only(error):
            error.hint = f"fetch it later: {fetch_command(job.id)}"
        raise


def _may_pass(error: GrokError) -> bool:
    return error.retryable or not isinstance(error, APIError)


def _poll(env: Env, client: XAI, request_id: str) -> VideoStatus:
    # To ask costs nothing, so every error that may pass is tried again.
    status = with_retries(env, lambda: client.videos.poll(request_id))
    if status.progress is not None:
        env.console.relabel_status(f"making the video ({status.progress} %)")
    return status


def _require_done(status: VideoStatus) -> None:
    if status.error is not None:
        raise status.error
    if status.state == "withheld":
        raise IncompleteError("the server withheld the video", hint="rephrase the prompt")
    if status.state == "expired":
        raise IncompleteError("the video has expired on the server", hint="make it again")
