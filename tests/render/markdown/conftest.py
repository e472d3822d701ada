"""What all tests of the renderer need."""

from __future__ import annotations

import pytest
from emulated_terminal import show


@pytest.fixture(scope="session", autouse=True)
def lexers_are_loaded():
    """Load what the documents use once, so that no single example pays for it."""
    show("".join(f"```{language}\nx\n```\n" for language in ("python", "css", "html", "c", "yaml", "json", "bash")))
