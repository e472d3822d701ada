"""`grok completion`: the script that a shell needs to complete grok's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer
from typer._completion_shared import get_completion_script

from grokcli.commands.grouping import new_app
from grokcli.env import COMPLETION_VARIABLE

if TYPE_CHECKING:
    from grokcli.env import Env

app = new_app()


@app.command()
def completion(
    ctx: typer.Context,
    shell: Annotated[Literal["bash", "zsh", "fish", "powershell"], typer.Argument(help="The shell.")],
) -> None:
    """Print the completion script of a shell: source <(grok completion bash)."""
    env: Env = ctx.obj
    env.console.stdout.write(
        get_completion_script(prog_name="grok", complete_var=COMPLETION_VARIABLE, shell=shell) + "\n"
    )
