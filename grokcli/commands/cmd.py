"""`grok cmd`: a shell command from words, and commands explained."""

from __future__ import annotations

import os
import shutil
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from grokcli.chat import user
from grokcli.commands.command_menu import FAILED, FAILED_STATUS, STATUS, offer
from grokcli.commands.complete import complete_model
from grokcli.commands.console_options import set_up_console
from grokcli.commands.grouping import new_app, option_group, takes_groups
from grokcli.commands.limits import Effort, Fast, MaxCost, OverBudget, limits_of
from grokcli.commands.options import Fields, NetworkOptions, Quiet
from grokcli.env import Env
from grokcli.errors import IncompleteError, UsageError
from grokcli.input.question import join, read_question
from grokcli.render.select import Output
from grokcli.store.opening import open_conversation
from grokcli.terminal.confirm import can_confirm, present
from grokcli.terminal.sanitize import clean, one_line
from grokcli.turn.command_line import EXPLAIN, FIND_CAUSE, WRITE, instructions, read_suggestion, surroundings
from grokcli.turn.dangers import dangers_of
from grokcli.turn.request import RequestOptions, build_request, parse_fields
from grokcli.turn.run import Turn, run_turn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grokcli.turn.command_line import Suggestion

EXAMPLE = "grok cmd find files bigger than 1 GB"

app = new_app()


@option_group("Command")
class CommandInput:
    """What the command is to do, or which command is explained."""

    words: Annotated[
        list[str] | None, typer.Argument(metavar="[WORDS]...", help="What the command does; - reads stdin")
    ] = None
    context: Annotated[
        bool, typer.Option("--context", help="Also send the folder's listing and the last command's exit code")
    ] = False
    explain: Annotated[bool, typer.Option("--explain", help="Explain the command in WORDS")] = False
    why: Annotated[bool, typer.Option("--why", help="Explain why the last command failed; needs grok shell")] = False
    shell: Annotated[str | None, typer.Option("--shell", metavar="NAME", help="Shell to write the command for")] = None
    no_stdin: Annotated[bool, typer.Option("--no-stdin", help="Do not read stdin")] = False


@option_group("Model")
class CommandModel:
    """The model, and what it may cost."""

    model: Annotated[
        str | None,
        typer.Option("-m", "--model", metavar="MODEL", help="Model to ask, or an alias", autocompletion=complete_model),
    ] = None
    effort: Effort = None
    fast: Fast = False
    max_cost: MaxCost = None
    over_budget: OverBudget = False
    option: Fields = None

    def fields(self) -> dict[str, Any]:
        """Return the fields of the request. Raises UsageError."""
        flags = {"reasoning_effort": self.effort, "service_tier": "fast" if self.fast else None}
        return {name: value for name, value in flags.items() if value is not None} | parse_fields(self.option)


@option_group("Output")
class CommandOutput:
    """What is printed beside the command."""

    quiet: Quiet = False


class Shell(NamedTuple):
    """The shell that commands are for: its name for the model, and its program."""

    name: str
    program: str


EXAMPLES = """
grok cmd find files bigger than 1 GB
git status | grok cmd "stage what was deleted"
grok cmd --explain "tar xzf a.tgz -C /tmp"
grok cmd --why
"""


@app.command(examples=EXAMPLES)
@takes_groups
def cmd(env: Env, inputs: CommandInput, model: CommandModel, output: CommandOutput, network: NetworkOptions) -> None:
    """Write a shell command, and run it if you press the key."""
    set_up_console(env, network, quiet=output.quiet)
    shell = _shell(env, inputs.shell)

    def answer(template: str, question: str) -> str:
        options = RequestOptions(
            model.model, system=instructions(template, shell.name), fields=model.fields(), network=network.network()
        )
        kept = open_conversation(env, "cmd", keep=False)
        turn = Turn(build_request(env, [user(question)], options), kept, Output(silent=True))
        turn.limits = limits_of(model)
        run_turn(env, turn)
        return turn.response.content

    if inputs.why or inputs.explain:
        question = _failure(env, inputs) if inputs.why else _question(env, inputs, "command")
        env.console.print(clean(answer(FIND_CAUSE if inputs.why else EXPLAIN, question).strip()) + "\n")
        return
    suggestion = _suggestion(env, answer(WRITE, _question(env, inputs, "task")))
    if _can_choose(env):
        code = offer(env, shell.program, suggestion, lambda command: answer(EXPLAIN, command))
        raise typer.Exit(code)
    env.console.stdout.write(f"{suggestion.command}\n")
    if suggestion.note and not env.console.quiet:
        present(env.console, "# ", suggestion.note)
    for danger in dangers_of(suggestion.command):
        env.console.error_line(f"warning: this command {danger}")


def _suggestion(env: Env, text: str) -> Suggestion:
    """Return the command in an answer. Raises IncompleteError if there is none, after showing what there is."""
    try:
        return read_suggestion(text)
    except IncompleteError:
        present(env.console, "the model sent: ", text)
        raise


def _shell(env: Env, flag: str | None) -> Shell:
    """Return the shell of the flag or the settings, or else the login shell."""
    login = env.environ.get("SHELL") or ("powershell" if os.name == "nt" else "/bin/sh")
    chosen = env.settings.value("shell", flag) or login
    name = PurePath(chosen).name.removesuffix(".exe")
    same_as_login = chosen == name == PurePath(login).name
    return Shell(
        one_line(name), login if same_as_login else shutil.which(chosen, path=env.environ.get("PATH")) or chosen
    )


def _question(env: Env, inputs: CommandInput, noun: str) -> str:
    words: Sequence[str] = inputs.words or ()
    documents = surroundings(env.environ.get(STATUS, "")) if inputs.context else []
    return join(read_question(env, words, no_stdin=inputs.no_stdin, example=EXAMPLE, noun=noun), documents)


def _failure(env: Env, inputs: CommandInput) -> str:
    """Return the question about the command that failed last. Raises UsageError if it is not known."""
    failed = env.environ.get(FAILED)
    if not failed:
        raise UsageError(
            "no failed command is known", hint="let your shell run grok shell when it starts: grok help cmd"
        )
    words = inputs.words or []
    said = [
        failed,
        f"exit code {env.environ.get(FAILED_STATUS, 'unknown')}",
        " ".join(one for one in words if one != "-"),
    ]
    wanted = ["-"] if "-" in words else []
    question = read_question(env, [*wanted, "\n\n".join(filter(None, said))], no_stdin=inputs.no_stdin)
    return join(question, surroundings("") if inputs.context else [])


def _can_choose(env: Env) -> bool:
    """Return whether somebody at a terminal sees the command and can press keys."""
    stdin, stdout = env.console.stdin, env.console.stdout
    return stdin is not None and stdin.isatty() and stdout.isatty() and can_confirm(env.console)
