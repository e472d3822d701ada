"""Asking: the requests of a batch, sent by several threads over connections that are kept open."""

from __future__ import annotations

import json
import threading
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from grokcli.chat import Chat, Response, system
from grokcli.config.cache import RejectedFields
from grokcli.errors import APIError, AuthError, GrokError, NetworkError, RateLimitError, UsageError
from grokcli.turn.request import Request, RequestOptions, build_request, check_context
from grokcli.turn.retry import MAX_TRIES, OPTIONAL, can_leave_out, leave_out, rejected_field

if TYPE_CHECKING:
    from queue import SimpleQueue

    from grokcli.batch.pace import Pace
    from grokcli.batch.questions import Question
    from grokcli.chat import Message
    from grokcli.env import Env
    from grokcli.store.ledger import Ledger
    from grokcli.turn.budget import Budget

# Statuses that mean: too many requests, or too many for now.
BUSY = (429, 503, 529)
# Shorter waits are too many to be shown.
SHOWN_SECONDS = 5.0
# Requests that differ only in their messages share all else; lines rarely have more models and options than this.
KEPT_REQUESTS = 256


class Outcome(NamedTuple):
    """What came of a question: an answer, or the error that ended it.

    A `fatal` error is not about this question: none of the others would be answered either.
    """

    question: Question
    response: Response
    error: GrokError | None = None
    fatal: bool = False


class Asker:
    """Turns questions into requests, and asks them until they are answered or have failed. Threads share one."""

    def __init__(
        self, env: Env, options: RequestOptions, pace: Pace, ledger: Ledger, budget: Budget | None = None
    ) -> None:
        """Ask as `options` say, where a line does not say otherwise.

        `ledger` counts each answer, whether or not it can be written; `budget` is asked before each request.
        """
        self._env = env
        self._options = options
        self._pace = pace
        self._ledger = ledger
        self._budget = budget
        self._answers = 0
        self._lock = threading.Lock()
        self._request = lru_cache(KEPT_REQUESTS)(self._new_request)

    def request(self, question: Question) -> Request:
        """Return the request for a question. Raises UsageError, ConfigError."""
        with self._lock:
            shared = self._request(question.model, json.dumps(question.options))
        messages = _with_system(question, shared.messages)
        request = shared._replace(messages=messages, options=dict(shared.options))
        check_context(request)
        return request

    def work(self, questions: SimpleQueue[Question | None], outcomes: SimpleQueue[Any]) -> None:
        """Ask questions until there is a None, and put what came of each into `outcomes`, then a None."""
        try:
            while (question := questions.get()) is not None:
                outcome = self._outcome(question)
                if outcome is not None:
                    outcomes.put(outcome)
        except BaseException as error:  # noqa: BLE001  # a bug of ours: raised where it is reported
            outcomes.put(error)
        finally:
            outcomes.put(None)

    def _outcome(self, question: Question) -> Outcome | None:
        """Return what came of a question, None if it was not asked to the end because the run stops."""
        response = Response(question.model or "")
        try:
            request = self.request(question)
            response = Response(request.model)
            with self._lock:
                client = self._env.connect(request.model, request.api, request.network)
        except GrokError as error:
            return Outcome(question, response, error, fatal=_is_fatal(error))
        chat = Chat(client, request.model, request.messages, request.options)
        return self._answer(question, chat)

    def _answer(self, question: Question, chat: Chat) -> Outcome | None:
        tries = 0
        while (sent := self._pace.enter()) is not None:
            response, error = self._ask_once(chat)
            if response.has_begun:
                self._count(chat.model, response)
            self._pace.leave()
            if error is None:
                self._pace.answered()
                return Outcome(question, response)
            if self._is_other_request(chat, error):
                continue
            tries += not _is_busy(error)
            if not self._wait(error, sent, tries):
                return Outcome(question, response, error, fatal=_is_fatal(error))
        return None

    def _ask_once(self, chat: Chat) -> tuple[Response, GrokError | None]:
        response = Response(chat.model)
        try:
            if self._budget is not None:
                with self._lock:
                    self._budget.check()
            for event in chat.events(stream=False):
                response.add(event)
        except GrokError as error:
            return response, error
        return response, None

    def _count(self, model: str, response: Response) -> None:
        """Count what an answer cost; of a limit on the cost, the answers under way should not exceed the rest."""
        with self._lock:
            self._ledger.add(response.model or model, response.usage)
            self._answers += 1
            room = self._budget.room if self._budget is not None else None
            if room is not None and self._ledger.ticks:
                self._pace.cap(room * self._answers // self._ledger.ticks)

    def _wait(self, error: GrokError, sent: float, tries: int) -> bool:
        """Wait as long as it takes before another try, and return False if there is to be none."""
        if not error.retryable:
            return False
        if _is_busy(error):
            asked = error.retry_after if isinstance(error, APIError) else None
            seconds = self._pace.slow_down(sent, asked)
            if seconds is not None and seconds >= SHOWN_SECONDS:
                self._env.console.note(f"{error.message}; waiting {seconds:.0f} s")
            elif seconds is not None:
                self._env.console.note_once(f"{error.message}; asking fewer questions at a time")
            return seconds is not None
        if tries >= MAX_TRIES:
            return False
        self._pace.pause(self._pace.backoff(tries))
        return True

    def _is_other_request(self, chat: Chat, error: GrokError) -> bool:
        """Leave out a field that the model rejects, here and in all further requests; return whether it was one."""
        name = rejected_field(error) if isinstance(error, APIError) else None
        if name is None or not can_leave_out(chat, name):
            return False
        with self._lock:
            leave_out(self._env, chat, name)
            self._rejected_by(chat.model).add(name)
            self._request.cache_clear()
        return True

    def _new_request(self, model: str | None, fields: str) -> Request:
        own = json.loads(fields)
        options = self._options._replace(
            model=model or self._options.model, fields={**self._options.fields, **own} if own else self._options.fields
        )
        request = build_request(self._env, [], options)
        for name in self._rejected_by(request.model).names:
            if request.options.get(name) is not None:
                self._env.console.note_once(f"{request.model} does not support {name}; asking without it")
            elif name not in OPTIONAL:
                continue
            request.options[name] = None
        return request

    def _rejected_by(self, model: str) -> RejectedFields:
        return RejectedFields(self._env.settings.paths.cache, self._env.settings.value("base_url"), model)


def _with_system(question: Question, prompt: list[Message]) -> list[Message]:
    """Return the messages of a question; a system prompt of its own wins over `prompt`, which all others have."""
    if any(message["role"] in ("system", "developer") for message in question.messages):
        return question.messages
    return [*([system(question.system)] if question.system else prompt), *question.messages]


def _is_busy(error: GrokError) -> bool:
    """Return whether the server has too much to do, or had too many requests: that concerns all questions."""
    if not isinstance(error, APIError):
        return False
    return error.retryable and (isinstance(error, RateLimitError) or error.status in BUSY)


def _is_fatal(error: GrokError) -> bool:
    """Return whether all others would meet the same: a key, a limit, a setting, or a server that stays busy."""
    if isinstance(error, APIError):
        return isinstance(error, (AuthError, RateLimitError)) or _is_busy(error)
    return not isinstance(error, (NetworkError, UsageError))
