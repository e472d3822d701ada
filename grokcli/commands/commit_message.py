"""Writing the message of a commit: the saved prompt `commit` with the staged diff above it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from grokcli.chat import user
from grokcli.commands.limits import limits_of
from grokcli.errors import IncompleteError, SecretError
from grokcli.input.diff_secrets import secrets_in
from grokcli.input.prompts.use import use_prompt
from grokcli.input.question import join
from grokcli.input.staged import recent_subjects, staged_change
from grokcli.render.select import Output
from grokcli.store.opening import open_conversation
from grokcli.terminal.confirm import can_confirm, confirm
from grokcli.terminal.sanitize import clean
from grokcli.turn.prompt_defaults import with_prompt
from grokcli.turn.request import build_request
from grokcli.turn.retry import MAX_TRIES
from grokcli.turn.run import Turn, run_turn
from grokcli.turn.secrets import SHORTEST_KEY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grokcli.commands.options import ModelOptions, NetworkOptions
    from grokcli.env import Env
    from grokcli.input.git import Git

PROMPT = "commit"
MOST_SECRETS_SHOWN = 10
# A model's answer as a whole in a fenced block, in spite of the prompt.
_FENCED = r"(?s)\A\s*```[\w-]*\n(.*?)\n?```\s*\Z"


class Wish(NamedTuple):
    """How a message is written.

    `words` are for the prompt; `everything` takes the changes that `git commit -a` would. The user is asked only if it
    `may_ask`; `allow_secrets` sends what looks like a secret. A request is sent at most so many times as `tries` says.
    """

    words: Sequence[str] = ()
    everything: bool = False
    allow_secrets: bool = False
    may_ask: bool = True
    tries: int = MAX_TRIES


def write_message(env: Env, git: Git, wish: Wish, model: ModelOptions, network: NetworkOptions) -> str:
    """Return a message for what is staged. Nothing of the question or the answer is stored, only what it cost.

    Raises UsageError if nothing is staged, SecretError, and the errors of `run_turn`.
    """
    change = staged_change(git, everything=wish.everything)
    filled = use_prompt(env, PROMPT, wish.words, may_ask=wish.may_ask)
    allow_secrets = wish.allow_secrets or _has_consent(env, change.diff, wish)
    if change.statistics:
        env.console.note("the diff is too large; sending its statistics and the beginning of each file's")
    question = user(join(filled.text, change.documents(recent_subjects(git))))
    options = with_prompt(env, model.request_options(server_tools=(), network=network.network()), filled)
    request = build_request(env, [question], options)
    turn = Turn(request, open_conversation(env, "commit", keep=False), Output(silent=True))
    turn.allow_secrets, turn.limits, turn.tries = allow_secrets, limits_of(model), wish.tries
    run_turn(env, turn)
    return message_of(turn.response.content)


def message_of(answer: str) -> str:
    """Return the commit message in an answer, without a fence around it. Raises IncompleteError if there is none."""
    text = re.sub(_FENCED, r"\1", answer)
    message = "\n".join(line.rstrip() for line in clean(text.replace("\r\n", "\n")).strip().splitlines())
    if not message:
        raise IncompleteError("the answer is empty", hint="ask again, or use another model")
    return message


def _has_consent(env: Env, diff: str, wish: Wish) -> bool:
    """Ask whether a diff is sent that seems to hold secrets, each of which is named; False if there are none.

    Raises SecretError if the user says no, or cannot be asked.
    """
    keys = [key for key in env.known_keys() if len(key) >= SHORTEST_KEY]
    found = list(secrets_in(diff, keys))
    if not found:
        return False
    hint = "unstage it: git restore --staged FILE, or send it with --allow-secrets"
    first = found[0] if len(found) == 1 else f"{found[0]}, and {len(found) - 1:,} more"
    if not (wish.may_ask and can_confirm(env.console)):
        raise SecretError(f"the diff seems to contain a secret: {first}", hint=hint)
    env.console.error_line("the diff seems to contain secrets:")
    for secret in found[:MOST_SECRETS_SHOWN]:
        env.console.error_line(f"  {secret}")
    if len(found) > MOST_SECRETS_SHOWN:
        env.console.error_line(f"  and {len(found) - MOST_SECRETS_SHOWN:,} more")
    if not confirm(env.console, "send it to the model?"):
        raise SecretError("the diff was not sent", hint=hint)
    return True
