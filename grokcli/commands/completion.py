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


EXAMPLES = """
source <(grok completion bash)
grok completion zsh > _grok
grok completion fish > grok.fish
"""


@app.command(examples=EXAMPLES)
def completion(
    ctx: typer.Context,
    shell: Annotated[
        Literal["bash", "zsh", "fish", "powershell"],
        typer.Argument(metavar="SHELL", help="Shell to print the script for"),
    ],
) -> None:
    """Print the completion script for a shell."""
    env: Env = ctx.obj
    env.console.stdout.write(
        get_completion_script(prog_name="grok", complete_var=COMPLETION_VARIABLE, shell=shell) + "\n"
    )
