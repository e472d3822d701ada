"""The options that subcommands share, in groups: each a dataclass that a subcommand takes whole.

A group also says what its values mean to the rest of the program: `--temperature` is a field of the request, `--proxy`
a part of the way to the server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from grokcli import models
from grokcli.commands.complete import complete_model
from grokcli.commands.grouping import option_group
from grokcli.commands.limits import Effort, Fast, MaxCost, OverBudget
from grokcli.config.settings import SETTINGS
from grokcli.env import Network
from grokcli.render.select import Color, Output
from grokcli.turn.request import FIELDS_OF_SETTINGS, RequestOptions, parse_fields, text_or_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grokcli.chat import Part
    from grokcli.env import Env
    from grokcli.store.conversation import Conversation
    from grokcli.turn.toolset import Toolset


AsJSON = Annotated[bool, typer.Option("--json", help="Print JSON")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Suppress notes and warnings")]
Fields = Annotated[
    list[str] | None,
    typer.Option("-O", "--option", metavar="KEY=VALUE", help="Set any request field; VALUE may be JSON (repeatable)"),
]


@option_group("Model")
class ModelOptions:
    """The model, and the parameters of the request."""

    model: Annotated[
        str | None,
        typer.Option(
            "-m",
            "--model",
            metavar="MODEL",
            help="Model to ask, or an alias; 'local' runs on this machine",
            autocompletion=complete_model,
        ),
    ] = None
    system: Annotated[
        str | None,
        typer.Option("-s", "--system", metavar="TEXT|@FILE", help="System prompt; @FILE reads it from a file"),
    ] = None
    role: Annotated[str | None, typer.Option("--role", metavar="NAME", help="Apply the settings in [roles.NAME]")] = (
        None
    )
    temperature: Annotated[
        float | None,
        typer.Option(
            "-t",
            "--temperature",
            min=0,
            max=2,
            metavar="T",
            help="Sampling temperature, from 0 (focused) to 2 (most random)",
        ),
    ] = None
    max_tokens: Annotated[
        int | None,
        typer.Option(
            "--max-tokens",
            min=1,
            metavar="N",
            help="Limit the visible answer to N tokens; xAI does not count reasoning",
        ),
    ] = None
    effort: Effort = None
    api: Annotated[
        models.API | None,
        typer.Option(
            "--api", metavar="API", help="API to use: auto picks responses for xAI, chat completions elsewhere"
        ),
    ] = None
    fast: Fast = False
    max_cost: MaxCost = None
    over_budget: OverBudget = False
    option: Fields = None

    @property
    def service_tier(self) -> str | None:
        """The service tier that the flag stands for."""
        return "fast" if self.fast else None

    def request_options(
        self, *, fields: dict[str, Any] | None = None, server_tools: Sequence[dict[str, Any]], network: Network
    ) -> RequestOptions:
        """Return what the user wants of each request, further `fields` among it. Raises UsageError."""
        flags = {
            name: SETTINGS[setting].checked(value)
            for name, setting in FIELDS_OF_SETTINGS.items()
            if (value := getattr(self, setting)) is not None
        }
        return RequestOptions(
            model=self.model,
            role=self.role or None,
            system=text_or_file(self.system),
            api=self.api,
            fields={**flags, **parse_fields(self.option), **(fields or {})},
            server_tools=server_tools,
            network=network,
        )


@option_group("Prompt and files")
class InputOptions:
    """What is attached to a question."""

    file: Annotated[
        list[str] | None,
        typer.Option("-f", "--file", metavar="PATH", help="Attach a file, folder, glob or URL (repeatable)"),
    ] = None
    image: Annotated[
        list[str] | None,
        typer.Option("-i", "--image", metavar="PATH", help="Attach a PNG or JPEG image; - reads stdin (repeatable)"),
    ] = None

    allow_secrets: Annotated[
        bool, typer.Option("--allow-secrets", help="Send the message even if it contains your API key")
    ] = False

    def documents(self, env: Env, network: NetworkOptions) -> list[tuple[str, str]]:
        """Return (tag, text) for each text file. Raises UsageError, NetworkError, APIError."""
        from grokcli.input.files import read_files

        return read_files(env, self.file or [], network.network())

    def images(self, env: Env) -> list[Part]:
        """Return the images as parts of a message. Raises UsageError."""
        from grokcli.input.images import read_images

        return read_images(self.image or [], env.console.stdin)


@option_group("Output")
class OutputOptions:
    """How answers are shown."""

    markdown: Annotated[
        bool | None,
        typer.Option(
            "--markdown/--raw",
            help="Render the answer as markdown, or print it unchanged; default: render on a terminal",
        ),
    ] = None
    color: Annotated[Color | None, typer.Option("--color", metavar="WHEN", help="When to use colour")] = None
    show_reasoning: Annotated[bool, typer.Option("--show-reasoning", help="Print the model's reasoning to stderr")] = (
        False
    )
    usage: Annotated[bool, typer.Option("-u", "--usage", help="Print token counts and the billed cost to stderr")] = (
        False
    )
    quiet: Quiet = False

    def to_output(self) -> Output:
        """Return how an answer is shown."""
        return Output(markdown=self.markdown, color=self.color, show_reasoning=self.show_reasoning)


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


@option_group("Conversation")
class ConversationOptions:
    """Which conversation a question belongs to."""

    continue_latest: Annotated[bool, typer.Option("-c", "--continue", help="Continue the latest conversation")] = False
    resume: Annotated[
        str | None, typer.Option("-r", "--resume", metavar="ID|TITLE", help="Continue this conversation")
    ] = None
    no_save: Annotated[bool, typer.Option("-n", "--no-save", help="Do not save the question and the answer")] = False

    def open(self, env: Env, command: str) -> Conversation:
        """Return the conversation in which `command` asks. Raises StoreError."""
        from grokcli.store.opening import open_conversation

        return open_conversation(
            env, command, continue_latest=self.continue_latest, resume=self.resume, keep=not self.no_save
        )


@option_group("Network")
class NetworkOptions:
    """How the server is reached."""

    idle_timeout: Annotated[
        float | None,
        typer.Option(
            "--idle-timeout",
            min=0,
            metavar="SECONDS",
            help="Give up after SECONDS without data (keep-alives do not count)",
        ),
    ] = None
    proxy: Annotated[str | None, typer.Option("--proxy", metavar="URL", help="Connect through this proxy")] = None
    ca_bundle: Annotated[
        str | None, typer.Option("--ca-bundle", metavar="FILE", help="Trust the certificate authorities in FILE")
    ] = None
    debug: Annotated[
        bool, typer.Option("--debug", help="Log requests and responses to stderr, with secrets masked")
    ] = False

    def network(self) -> Network:
        """Return what `Env.connect` needs to know."""
        return Network(self.idle_timeout, self.proxy, self.ca_bundle)


def set_verbosity(env: Env, network: NetworkOptions, *, quiet: bool) -> None:
    """Let the console be as quiet or as talkative as the options say."""
    env.console.quiet = quiet
    env.console.debug = env.console.debug or network.debug
