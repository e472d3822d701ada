"""The options that subcommands share, in groups: each a dataclass that a subcommand takes whole.

A group also says what its values mean to the rest of the program: `--temperature` is a field of the request, `--proxy`
a part of the way to the server.
"""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from grokcli import models
from grokcli.commands.grouping import option_group
from grokcli.commands.limits import Effort, Fast, MaxCost, OverBudget
from grokcli.config.settings import SETTINGS
from grokcli.env import Network
from grokcli.errors import UsageError
from grokcli.render.select import Color, Output
from grokcli.turn.request import FIELDS_OF_SETTINGS, RequestOptions, parse_fields, text_or_file

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from grokcli.chat import Part
    from grokcli.env import Env
    from grokcli.input.files import Attachments, AttachOptions
    from grokcli.store.conversation import Conversation
    from grokcli.turn.request import Request


AsJSON = Annotated[bool, typer.Option("--json", help="Print JSON")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Suppress notes and warnings")]
Accessible = Annotated[
    bool, typer.Option("--no-live", help="For screen readers: only complete lines, no cursor movement, no columns")
]
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
        self,
        *,
        fields: dict[str, Any] | None = None,
        tool_fields: "Sequence[dict[str, Any]]" = (),
        server_tools: "Sequence[dict[str, Any]]",
        network: Network,
    ) -> RequestOptions:
        """Return what the user wants of each request, further `fields` among it, and those of tools.

        Raises UsageError.
        """
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
            fields={**flags, **_merged(*tool_fields, parse_fields(self.option)), **(fields or {})},
            server_tools=server_tools,
            network=network,
        )


@option_group("Prompt and files")
class InputOptions:
    """What is attached to a question."""

    file: Annotated[
        list[str] | None,
        typer.Option("-f", "--file", metavar="PATH", help="Attach a text file, PDF, folder, glob or URL (repeatable)"),
    ] = None
    image: Annotated[
        list[str] | None,
        typer.Option(
            "-i", "--image", metavar="PATH", help="Attach a PNG, JPEG or WebP image; - reads stdin (repeatable)"
        ),
    ] = None

    upload: Annotated[
        bool,
        typer.Option("--upload", help="Upload the files, as documents over 10 MB are; removed after the answer"),
    ] = False
    keep: Annotated[bool, typer.Option("--keep", help="Upload the files, and leave them on the server")] = False
    allow_secrets: Annotated[
        bool, typer.Option("--allow-secrets", help="Send the message even if it contains your API key")
    ] = False

    def refuse_file_words(self, words: "Sequence[str] | None") -> None:
        """Raise UsageError if a shell has put files among the words of the question."""
        if self.file and words:
            from grokcli.input.files import refuse_file_words

            refuse_file_words(self.file, words)

    def attach_options(self, *, for_code: bool) -> "AttachOptions":
        """Return how files are sent; `for_code`, all are documents."""
        from grokcli.input.files import AttachOptions

        return AttachOptions(for_code, self.upload, self.keep)

    def attachments(self, env: "Env", network: "NetworkOptions", *, for_code: bool) -> "Attachments":
        """Return the files; `for_code`, all are documents. Raises UsageError, NetworkError, APIError."""
        from grokcli.input.files import read_files

        return read_files(env, self.file or [], network.network(), self.attach_options(for_code=for_code))

    def stdin_attacher(self, env: "Env", parts: "list[Part]", *, for_code: bool) -> "Callable[[bytes], None]":
        """Return a function that adds a document from stdin to `parts`."""

        def attach(content: bytes) -> None:
            from grokcli.input.documents import stdin_part, with_distinct_names

            options = self.attach_options(for_code=for_code)
            parts[:] = with_distinct_names([*parts, stdin_part(env, content, options)])

        return attach

    def check_server(self, env: "Env", request: "Request") -> None:
        """Raise UsageError if files are to be uploaded that the server of the request does not take."""
        if self.upload or self.keep:
            from grokcli.turn.request import UPLOADED_FILE, check_server_tools

            check_server_tools(env, request.model, request.api, [UPLOADED_FILE])

    def images(self, env: "Env") -> "list[Part]":
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
    accessible: Accessible = False
    quiet: Quiet = False

    def to_output(self) -> Output:
        """Return how an answer is shown."""
        return Output(markdown=self.markdown, color=self.color, show_reasoning=self.show_reasoning)


@option_group("Conversation")
class ConversationOptions:
    """Which conversation a question belongs to."""

    continue_latest: Annotated[bool, typer.Option("-c", "--continue", help="Continue the latest conversation")] = False
    resume: Annotated[
        str | None, typer.Option("-r", "--resume", metavar="ID|TITLE", help="Continue this conversation")
    ] = None
    fork: Annotated[
        bool, typer.Option("--fork", help="With -c or -r: ask in a new conversation that begins like it")
    ] = False
    no_save: Annotated[bool, typer.Option("-n", "--no-save", help="Do not save the question and the answer")] = False

    def open(self, env: "Env", command: str) -> "Conversation":
        """Return the conversation in which `command` asks. Raises StoreError, UsageError."""
        from grokcli.store.opening import open_conversation

        if self.fork and not self.continue_latest and self.resume is None:
            raise UsageError("--fork needs a conversation", hint="add -c for the latest, or -r ID")
        return open_conversation(
            env,
            command,
            continue_latest=self.continue_latest,
            resume=self.resume,
            fork=self.fork,
            keep=not self.no_save,
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


def _merged(*several: dict[str, Any]) -> dict[str, Any]:
    """Merge request fields: the last value of a field wins, but those of `include` are combined."""
    merged: dict[str, Any] = {}
    for fields in several:
        before, after = merged.get("include"), fields.get("include")
        merged |= fields
        if isinstance(before, list) and isinstance(after, list):
            merged["include"] = [*before, *after]
    return merged
