"""The interactive chat: its loop, its state (session), the line editor and the slash commands."""
