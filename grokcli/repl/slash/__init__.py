"""Slash commands: `table` lists them all; the other modules define a function for each."""
