"""One uploaded recording heard: its facts, the answer or why there is none, and its pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sertain.audio import MAX_DURATION_S, AudioInfo, probe
from sertain.batch import BATCH, Recording, knowing, pooled
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


def takes_baseline(model: Model) -> bool:
    """Whether the model can get to know a voice."""
    return model.bundle.spec.reference is not None


def acquainted(model: Model, paths: Sequence[Path]) -> tuple[Model, str | None]:
    """The model that knows the voice of these recordings, as ``--baseline batch`` does.

    Where they hold too little speech: the model as it is, and what to warn of.
    """
    recordings = [Recording(str(path), path) for path in paths]
    groups = [BATCH] * len(paths)
    pools, _ = pooled(model, recordings, groups, max_duration_s=MAX_DURATION_S)
    return knowing(model, pools, groups)(0, recordings[0])


def hear(
    model: Model, path: Path, name: str, *, drawn: bool = True, caution: str | None = None
) -> Heard:
    """Hear the recording at ``path``; never raises for what is wrong with the recording.

    ``caution`` is one more thing to warn of where there is speech.
    """
    info = drawing = None
    outcome: Outcome
    try:
        answer = model.predict(path, name=name)
        said = tuple(warning.replace(str(path), name) for warning in answer.warnings)
        if caution and answer.is_speech:
            said += (caution,)
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
