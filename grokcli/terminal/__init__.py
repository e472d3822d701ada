"""The user's terminal: streams, keyboard, clipboard, editor."""
