"""How a subcommand takes its options: in groups, each a dataclass whose fields are options of Typer's."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform, get_type_hints

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def new_app(text: str | None = None) -> typer.Typer:
    """Return the Typer app of a subcommand: plain help that greps and pipes, and no rich anywhere near start-up."""
    return typer.Typer(
        help=text,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )


@dataclass_transform()
def option_group(group: type[T]) -> type[T]:
    """Make `group` a dataclass that holds values and no more: the other methods cost each start half a millisecond."""
    return dataclass(eq=False, repr=False, match_args=False)(group)


def takes_groups(function: Callable[..., None]) -> Callable[..., None]:
    """Return a Typer command that calls `function` with the world of this run, as `env`, and with its groups.

    Each parameter of `function` after `env` is annotated with a group, whose fields become options.
    """
    _, *parameters = inspect.signature(function, eval_str=True).parameters.values()
    groups: dict[str, Any] = {parameter.name: parameter.annotation for parameter in parameters}

    def command(ctx: typer.Context, **values: Any) -> None:
        made = {name: group(**{one.name: values[one.name] for one in fields(group)}) for name, group in groups.items()}
        function(ctx.obj, **made)

    options = [inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)]
    for group in groups.values():
        hints = get_type_hints(group, include_extras=True)
        options += [
            inspect.Parameter(one.name, inspect.Parameter.KEYWORD_ONLY, default=one.default, annotation=hints[one.name])
            for one in fields(group)
        ]
    command.__signature__ = inspect.Signature(options)  # type: ignore[attr-defined]  # where inspect looks for it
    command.__annotations__ = {one.name: one.annotation for one in options}
    command.__doc__ = function.__doc__
    return command
