"""The options that subcommands share, in groups: each a dataclass that a subcommand takes whole.

A group also says what its values mean to the rest of the program: `--temperature` is a field of the request, `--proxy`
a part of the way to the server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from grokcli import models
from grokcli.commands.grouping import option_group
from grokcli.config.settings import SETTINGS
from grokcli.env import Network
from grokcli.errors import UsageError
from grokcli.render.select import Color, Output
from grokcli.turn.request import FIELDS_OF_SETTINGS, RequestOptions, parse_field, text_or_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grokcli.chat import Part
    from grokcli.env import Env
    from grokcli.store.conversation import Conversation
    from grokcli.turn.toolset import Toolset


def complete_model(incomplete: str) -> list[str]:
    """Return the names of models that begin as typed: those of the last `grok models`, or those known without."""
    import os
    import re

    from grokcli.config.cache import load_models
    from grokcli.config.paths import Paths

    offered = load_models(Paths.find(os.environ).cache).models
    names = [*(name for model in offered for name in (model.id, *model.aliases)), models.LOCAL_MODEL]
    # A shell takes blanks and control characters for what they are to it.
    return [name for name in dict.fromkeys(names) if name.startswith(incomplete) and re.fullmatch(r"[\w./:-]+", name)]


AsJSON = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="No notes and no warnings on stderr.")]
Fields = Annotated[
    list[str] | None,
    typer.Option("-O", "--option", metavar="KEY=VALUE", help="Send another field with the request; VALUE may be JSON."),
]


@option_group
class ModelOptions:
    """Which model is asked, and how."""

    model: Annotated[
        str | None,
        typer.Option(
            "-m",
            "--model",
            metavar="MODEL",
            help="Ask this model; 'local' is one on this machine.",
            autocompletion=complete_model,
        ),
    ] = None
    system: Annotated[
        str | None, typer.Option("-s", "--system", metavar="TEXT|@FILE", help="Tell the model how to behave.")
    ] = None
    role: Annotated[str | None, typer.Option("--role", metavar="NAME", help="Use [roles.NAME] of the settings.")] = None
    temperature: Annotated[
        float | None,
        typer.Option("-t", "--temperature", min=0, max=2, help="0 is sober, 2 is wild.", show_default=False),
    ] = None
    max_tokens: Annotated[
        int | None, typer.Option("--max-tokens", min=1, metavar="N", help="Cut the answer after N tokens.")
    ] = None
    effort: Annotated[
        models.Effort | None,
        typer.Option("--effort", help="How hard the model thinks; models differ in what they take."),
    ] = None
    api: Annotated[
        models.API | None,
        typer.Option("--api", help="What the server speaks; auto: responses if it is xAI's, else chat."),
    ] = None
    option: Fields = None

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


@option_group
class InputOptions:
    """What goes along with a question."""

    file: Annotated[
        list[str] | None, typer.Option("-f", "--file", metavar="PATH", help="Send a file, folder, glob or URL along.")
    ] = None
    image: Annotated[
        list[str] | None,
        typer.Option("-i", "--image", metavar="PATH", help="Send a PNG or JPEG along; - is stdin."),
    ] = None

    allow_secrets: Annotated[
        bool, typer.Option("--allow-secrets", help="Send what holds your API key all the same.")
    ] = False

    def documents(self, env: Env, network: NetworkOptions) -> list[tuple[str, str]]:
        """Return (tag, text) for each text file. Raises UsageError, NetworkError, APIError."""
        from grokcli.input.files import read_files

        return read_files(env, self.file or [], network.network())

    def images(self, env: Env) -> list[Part]:
        """Return the images as parts of a message. Raises UsageError."""
        from grokcli.input.images import read_images

        return read_images(self.image or [], env.console.stdin)


@option_group
class OutputOptions:
    """How answers are shown."""

    markdown: Annotated[
        bool | None,
        typer.Option("--markdown/--raw", show_default=False, help="Render the answer, or print its text as it is."),
    ] = None
    color: Annotated[Color | None, typer.Option("--color", help="Colours: on a terminal, always, or never.")] = None
    show_reasoning: Annotated[
        bool, typer.Option("--show-reasoning", help="Print what the model thinks, on stderr.")
    ] = False
    usage: Annotated[bool, typer.Option("-u", "--usage", help="Print tokens and billed cost on stderr.")] = False
    quiet: Quiet = False

    def to_output(self) -> Output:
        """Return how an answer is shown."""
        return Output(markdown=self.markdown, color=self.color, show_reasoning=self.show_reasoning)


@option_group
class SearchOptions:
    """What the server searches before it answers."""

    search: Annotated[bool, typer.Option("--search", help="Let the server search the web and X.")] = False
    web: Annotated[bool, typer.Option("--web", help="Let the server search the web.")] = False
    x: Annotated[bool, typer.Option("--x", help="Let the server search X.")] = False
    domain: Annotated[
        list[str] | None,
        typer.Option("--domain", metavar="NAME", help="Search this site and other named ones only."),
    ] = None
    exclude_domain: Annotated[
        list[str] | None, typer.Option("--exclude-domain", metavar="NAME", help="Not this site.")
    ] = None
    handle: Annotated[
        list[str] | None,
        typer.Option("--handle", metavar="NAME", help="Search posts of this and other named accounts."),
    ] = None
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="Posts from this day on: 2026-01-31.")
    ] = None
    until: Annotated[str | None, typer.Option("--until", metavar="DATE", help="Posts from before this day.")] = None

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


@option_group
class ToolOptions:
    """What the model may have called."""

    tool: Annotated[
        list[str] | None,
        typer.Option("--tool", metavar="FILE.py[:NAME]", help="Offer functions of a file; each call is asked about."),
    ] = None
    yes: Annotated[bool, typer.Option("--yes", help="Run the functions of --tool without asking.")] = False
    mcp: Annotated[
        list[str] | None,
        typer.Option("--mcp", metavar="URL", help="Let xAI's server call the tools of an MCP server."),
    ] = None

    def server_tools(self) -> list[dict[str, Any]]:
        """Return the MCP servers as tools of a request. Raises UsageError."""
        if not self.mcp:
            return []
        from grokcli.tools.server_tools import mcp_tools

        return mcp_tools(self.mcp)

    def toolset(self, env: Env, *, offer_only: bool = False) -> Toolset | None:
        """Return the functions that may be called, None for none; with `offer_only` none of them will be.

        Raises UsageError for what cannot be a tool, and when nobody is there who could be asked first.
        """
        if not self.tool:
            return None
        from grokcli.turn.toolset import open_toolset

        return open_toolset(env.console, self.tool, ask_first=not (self.yes or offer_only))


@option_group
class ConversationOptions:
    """Which conversation a question belongs to."""

    continue_latest: Annotated[
        bool, typer.Option("-c", "--continue", help="Go on with the conversation that was used last.")
    ] = False
    resume: Annotated[
        str | None, typer.Option("-r", "--resume", metavar="ID|TITLE", help="Go on with this conversation.")
    ] = None
    no_save: Annotated[bool, typer.Option("-n", "--no-save", help="Do not keep the question and the answer.")] = False

    def open(self, env: Env) -> Conversation:
        """Return the conversation. Raises StoreError."""
        from grokcli.store.conversation import open_conversation

        return open_conversation(env, continue_latest=self.continue_latest, resume=self.resume, keep=not self.no_save)


@option_group
class NetworkOptions:
    """The way to the server."""

    idle_timeout: Annotated[
        float | None,
        typer.Option("--idle-timeout", min=0, metavar="SECONDS", help="Give a server up that is silent for so long."),
    ] = None
    proxy: Annotated[
        str | None, typer.Option("--proxy", metavar="URL", help="Reach the server through this proxy.")
    ] = None
    ca_bundle: Annotated[
        str | None, typer.Option("--ca-bundle", metavar="FILE", help="Trust the certificate authorities in FILE.")
    ] = None
    debug: Annotated[
        bool, typer.Option("--debug", help="Tell on stderr what is sent and received, without secrets.")
    ] = False

    def network(self) -> Network:
        """Return what `Env.connect` needs to know."""
        return Network(self.idle_timeout, self.proxy, self.ca_bundle)


def set_verbosity(env: Env, network: NetworkOptions, *, quiet: bool) -> None:
    """Let the console be as quiet or as talkative as the options say."""
    env.console.quiet = quiet
    env.console.debug = env.console.debug or network.debug


def parse_fields(pairs: list[str] | None) -> dict[str, Any]:
    """Return the fields of a request from KEY=VALUE words. Raises UsageError."""
    parsed: dict[str, Any] = {}
    for pair in pairs or []:
        key, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"-O {pair!r} is not KEY=VALUE", hint="for example: -O seed=7")
        parsed |= parse_field(key, value)
    return parsed
