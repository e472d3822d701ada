"""Options that subcommands share, each spelled once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from grokcli import models
from grokcli.errors import UsageError
from grokcli.render.select import Color
from grokcli.turn.request import parse_field

if TYPE_CHECKING:
    from grokcli.env import Env
    from grokcli.turn.toolset import Toolset


def _complete_model(incomplete: str) -> list[str]:
    """Return the names of models that begin as typed: those of the last `grok models`, or those known without."""
    import os
    import re

    from grokcli.config.cache import load_models
    from grokcli.config.paths import Paths

    offered = load_models(Paths.find(os.environ).cache).models
    names = [*(name for model in offered for name in (model.id, *model.aliases)), models.LOCAL_MODEL]
    # A shell takes blanks and control characters for what they are to it.
    return [name for name in dict.fromkeys(names) if name.startswith(incomplete) and re.fullmatch(r"[\w./:-]+", name)]


Model = Annotated[
    str | None,
    typer.Option(
        "-m",
        "--model",
        metavar="MODEL",
        help="Ask this model; 'local' is one on this machine.",
        autocompletion=_complete_model,
    ),
]
System = Annotated[
    str | None, typer.Option("-s", "--system", metavar="TEXT|@FILE", help="Tell the model how to behave.")
]
Role = Annotated[str | None, typer.Option("--role", metavar="NAME", help="Use [roles.NAME] of the settings.")]
Temperature = Annotated[
    float | None, typer.Option("-t", "--temperature", min=0, max=2, help="0 is sober, 2 is wild.", show_default=False)
]
MaxTokens = Annotated[
    int | None, typer.Option("--max-tokens", min=1, metavar="N", help="Cut the answer after N tokens.")
]
Effort = Annotated[
    models.Effort | None, typer.Option("--effort", help="How hard the model thinks; models differ in what they take.")
]
Api = Annotated[
    models.API | None, typer.Option("--api", help="What the server speaks; auto: responses if it is xAI's, else chat.")
]
Searching = Annotated[bool, typer.Option("--search", help="Let the server search the web and X.")]
Web = Annotated[bool, typer.Option("--web", help="Let the server search the web.")]
X = Annotated[bool, typer.Option("--x", help="Let the server search X.")]
Domains = Annotated[
    list[str] | None, typer.Option("--domain", metavar="NAME", help="Search this site and other named ones only.")
]
ExcludedDomains = Annotated[list[str] | None, typer.Option("--exclude-domain", metavar="NAME", help="Not this site.")]
Handles = Annotated[
    list[str] | None, typer.Option("--handle", metavar="NAME", help="Search posts of this and other named accounts.")
]
Since = Annotated[str | None, typer.Option("--since", metavar="DATE", help="Posts from this day on: 2026-01-31.")]
Until = Annotated[str | None, typer.Option("--until", metavar="DATE", help="Posts from before this day.")]
Tools = Annotated[
    list[str] | None,
    typer.Option("--tool", metavar="FILE.py[:NAME]", help="Offer functions of a file; each call is asked about."),
]
Yes = Annotated[bool, typer.Option("--yes", help="Run the functions of --tool without asking.")]
Mcp = Annotated[
    list[str] | None, typer.Option("--mcp", metavar="URL", help="Let xAI's server call the tools of an MCP server.")
]
Option = Annotated[
    list[str] | None,
    typer.Option("-O", "--option", metavar="KEY=VALUE", help="Send another field with the request; VALUE may be JSON."),
]
Files = Annotated[
    list[str] | None, typer.Option("-f", "--file", metavar="PATH", help="Send a file, folder, glob or URL along.")
]
Images = Annotated[
    list[str] | None, typer.Option("-i", "--image", metavar="PATH", help="Send a PNG or JPEG along; - is stdin.")
]
Markdown = Annotated[
    bool | None,
    typer.Option("--markdown/--raw", show_default=False, help="Render the answer, or print its text as it is."),
]
Colors = Annotated[Color | None, typer.Option("--color", help="Colours: on a terminal, always, or never.")]
ShowReasoning = Annotated[bool, typer.Option("--show-reasoning", help="Print what the model thinks, on stderr.")]
Continue = Annotated[bool, typer.Option("-c", "--continue", help="Go on with the conversation that was used last.")]
Resume = Annotated[str | None, typer.Option("-r", "--resume", metavar="ID|TITLE", help="Go on with this conversation.")]
NoSave = Annotated[bool, typer.Option("-n", "--no-save", help="Do not keep the question and the answer.")]
Usage = Annotated[bool, typer.Option("-u", "--usage", help="Print tokens and billed cost on stderr.")]
Language = Literal["curl", "python", "openai", "anthropic", "js"]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="No notes and no warnings on stderr.")]
Schema = Annotated[
    str | None,
    typer.Option(
        "--schema",
        metavar="FILE|JSON|FIELDS",
        help="Answer in JSON: a schema, its file, or 'name, age int, tags list'.",
    ),
]
Extract = Annotated[bool, typer.Option("-x", "--extract", help="Print the first fenced code block only.")]
ExtractLast = Annotated[bool, typer.Option("--extract-last", help="Print the last fenced code block only.")]
ExtractAll = Annotated[bool, typer.Option("--extract-all", help="Print all fenced code blocks and no words.")]
IdleTimeout = Annotated[
    float | None,
    typer.Option("--idle-timeout", min=0, metavar="SECONDS", help="Give a server up that is silent for so long."),
]
Proxy = Annotated[str | None, typer.Option("--proxy", metavar="URL", help="Reach the server through this proxy.")]
CABundle = Annotated[
    str | None, typer.Option("--ca-bundle", metavar="FILE", help="Trust the certificate authorities in FILE.")
]
Debug = Annotated[bool, typer.Option("--debug", help="Tell on stderr what is sent and received, without secrets.")]
AsJSON = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def new_app(text: str | None = None) -> typer.Typer:
    """Return the Typer app of a subcommand: plain help that greps and pipes, and no rich anywhere near start-up."""
    return typer.Typer(
        help=text,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )


def parse_options(pairs: list[str] | None) -> dict[str, Any]:
    """Return the fields of a request from KEY=VALUE words. Raises UsageError."""
    fields: dict[str, Any] = {}
    for pair in pairs or []:
        key, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"-O {pair!r} is not KEY=VALUE", hint="for example: -O seed=7")
        fields |= parse_field(key, value)
    return fields


def search_tools(
    search: bool,
    web: bool,
    x: bool,
    domains: list[str] | None,
    excluded_domains: list[str] | None,
    handles: list[str] | None,
    since: str | None,
    until: str | None,
) -> list[dict[str, Any]]:
    """Return what the server is to search with, as the flags say. Raises UsageError."""
    if not any((search, web, x, domains, excluded_domains, handles, since, until)):
        return []
    from grokcli.tools.server_tools import Search

    wanted = Search(search or web, search or x, domains or (), excluded_domains or (), handles or (), since, until)
    return wanted.tools()


def mcp_tools(urls: list[str] | None) -> list[dict[str, Any]]:
    """Return the MCP servers at `urls` as tools of the server. Raises UsageError."""
    if not urls:
        return []
    from grokcli.tools import server_tools

    return server_tools.mcp_tools(urls)


def open_toolset(env: Env, wanted: list[str] | None, *, ask_first: bool) -> Toolset | None:
    """Return the functions that `wanted` names, or None when it names none.

    Raises UsageError for what cannot be a tool, and when nobody is there who could be asked first.
    """
    if not wanted:
        return None
    from grokcli.turn.toolset import Toolset

    toolset = Toolset(ask_first)
    toolset.require_consent(env)
    toolset.add(env, wanted)
    return toolset
