"""`grok shell`: the script that gives a shell's line two keys, to write a command and to explain one."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from grokcli.commands.grouping import new_app
from grokcli.errors import UsageError

if TYPE_CHECKING:
    from grokcli.env import Env

SCRIPTS = Path(__file__).parent / "widgets"
PROGRAMS = ("grok", "grokcli")
# How each shell writes Alt and Ctrl with a letter.
ALT = {"bash": r"\e{}", "zsh": r"\e{}", "fish": r"\e{}"}
CTRL = {"bash": r"\C-{}", "zsh": "^{}", "fish": r"\c{}"}
# Ctrl with these is Ctrl-C, the end of the input, Tab, Enter, or suspends.
TAKEN = "cdijmz"

app = new_app()

EXAMPLES = """
eval "$(grok shell bash)"
grok shell fish > grok.fish
grok shell zsh --key ctrl+g
"""


@app.command(examples=EXAMPLES)
def shell(
    ctx: typer.Context,
    shell: Annotated[
        Literal["bash", "zsh", "fish"], typer.Argument(metavar="SHELL", help="Shell to print the script for")
    ],
    key: Annotated[
        str, typer.Option("--key", metavar="KEY", help="Key that turns the words on the line into a command")
    ] = "alt+g",
    explain_key: Annotated[
        str, typer.Option("--explain-key", metavar="KEY", help="Key that explains the command on the line")
    ] = "alt+G",
) -> None:
    """Print the script that adds the keys of grok cmd to a shell."""
    env: Env = ctx.obj
    keys = {"WRITE_KEY": _sequence("--key", key, shell), "EXPLAIN_KEY": _sequence("--explain-key", explain_key, shell)}
    if len(set(keys.values())) == 1:
        raise UsageError("both keys are the same", hint="choose another one for --key or --explain-key")
    script = (SCRIPTS / f"grok.{shell}").read_text("utf-8")
    name = Path(sys.argv[0]).stem
    words = {**keys, "PROGRAM": name if name in PROGRAMS else PROGRAMS[0]}
    env.console.stdout.write(re.sub("|".join(words), lambda word: words[word[0]], script))


def _sequence(option: str, key: str, shell: str) -> str:
    """Return a key such as alt+g, or several such as "ctrl+x g", as `shell` writes it. Raises UsageError."""
    first, *others = key.split() or [""]
    match = re.fullmatch(rf"(?i:alt)\+([A-Za-z])|(?i:ctrl)\+(?![{TAKEN}])([a-z])", first)
    if match is None or any(not re.fullmatch(r"[A-Za-z]", one) for one in others):
        raise UsageError(
            f"invalid value for {option}: {key!r} (must be alt+LETTER, ctrl+LETTER, or one followed by letters)",
            hint=f'for example: {option} alt+k, or {option} "ctrl+x g"; ctrl with {", ".join(TAKEN)} is taken',
        )
    pressed = ALT[shell].format(match[1]) if match[1] else CTRL[shell].format(match[2])
    return pressed + "".join(others)
