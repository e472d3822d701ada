"""Functions as tools: describing typed Python functions to a model, and calling them on its request.

tool = tool_of(weather)
tool.schema()                        for the `tools` of a request
tool.call('{"city": "Paris"}').text  for the model: the result, or the error
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grokcli.tools.tool import Tool, tool_of

__all__ = ["Tool", "tool_of"]


def __getattr__(name: str) -> object:
    """Import `tool_of` and `Tool` on first use, because server tools do not need them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from grokcli.tools import tool

    return getattr(tool, name)
