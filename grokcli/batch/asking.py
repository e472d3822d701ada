"""Asking: the requests of a batch, sent by several threads over connections that are kept open."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, NamedTuple

from grokcli.batch.requests import Requests
from grokcli.chat import Chat, Response
from grokcli.errors import APIError, AuthError, GrokError, NetworkError, RateLimitError, UsageError
from grokcli.turn.retry import MAX_TRIES, can_leave_out, leave_out, rejected_field

if TYPE_CHECKING:
    from queue import SimpleQueue

    from grokcli.batch.pace import Pace
    from grokcli.batch.questions import Question
    from grokcli.env import Env
    from grokcli.store.ledger import Ledger
    from grokcli.turn.budget import Budget
    from grokcli.turn.request import RequestOptions

# Statuses that mean: too many requests, or too many for now.
BUSY = (429, 503, 529)
# Shorter waits are too many to be shown.
SHOWN_SECONDS = 5.0


class Outcome(NamedTuple):
    """What came of a question: an answer, or the error that ended it.

    A `fatal` error is not about this question: none of the others would be answered either.
    """

    question: Question
    response: Response
    error: GrokError | None = None
    fatal: bool = False


class Asker:
    """Asks questions until they are answered or have failed. Threads share one."""

    def __init__(
        self, env: Env, options: RequestOptions, pace: Pace, ledger: Ledger, budget: Budget | None = None
    ) -> None:
        """Ask as `options` say, where a line does not say otherwise.

        `ledger` counts each answer, whether or not it can be written; `budget` is asked before each request.
        """
        self._env = env
        self._requests = Requests(env, options)
        self._pace = pace
        self._ledger = ledger
        self._budget = budget
        self._answers = 0
        self._lock = threading.Lock()

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
            request = self._requests.build(question)
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
            self._requests.reject(chat.model, name)
        return True


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
