"""The command `grok`: finds the subcommand, and is the one place where errors become messages and exit codes."""

from __future__ import annotations

import atexit
import errno
import os
import signal
import sys
import threading
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.main import get_command

from grokcli import __version__
from grokcli.commands.grouping import Group
from grokcli.env import COMPLETION_VARIABLE, Env
from grokcli.errors import GrokError, UsageError, reason

if TYPE_CHECKING:
    from collections.abc import Sequence

# Each is a module of grokcli.commands, imported when it is used.
COMMANDS = (
    "ask",
    "chat",
    "batch",
    "cmd",
    "shell",
    "image",
    "video",
    "render",
    "files",
    "history",
    "usage",
    "models",
    "prompts",
    "commit",
    "mcp",
    "config",
    "doctor",
    "completion",
    "help",
)

INTERRUPTED = 130
PIPE_CLOSED = 141
QUESTION_MARKS = ("?", "\uff1f", "\u061f")  # of Chinese and Japanese, which have no spaces, and of Arabic
DISK_ERRORS = (errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EBADF)


class LazyCommands(Group):
    """Imports a subcommand when it is asked for: building all of them would cost every start."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command of that name, or None."""
        return _command(cmd_name) if cmd_name in COMMANDS else None


@cache
def _command(name: str) -> Any:
    """Build a subcommand; for programs that call `main` more than once, as tests do, only once."""
    command = get_command(import_module(f"grokcli.commands.{name}").app)
    command.name = name
    return command


app = typer.Typer(
    cls=LazyCommands,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(context: typer.Context, value: bool) -> None:
    if value and not context.resilient_parsing:
        context.obj.console.stdout.write(f"grok {__version__}\n")
        raise typer.Exit


EXAMPLES = """
grok ask "why is the sky blue?"
git diff | grok ask "review this"
grok chat
grok help scripting
"""


@app.callback(epilog=EXAMPLES)
def root(
    version: Annotated[
        bool, typer.Option("-V", "--version", callback=_print_version, is_eager=True, help="Print the version")
    ] = False,
) -> None:
    """Chat with xAI's Grok models from the command line.

    grok "a question" is short for grok ask "a question", and so is grok -p.
    """


def main(argv: Sequence[str], env: Env) -> int:
    """Run `grok` with `argv` (without the program's name) in the world `env`, and return the exit code."""
    if COMPLETION_VARIABLE in env.environ:
        return _complete(env)
    try:
        try:
            _require_text(argv)
            return _invoke(as_subcommand(argv), env)
        finally:
            env.close()
            env.console.stdout.flush()
    except GrokError as error:
        env.console.report(error)
        return error.exit_code
    except typer.TyperException as error:
        from grokcli.commands.usage_errors import as_grok_error

        env.console.report(as_grok_error(error))
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        env.console.abandon_stdout()
        return PIPE_CLOSED
    except OSError as error:
        return _report_system(error, env)
    except Exception as error:  # noqa: BLE001  # a bug of ours, reported without a traceback that could hold the key
        env.console.report_crash(error)
        return 1


def run() -> NoReturn:
    """Run `grok` in this process and end it: the entry point of the console scripts."""
    try:
        for name, handler in (("SIGTERM", _stop), ("SIGHUP", _stop), ("SIGINT", signal.default_int_handler)):
            number = getattr(signal, name, None)
            # Who starts grok may have it ignore a signal: nohup does, and a shell with its background jobs.
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, handler)
        env = Env.real()
        code = main(sys.argv[1:], env)
    except KeyboardInterrupt:  # outside of what `main` guards: before it, or while it reports an error
        code = INTERRUPTED
    _leave(code)


def _leave(code: int) -> NoReturn:
    """End the process, in which `main` has closed what it opened: the store, connections, children, the terminal.

    The interpreter is not taken apart, which takes it 20 ms and more: it would empty each module, and destroy each
    object, of which the system frees the memory anyway. What is skipped are destructors. Functions registered with
    `atexit` run as ever, and with the user's own code in the process, or under a profiler, all ends as ever.
    """
    others = [thread for thread in threading.enumerate() if not thread.daemon and thread is not threading.main_thread()]
    if not (others or _is_watched() or "grokcli.tools.load" in sys.modules):
        atexit._run_exitfuncs()  # noqa: SLF001  # what the interpreter itself calls; multiprocessing does so too
        try:
            for stream in (sys.stdout, sys.stderr):
                if stream is not None:
                    stream.flush()
        except (OSError, ValueError):
            sys.exit(code)  # the interpreter has its own words, and its own exit code, for what cannot be written
        os._exit(code)
    sys.exit(code)


def _is_watched() -> bool:
    """Say whether a debugger or a profiler runs us, which reports when we are through."""
    monitoring = getattr(sys, "monitoring", None)  # Python 3.12 and later
    tools = [monitoring.get_tool(number) for number in range(6)] if monitoring else []
    return bool(sys.gettrace() or sys.getprofile() or any(tools))


def as_subcommand(argv: Sequence[str]) -> list[str]:
    """Return `argv` with the `ask` that a question alone stands for.

    So does `-p`, the one-shot flag of other chat tools. The options of `ask` may stand before a question.
    """
    words = list(argv)
    has_options = words[:1] != [] and words[0].startswith("-")
    if has_options and "-p" in words:
        words.remove("-p")
        return ["ask", *words]
    if any(map(_is_question, words)) and _is_question(_first_argument(words) if has_options else words[0]):
        return ["ask", *words]
    return words


def _is_question(word: str) -> bool:
    """Return whether a word can only be a question: no subcommand has a space in it, or ends in a question mark."""
    return word.endswith(QUESTION_MARKS) or (any(map(str.isspace, word)) and not word.isspace())


def _first_argument(words: list[str]) -> str:
    """Return the first of `words` that is neither an option of `ask` nor the value of one.

    If there is none, or an option is mistyped, return "?": it is for `ask` to say what is wrong.
    """
    command: Any = LazyCommands().get_command(None, "ask")
    found = command.make_context("ask", list(words), resilient_parsing=True).params["words"]
    return str(found[0]) if found else "?"


def _require_text(argv: Sequence[str]) -> None:
    """Raise UsageError for a word that is neither UTF-8, whatever the locale is, nor the name of a file that exists."""
    for word in argv:
        try:
            word.encode("utf-8", "surrogateescape").decode("utf-8")
        except UnicodeError:
            if not os.path.lexists(word):
                shown = word.encode("utf-8", "replace").decode("utf-8")
                raise UsageError(f"{shown!r} is not UTF-8", hint="check the locale of your terminal") from None


def _invoke(argv: list[str], env: Env) -> int:
    # Typer's own main() would print errors, and turn a closed pipe into exit code 1.
    command = get_command(app)
    try:
        with command.make_context("grok", argv, obj=env) as context:
            command.invoke(context)
    except typer.Exit as exit_:
        return exit_.exit_code
    return 0


def _complete(env: Env) -> int:
    """Answer a shell that asks for completions, and return the exit code."""
    from grokcli.commands.tab import answer

    try:
        env.console.stdout.write(answer(env, get_command(app), as_subcommand))
        env.console.stdout.flush()
    except Exception:  # noqa: BLE001  # a Tab is no place for an error, whatever it is
        return 1
    return 0


def _report_system(error: OSError, env: Env) -> int:
    """Say what the system refused: most often the disk is full that stdout leads to."""
    if env.console.debug or not error.strerror:
        env.console.report_crash(error)
        return 1
    where = f" ({error.filename})" if error.filename else ""
    env.console.report(GrokError(f"{reason(error)}{where}", hint="check free space and permissions"))
    if error.errno in DISK_ERRORS:
        # What is left in the buffer would fail once more when the interpreter ends.
        env.console.abandon_stdout()
    return 1


def _stop(number: int, _frame: object) -> NoReturn:
    """End as a signal asks, on the way out through every `finally`."""
    sys.exit(128 + number)
