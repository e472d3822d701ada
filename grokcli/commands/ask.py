"""`grok ask`: one question, one answer."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from grokcli.chat import user
from grokcli.commands.console_options import set_up_console
from grokcli.commands.grouping import new_app, option_group, takes_groups
from grokcli.commands.limits import limits_of
from grokcli.commands.options import (
    AsJSON,
    ConversationOptions,
    InputOptions,
    ModelOptions,
    NetworkOptions,
    OutputOptions,
)
from grokcli.commands.tool_options import SearchOptions, ToolOptions
from grokcli.env import Env
from grokcli.errors import UsageError
from grokcli.input.question import EXAMPLE, read_question
from grokcli.render.select import Format, Output
from grokcli.turn.request import Request, RequestOptions, build_request
from grokcli.turn.run import Turn, run_turn
from grokcli.turn.usage import usage_line

if TYPE_CHECKING:
    from grokcli.chat import Message
    from grokcli.input.prompts.placeholders import FilledPrompt
    from grokcli.turn.request import RequestOptions
    from grokcli.turn.response_format import ResponseFormat

Language = Literal["curl", "python", "openai", "anthropic", "js"]

app = new_app()


@option_group("Prompt and files")
class AskInput(InputOptions):
    """The question, and what is attached to it."""

    words: Annotated[list[str] | None, typer.Argument(metavar="[PROMPT]...", help="The question; - reads stdin")] = None
    prompt: Annotated[
        str | None,
        typer.Option("-P", "--prompt", metavar="NAME", help="Use a saved prompt; KEY=VALUE and words fill it in"),
    ] = None
    editor: Annotated[bool, typer.Option("-e", "--editor", help="Write the question in your editor")] = False
    no_stdin: Annotated[bool, typer.Option("--no-stdin", help="Do not read stdin")] = False

    def use_prompt(self, env: Env) -> "FilledPrompt | None":
        """Return the saved prompt with the words in it, None without one; from now on its text is the question.

        Raises UsageError.
        """
        if self.prompt is None:
            return None
        from grokcli.input.prompts.use import use_prompt

        words = self.words or []
        self.refuse_file_words(words)
        filled = use_prompt(env, self.prompt, [word for word in words if word != "-"])
        self.words = [*(["-"] if "-" in words else []), *([filled.text] if filled.text else [])]
        return filled

    def message(self, env: Env, network: NetworkOptions, *, for_code: bool = False) -> "Message":
        """Return the question with its attachments; with `for_code`, all files are documents.

        Raises UsageError, NetworkError, APIError.
        """
        words = self.words or []
        self.refuse_file_words(words)
        images = self.images(env)
        if self.editor:
            from grokcli.terminal.editor import edit_text

            words = [edit_text(" ".join(words), env.child_environ())]
        no_stdin = self.no_stdin or "-" in (self.image or ())
        texts, documents = self.attachments(env, network, for_code=for_code) if self.file else ([], [])
        attach = self.stdin_attacher(env, documents, for_code=for_code)
        example = EXAMPLE if self.prompt is None else f"give it a text: grok ask -P {self.prompt} < FILE"
        text = read_question(env, words, texts, no_stdin=no_stdin, example=example, attach=attach)
        if (self.upload or self.keep) and not documents:
            raise UsageError("no file to upload", hint='attach one: grok ask --upload -f report.pdf "what is in it?"')
        return user(text, *documents, *images)


@option_group("Output")
class AskOutput(OutputOptions):
    """What is printed, where, and in which format."""

    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write the answer to FILE once it is complete")
    ] = None
    json: AsJSON = False
    output_format: Annotated[Format, typer.Option("--output-format", metavar="FORMAT", help="Format of the output")] = (
        "text"
    )
    no_stream: Annotated[bool, typer.Option("--no-stream", help="Print the answer when it is complete")] = False
    language: Annotated[
        Language | None,
        typer.Option("--as", metavar="LANGUAGE", help="Print code that sends this request; send nothing"),
    ] = None
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the request with the key masked; send nothing")] = (
        False
    )
    schema: Annotated[
        str | None,
        typer.Option(
            "--schema",
            metavar="FILE|JSON|FIELDS",
            help="Make the answer match a JSON Schema: a file, inline JSON, or 'name, age int, tags list'",
        ),
    ] = None
    extract: Annotated[bool, typer.Option("-x", "--extract", help="Print only the first fenced code block")] = False
    extract_last: Annotated[bool, typer.Option("--extract-last", help="Print only the last fenced code block")] = False
    extract_all: Annotated[bool, typer.Option("--extract-all", help="Print only the fenced code blocks")] = False

    @property
    def sends_nothing(self) -> bool:
        """Whether the request is printed in place of being sent."""
        return self.dry_run or self.language is not None

    def response_format(self, saved: "FilledPrompt | None") -> "ResponseFormat | None":
        """Return the format that the flags, or else a prompt, want of the answer; None for any. Raises UsageError."""
        code = {"first": self.extract, "last": self.extract_last, "every": self.extract_all}
        if self.schema is None and not any(code.values()):
            if saved is None or saved.schema is None:
                return None
            from grokcli.turn.response_format import inline_format

            return inline_format(saved.schema)
        from grokcli.turn.response_format import read_response_format

        return read_response_format(self.schema, output_format=self._format, **code)

    def to_output(self, response_format: "ResponseFormat | None" = None) -> Output:
        """Return how an answer is shown that has this format."""
        output = super().to_output()
        return output._replace(
            format=self._format,
            file=self.output,
            structured=response_format is not None and response_format.schema is not None,
            code=response_format.code if response_format else None,
        )

    @property
    def _format(self) -> Format:
        return "json" if self.json else self.output_format


EXAMPLES = """
grok ask "why is the sky blue?"
git diff | grok ask "review this" > review.md
grok ask -f src "where is the key read?"
grok ask --search "what is new in Python?"
grok ask --schema 'name, age int' "invent a person" | jq -r .name
grok ask -c "and shorter?"
"""


@app.command(examples=EXAMPLES)
@takes_groups
def ask(
    env: Env,
    inputs: AskInput,
    model: ModelOptions,
    output: AskOutput,
    search: SearchOptions,
    tools: ToolOptions,
    conversation: ConversationOptions,
    network: NetworkOptions,
) -> None:
    """Ask one question, together with any text piped into it."""
    set_up_console(env, network, quiet=output.quiet, accessible=output.accessible)
    saved = inputs.use_prompt(env)
    response_format = output.response_format(saved)
    made_files = tools.made_files()
    server_tools = [*search.server_tools(), *tools.server_tools(env)]
    toolset = tools.toolset(env, offer_only=output.sends_nothing)
    options = model.request_options(
        fields=response_format.fields if response_format else {},
        tool_fields=(search.fields(), tools.fields(must_run=toolset is None)),
        server_tools=server_tools,
        network=network.network(),
    )
    options = _with_defaults(env, options, saved)
    question = inputs.message(env, network, for_code=tools.code)
    kept = conversation.open(env, "ask")
    request = build_request(env, [*kept.request_messages(), question], options.continuing(kept), toolset)
    inputs.check_server(env, request)
    if output.sends_nothing:
        _print_request(env, request, kept.id, output)
        return
    started = time.monotonic()
    check = response_format.check if response_format else None
    shown = output.to_output(response_format)._replace(show_code=tools.code, show_drawings=tools.draw)
    turn = Turn(request, kept, shown, toolset, check, stream=not output.no_stream)
    turn.allow_secrets, turn.made_files, turn.limits = inputs.allow_secrets, made_files, limits_of(model)
    run_turn(env, turn)
    if output.usage:
        env.console.error_line(usage_line(turn.response.usage, started))


def _with_defaults(env: Env, options: RequestOptions, saved: "FilledPrompt | None") -> RequestOptions:
    if saved is None:
        return options
    from grokcli.turn.prompt_defaults import with_prompt

    return with_prompt(env, options, saved)


def _print_request(env: Env, request: Request, conversation: str, output: AskOutput) -> None:
    """Print the request as code in some language, or as it would be sent."""
    from grokcli.turn.export import as_code, as_request, call_of

    language = output.language
    call = call_of(env, request, conversation=conversation, stream=not output.no_stream, as_code=language is not None)
    text = as_request(env, call) if language is None else as_code(call, language)
    if env.console.mask(text) != text:
        env.console.warn("some text that looks like a secret is masked")
    env.console.print(text)
