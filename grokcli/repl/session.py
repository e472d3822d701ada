"""What a chat keeps between two lines."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from grokcli.chat import Message, Part, user
from grokcli.input.question import join
from grokcli.turn.limits import NO_LIMITS, Limits
from grokcli.turn.request import build_request

if TYPE_CHECKING:
    from grokcli.env import Env
    from grokcli.events import Usage
    from grokcli.render.select import Output
    from grokcli.repl.line_editor import LineReader
    from grokcli.store.conversation import Conversation
    from grokcli.turn.request import Request, RequestOptions
    from grokcli.turn.toolset import Toolset


@dataclass(frozen=True)
class Prompt:
    """What a line wants to be asked: a new question, or (None) what the conversation ends with.

    `model` and `fields` hold for this one request. With `length` it is asked what the conversation ends with after so
    many messages, and the answer takes the place of the others.
    """

    question: str | None = None
    model: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    length: int | None = None


@dataclass
class Session:
    """A conversation and everything that a slash command may change.

    `options` are what the user wants of each request. `documents` and `images` wait for the next question,
    `shell_output` for a wish to see it there. `toolset` are the functions that the model may have called; with
    `ask_first` only those that the user agrees to. `allow_secrets` sends keys all the same. `limits`
    is what all of it may cost.
    """

    env: Env
    options: RequestOptions
    conversation: Conversation
    output: Output
    lines: LineReader
    shows_usage: bool = False
    # Of the last question; scripts that drive a chat want to know.
    exit_code: int = 0
    documents: list[tuple[str, str]] = field(default_factory=list)
    images: list[Part] = field(default_factory=list)
    shell_output: str = ""
    toolset: Toolset | None = None
    ask_first: bool = True
    allow_secrets: bool = False
    limits: Limits = NO_LIMITS
    last_usage: Usage | None = None
    total_usage: Usage | None = None

    @property
    def has_keyboard(self) -> bool:
        """Say whether a program can be given the terminal: stdin is one, and this is a system with pseudo-terminals."""
        console = self.env.console
        return os.name == "posix" and console.stdin is not None and console.stdin.isatty() and console.stdout.isatty()

    def next_request(
        self, question: Message | None = None, prompt: Prompt | None = None, *, length: int | None = None
    ) -> Request:
        """Return the request that asks `question` next, or what the conversation ends with, as `prompt` says.

        With `length` the conversation ends after so many messages. Raises what build_request raises.
        """
        options = self.options
        if prompt is not None:
            length = prompt.length
            model = prompt.model or options.model
            options = replace(options, model=model, fields={**options.fields, **prompt.fields})
        messages = self.conversation.request_messages(length)
        return build_request(self.env, messages if question is None else [*messages, question], options, self.toolset)

    def set_options(self, **changes: Any) -> None:
        """Change some of the options for the requests to come, unless the next one would not be possible with them.

        Raises what build_request raises.
        """
        before = self.options
        self.options = replace(before, **changes)
        try:
            self.next_request()
        except BaseException:
            self.options = before
            raise

    def take_question(self, text: str) -> Message:
        """Return the message for `text`, with the files and images that waited for it."""
        content = join(text, self.documents)
        message = user(content, *self.images) if self.images else user(content)
        self.documents, self.images = [], []
        return message

    def forget(self) -> None:
        """Drop what belongs to the conversation so far: what waited for its next question, and what it cost."""
        self.documents, self.images, self.last_usage, self.total_usage = [], [], None, None

    def count(self, usage: Usage | None) -> None:
        """Add what an answer cost."""
        self.last_usage = usage
        if usage is not None:
            self.total_usage = self.total_usage.plus(usage) if self.total_usage else usage
