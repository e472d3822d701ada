"""`grok batch`: many questions from a file."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from typer.main import get_command

from grokcli.commands.batch_options import QuestionOptions, ResultOptions, RunOptions
from grokcli.commands.console_options import set_up_console
from grokcli.commands.grouping import App, Group, takes_groups
from grokcli.commands.limits import limits_of
from grokcli.commands.options import ModelOptions, NetworkOptions
from grokcli.commands.tool_options import SearchOptions
from grokcli.env import Env, Network

IDLE_SECONDS = 900.0

EXAMPLES = """
grok batch questions.txt -o answers.jsonl
grok batch tickets.csv --prompt 'Classify: {text}' --csv -o labels.csv
grok batch questions.txt -o answers.jsonl --retry-failed
"""


# The modules of grokcli.commands that they are in, imported when one is asked for.
SUBCOMMANDS = {"submit": "batch_submit", **dict.fromkeys(("list", "status", "fetch", "cancel"), "batch_api")}


class BatchGroup(Group):
    """A command with subcommands: a first word that is not one of them is a file."""

    allow_extra_args = False
    allow_interspersed_args = True

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the subcommands."""
        return list(SUBCOMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the subcommand of that name, or None."""
        if cmd_name not in SUBCOMMANDS:
            return None
        module = import_module(f"grokcli.commands.{SUBCOMMANDS[cmd_name]}")
        found: Any = get_command(module.app)
        return found.commands[cmd_name] if isinstance(found, Group) else found

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the words after `batch`: the name of a subcommand and its words, or a file and options."""
        if args and args[0] in SUBCOMMANDS:
            ctx._protected_args, ctx.args = args[:1], args[1:]  # noqa: SLF001  # where a group keeps them
            return args[1:]
        rest = super().parse_args(ctx, args)
        ctx._protected_args = []  # noqa: SLF001  # as above
        return rest

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the arguments and options; a subcommand, which asks for its own usage, stands in place of the file."""
        found = super().get_params(ctx)
        return found if ctx.command is self else [one for one in found if one.param_type_name != "argument"]

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return what stands after `grok batch` in its usage."""
        return ["[OPTIONS] FILE"]

    def invoke(self, ctx: Any) -> Any:
        """Run the subcommand alone, if there is one: the callback is a command of its own."""
        words = [*ctx._protected_args, *ctx.args]  # noqa: SLF001  # as above
        if not words:
            return super().invoke(ctx)
        command = self.get_command(ctx, words[0])
        with ctx, command.make_context(words[0], words[1:], parent=ctx) as inner:
            return command.invoke(inner)


app = App(
    cls=BatchGroup,
    epilog=EXAMPLES,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    invoke_without_command=True,
)


@app.callback()
@takes_groups
def batch(
    env: Env,
    questions: QuestionOptions,
    results: ResultOptions,
    run: RunOptions,
    model: ModelOptions,
    search: SearchOptions,
    network: NetworkOptions,
) -> None:
    """Ask many questions from a file, several at a time.

    The same command again asks only what has no result yet.
    A file called like a subcommand is ./NAME.
    """
    from grokcli.batch.job import Job, count, describe, run_job

    set_up_console(env, network, quiet=run.quiet, accessible=run.accessible)
    response_format = questions.response_format()
    options = model.request_options(
        fields=response_format.fields if response_format else {},
        tool_fields=(search.fields(),),
        server_tools=search.server_tools(),
        network=_network(env, network),
    )
    source = questions.source(env)
    reading = questions.reading(source, options)
    job = Job(
        source, reading, options, results.open(env, source, reading, response_format), response_format,
        results.retry(), limits_of(model), run.parallel, run.limit, questions.allow_secrets,
    )  # fmt: skip
    if run.dry_run:
        env.console.print(describe(count(env, job), run.limit))
    else:
        run_job(env, job)


def _network(env: Env, options: NetworkOptions) -> Network:
    """Return the connection options: an answer comes in one piece, and all of it is silence until then."""
    network = options.network()
    if env.settings.find("idle_timeout", network.idle_timeout).source == "default":
        return network._replace(idle_timeout=IDLE_SECONDS)
    return network
