"""Options for tools: what the server searches and runs itself, and the functions that the model may call."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from grokcli.commands.grouping import option_group
from grokcli.errors import UsageError

# Values of the field `include` (API digest, sections 4.1 and 6).
CODE_OUTPUTS = "code_interpreter_call.outputs"
NO_CITATIONS = "no_inline_citations"

if TYPE_CHECKING:
    from grokcli.env import Env
    from grokcli.render.image_files import ImageFiles
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
    exclude_handle: Annotated[
        list[str] | None,
        typer.Option("--exclude-handle", metavar="NAME", help="Exclude this account (repeatable, up to 20)"),
    ] = None
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="Search posts from this day on, such as 2026-01-31")
    ] = None
    until: Annotated[str | None, typer.Option("--until", metavar="DATE", help="Search posts before this day")] = None
    search_images: Annotated[
        bool, typer.Option("--search-images", help="Let the model look at the images that a search finds")
    ] = False
    search_videos: Annotated[
        bool, typer.Option("--search-videos", help="Let the model watch the videos that a search of X finds")
    ] = False
    collection: Annotated[
        list[str] | None,
        typer.Option("--collection", metavar="ID", help="Search this collection of files (repeatable, up to 10)"),
    ] = None
    no_inline_citations: Annotated[
        bool, typer.Option("--no-inline-citations", help="Leave the marks of sources out of the answer's text")
    ] = False

    def server_tools(self) -> list[dict[str, Any]]:
        """Return what the server is to search with, as tools of a request. Raises UsageError."""
        if not any(vars(self).values()):
            return []
        from grokcli.tools.server_tools import collection_tools

        tools = [*self._searches(), *(collection_tools(self.collection) if self.collection else ())]
        if self.no_inline_citations and not tools:
            raise UsageError("--no-inline-citations needs a search", hint="add --search, --web or --x")
        return tools

    def fields(self) -> dict[str, Any]:
        """Return the request fields that a search needs besides its tools."""
        return {"include": [NO_CITATIONS]} if self.no_inline_citations else {}

    def _searches(self) -> list[dict[str, Any]]:
        from grokcli.tools.server_tools import Search

        return Search(
            self.search or self.web,
            self.search or self.x,
            self.domain or (),
            self.exclude_domain or (),
            self.handle or (),
            self.since,
            self.until,
            self.exclude_handle or (),
            images=self.search_images,
            videos=self.search_videos,
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
        typer.Option("--mcp", metavar="NAME|URL", help="Offer the tools of this MCP server (repeatable)"),
    ] = None
    code: Annotated[
        bool, typer.Option("--code", help="Let xAI's server run Python code, on attached files too; shows it on stderr")
    ] = False
    draw: Annotated[bool, typer.Option("--draw", help="Let xAI's server draw pictures for the answer; saves them")] = (
        False
    )
    output_dir: Annotated[
        str | None,
        typer.Option("--output-dir", metavar="DIR", help="Save pictures of --code and --draw in DIR (default: here)"),
    ] = None
    max_turns: Annotated[
        int | None,
        typer.Option("--max-turns", min=1, metavar="N", help="Let the server use its own tools in at most N turns"),
    ] = None

    def server_tools(self, env: "Env") -> list[dict[str, Any]]:
        """Return the tools that the server runs itself, for a request.

        Raises UsageError, ConfigError, MissingKeyError for the login of an MCP server.
        """
        tools: list[dict[str, Any]] = [{"type": "code_interpreter"}] if self.code else []
        if self.draw:
            tools.append({"type": "image_generation", "action": "auto"})
        if self.mcp:
            from grokcli.turn.mcp_servers import request_tools

            tools += request_tools(env, self.mcp)
        return tools

    def fields(self, *, must_run: bool = False) -> dict[str, Any]:
        """Return the request fields that these tools need; `must_run` makes the model run code.

        It must not if it may also call functions: it would then call one after another.
        """
        fields: dict[str, Any] = {} if self.max_turns is None else {"max_turns": self.max_turns}
        if self.code:
            fields["include"] = [CODE_OUTPUTS]
            if must_run:
                fields["tool_choice"] = "required"
        return fields

    def made_files(self) -> "ImageFiles | None":
        """Return where to save pictures, None without --code and --draw. Raises UsageError."""
        if not (self.code or self.draw):
            if self.output_dir is not None:
                raise UsageError("--output-dir needs --code or --draw", hint="add one of them")
            return None
        from grokcli.render.image_files import ImageFiles

        try:
            return ImageFiles(f"{self.output_dir or '.'}/", "code", 1, force=False)
        except UsageError as error:
            error.hint = "name a folder with --output-dir"
            raise

    def toolset(self, env: "Env", *, offer_only: bool = False) -> "Toolset | None":
        """Return the functions that may be called, None for none; with `offer_only` none of them will be.

        Starts the MCP servers that grok calls itself. Raises UsageError for what cannot be a tool, and when there is no
        terminal to ask for confirmation on; the errors of those servers.
        """
        if not (self.tool or self.mcp):
            return None
        from grokcli.turn.toolset import open_toolset

        return open_toolset(env, self.tool or (), self.mcp or (), ask_first=not (self.yes or offer_only))
