"""What can be done with a command that a model wrote: run it, edit it, have it explained, copy it, or nothing.

What is run is what was shown, whole and to the character, and only after a key; after a word if it is dangerous.
"""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from grokcli.errors import GrokError, UsageError, reason
from grokcli.terminal.confirm import ask_key, ask_line, present, rows_for
from grokcli.terminal.streams import MARK
from grokcli.turn.dangers import dangers_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from grokcli.env import Env
    from grokcli.turn.command_line import Suggestion

RUN, EDIT, EXPLAIN, COPY, QUIT = KEYS = "rexcq"
MENU = "[r]un [e]dit [x]plain [c]opy [q]uit"
WORD = "run"
# What the widgets of `grok shell` say of the session: the exit code of the last command, and the last one that failed.
SESSION = STATUS, FAILED, FAILED_STATUS = "GROK_LAST_STATUS", "GROK_FAILED_COMMAND", "GROK_FAILED_STATUS"
_WIDTH = 78
# A shell that ends after the command keeps none of this.
_LOST = r"(?:^|[;&|]\s*)(cd|pushd|popd|export|alias|source|set|unset|\.)(?=\s|$)"


def offer(env: Env, shell: str, suggestion: Suggestion, explain: Callable[[str], str]) -> int:
    """Show a command and do with it what the user chooses; return the exit code.

    `shell` is the program that runs it, `explain` returns a model's words about a command.
    """
    command, note = suggestion
    can_run = _show(env, command, note)
    while True:
        key = ask_key(env.console, MENU if can_run else MENU.removeprefix("[r]un "), KEYS if can_run else KEYS[1:])
        if key == RUN and _is_meant(env, command):
            return _run(env, shell, command)
        if key == EDIT:
            command = _edited(env, command)
            can_run = _show(env, command)
        elif key == EXPLAIN:
            _explain(env, command, explain)
        elif key == COPY:
            _copy(env, command)
        if key in (COPY, QUIT):
            return 0


def _show(env: Env, command: str, note: str = "") -> bool:
    """Show a command, what it does and what is dangerous about it; return whether it was shown whole."""
    console = env.console
    said = [f"warning: this command {danger}" for danger in dangers_of(command)]
    if match := re.search(_LOST, command):
        said.append(f"note: {match[1]} has no effect on your shell after the command; copy it instead")
    rows, is_whole = rows_for(console, "", command, [note, *said])
    console.print("".join(f"{row}\n" for row in rows))
    if note and not console.quiet:
        present(console, "# ", note)
    for line in said:
        console.error_line(line)
    if not is_whole:
        console.error_line("too long to show whole, so it cannot be run: edit it, or enlarge the window")
    return is_whole


def _is_meant(env: Env, command: str) -> bool:
    """Return whether the user has typed the word, if the command is dangerous."""
    if not dangers_of(command):
        return True
    return ask_line(env.console, f'type "{WORD}" to run it:') == WORD


def _run(env: Env, shell: str, command: str) -> int:
    from grokcli.terminal.shell import run_in_shell

    env.console.stdout.flush()
    environ = {name: value for name, value in env.child_environ().items() if name not in SESSION}
    try:
        return run_in_shell(shell, command, environ)
    except OSError as error:
        raise UsageError(f"cannot run {shell!r}: {reason(error)}", hint="set SHELL, or use --shell") from None


def _edited(env: Env, command: str) -> str:
    """Return the command as the user changes it, on the terminal's own line or, without one, in their editor."""
    if env.console.accessible or not env.console.is_capable(env.console.stdout):
        from grokcli.terminal.editor import edit_text

        return edit_text(command, env.child_environ()).strip() or command
    from grokcli.repl.line_editor import edit_line

    return edit_line(command, vi=env.settings.value("editing_mode") == "vi").strip() or command


def _explain(env: Env, command: str, explain: Callable[[str], str]) -> None:
    """Show what a model says of the command, so that no line of it looks like one of ours."""
    try:
        text = explain(command)
    except GrokError as error:
        env.console.report(error)
        return
    lines = [row for line in text.strip().splitlines() for row in textwrap.wrap(line, _WIDTH) or [""]]
    env.console.error_text("\n".join(f"{MARK}{line}" for line in lines))


def _copy(env: Env, command: str) -> None:
    from grokcli.terminal.clipboard import copy

    how = copy(command, env.console.stdout, env.child_environ())
    env.console.error_line(f"copied to the clipboard ({how})" if how else "no clipboard found")
