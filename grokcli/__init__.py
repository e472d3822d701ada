"""grok: a command-line chat tool for xAI's Grok models, and the typed client library under it."""

__version__ = "0.1.0"
