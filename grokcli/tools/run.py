"""Running a function that the model called, with a time limit and redirected output."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from threading import Thread
from typing import Any, NamedTuple, TextIO

LONGEST_RESULT = 100_000  # characters


class ToolResult(NamedTuple):
    """The result of a call: `text` is for the model, `note` for the user, "" if there is nothing to report."""

    text: str
    note: str = ""


def failed(what: str) -> ToolResult:
    """Return the result of a failed call; `what` is reported to both the model and the user."""
    return ToolResult(f"error: {what}", what)


def run(
    function: Callable[..., Any], arguments: dict[str, Any], *, seconds: float, printed: TextIO | None
) -> ToolResult:
    """Call `function`, and wait up to `seconds` for its result. Its output goes to `printed`, if given.

    A function that takes longer keeps running in its daemon thread until the process ends; Python cannot stop it.
    """
    done: list[ToolResult] = []

    def call() -> None:
        try:
            value = function(**arguments)
            done.append(as_text(asyncio.run(value) if inspect.iscoroutine(value) else value))
        except BaseException as error:  # noqa: BLE001  # a tool that calls sys.exit() must not end its thread silently
            text = " ".join(str(error).split())
            done.append(failed(f"{type(error).__name__}: {text}" if text else type(error).__name__))

    thread = Thread(target=call, name=getattr(function, "__name__", "tool"), daemon=True)
    with _printing_to(printed) if printed is not None else nullcontext():
        thread.start()
        thread.join(seconds)
    return done[0] if done else failed(f"no result after {seconds:g} s")


@contextmanager
def _printing_to(stream: TextIO) -> Iterator[None]:
    with redirect_stdout(stream), redirect_stderr(stream):
        yield


def as_text(value: object) -> ToolResult:
    """Return the tool result for `value`: a string unchanged, other values as JSON, or else as their repr."""
    note = ""
    if isinstance(value, str):
        text = value
    else:
        try:
            text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        except (TypeError, ValueError, RecursionError):
            text = repr(value)
            note = f"returned {type(value).__name__}, which is not JSON; sent its repr to the model"
    if len(text) > LONGEST_RESULT:
        note = f"returned {len(text):,} characters; sent the first {LONGEST_RESULT:,} to the model"
        text = f"{text[:LONGEST_RESULT]}\n(cut: the result has {len(text):,} characters)"
    return ToolResult(text, note)
