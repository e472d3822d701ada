"""The functions that the model may ask for in this run, and what becomes of each call."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from grokcli.errors import UsageError
from grokcli.terminal.confirm import can_confirm, confirm
from grokcli.tools.load import load
from grokcli.tools.run import ToolResult
from grokcli.tools.tool import SECONDS, Tool

if TYPE_CHECKING:
    from grokcli.events import ToolCall
    from grokcli.terminal.console import Console

DECLINED = "error: the user declined this call"


@dataclass
class Toolset:
    """The tools by name. `ask_first`: no call without a yes of the user."""

    ask_first: bool = True
    tools: dict[str, Tool] = field(default_factory=dict)

    def add(self, console: Console, wanted: Sequence[str]) -> list[str]:
        """Add what each of `wanted`, FILE.py or FILE.py:name, stands for, and return the names.

        From here on, what others print in this process goes to stderr. Raises UsageError.
        """
        console.reserve_stdout()
        fresh = [tool for one in wanted for tool in load(one, printed=console.stderr)]
        for tool in fresh:
            known = self.tools.get(tool.name)
            if known and known.origin != tool.origin:
                raise UsageError(
                    f"there are two tools {tool.name!r}: in {known.origin} and in {tool.origin}",
                    hint="rename one, or name the others: FILE.py:name",
                )
            self.tools[tool.name] = tool
        return [tool.name for tool in fresh]

    def require_consent(self, console: Console) -> None:
        """Raise UsageError when each call is to be asked about and nobody is there to be asked."""
        if self.ask_first and not can_confirm(console):
            raise UsageError(
                "nobody can be asked whether the functions of --tool may run: there is no terminal",
                hint="--yes runs them without asking",
            )

    def schemas(self) -> list[dict[str, Any]]:
        """Return the tools as a request has them."""
        return [tool.schema() for tool in self.tools.values()]

    def run_call(self, console: Console, call: ToolCall) -> str:
        """Show a call, run it if the user agrees, and return what the model is to be told of it."""
        tool = self.tools.get(call.name)
        if tool is None:
            console.error_line(f"the model asks for {_shown(call)}, which is no function here")
            return f"error: there is no function {call.name!r}; there are {', '.join(self.tools)}"
        console.error_line(f"{'call' if self.ask_first else 'calling'}: {_shown(call)}")
        if self.ask_first and not confirm(console, "run it?"):
            console.error_line(f"{call.name} was not run")
            return DECLINED
        result = self._run(console, tool, call)
        if result.note:
            console.error_line(f"{call.name}: {result.note}")
        return result.text

    def _run(self, console: Console, tool: Tool, call: ToolCall) -> ToolResult:
        with console.aside():  # what the function prints has the screen for itself
            return tool.call(call.arguments, seconds=SECONDS, printed=console.stderr)


def _shown(call: ToolCall) -> str:
    """Return a call as one line that hides nothing of its arguments."""
    name = " ".join(call.name.split())
    try:
        arguments = json.loads(call.arguments or "{}")
    except (ValueError, RecursionError):
        arguments = None
    if not isinstance(arguments, dict):
        return f"{name}({' '.join(call.arguments.split())})"
    given = (f"{' '.join(key.split())}={json.dumps(value, ensure_ascii=False)}" for key, value in arguments.items())
    return f"{name}({', '.join(given)})"


def open_toolset(console: Console, wanted: Sequence[str], *, ask_first: bool) -> Toolset | None:
    """Return the functions that `wanted` names, or None when it names none.

    Raises UsageError for what cannot be a tool, and when nobody is there who could be asked first.
    """
    if not wanted:
        return None
    toolset = Toolset(ask_first)
    toolset.require_consent(console)
    toolset.add(console, wanted)
    return toolset
