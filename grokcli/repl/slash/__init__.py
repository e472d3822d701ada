"""Slash commands: `table` holds them all; the other modules put them there, a function each."""
