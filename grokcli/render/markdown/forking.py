"""Copies that go their own way, for looking ahead at what the unfinished end of an answer would become."""

from __future__ import annotations

from typing import Any, TypeVar

Thing = TypeVar("Thing")


def changed_copy(thing: Thing, **attributes: Any) -> Thing:
    """Return a shallow copy of `thing` with some attributes set anew. (Python 3.13 has copy.replace for this.)"""
    other: Thing = object.__new__(type(thing))  # five times as fast as copy.copy, and this is called for every frame
    vars(other).update(vars(thing), **attributes)
    return other
