"""`grok prompts`: saved prompts, for `grok ask -P NAME` and `/NAME` in a chat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from grokcli.commands.grouping import new_app
from grokcli.commands.options import AsJSON
from grokcli.errors import UsageError
from grokcli.files import make_folder, write_atomically
from grokcli.input.prompts.importing import import_prompts
from grokcli.input.prompts.places import Found, check_name, find_prompt, list_prompts, own_folder
from grokcli.input.prompts.saved_prompt import SYSTEM_FILE, USER_FILE
from grokcli.input.prompts.use import not_done
from grokcli.terminal.columns import columns
from grokcli.terminal.sanitize import json_text, one_line

if TYPE_CHECKING:
    from pathlib import Path

    from grokcli.env import Env
    from grokcli.input.prompts.places import Listed
    from grokcli.input.prompts.saved_prompt import Argument

MOST_SHOWN = 100
TEMPLATE = """---
description: What it does, for grok prompts list
---
Write the prompt here. $ARGUMENTS are the words after its name; piped text and files come before it.
"""

EXAMPLES = """
grok prompts list
grok prompts show review
grok prompts edit deploy
grok prompts import .claude/commands
"""

app = new_app("List, show, write and import saved prompts.", examples=EXAMPLES)
Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of a prompt")]


@app.command("list")
def list_saved(ctx: typer.Context, json: AsJSON = False) -> None:
    """List prompts: yours, those of this folder, those built in."""
    env: Env = ctx.obj
    listed = list_prompts(env.settings.paths, env.environ)
    if json:
        env.console.print(json_text([_document(one) for one in listed], indent=2))
        return
    rows = [(one.name, one.source, _usage(one.arguments), _about(one)) for one in listed]
    lines = columns([("name", "source", "arguments", "description"), *rows])
    env.console.print("".join(f"{one_line(line)}\n" for line in lines))


@app.command()
def show(ctx: typer.Context, name: Name) -> None:
    """Print a prompt's file."""
    env: Env = ctx.obj
    found = _found(env, name)
    for path in (found.path, found.path.with_name(USER_FILE)):
        if path == found.path or (found.path.parent.name == name and path.is_file()):
            env.console.print(path.read_text("utf-8", "replace"))


@app.command()
def edit(ctx: typer.Context, name: Name) -> None:
    """Open a prompt in your editor, or a copy if it is not yours."""
    from grokcli.terminal.editor import edit_file

    env: Env = ctx.obj
    own = own_folder(env.settings.paths)
    check_name(name)
    try:
        found = find_prompt(env.settings.paths, env.environ, name)
    except UsageError:
        target, content = own / f"{name}.md", TEMPLATE.encode()
    else:
        if found.path.name == SYSTEM_FILE and found.place.source != "own":
            import_prompts(str(found.path.parent), own)
            found = _found(env, name)
        if found.place.source == "own":
            edit_file(found.path, env.child_environ())
            return
        target, content = own / found.path.name, found.path.read_bytes()
    _edit_new(env, target, content)


@app.command()
def path(ctx: typer.Context, name: Annotated[str | None, typer.Argument(help="Name of a prompt")] = None) -> None:
    """Print the path of your prompts, or of one prompt."""
    env: Env = ctx.obj
    env.console.print_path(own_folder(env.settings.paths) if name is None else _found(env, name).path)


@app.command("import")
def import_(
    ctx: typer.Context,
    source: Annotated[
        str, typer.Argument(metavar="PATH", help="A markdown file, a pattern folder, or a folder of them")
    ],
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="Call the prompt NAME")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace prompts of the same name")] = False,
) -> None:
    """Copy prompts of other tools to your own."""
    env: Env = ctx.obj
    own = own_folder(env.settings.paths)
    make_folder(own)
    for copy in import_prompts(source, own, name=name, replace=force):
        if not copy.target.endswith(f"/{USER_FILE}"):
            env.console.note(f"imported {copy.name}")
        for line in not_done(copy.content.decode("utf-8")):
            env.console.note(f"{copy.name}: {line}")


def _found(env: Env, name: str) -> Found:
    return find_prompt(env.settings.paths, env.environ, name)


def _edit_new(env: Env, target: Path, content: bytes) -> None:
    """Open a new file with `content` in the editor; it is removed again if it was not changed."""
    from grokcli.terminal.editor import edit_file

    make_folder(target.parent)
    write_atomically(target, content)
    try:
        edit_file(target, env.child_environ())
    finally:
        if target.read_bytes() == content:
            target.unlink()
            env.console.note("the prompt was not changed; nothing was saved")


def _usage(arguments: tuple[Argument, ...]) -> str:
    return " ".join(f"{one.name}=" if one.default is None else f"[{one.name}=]" for one in arguments)


def _about(one: Listed) -> str:
    if one.problem:
        return f"(unusable: {one.problem})"
    return f"(hidden by another of this name) {one.description}" if one.hidden else one.description[:MOST_SHOWN]


def _document(one: Listed) -> dict[str, object]:
    arguments = [argument._asdict() for argument in one.arguments]
    return {**one._asdict(), "path": str(one.path), "arguments": arguments}
