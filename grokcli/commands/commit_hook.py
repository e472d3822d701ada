"""`grok commit --hook`: git's hook `prepare-commit-msg`, which fills in the message of a new commit.

Whatever happens in it, the commit goes on: the hook ends with 0, gives up after `hook_timeout` seconds, asks nothing,
and writes one line about what failed.
"""

from __future__ import annotations

import shlex
import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from grokcli.commands.commit_message import Wish, write_message
from grokcli.errors import GrokError, NetworkError, UsageError, reason
from grokcli.files import write_atomically
from grokcli.input.git import Git

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

    from grokcli.commands.options import ModelOptions, NetworkOptions
    from grokcli.env import Env

NAME = "prepare-commit-msg"
MARK = "# Written by grok commit --hook install"
SCRIPT = f"""#!/bin/sh
{MARK}; grok commit --hook uninstall removes it.
# It fills in the message of a new commit. Whatever fails, the commit goes on.
grok={{program}}
[ -x "$grok" ] || {{{{ echo "grok: no commit message: $grok is gone" >&2; exit 0; }}}}
"$grok" -P -m grokcli commit --hook run -- "$@" </dev/null || :
exit 0
"""
# What git says about where a message comes from: "" for a new commit, and a file of the user's settings.
OPEN_SOURCES = ("", "template")
# What follows is the diff of `git commit -v`.
_SCISSORS = "------------------------ >8 ------------------------"


def act(env: Env, action: str, words: Sequence[str], model: ModelOptions, network: NetworkOptions) -> None:
    """Install, uninstall or run the hook; `words` are what git gives it. Only the first two raise UsageError."""
    if action == "run":
        run(env, words, model, network)
        return
    git = Git(env.child_environ())
    path = git.path("hooks") / NAME
    is_ours = path.is_file() and MARK.encode() in path.read_bytes()
    if not is_ours and (path.exists() or path.is_symlink()):
        raise UsageError(
            f"there is another hook: {path}",
            hint='to use both, add this line to it: grok commit --hook run -- "$@" || :',
        )
    try:
        if action == "install":
            write_atomically(path, SCRIPT.format(program=shlex.quote(sys.executable)).encode(), mode=0o755)
        elif is_ours:
            path.unlink()
    except OSError as error:
        raise UsageError(f"cannot change {path}: {reason(error)}") from None
    done = "installed" if action == "install" else "removed" if is_ours else "there is no hook of grok's:"
    env.console.note(f"{done} {path}")


def run(env: Env, words: Sequence[str], model: ModelOptions, network: NetworkOptions) -> None:
    """Put a message into the file that git names, if the commit is a new one without a message. Raises nothing."""
    console = env.console
    try:
        path, source = Path(words[0]), words[1] if len(words) > 1 else ""
        # Where no editor follows, nobody would read the message.
        if source not in OPEN_SOURCES or env.environ.get("GIT_EDITOR") == ":":
            return
        git = Git(env.child_environ())
        text = path.read_text("utf-8", "surrogateescape")
        if (source == "" and _has_message(git, text)) or not git.text("diff", "--cached", "--name-only"):
            return
        with console.status("writing the commit message"):
            message = _in_time(env, git, model, network)
        content = f"{message}\n\n{text.lstrip()}" if text.strip() else f"{message}\n"
        write_atomically(path, content.encode("utf-8", "surrogateescape"))
    except GrokError as error:
        console.error_line(f"grok: no commit message: {error.message}")
    except Exception as error:  # noqa: BLE001  # even a bug of ours must not stop a commit
        console.error_line(f"grok: no commit message: {type(error).__name__}: {error}")


def _has_message(git: Git, text: str) -> bool:
    own = text.partition(_SCISSORS)[0]
    return bool(git.text("stripspace", "--strip-comments", stdin=own).strip())


def _in_time(env: Env, git: Git, model: ModelOptions, network: NetworkOptions) -> str:
    """Return the message. Raises NetworkError if it takes longer than `hook_timeout`."""
    seconds = env.settings.value("hook_timeout")
    network.idle_timeout = min(seconds, network.idle_timeout or seconds)
    env.console.quiet = True
    with _limit(seconds):
        return write_message(env, git, Wish(may_ask=False, tries=1), model, network)


@contextmanager
def _limit(seconds: float) -> Iterator[None]:
    """Raise NetworkError in the block once it has taken so long. Windows has only the limit on silence."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def give_up(_number: int, _frame: FrameType | None) -> None:
        raise NetworkError(f"no answer within {seconds:g} s")

    before = signal.signal(signal.SIGALRM, give_up)
    # Again after a second: a library may take the first one for an error of its own.
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
