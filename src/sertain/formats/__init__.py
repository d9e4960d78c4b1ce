"""Answers written for people and programs: one file a format, found by its name.

A format's file gives ``SUFFIXES``, the file name endings it is chosen by, and
``write(outcomes, out, *, labels)``, which writes each outcome as soon as its format allows.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol, TextIO, cast

if TYPE_CHECKING:
    from sertain.predict.prediction import Outcome


class Format(Protocol):
    """What every file of this room gives."""

    SUFFIXES: tuple[str, ...]

    def write(self, outcomes: Iterable[Outcome], out: TextIO, *, labels: Sequence[str]) -> None:
        """Write ``outcomes`` to ``out``; ``labels`` are the model's, in its order."""


def names() -> tuple[str, ...]:
    """The formats there are, in alphabetical order; none is imported for this."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def get(name: str) -> Format:
    """The format called ``name``, one of :func:`names`."""
    return cast(Format, importlib.import_module(f"{__name__}.{name}"))


def for_suffix(suffix: str) -> str | None:
    """The name of the format that files ending in ``suffix`` (``".csv"``) have, if any."""
    return next((name for name in names() if suffix.lower() in get(name).SUFFIXES), None)
