"""Rows onto the terminal."""
