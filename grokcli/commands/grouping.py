"""How a subcommand is declared: its app, and its options in groups, which are dataclasses of Typer's options."""

from __future__ import annotations

import inspect
from copy import copy
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, dataclass_transform, get_type_hints

import typer
from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")
T = TypeVar("T")


class _OwnHelp:
    """Prints help as `help_format` writes it: Typer's own is cut at 80 columns, or needs rich at every start."""

    def get_help_option(self, ctx: Any) -> Any:
        option = super().get_help_option(ctx)  # type: ignore[misc]  # mixed into Typer's commands
        option.callback, option.help = _print_help, "Show this help"
        return option


class Command(_OwnHelp, TyperCommand):
    """A subcommand."""


class Group(_OwnHelp, TyperGroup):
    """A command with subcommands; without one it shows its help."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the words after the command's name."""
        return super().parse_args(ctx, args or ([] if ctx.resilient_parsing else ["--help"]))


class App(typer.Typer):
    """The Typer app of a subcommand. Nothing of rich is imported before help is printed on a terminal."""

    def command(self, name: str | None = None, *, examples: str = "", **more: Any) -> Callable[[F], F]:
        """Declare a command; `examples` are lines for the end of its help."""
        return super().command(name, cls=Command, epilog=examples, **more)


def new_app(text: str | None = None, *, examples: str = "") -> App:
    """Return the app of a subcommand; `text` and `examples` are the help of a group."""
    return App(
        cls=Group,
        help=text,
        epilog=examples,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )


@dataclass_transform()
def option_group(title: str) -> Callable[[type[T]], type[T]]:
    """Make a class one that holds values, as a dataclass does; its options stand under `title` in the help.

    To make dataclasses of all groups, and to evaluate annotations that are text, costs each start 4 ms: where they are
    many, the module has no `from __future__ import annotations`.
    """

    def decorate(group: Any) -> Any:
        group.title, group.__init__ = title, _hold
        own = group.__annotations__
        if any(isinstance(annotation, str) for annotation in own.values()):
            hints = get_type_hints(group, include_extras=True)
            own = {name: hints[name] for name in own}
        group.annotations = {**getattr(group, "annotations", {}), **own}
        return group

    return decorate


def _hold(self: object, **values: object) -> None:
    vars(self).update(values)


def takes_groups(function: Callable[..., None]) -> Callable[..., None]:
    """Return a Typer command that calls `function` with the world of this run, as `env`, and with its groups.

    Each parameter of `function` after `env` is annotated with a group, whose fields become options.
    """
    _, *parameters = inspect.signature(function, eval_str=True).parameters.values()
    groups: dict[str, Any] = {parameter.name: parameter.annotation for parameter in parameters}

    def command(ctx: typer.Context, **values: Any) -> None:
        made = {name: group(**{one: values[one] for one in group.annotations}) for name, group in groups.items()}
        function(ctx.obj, **made)

    options = [inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)]
    for group in groups.values():
        options += [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=getattr(group, name),
                annotation=_titled(annotation, group.title),
            )
            for name, annotation in group.annotations.items()
        ]
    command.__signature__ = inspect.Signature(options)  # type: ignore[attr-defined]  # where inspect looks for it
    command.__annotations__ = {one.name: one.annotation for one in options}
    command.__doc__ = function.__doc__
    return command


def _titled(annotation: Any, title: str) -> Any:
    """Return the annotation of an option with its group's title; several groups may share the annotation as it was."""
    info = copy(annotation.__metadata__[0])
    info.rich_help_panel = title
    return Annotated[annotation.__origin__, info]


def _print_help(context: typer.Context, _option: Any, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        from grokcli.commands.help_format import print_help

        print_help(context)
        raise typer.Exit
