"""Functions as tools: a typed Python function becomes what a model can ask to be called, and is called.

tool = tool_of(weather)
tool.schema()                        for the `tools` of a request
tool.call('{"city": "Paris"}').text  for the model: the result, or what went wrong
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grokcli.tools.tool import Tool, tool_of

__all__ = ["Tool", "tool_of"]


def __getattr__(name: str) -> object:
    """Import what makes tools of functions on its first use: a search needs none of it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from grokcli.tools import tool

    return getattr(tool, name)
