"""A few runs against a server that fails at random; `python tests/chaos.py` does a thousand."""

from __future__ import annotations

from chaos import storm


def test_a_few_random_failures():
    codes, wrong = storm(30, seed=5)
    assert wrong == []
    assert len(codes) > 1
