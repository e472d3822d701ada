"""The functions that the model may ask for in this run, and what becomes of each such wish."""

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
    from grokcli.env import Env
    from grokcli.events import ToolCall

DECLINED = "error: the user declined this call"


@dataclass
class Toolset:
    """The tools by name. `ask_first`: no call without a yes of the user."""

    ask_first: bool = True
    tools: dict[str, Tool] = field(default_factory=dict)

    def add(self, env: Env, wanted: Sequence[str]) -> list[str]:
        """Add what each of `wanted`, FILE.py or FILE.py:name, stands for, and return the names.

        From here on, what others print in this process goes to stderr. Raises UsageError.
        """
        env.keep_stdout()
        fresh = [tool for one in wanted for tool in load(one, printed=env.stderr)]
        for tool in fresh:
            known = self.tools.get(tool.name)
            if known and known.origin != tool.origin:
                raise UsageError(
                    f"there are two tools {tool.name!r}: in {known.origin} and in {tool.origin}",
                    hint="rename one, or name the others: FILE.py:name",
                )
            self.tools[tool.name] = tool
        return [tool.name for tool in fresh]

    def require_consent(self, env: Env) -> None:
        """Raise UsageError when each call is to be asked about and nobody is there to be asked."""
        if self.ask_first and not can_confirm(env):
            raise UsageError(
                "nobody can be asked whether the functions of --tool may run: there is no terminal",
                hint="--yes runs them without asking",
            )

    def offer(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return the fields of a request with the tools among them."""
        own = options.get("tools")
        schemas = [tool.schema() for tool in self.tools.values()]
        return {**options, "tools": [*(own if isinstance(own, list) else ()), *schemas]}

    def answer(self, env: Env, call: ToolCall) -> str:
        """Show a call, run it if the user agrees, and return what the model is to be told of it."""
        tool = self.tools.get(call.name)
        if tool is None:
            env.say(f"the model asks for {_shown(call)}, which is no function here")
            return f"error: there is no function {call.name!r}; there are {', '.join(self.tools)}"
        env.say(f"{'call' if self.ask_first else 'calling'}: {_shown(call)}")
        if self.ask_first and not confirm(env, "run it?"):
            env.say(f"{call.name} was not run")
            return DECLINED
        outcome = self._run(env, tool, call)
        if outcome.note:
            env.say(f"{call.name}: {outcome.note}")
        return outcome.text

    def _run(self, env: Env, tool: Tool, call: ToolCall) -> ToolResult:
        if env.status:
            # What the function prints has the screen for itself.
            with env.status.aside():
                return tool.call(call.arguments, seconds=SECONDS, printed=env.stderr)
        return tool.call(call.arguments, seconds=SECONDS, printed=env.stderr)


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
