"""What a chat keeps between two lines."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from grokcli.chat import Message, Part, system, user
from grokcli.events import Usage
from grokcli.input.question import join

if TYPE_CHECKING:
    from grokcli.client.xai import XAI
    from grokcli.env import Env
    from grokcli.models import API
    from grokcli.render.select import Output
    from grokcli.repl.line_editor import LineReader
    from grokcli.store.conversation import Memory
    from grokcli.turn.toolset import Toolset


@dataclass(frozen=True)
class Ask:
    """What a line wants to be asked: a new question, or (None) what the conversation ends with.

    `model` and `options` hold for this one request.
    """

    question: str | None = None
    model: str | None = None
    options: dict[str, Any] = field(default_factory=dict)


@dataclass
class Session:
    """A conversation and everything that a slash command may change.

    `messages` is what is sent, oldest first. `documents` and `images` wait for the next question, `shell_output` for a
    wish to see it there. `toolset` is what the model may ask to be called; with `ask_first` the user is
    asked too.
    """

    env: Env
    model: str
    messages: list[Message]
    options: dict[str, Any]
    output: Output
    memory: Memory
    lines: LineReader
    usage_after_answers: bool = False
    api: API | None = None
    # Of the last question; scripts that drive a chat want to know.
    exit_code: int = 0
    documents: list[tuple[str, str]] = field(default_factory=list)
    images: list[Part] = field(default_factory=list)
    shell_output: str = ""
    toolset: Toolset | None = None
    ask_first: bool = True
    last_usage: Usage | None = None
    spent: Usage = field(default_factory=Usage)
    _clients: dict[bool, XAI] = field(default_factory=dict)

    @property
    def has_keyboard(self) -> bool:
        """Say whether a program can be given the terminal: stdin is one, and this is a system with pseudo-terminals."""
        stdin = self.env.stdin
        return os.name == "posix" and stdin is not None and stdin.isatty() and self.env.stdout.isatty()

    def client(self, model: str) -> XAI:
        """Return the client for `model`: one for the server and one for this machine, each kept with its connection."""
        from grokcli.models import LOCAL_MODEL

        local = model == LOCAL_MODEL
        if local not in self._clients:
            self._clients[local] = self.env.connect(model, self.api)
        return self._clients[local]

    @property
    def system_prompt(self) -> str:
        """How the model was told to behave, "" when it was not."""
        first = self.messages[0] if self.messages else {}
        return str(first["content"]) if first.get("role") == "system" else ""

    @system_prompt.setter
    def system_prompt(self, text: str) -> None:
        if self.system_prompt:
            del self.messages[0]
        if text:
            self.messages.insert(0, system(text))

    def take_question(self, text: str) -> Message:
        """Return the message for `text`, with the files and images that waited for it."""
        content = join(text, self.documents)
        message = user(content, *self.images) if self.images else user(content)
        self.documents, self.images = [], []
        return message

    def questions(self) -> list[int]:
        """Return where the questions are in `messages`, oldest first."""
        return [index for index, message in enumerate(self.messages) if message["role"] == "user"]

    def answers(self) -> list[str]:
        """Return the texts of the answers, oldest first; what was said before and after calls is one answer."""
        starts = [*self.questions(), len(self.messages)]
        turns = [self.messages[start:end] for start, end in pairwise(starts)]
        said = [[str(one["content"]) for one in turn if one["role"] == "assistant"] for turn in turns]
        return ["\n\n".join(filter(None, texts)) for texts in said if texts]

    def is_unanswered(self) -> bool:
        """Say whether the conversation ends with a question."""
        return bool(self.messages) and self.messages[-1]["role"] == "user"

    def cut(self, length: int) -> None:
        """Keep the first `length` messages, here and in what is remembered."""
        del self.messages[length:]
        self.memory.rewind(self.messages)

    def adopt(self) -> None:
        """Take over the conversation that the memory went on with."""
        self.messages = self.memory.as_sent()
        if self.memory.conversation is not None:
            self.model = self.memory.conversation.model or self.model
        self.documents, self.images, self.last_usage, self.spent = [], [], None, Usage()

    def start_anew(self) -> None:
        """Forget the conversation, but not how the model was told to behave."""
        self.messages = [system(self.system_prompt)] if self.system_prompt else []
        self.documents, self.images, self.last_usage, self.spent = [], [], None, Usage()
        self.memory.start_anew()

    def count(self, usage: Usage | None) -> None:
        """Add what an answer cost."""
        self.last_usage = usage
        if usage is None:
            return
        self.spent.input_tokens += usage.input_tokens
        self.spent.output_tokens += usage.output_tokens
        self.spent.reasoning_tokens += usage.reasoning_tokens
        self.spent.cached_tokens += usage.cached_tokens
        if usage.cost_in_usd_ticks is not None:
            self.spent.cost_in_usd_ticks = (self.spent.cost_in_usd_ticks or 0) + usage.cost_in_usd_ticks
