"""Keeps what libraries tell their own developers out of the user's terminal."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet(logger: str | None, level: int = logging.ERROR) -> Iterator[None]:
    """Let only messages of ``level`` and above through a logger, ``None`` for the root."""
    found = logging.getLogger(logger)
    before = found.level
    found.setLevel(level)
    try:
        yield
    finally:
        found.setLevel(before)
