"""The functions that the model may call in this run, and running the calls."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from grokcli.errors import UsageError
from grokcli.terminal.confirm import can_confirm, choose, present
from grokcli.tools.load import load
from grokcli.tools.run import ToolResult
from grokcli.tools.tool import SECONDS, Tool

if TYPE_CHECKING:
    from grokcli.env import Env
    from grokcli.events import ToolCall
    from grokcli.terminal.console import Console
    from grokcli.turn.mcp_tools import McpTool

MAX_CALLS = 100  # in one answer
DECLINED = "error: the user declined this call"
NOT_RUN = f"error: not run: only the first {MAX_CALLS} calls in an answer are run"
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.-]+\Z")


@dataclass
class Toolset:
    """The tools by name. With `ask_first`, a call needs the user's confirmation, unless its tool is in `agreed`."""

    ask_first: bool = True
    tools: dict[str, Tool | McpTool] = field(default_factory=dict)
    agreed: set[str] = field(default_factory=set)

    def add(self, console: Console, wanted: Sequence[str]) -> list[str]:
        """Add the functions that each of `wanted`, FILE.py or FILE.py:name, names, and return their names.

        From here on, the output of other code in this process goes to stderr. Raises UsageError.
        """
        console.reserve_stdout()
        fresh = [tool for one in wanted for tool in load(one, printed=console.for_others())]
        for tool in fresh:
            known = self.tools.get(tool.name)
            if known and known.origin != tool.origin:
                raise UsageError(
                    f"two tools are called {tool.name!r}: in {known.origin} and in {tool.origin}",
                    hint="rename one, or name the other functions: FILE.py:NAME",
                )
            self.tools[tool.name] = tool
        return [tool.name for tool in fresh]

    def add_servers(self, env: Env, wanted: Sequence[str]) -> None:
        """Add the tools of those MCP servers among `wanted`, names or URLs, that grok calls itself.

        Raises UsageError, ConfigError, MissingKeyError, McpError, NetworkError.
        """
        from grokcli.turn.mcp_servers import own_tools

        self.tools |= {tool.name: tool for tool in own_tools(env, wanted, self.tools)}

    def require_consent(self, console: Console) -> None:
        """Raise UsageError if calls need confirmation and the user cannot be asked."""
        if self.ask_first and not can_confirm(console):
            raise UsageError(
                "cannot ask for confirmation of tool calls: no terminal",
                hint="use --yes to run them without asking",
            )

    def schemas(self) -> list[dict[str, Any]]:
        """Return the tool definitions for a request."""
        return [tool.schema() for tool in self.tools.values()]

    def run_calls(self, console: Console, calls: Sequence[ToolCall]) -> Iterator[tuple[ToolCall, str]]:
        """Run the calls of one answer, and yield each with its result for the model."""
        for call in calls[:MAX_CALLS]:
            yield call, self.run_call(console, call)
        rest = calls[MAX_CALLS:]
        if rest:
            console.error_line(f"{len(rest):,} more calls were not run (limit: {MAX_CALLS} in one answer)")
        yield from ((call, NOT_RUN) for call in rest)

    def run_call(self, console: Console, call: ToolCall) -> str:
        """Show a call, run it if the user agrees, and return the result for the model."""
        tool = self.tools.get(call.name)
        if tool is None:
            present(console, "unknown tool: ", _shown(call))
            return f"error: no function {call.name!r}; the functions are {', '.join(self.tools)}"
        if not self._is_agreed(console, tool, call):
            console.error_line(f"{call.name}: not run")
            return DECLINED
        result = self._run(console, tool, call)
        if result.note:
            console.error_line(f"{call.name}: {result.note}")
        return result.text

    def _is_agreed(self, console: Console, tool: Tool | McpTool, call: ToolCall) -> bool:
        """Show a call, and return whether it may be run; a user who is asked may agree to all later ones, too."""
        asks = self.ask_first and tool.name not in self.agreed
        where = f" to {tool.server}" if tool.server else ""
        present(console, f"call{where}: " if asks else f"calling{where}: ", _shown(call))
        if not asks:
            return True
        if console.alert is not None:
            console.alert.say("a tool call needs your consent")
        answer = choose(console, "run it?")
        if answer == "always":
            self.agreed.add(tool.name)
        return answer != "no"

    def _run(self, console: Console, tool: Tool | McpTool, call: ToolCall) -> ToolResult:
        with console.aside():  # hides the status line while the function prints
            return tool.call(call.arguments, seconds=SECONDS, printed=console.for_others())


def _shown(call: ToolCall) -> str:
    """Return a call with all its arguments, quoted so that no name or value can imitate the text around it."""
    try:
        arguments = json.loads(call.arguments or "{}")
        if isinstance(arguments, dict):
            given = (f"{_name(key)}={_value(value)}" for key, value in arguments.items())
            return f"{_name(call.name)}({', '.join(given)})"
    except (ValueError, RecursionError):
        pass  # the call will be rejected, and is shown unparsed
    return f"{_name(call.name)}({call.arguments})"


def _name(name: str) -> str:
    """Return a name in ASCII, because letters of other scripts may look like Latin ones."""
    return name if _PLAIN_NAME.match(name) else json.dumps(name)


def _value(value: object) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{json.dumps(key)}: {_value(part)}' for key, part in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value, ensure_ascii=False)


def open_toolset(env: Env, files: Sequence[str], servers: Sequence[str], *, ask_first: bool) -> Toolset | None:
    """Return the functions that `files` name, and those of the MCP servers that grok calls itself; None for none.

    Raises UsageError if a function cannot be a tool, or if calls need confirmation and the user cannot be asked; for
    servers the errors of `Toolset.add_servers`.
    """
    if servers and not files:
        from grokcli.turn.mcp_servers import has_own

        if not has_own(env, servers):
            return None
    toolset = Toolset(ask_first)
    toolset.require_consent(env.console)
    if files:
        toolset.add(env.console, files)
    if servers:
        toolset.add_servers(env, servers)
    return toolset
