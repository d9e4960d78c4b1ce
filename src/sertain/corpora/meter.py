"""How long work tells how far it is."""

from __future__ import annotations

from typing import Protocol


class Meter(Protocol):
    """Is told of progress; the command line draws a bar."""

    def start(self, what: str, total: int | None) -> None:
        """A piece of work begins; ``total`` in its own units, ``None`` where not known."""
        ...

    def advance(self, units: int) -> None:
        """So many units more are done; negative when some have to be done again."""
        ...


class Silence:
    """A meter that nobody looks at."""

    def start(self, what: str, total: int | None) -> None:
        """Nothing."""

    def advance(self, units: int) -> None:
        """Nothing."""
