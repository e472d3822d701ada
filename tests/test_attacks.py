"""A few attempts of each class of attack; `python tests/attacks.py` tries all of them."""

from __future__ import annotations

import shutil

import pytest
from attacks import CLASSES, assault

pytest.importorskip("pty", reason="a pty is needed")


@pytest.mark.parametrize("name", CLASSES)
def test_a_few_attempts_of_each_class_come_to_nothing(name):
    if name == "downloads" and shutil.which("openssl") is None:
        pytest.skip("there is no openssl")
    count, through = assault(name, 16)
    assert through == []
    assert count > 10
