"""`grok help`: the pages of `grokcli/help`, and what `--help` prints."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from grokcli.commands.grouping import new_app
from grokcli.commands.help_format import print_help, print_section
from grokcli.config.settings import closest_hint
from grokcli.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from grokcli.env import Env

PAGES = Path(__file__).parents[1] / "help"

EXAMPLES = """
grok help scripting
grok help config set
"""

app = new_app()


@app.command("help", examples=EXAMPLES)
def show_help(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[TOPIC|COMMAND]...", help="A topic, or a command to show help for")
    ] = None,
) -> None:
    """Show help for a topic or a command."""
    root: Any = ctx.parent
    topic = " ".join(words or [])
    if not words:
        print_help(root)
        print_section(ctx, "Topics (grok help TOPIC)", [(name, page_summary(name)) for name in topics()])
        return
    is_command = words[0] in root.command.list_commands(root)
    if topic in topics():
        _show_page(ctx.obj, topic)
        if is_command:
            ctx.obj.console.print("\n")
    elif not is_command:
        known = (*topics(), *root.command.list_commands(root))
        raise UsageError(
            f"there is no help for {topic!r}", hint=closest_hint(topic, known) or "grok help lists the topics"
        )
    if is_command:
        command = root.command.get_command(root, words[0])
        with command.make_context(words[0], [*words[1:], "--help"], parent=root) as context:
            command.invoke(context)


def topics() -> list[str]:
    """Return the names of the pages."""
    return sorted(page.stem for page in PAGES.glob("*.md"))


def page_summary(topic: str) -> str:
    """Return the sentence below the title of a page, on one line."""
    return " ".join(_read(topic).split("\n\n")[1].split())


def _read(topic: str) -> str:
    return (PAGES / f"{topic}.md").read_text(encoding="utf-8")


def _show_page(env: Env, topic: str) -> None:
    """Print a page: rendered on a terminal, as it is in a pipe. A broken settings file must not get in the way."""
    stdout = env.console.stdout
    if not stdout.isatty():
        stdout.write(_read(topic))
        return
    from grokcli.render.markdown import Terminal
    from grokcli.render.stream_markdown import render_markdown

    accessible = False
    with suppress(ConfigError):
        accessible = env.settings.value("accessible")
    text = re.sub(r"\[([^\]]+)\]\(([\w-]+)\.md\)", _as_command, _read(topic))
    render_markdown(text, stdout, Terminal.detect(stdout, env.environ), "default", accessible=accessible)


def _as_command(link: re.Match[str]) -> str:
    """Return a link to another page with the command that shows it."""
    return f"{link[1]} (`grok help {link[2]}`)"
