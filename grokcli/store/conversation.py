"""What is remembered of a conversation while it goes on: each question before it is sent, each answer as it comes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from grokcli.errors import GrokError
from grokcli.events import End, Event, TextDelta
from grokcli.store.store import FILE_NAME, Store, title_of
from grokcli.store.transcript import text_of

if TYPE_CHECKING:
    from grokcli.chat import Message, Response
    from grokcli.env import Env
    from grokcli.render import Renderer
    from grokcli.store.records import ConversationSummary
    from grokcli.store.store import AnswerWriter

# Keys that the store adds to a message and no server knows.
MARKS = ("interrupted",)


@dataclass
class Memory:
    """One conversation and the store it is kept in; without a store nothing is kept.

    The conversation is made in the store with its first question. The store holds what was said in the order in which
    it was said; a system prompt stands there where it began to hold, so that a change of it rewrites nothing.
    """

    store: Store | None
    conversation: ConversationSummary | None = None
    messages: list[Message] = field(default_factory=list)
    # Why the answer that a conversation was resumed at is not whole, "" when it is.
    interrupted: str = ""
    _id: str = ""

    @property
    def id(self) -> str:
        """The conversation's id in the store, "" while it has none."""
        return self._id

    def question(self, messages: list[Message], *, model: str) -> None:
        """Keep the question that `messages` end with, before it is sent, and a system prompt if it is news."""
        if self.store is None:
            return
        if not self._id:
            self._id = self.store.create(model=model, title=title_of(text_of(messages[-1])))
        behaviour = [message for message in messages[:1] if message["role"] == "system"]
        known = [message for message in self.messages if message["role"] == "system"]
        news = behaviour if behaviour != known[-1:] else []
        for message in [*news, messages[-1]]:
            self.store.add(self._id, message, model=model)
            self.messages.append(message)

    def result(self, message: Message, *, model: str) -> None:
        """Keep what came of a call that `model` asked for."""
        if self.store is not None and self._id:
            self.store.add(self._id, message, model=model)
            self.messages.append(message)

    def answer(self, response: Response, *, model: str) -> list[Renderer]:
        """Return what keeps the answer that `response` gathers: a renderer that writes into the store, or none."""
        if self.store is None or not self._id:
            return []
        return [StoreRenderer(self.store.begin_answer(self._id, model=model), response, self.messages)]

    def rewind(self, messages: list[Message]) -> None:
        """Let the conversation end with the last of `messages`; what came later stays in the store, as superseded."""
        said = sum(message["role"] != "system" for message in messages)
        keep = 0
        while keep < len(self.messages) and said:
            said -= self.messages[keep]["role"] != "system"
            keep += 1
        del self.messages[keep:]
        if self.store is not None and self._id:
            self.store.truncate(self._id, keep)

    def rename(self, title: str) -> bool:
        """Give the conversation a title; return False when there is nothing yet to bear it. Raises StoreError."""
        if self.store is None or not self._id:
            return False
        self.store.rename(self._id, title)
        return True

    def start_anew(self) -> None:
        """Let the next question begin another conversation."""
        self.conversation, self.messages, self._id = None, [], ""

    def resume(self, conversation: ConversationSummary) -> None:
        """Go on with a conversation of the store. Raises StoreError."""
        if self.store is not None:
            stored = self.store.messages(conversation.id)
            self.interrupted = str(stored[-1].get("interrupted", "")) if stored else ""
            self.messages = [_bare(message) for message in stored]
            self.conversation, self._id = conversation, conversation.id

    def as_sent(self) -> list[Message]:
        """Return the conversation as it is sent: the system prompt that holds now, then what was said."""
        behaviours = [message for message in self.messages if message["role"] == "system"]
        said = [message for message in self.messages if message["role"] != "system"]
        return [*behaviours[-1:], *said]


class StoreRenderer:
    """Writes an answer into the store while it comes, and its message to the end of `messages` when it is over."""

    def __init__(self, answer: AnswerWriter, response: Response, messages: list[Message]) -> None:
        """Write to `answer` what `response` has taken in already."""
        self._answer = answer
        self._response = response
        self._messages = messages
        self._over = False

    def show(self, event: Event) -> None:
        """Keep the event."""
        if isinstance(event, TextDelta):
            self._answer.write(event.text)
        elif isinstance(event, End):
            # Not at close: what is complete here must not be lost by what goes wrong elsewhere.
            self._over = True
            message = self._response.message()
            self._answer.finish(
                message, finish_reason=event.finish_reason, usage=self._response.usage, model=event.model
            )
            self._messages.append(message)

    def close(self, error: GrokError | None = None) -> None:
        """End an answer that has no end."""
        if self._over:
            return
        self._over = True
        # A screen or a disk that failed kept this from being shown here.
        if missing := self._response.content[self._answer.length() :]:
            self._answer.write(missing)
        self._answer.interrupt(error.message if error else "interrupted", usage=self._response.usage)
        if self._response.content:
            self._messages.append(self._response.message())


def open_memory(env: Env, *, go_on: bool = False, resume: str | None = None, keep: bool = True) -> Memory:
    """Return the memory of a new conversation, or of the latest one, or of the one that `resume` names.

    With `keep` off nothing is written; a conversation that is gone on with is read all the same. Raises StoreError.
    """
    store = Store(env.settings.paths.data / FILE_NAME, env.warn)
    env.at_end(store.close)
    memory = Memory(store)
    if resume is not None or go_on:
        memory.resume(store.find(resume) if resume is not None else store.latest())
    if not keep:
        memory.store = None
    return memory


def _bare(message: Message) -> Message:
    return {key: value for key, value in message.items() if key not in MARKS}
