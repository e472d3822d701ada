"""Rewording hints and notes for a chat: they name slash commands where those of `grok ask` name flags."""

from __future__ import annotations

import re

# Patterns for hints as worded for the shell, and their wording in a chat; only the first match is replaced.
IN_CHAT = (
    (r"list models with grok models, choose one with -m", "list models with /models, choose one with /model"),
    (r"(try|use) (?:another model with )?-m(?= |$)", r"\1 /model"),
    (r"ask again, or continue with -c", "use /continue or /retry"),
    (r"raise the limit with --max-tokens", "use /continue, or raise the limit with /set max_tokens"),
    (r"ask again, or wait longer with --idle-timeout", "ask again, or wait longer: grok chat --idle-timeout"),
    (r"(remove it), or send it with --allow-secrets", r"\1, or start the chat with --allow-secrets"),
    (r"offer functions with --tool FILE.py", "offer functions with /tool FILE.py"),
    (r"^to fetch it anyway, name it yourself: -f URL", "to fetch it anyway, name it yourself: /file URL"),
    (r"attach a part of it with -f", "attach a part of it with /file"),
    (r"attach it with -i: grok ask -i (.+)", r"attach it with /image \1"),
    (r"then attach it with -i", "then attach it with /image"),
    (r"attach it with -f: grok ask -f (.+)", r"attach it with /file \1"),
    (r"or upload (?:it|them first) with --upload", "or start the chat with --upload"),
    (r"attach it again with -f PATH", "attach it again with /file PATH"),
    (r"^add --(web|x) or --search", r"use /search \1 or /search on"),
    (r"^raise it with --max-cost", "start the chat again with a higher --max-cost"),
    (r"or add --over-budget", "or start the chat with --over-budget"),
    (r"^use --yes to", "start the chat with --yes to"),
    (r"or --api responses if", "or start the chat with --api responses if"),
)


def in_chat(text: str) -> str:
    """Return a hint or a note as worded in a chat."""
    for pattern, words in IN_CHAT:
        text, count = re.subn(pattern, words, text)
        if count:
            break
    return text
