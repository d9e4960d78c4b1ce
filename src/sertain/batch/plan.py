"""From what a user named to the recordings to hear, in the order named."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sertain.audio import find_audio
from sertain.errors import AudioError
from sertain.predict.prediction import Failure

STDIN = "-"


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording to hear: the name it goes by, and where it comes from."""

    name: str
    source: Path | BinaryIO


def plan(named: Iterable[str], *, stdin: BinaryIO) -> list[Recording | Failure]:
    """The recordings behind files, folders, globs and ``-``, in order.

    A name behind which there is nothing becomes a :class:`Failure`, so that the others go on.

    Parameters
    ----------
    named: what the user typed.
    stdin: what ``-`` stands for; it can be read once, so a second ``-`` fails.
    """
    planned: list[Recording | Failure] = []
    for name in named:
        if name == STDIN:
            planned.append(_standard_input(planned, stdin))
            continue
        try:
            planned.extend(Recording(str(path), path) for path in find_audio([name]))
        except AudioError as error:
            planned.append(Failure(name, str(error)))
    return planned


def _standard_input(planned: list[Recording | Failure], stdin: BinaryIO) -> Recording | Failure:
    if any(isinstance(each, Recording) and each.name == STDIN for each in planned):
        return Failure(STDIN, "standard input can be read only once; name '-' once")
    return Recording(STDIN, stdin)
