"""Applies options and settings to the console: verbosity, accessible output, notifications."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grokcli.commands.options import NetworkOptions
    from grokcli.env import Env


def set_up_console(env: Env, network: NetworkOptions, *, quiet: bool, accessible: bool = False) -> None:
    """Apply the options and settings that concern the console. Raises ConfigError."""
    console, value = env.console, env.settings.value
    console.quiet = quiet
    console.debug = console.debug or network.debug
    console.accessible = value("accessible", accessible or None)
    if (how := value("notify")) != "off":
        from grokcli.terminal.alert import Alert

        console.alert = Alert(console, env.environ, how, value("notify_after"))
