"""The state of a chat between two lines."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from grokcli.chat import Message, Part, user
from grokcli.input.files import NO_OPTIONS, AttachOptions
from grokcli.input.question import join
from grokcli.turn.limits import NO_LIMITS, Limits
from grokcli.turn.request import build_request

if TYPE_CHECKING:
    from grokcli.env import Env
    from grokcli.events import Usage
    from grokcli.input.files import Attachments
    from grokcli.render.image_files import ImageFiles
    from grokcli.render.select import Output
    from grokcli.repl.line_editor import LineReader
    from grokcli.store.conversation import Conversation
    from grokcli.turn.request import Request, RequestOptions
    from grokcli.turn.toolset import Toolset


@dataclass(frozen=True)
class Prompt:
    """A prompt to send: a new question, or (None) the conversation as it is.

    `model` and `fields` apply to this one request. With `length`, only so many messages of the conversation are sent,
    and the answer replaces the others.
    """

    question: str | None = None
    model: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    length: int | None = None


@dataclass
class Session:
    """A conversation and all state that slash commands may change.

    `options` apply to every request. `documents` (texts) and `parts` (images and other documents) are attached to the
    next question; `shell_output` is the output of the last shell command, for /file !. `toolset` has the functions
    that the model may call; with `ask_first`, each call needs the user's confirmation. `allow_secrets` sends messages
    even if they contain keys; `attach_options` say how files are sent. `made_files` saves the pictures that code
    makes or the server draws. `limits` is what all of it may cost.
    """

    env: Env
    options: RequestOptions
    conversation: Conversation
    output: Output
    lines: LineReader
    shows_usage: bool = False
    # The result of the last question, for scripts that drive a chat.
    exit_code: int = 0
    documents: list[tuple[str, str]] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    shell_output: str = ""
    toolset: Toolset | None = None
    ask_first: bool = True
    allow_secrets: bool = False
    attach_options: AttachOptions = NO_OPTIONS
    made_files: ImageFiles | None = None
    limits: Limits = NO_LIMITS
    last_usage: Usage | None = None
    total_usage: Usage | None = None

    @property
    def has_keyboard(self) -> bool:
        """Whether a program can run on the terminal: stdin and stdout are one, and the system has pseudo-terminals."""
        console = self.env.console
        return os.name == "posix" and console.stdin is not None and console.stdin.isatty() and console.stdout.isatty()

    def next_request(
        self, question: Message | None = None, prompt: Prompt | None = None, *, length: int | None = None
    ) -> Request:
        """Return the next request: the conversation, then `question`, if any, with the options of `prompt`.

        With `length`, only so many messages of the conversation are included. Raises as build_request does.
        """
        options = self.options
        if prompt is not None:
            length = prompt.length
            model = prompt.model or options.model
            options = options._replace(model=model, fields={**options.fields, **prompt.fields})
        messages = self.conversation.request_messages(length)
        return build_request(self.env, messages if question is None else [*messages, question], options, self.toolset)

    def set_options(self, **changes: Any) -> None:
        """Change options for later requests; keep the old ones if the next request is not possible with the new ones.

        Raises as build_request does.
        """
        before = self.options
        self.options = before._replace(**changes)
        try:
            self.next_request()
        except BaseException:
            self.options = before
            raise

    def attach(self, attachments: Attachments) -> None:
        """Attach files to the next question."""
        self.documents += attachments.texts
        self.parts += attachments.documents

    def take_question(self, text: str) -> Message:
        """Return the message for `text` with the pending attachments, and clear them."""
        content = join(text, self.documents)
        message = user(content, *self.parts)
        self.documents, self.parts = [], []
        return message

    def forget(self) -> None:
        """Clear the state of the conversation so far: pending attachments and usage."""
        self.documents, self.parts, self.last_usage, self.total_usage = [], [], None, None

    def count(self, usage: Usage | None) -> None:
        """Add the usage of an answer."""
        self.last_usage = usage
        if usage is not None:
            self.total_usage = self.total_usage.plus(usage) if self.total_usage else usage
