"""`grok history`: the conversations that were kept."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from grokcli.commands.deletion import age, age_in_seconds, delete_asked, named_by_id
from grokcli.commands.forks import branch, in_trees
from grokcli.commands.grouping import new_app
from grokcli.commands.options import AsJSON
from grokcli.errors import UsageError
from grokcli.files import PRIVATE, save
from grokcli.store.store import FILE_NAME, Store
from grokcli.store.transcript import about, as_document, as_markdown, speaker, text_of
from grokcli.terminal.columns import columns
from grokcli.terminal.sanitize import clean, json_text, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grokcli.env import Env
    from grokcli.store.records import ConversationSummary, StoredMessage

HEADER = ("id", "age", "model", "messages", "title")
FIGURES = (1, 3)  # columns

EXAMPLES = """
grok history list
grok history show
grok history search "race condition"
grok history export -o talk.md
grok history prune --older-than 90d
"""

app = new_app("List, show, search, export and delete saved conversations.", examples=EXAMPLES)
ID = Annotated[str, typer.Argument(metavar="ID", help="Id (or its first characters) or title of a conversation")]
OptionalID = Annotated[
    str | None,
    typer.Argument(metavar="[ID]", help="Id (or its first characters) or title of a conversation; default: the latest"),
]
Limit = Annotated[int, typer.Option("-n", "--limit", min=1, metavar="N", help="Show at most N conversations")]
Tree = Annotated[bool, typer.Option("--tree", help="Show each fork below the conversation that it was forked from")]
All = Annotated[bool, typer.Option("--all", help="Include messages that an edit or a retry replaced")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation")]


@app.command("list")
def list_conversations(ctx: typer.Context, limit: Limit = 20, tree: Tree = False, json: AsJSON = False) -> None:
    """List conversations, the last used first."""
    env: Env = ctx.obj
    with _store(env) as store:
        found = store.conversations(limit)
    placed = in_trees(found) if tree else [(one, 0) for one in found]
    found = [one for one, _ in placed]
    if json:
        _print_json(env, [about(one) for one in found])
        return
    rows = [(*row, f"{branch(depth)}{title}") for (*row, title), (_, depth) in zip(_rows(found), placed, strict=True)]
    _print(env, "".join(f"{line}\n" for line in columns([HEADER, *rows] if found else [], right=FIGURES)))


@app.command()
def show(ctx: typer.Context, wanted: OptionalID = None, everything: All = False, json: AsJSON = False) -> None:
    """Show a conversation; default: the latest."""
    env: Env = ctx.obj
    conversation, entries = _get(env, wanted, everything)
    if json:
        _print_json(env, as_document(conversation, entries))
    elif env.console.stdout.isatty():
        _render(env, conversation, entries)
    else:
        _print(env, _markdown(conversation, entries))


@app.command()
def search(
    ctx: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="WORDS...", help="Words to find, or their beginnings")],
    limit: Limit = 20,
    json: AsJSON = False,
) -> None:
    """Find conversations by words in their messages, newest first."""
    env: Env = ctx.obj
    query = " ".join(words)
    if not query.strip():
        raise UsageError("no words to search for", hint="usage: grok history search WORDS...")
    with _store(env) as store:
        hits = store.search(query, limit)
    if json:
        _print_json(env, [about(hit.conversation) | {"snippet": hit.snippet} for hit in hits])
        return
    if not hits:
        env.console.note(f"no conversation matches {query!r}")
    lines = columns(_rows([hit.conversation for hit in hits]), right=FIGURES)
    _print(env, "".join(f"{line}\n          {hit.snippet}\n" for line, hit in zip(lines, hits, strict=True)))


@app.command()
def export(
    ctx: typer.Context,
    wanted: OptionalID = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write to FILE, replacing it, readable only by you"),
    ] = None,
    export_format: Annotated[
        Literal["markdown", "json", "html"], typer.Option("--format", metavar="FORMAT", help="Format of the export")
    ] = "markdown",
    everything: All = False,
) -> None:
    """Export a conversation as markdown, JSON or a web page."""
    env: Env = ctx.obj
    conversation, entries = _get(env, wanted, everything)
    if export_format == "html":
        text = _page(env, conversation, entries)
    else:
        as_json = export_format == "json"
        text = env.console.mask(
            _json(as_document(conversation, entries)) if as_json else _markdown(conversation, entries)
        )
    if output is None:
        env.console.stdout.write(clean(text) if env.console.stdout.isatty() else text)
        return
    save(output, text.encode("utf-8", "replace"), mode=PRIVATE)


@app.command()
def rename(
    ctx: typer.Context,
    wanted: ID,
    title: Annotated[list[str], typer.Argument(metavar="TITLE...", help="The new title")],
) -> None:
    """Rename a conversation."""
    env: Env = ctx.obj
    text = " ".join(title)
    if not text.strip():
        raise UsageError("the title is empty")
    with _store(env) as store:
        store.rename(store.find(wanted).id, text)


@app.command()
def delete(
    ctx: typer.Context,
    wanted: Annotated[list[str], typer.Argument(metavar="ID...", help="Ids, or at least their first four characters")],
    yes: Yes = False,
) -> None:
    """Delete conversations permanently."""
    env: Env = ctx.obj
    with _store(env) as store:
        found = {one.id: one for one in (named_by_id(store, word) for word in wanted)}
        delete_asked(env, store, list(found.values()), yes=yes)


@app.command()
def prune(
    ctx: typer.Context,
    older_than: Annotated[
        str, typer.Option("--older-than", metavar="AGE", help="Delete what was last used longer ago: 12h, 30d, 8w, 1y")
    ],
    yes: Yes = False,
) -> None:
    """Delete conversations that have not been used for some time."""
    env: Env = ctx.obj
    before = time.time() - age_in_seconds(older_than)
    with _store(env) as store:
        delete_asked(env, store, store.conversations(before=before), yes=yes)


@app.command()
def path(ctx: typer.Context) -> None:
    """Print the path of the file that holds the conversations."""
    env: Env = ctx.obj
    env.console.print_path(_path(env))


def _path(env: Env) -> Path:
    return env.settings.paths.data / FILE_NAME


def _store(env: Env) -> Store:
    return Store(_path(env), env.console.warn)


def _get(env: Env, wanted: str | None, everything: bool) -> tuple[ConversationSummary, list[StoredMessage]]:
    with _store(env) as store:
        conversation = store.latest() if wanted is None else store.find(wanted)
        return conversation, store.stored_messages(conversation.id, superseded=everything)


def _rows(found: Sequence[ConversationSummary]) -> list[tuple[str, ...]]:
    now = time.time()
    return [(one.id, age(now - one.updated), one.model, f"{one.messages:,}", one.title) for one in found]


def _markdown(conversation: ConversationSummary, entries: Sequence[StoredMessage]) -> str:
    return as_markdown(((speaker(entry), entry.message) for entry in entries), conversation.title)


def _page(env: Env, conversation: ConversationSummary, entries: Sequence[StoredMessage]) -> str:
    """Return a web page. It is masked piece by piece: a mask over the whole of it could open an element."""
    from grokcli.render.page import Said, conversation_page

    said = (
        Said(str(one.message.get("role", "")), speaker(one), text_of(one.message), one.created, one.superseded)
        for one in entries
    )
    messages = f"{len(entries):,} message{'' if len(entries) == 1 else 's'}"
    return conversation_page(conversation.title, f"{conversation.model} · {messages}", said, env.console.mask)


def _render(env: Env, conversation: ConversationSummary, entries: Sequence[StoredMessage]) -> None:
    """Show a conversation on a terminal: the answers rendered, the rest as it was typed."""
    from grokcli.render.markdown import Terminal
    from grokcli.render.stream_markdown import render_markdown

    terminal = Terminal.detect(env.console.stdout, env.environ, env.settings.value("color"))
    mask = env.console.mask
    options = {"theme": env.settings.value("theme"), "accessible": env.settings.value("accessible")}
    env.console.stdout.write(one_line(mask(f"{conversation.id}  {conversation.title}")) + "\n")
    for entry in entries:
        env.console.stdout.write("\n")
        render_markdown(f"## {one_line(mask(speaker(entry)))}", env.console.stdout, terminal, **options)
        text = mask(text_of(entry.message))
        if entry.message.get("role") == "assistant":
            render_markdown(text, env.console.stdout, terminal, **options)
        else:
            env.console.stdout.write(clean(text) + "\n")


def _print(env: Env, text: str) -> None:
    text = env.console.mask(text)
    env.console.stdout.write(clean(text) if env.console.stdout.isatty() else text)


def _print_json(env: Env, document: Any) -> None:
    _print(env, _json(document))


def _json(document: Any) -> str:
    return json_text(document, indent=2)
