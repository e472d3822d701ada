"""Blocks into rows."""
