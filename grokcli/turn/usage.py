"""Formatting usage and cost for display."""

from __future__ import annotations

import time

from grokcli.events import Usage, dollars
from grokcli.models import context_window


def usage_line(usage: Usage | None, started: float) -> str:
    """Return the usage of an answer on one line; `started` is the monotonic time of the question, in seconds."""
    seconds = f"{time.monotonic() - started:.1f} s"
    if usage is None:
        return f"usage: not reported · {seconds}"
    cached = f" ({usage.cached_tokens:,} cached)" if usage.cached_tokens else ""
    reasoning = f" ({usage.reasoning_tokens:,} reasoning)" if usage.reasoning_tokens else ""
    line = f"usage: {usage.input_tokens:,} tokens in{cached} · {usage.output_tokens:,} out{reasoning}"
    calls = f" · {usage.server_tool_calls} server tool calls" if usage.server_tool_calls else ""
    tier = f" · {usage.service_tier} tier" if usage.service_tier else ""
    return f"{line}{calls}{_cost(usage)}{tier} · {seconds}"


def total_line(total: Usage | None, last: Usage | None, model: str) -> str:
    """Return the total usage of a conversation, and how much of the model's context is in use after `last`."""
    total = total or Usage()
    calls = f" · {total.server_tool_calls} server tool calls" if total.server_tool_calls else ""
    line = f"{total.input_tokens:,} tokens in · {total.output_tokens:,} out{calls}{_cost(total)}"
    window = context_window(model)
    if last is None or window is None:
        return line
    return f"{line} · {last.context:,} of {window:,} in use ({last.context / window:.0%})"


def _cost(usage: Usage) -> str:
    return f" · ${dollars(usage.cost_in_usd_ticks)}" if usage.cost_in_usd_ticks is not None else ""
