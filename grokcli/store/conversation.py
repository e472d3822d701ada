"""A live conversation: its messages, the store that saves them, and the chat that sends them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from grokcli.chat import Chat, Response, assistant, fill_missing_results
from grokcli.events import End, Event, TextDelta
from grokcli.store.rows import title_of
from grokcli.store.transcript import text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grokcli.chat import EventSource, Message
    from grokcli.errors import GrokError
    from grokcli.events import Usage
    from grokcli.store.answer_writer import AnswerWriter
    from grokcli.store.ledger import Ledger
    from grokcli.store.records import ConversationSummary
    from grokcli.store.store import Store

# Keys that the store adds to messages and that are never sent.
MARKS = ("interrupted",)


class Conversation:
    """One conversation, created in the store with its first question; without a store, nothing is saved.

    `messages` are in chronological order; a system prompt is at the position from which it applies, so that changing it
    rewrites nothing. Every request carries the conversation's id, which the server uses as its cache key.
    `ledger` counts what its answers cost, saved or not.
    `summary` is the store's record of a loaded conversation, None for a new one; `interrupted` is the reason why the
    last answer is incomplete, "" if it is complete.
    """

    def __init__(self, store: Store | None, ledger: Ledger | None = None, *, kind: str = "") -> None:
        """Start a conversation that is saved in `store`, as one of the kind `kind` (see `Store.create`)."""
        self.store = store
        self._kind = kind
        self.ledger = ledger
        self.messages: list[Message] = []
        self.summary: ConversationSummary | None = None
        self.interrupted = ""
        self._id = ""
        self._parent = ""
        self._chat: Chat | None = None
        self._replaced_from: int | None = None
        self._late_prompt: tuple[Message, str] | None = None
        self._is_question = True

    @property
    def id(self) -> str:
        """The conversation's id in the store, "" while it has none."""
        return self._id

    # ---- messages

    @property
    def system_prompt(self) -> str:
        """The current system prompt, "" without one."""
        return self._system_prompt()

    def _system_prompt(self, length: int | None = None) -> str:
        prompts = [message["content"] for message in self.messages[:length] if message["role"] == "system"]
        return str(prompts[-1]) if prompts else ""

    def request_messages(self, length: int | None = None) -> list[Message]:
        """Return the messages for a request: the current system prompt, then all other messages.

        With `length`, return them as they would be after `truncate(length)`.
        """
        kept = self.messages[:length]
        prompts = [message for message in kept if message["role"] == "system"]
        said = [message for message in kept if message["role"] != "system"]
        return [*prompts[-1:], *fill_missing_results(said)]

    def questions(self) -> list[int]:
        """Return the indexes of the questions in `messages`, oldest first."""
        return [index for index, message in enumerate(self.messages) if message["role"] == "user"]

    def answers(self) -> list[str]:
        """Return the texts of the answers, oldest first; text before and after tool calls is one answer."""
        starts = [*self.questions(), len(self.messages)]
        turns = [self.messages[start:end] for start, end in pairwise(starts)]
        said = [[str(one["content"]) for one in turn if one["role"] == "assistant"] for turn in turns]
        return ["\n\n".join(filter(None, texts)) for texts in said if texts]

    def last_role(self) -> str:
        """Return the role of the last message: "user" if it has no answer yet, "" if there is none."""
        said = self._said()
        return str(said[-1]["role"]) if said else ""

    def _said(self) -> list[Message]:
        return [message for message in self.messages if message["role"] != "system"]

    # ---- one turn

    def begin_turn(
        self,
        client: EventSource,
        model: str,
        messages: Sequence[Message],
        options: dict[str, Any],
        *,
        replaced_from: int | None = None,
    ) -> Chat:
        """Return the chat that sends `messages`, which end with the question, with `options`.

        A new system prompt and the question are saved before anything is sent. With `replaced_from`, the answer
        replaces the messages from that index once it begins to arrive; without an answer they stay.
        """
        self._create(messages[-1], model)
        if self.store is not None and self.summary is not None and self.summary.kind:
            self.store.make_plain(self._id)
        self._replaced_from, self._late_prompt, self._is_question = replaced_from, None, True
        first = messages[0]
        if first["role"] == "system" and first["content"] != self._system_prompt(replaced_from):
            if replaced_from is None:
                self._add(first, model)
            else:
                self._late_prompt = (first, model)
        self.keep(messages[-1], model=model)
        self._chat = Chat(client, model, messages, options, self._id)
        return self._chat

    def keep(self, message: Message, *, model: str) -> None:
        """Add a question to the end, unless it is there already."""
        self._create(message, model)
        if not any(message is one for one in self.messages):
            self._add(message, model)

    def append(self, message: Message, *, model: str) -> None:
        """Add the result of a call, which the next request of this turn sends."""
        self._add(message, model)
        if self._chat is not None:
            self._chat.append(message)

    def record(self, response: Response, *, model: str) -> AnswerRecorder:
        """Return a recorder that saves the answer in `response`; pass it the events, then close it."""
        return AnswerRecorder(self, response, model, at_once=self._replaced_from is None)

    def begin_answer(self, model: str) -> AnswerWriter | None:
        """Remove the messages that the answer replaces; return its writer in the store, None without a store."""
        if self._replaced_from is not None:
            self.truncate(self._replaced_from)
            self._replaced_from = None
        if self._late_prompt is not None:
            self._add(*self._late_prompt)
            self._late_prompt = None
        return self.store.begin_answer(self._id, model=model) if self.store is not None and self._id else None

    def append_answer(self, response: Response) -> None:
        """Add a recorded answer, complete or not; an incomplete one without text is left out."""
        if response.content or response.finish_reason:
            message = response.message()
            self.messages.append(message)
            if self._chat is not None:
                self._chat.append(message)

    def add_answer(self, text: str, model: str, usage: Usage | None) -> None:
        """Add an answer that is there in one piece; `count` counts what it cost."""
        message = assistant(text)
        self.messages.append(message)
        if writer := self.begin_answer(model):
            writer.finish(message, finish_reason="stop", usage=usage, model=model)

    def count(self, response: Response, model: str) -> None:
        """Count what an answer of `model` cost, whole or not; where nothing came, nothing is known to be billed."""
        if self.ledger is None or not response.has_begun:
            return
        kept_in = self._id if self.store is not None else ""
        self.ledger.add(response.model or model, response.usage, conversation=kept_in, is_question=self._is_question)
        self._is_question = False

    def _create(self, question: Message, model: str) -> None:
        """Create the conversation in the store, titled after its first question, if it is not there yet."""
        if self.store is None or self._id:
            return
        title = title_of(text_of(question))
        if not self._parent:
            self._id = self.store.create(model=model, title=title, kind=self._kind)
            return
        self._id, shared = self.store.fork(self._parent, len(self.messages), model=model, title=title)
        for message in self.messages[shared:] if self._id else ():
            self.store.add(self._id, message, model=model)

    def _add(self, message: Message, model: str) -> None:
        self.messages.append(message)
        if self.store is not None and self._id:
            self.store.add(self._id, message, model=model)

    def compact(self, message: Message, usage: Usage | None, *, model: str) -> None:
        """Add a compaction of all messages, and count what it cost; they stay, and are sent where it cannot be."""
        self._add(message, model)
        if self.ledger is not None:
            kept_in = self._id if self.store is not None else ""
            self.ledger.add(model, usage, conversation=kept_in, is_question=False)

    # ---- changes

    def truncate(self, length: int) -> None:
        """Cut the conversation after `length` messages; the others stay in the store, as superseded."""
        del self.messages[length:]
        if self.store is not None and self._id:
            self.store.truncate(self._id, length)

    def rename(self, title: str) -> bool:
        """Set the conversation's title; return False if it is not in the store yet. Raises StoreError."""
        if self.store is None or not self._id:
            return False
        self.store.rename(self._id, title)
        return True

    def fork(self, length: int | None = None) -> None:
        """Continue in a new conversation that begins with the first `length` messages of this one; None is all.

        It is created with its first question, and shares the stored messages. The other one stays as it is.
        """
        if length is not None and length < len(self.messages):
            self.messages, self.interrupted = self.messages[:length], ""
        self._parent, self._id, self._chat = self._id or self._parent, "", None

    @property
    def is_fork(self) -> bool:
        """Whether this is a fork that is not in the store yet."""
        return bool(self._parent and not self._id)

    def reset(self) -> None:
        """Start a new conversation with the next question."""
        self.messages, self.summary, self.interrupted, self._id, self._chat = [], None, "", "", None
        self._parent = ""

    def load(self, summary: ConversationSummary) -> None:
        """Continue a stored conversation. Raises StoreError."""
        if self.store is None:
            return
        stored = self.store.messages(summary.id)
        self.reset()
        self.interrupted = str(stored[-1].get("interrupted", "")) if stored else ""
        self.messages = [{key: value for key, value in one.items() if key not in MARKS} for one in stored]
        self.summary, self._id = summary, summary.id


class AnswerRecorder:
    """Writes an answer to the store while it is streamed; a grokcli.render.Renderer."""

    def __init__(self, conversation: Conversation, response: Response, model: str, *, at_once: bool) -> None:
        """Record the answer of `model` that is collected in `response`.

        The answer begins `at_once`, or with its first text or call; until then, an older answer keeps its place.
        """
        self._conversation = conversation
        self._response = response
        self._model = model
        self._has_begun = at_once
        self._writer = conversation.begin_answer(model) if at_once else None
        self._over = False

    def show(self, event: Event) -> None:
        """Record the event."""
        if isinstance(event, TextDelta):
            if self._writer is None:
                self._begin()
            if self._writer is not None:
                self._writer.write(event.text)
        elif isinstance(event, End):
            response = self._response
            if response.tool_calls or response.images:
                self._begin()
            # Not in `close`: a complete answer must not be lost because of an error elsewhere.
            self._over = True
            if self._has_begun:
                self._conversation.append_answer(response)
            if self._writer is not None:
                self._writer.finish(
                    response.message(), finish_reason=event.finish_reason, usage=response.usage, model=event.model
                )
            self._conversation.count(response, self._model)

    def close(self, error: GrokError | None = None) -> None:
        """Mark the answer as interrupted if it has not ended."""
        if self._over:
            return
        self._over = True
        response = self._response
        if self._has_begun:
            self._conversation.append_answer(response)
        if self._writer is not None:
            # An error of another renderer (the screen, a file) may have kept this text from being written.
            if missing := response.content[self._writer.length() :]:
                self._writer.write(missing)
            self._writer.interrupt(error.message if error else "interrupted", usage=response.usage)
        self._conversation.count(response, self._model)

    def _begin(self) -> None:
        if not self._has_begun:
            self._has_begun = True
            self._writer = self._conversation.begin_answer(self._model)
