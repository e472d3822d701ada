"""`grok commit`: a commit whose message a model writes and the user edits."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from grokcli.commands.commit_message import Wish, write_message
from grokcli.commands.console_options import set_up_console
from grokcli.commands.grouping import new_app, option_group, takes_groups
from grokcli.commands.options import ModelOptions, NetworkOptions, Quiet
from grokcli.env import Env
from grokcli.errors import GrokError, UsageError
from grokcli.input.git import Git
from grokcli.terminal.confirm import can_confirm, confirm
from grokcli.terminal.editor import edit_file

if TYPE_CHECKING:
    from pathlib import Path

Hook = Literal["install", "uninstall", "run"]
EXPLAINED = """
Change the message as you like and save it: then it is committed.
Lines that begin with {mark} are left out. Without a message nothing is committed.

"""

app = new_app()


@option_group("Commit")
class CommitOptions:
    """What is committed, and how."""

    words: Annotated[
        list[str] | None, typer.Argument(metavar="[WORDS]...", help="What the message should say, or be like")
    ] = None
    everything: Annotated[
        bool, typer.Option("-a", "--all", help="Commit all changes in files that git knows, staged or not")
    ] = False
    print_only: Annotated[bool, typer.Option("--print", help="Print the message; commit nothing")] = False
    no_verify: Annotated[bool, typer.Option("--no-verify", help="Skip the hooks that check the commit")] = False
    signoff: Annotated[bool, typer.Option("--signoff", help="Add a Signed-off-by line")] = False
    hook: Annotated[
        Hook | None,
        typer.Option("--hook", metavar="ACTION", help="Install or remove the hook that writes messages for git commit"),
    ] = None
    allow_secrets: Annotated[
        bool, typer.Option("--allow-secrets", help="Send the diff even if it seems to contain secrets")
    ] = False
    quiet: Quiet = False

    def git_options(self) -> list[str]:
        """Return the options that `git commit` is given."""
        flags = {"--all": self.everything, "--no-verify": self.no_verify, "--signoff": self.signoff}
        return [flag for flag, is_set in flags.items() if is_set]


EXAMPLES = """
grok commit --print
grok commit
grok commit -a "mention the new limit"
grok commit --hook install
"""


@app.command(examples=EXAMPLES)
@takes_groups
def commit(env: Env, what: CommitOptions, model: ModelOptions, network: NetworkOptions) -> None:
    """Commit what is staged, with a message written for it.

    You edit the message first; without a saved message nothing is committed.
    """
    if what.hook is not None:
        from grokcli.commands import commit_hook

        commit_hook.act(env, what.hook, what.words or [], model, network)
        return
    set_up_console(env, network, quiet=what.quiet)
    git = Git(env.child_environ())
    if unfinished := git.unfinished():
        raise UsageError(f"a {unfinished} is not finished", hint="git has a message for it: git commit")
    wish = Wish(what.words or [], what.everything, what.allow_secrets)
    message = write_message(env, git, wish, model, network)
    if what.print_only:
        env.console.print(f"{message}\n")
        return
    file = git.path("COMMIT_EDITMSG")
    _write(file, message, git)
    _edit(env, git, file)
    env.console.stdout.flush()
    if git.commit(["--file", str(file), "--cleanup=strip", *what.git_options()]):
        env.console.note(f"the message is kept; to try again: git commit -e -F {file}")
        raise typer.Exit(1)


def _write(file: Path, message: str, git: Git) -> None:
    """Write the message for the editor, with an explanation and the list of files in comments."""
    mark = git.comment_mark()
    status = git.text("status", "--short", "--untracked-files=no")
    comments = f"{EXPLAINED.format(mark=mark)}{status}".splitlines()
    lines = [message, *(f"{mark} {line}".rstrip() for line in comments)]
    file.write_text("\n".join(lines) + "\n", "utf-8", "replace")
    # Far in the past, so that every save is seen, however coarse the clock of the file system is.
    os.utime(file, (0, 0))


def _edit(env: Env, git: Git, file: Path) -> None:
    """Let the user edit the message. Raises GrokError if it is not to be committed: not saved, or empty."""
    before = file.read_bytes()
    environ = env.child_environ()
    editor = (git.text_or_none("var", "GIT_EDITOR") or "").strip()
    edit_file(file, {**environ, "VISUAL": editor} if editor else environ)
    after = file.read_bytes()
    if not git.text("stripspace", "--strip-comments", stdin=after.decode("utf-8", "replace")).strip():
        raise GrokError("the message is empty; nothing was committed")
    is_saved = after != before or file.stat().st_mtime > 1
    if is_saved or (can_confirm(env.console) and confirm(env.console, "not saved; commit with this message?")):
        return
    raise GrokError("the message was not saved; nothing was committed", hint=f"it is kept: git commit -e -F {file}")
