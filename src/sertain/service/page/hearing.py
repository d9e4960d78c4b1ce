"""One uploaded recording heard: its facts, the answer or why there is none, and its pictures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from sertain.audio import AudioInfo, probe
from sertain.corpora import Clip, recognise
from sertain.errors import SertainError
from sertain.predict import Failure, Model, Outcome
from sertain.service.page.pictures import Drawing, draw


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """A recording and everything the page shows of it.

    Attributes
    ----------
    name: as its owner calls it.
    size: bytes.
    info: rate and channels; ``None`` where it is no audio.
    readings: what its name says, one clip for each corpus whose scheme it follows.
    outcome: the answer, or the line that the command line would print.
    drawing: its pictures; ``None`` where they were not wanted or nothing can be drawn.
    """

    name: str
    size: int
    info: AudioInfo | None
    readings: tuple[Clip, ...]
    outcome: Outcome
    drawing: Drawing | None


def unheard(path: Path, name: str, error: SertainError) -> Heard:
    """What stands for a recording that could not even be opened."""
    return Heard(name, 0, None, (), _failure(path, name, error), None)


def hear(model: Model, path: Path, name: str, *, drawn: bool = True) -> Heard:
    """Hear the recording at ``path``; never raises for what is wrong with the recording."""
    info = drawing = None
    outcome: Outcome
    try:
        answer = model.predict(path, name=name)
        said = tuple(warning.replace(str(path), name) for warning in answer.warnings)
        outcome = replace(answer, warnings=said)
        info = probe(path)
        drawing = draw(path) if drawn else None
    except SertainError as error:
        outcome = _failure(path, name, error)
    except Exception as error:  # a fault of ours in one recording must not cost the others
        said_first = str(error).strip().partition("\n")[0].replace(str(path), name)
        outcome = Failure(
            name, f"unexpected {type(error).__name__}: {said_first}; please report it"
        )
    size = path.stat().st_size if path.exists() else 0
    return Heard(name, size, info, tuple(recognise(name)), outcome, drawing)


def _failure(path: Path, name: str, error: SertainError) -> Failure:
    """The command line names the file as its user does, not where the upload lies."""
    return Failure(name, str(error).replace(str(path), name))
