"""The loop of a chat: read a line, do what it says, again."""

from __future__ import annotations

import subprocess

from grokcli.errors import GrokError
from grokcli.repl.session import Ask, Session
from grokcli.repl.slash import attachments, conversation, request, table, tools
from grokcli.repl.turns import take_turn
from grokcli.terminal.shell import run_on_terminal

# Imported for what they put into the table.
SLASH_MODULES = (conversation, request, attachments, tools)
SHELL_OUTPUT_BYTES = 100_000


def chat(session: Session, first: str) -> None:
    """Ask `first`, unless that is empty, then what the user says, until the end of the input."""
    if first:
        take_turn(session, Ask(first))
    while True:
        try:
            line = session.lines.read()
        except EOFError:
            return
        except KeyboardInterrupt:
            continue
        try:
            handle_line(session, line)
        except EOFError:
            return


def handle_line(session: Session, line: str) -> None:
    """Do what one line says: run a command, or ask. Errors are reported; EOFError means: leave."""
    if not line.strip():
        return
    try:
        ask = _interpret(session, line)
    except GrokError as error:
        session.env.report(error)
        return
    except KeyboardInterrupt:
        return
    if ask is not None:
        take_turn(session, ask)


def _interpret(session: Session, line: str) -> Ask | None:
    if line.strip() in ("exit", "quit"):
        raise EOFError
    if table.looks_like_command(line):
        return table.run(session, line)
    if line.startswith("!") and "\n" not in line.strip():
        _run_shell(session, line[1:].strip())
        return None
    return Ask(line)


def _run_shell(session: Session, command: str) -> None:
    """Run a command of the user's in their shell, show its output, and keep it for /file !."""
    if not command:
        return
    if session.has_keyboard:
        code, output = run_on_terminal(command, SHELL_OUTPUT_BYTES)
    else:
        done = subprocess.run(  # noqa: S602  # the user asks for a shell
            command, shell=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
        code, output = done.returncode, done.stdout[:SHELL_OUTPUT_BYTES].decode("utf-8", "replace")
        if output:
            session.env.say(output.rstrip("\n"))
    session.shell_output = f"$ {command}\n{output}"
    failed = f"exit code {code}; " if code else ""
    session.env.note(f"({failed}/file ! hands this output on with the next question)")
