"""The options about tools: what the server searches and runs by itself, and the functions that the model may call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from grokcli.commands.grouping import option_group

if TYPE_CHECKING:
    from grokcli.env import Env
    from grokcli.turn.toolset import Toolset


@option_group("Search")
class SearchOptions:
    """What the server searches before it answers."""

    search: Annotated[bool, typer.Option("--search", help="Search the web and X")] = False
    web: Annotated[bool, typer.Option("--web", help="Search the web")] = False
    x: Annotated[bool, typer.Option("--x", help="Search X")] = False
    domain: Annotated[
        list[str] | None,
        typer.Option("--domain", metavar="NAME", help="Search only this site (repeatable, up to 5)"),
    ] = None
    exclude_domain: Annotated[
        list[str] | None,
        typer.Option("--exclude-domain", metavar="NAME", help="Exclude this site (repeatable, up to 5)"),
    ] = None
    handle: Annotated[
        list[str] | None,
        typer.Option("--handle", metavar="NAME", help="Search only this account's posts (repeatable, up to 20)"),
    ] = None
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="Search posts from this day on, such as 2026-01-31")
    ] = None
    until: Annotated[str | None, typer.Option("--until", metavar="DATE", help="Search posts before this day")] = None

    def server_tools(self) -> list[dict[str, Any]]:
        """Return what the server is to search with, as tools of a request. Raises UsageError."""
        if not any(vars(self).values()):
            return []
        from grokcli.tools.server_tools import Search

        return Search(
            self.search or self.web,
            self.search or self.x,
            self.domain or (),
            self.exclude_domain or (),
            self.handle or (),
            self.since,
            self.until,
        ).tools()


@option_group("Tools")
class ToolOptions:
    """The tools that the model may call."""

    tool: Annotated[
        list[str] | None,
        typer.Option(
            "--tool",
            metavar="FILE.py[:NAME]",
            help="Let the model call functions from FILE.py; asks before each call (repeatable)",
        ),
    ] = None
    yes: Annotated[bool, typer.Option("--yes", help="Run tool calls without asking")] = False
    mcp: Annotated[
        list[str] | None,
        typer.Option("--mcp", metavar="URL", help="Let xAI's servers call the tools of this MCP server (repeatable)"),
    ] = None

    def server_tools(self) -> list[dict[str, Any]]:
        """Return the MCP servers as tools of a request. Raises UsageError."""
        if not self.mcp:
            return []
        from grokcli.tools.server_tools import mcp_tools

        return mcp_tools(self.mcp)

    def toolset(self, env: Env, *, offer_only: bool = False) -> Toolset | None:
        """Return the functions that may be called, None for none; with `offer_only` none of them will be.

        Raises UsageError for what cannot be a tool, and when there is no terminal to ask for confirmation on.
        """
        if not self.tool:
            return None
        from grokcli.turn.toolset import open_toolset

        return open_toolset(env.console, self.tool, ask_first=not (self.yes or offer_only))
