"""Arrays once on disk, found by a key, added by one process at a time and read by many.

One file holds the numbers, one after the other, another a line of JSON for each array.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, TypeVar

from numpy.typing import NDArray

_CHUNK = 256


@dataclass(frozen=True)
class Placed:
    """Where an array lies: what it is found by, and the place of its first number in the file."""

    key: str
    offset: int


E = TypeVar("E", bound=Placed)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Let one process at a time add to a store; a killed one leaves no lock behind."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def read(index: Path, kind: type[E]) -> dict[str, E]:
    """Give what the store holds, by key."""
    known: dict[str, E] = {}
    if index.is_file():
        for line in index.read_text("utf-8").splitlines():
            try:
                entry = kind(**json.loads(line))
            except (ValueError, TypeError):
                continue  # the torn last line of a process that was killed
            known[entry.key] = entry
    return known


def append(
    data: Path,
    index: Path,
    made: Iterable[tuple[NDArray[Any], Callable[[int], E]]],
    bytes_each: int,
) -> dict[str, E]:
    """Add arrays of ``bytes_each`` bytes a number; each comes with what names it at its place."""
    added: dict[str, E] = {}
    with data.open("ab") as numbers, index.open("a", encoding="utf-8") as lines:
        # A killed process may leave a part of a number and half a line.
        numbers.write(b"\0" * (-numbers.tell() % bytes_each))
        lines.write("\n" if lines.tell() else "")
        pending: list[E] = []
        for array, placed in made:
            entry = placed(numbers.tell() // bytes_each)
            numbers.write(array.tobytes())
            pending.append(entry)
            added[entry.key] = entry
            if len(pending) >= _CHUNK:
                _flush(numbers, lines, pending)
        _flush(numbers, lines, pending)
    return added


def _flush(numbers: IO[bytes], lines: IO[str], pending: list[Any]) -> None:
    numbers.flush()  # first the numbers, then the lines that speak of them
    lines.writelines(json.dumps(asdict(entry)) + "\n" for entry in pending)
    lines.flush()
    pending.clear()
