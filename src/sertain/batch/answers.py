"""Many recordings answered side by side: order kept, a broken one marked, the others go on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from sertain.batch.abreast import abreast
from sertain.batch.plan import Recording
from sertain.batch.voices import Choose
from sertain.errors import SertainError
from sertain.predict.model import Model
from sertain.predict.prediction import Failure, Outcome


def answers(
    model: Model,
    planned: Sequence[Recording | Failure],
    *,
    max_duration_s: float | None,
    workers: int | None = None,
    choose: Choose | None = None,
) -> Iterator[Outcome]:
    """Yield an outcome for each of ``planned``, in its order, as soon as it is known.

    Parameters
    ----------
    model: who answers.
    planned: what :func:`sertain.batch.plan` gave.
    max_duration_s: recordings longer than this fail; ``None`` sets no limit.
    workers: recordings heard at once, by default one a core.
    choose: gives, for a recording, ``model`` with the baseline of its voice; without it no
        answer depends on another recording.
    """
    hear = partial(_hear, model, max_duration_s, choose)
    return abreast(hear, list(enumerate(planned)), workers=workers)


def _hear(
    model: Model,
    max_duration_s: float | None,
    choose: Choose | None,
    numbered: tuple[int, Recording | Failure],
) -> Outcome:
    number, planned = numbered
    if isinstance(planned, Failure):
        return planned
    caution: str | None = None
    try:
        if choose is not None:
            model, caution = choose(number, planned)
        answer = model.predict(planned.source, name=planned.name, max_duration_s=max_duration_s)
    except SertainError as error:
        return Failure(planned.name, str(error))
    except Exception as error:  # a fault of ours in one recording must not cost the others
        said = str(error).strip().partition("\n")[0]
        return Failure(planned.name, f"unexpected {type(error).__name__}: {said}; please report it")
    if caution and answer.is_speech:
        return replace(answer, warnings=(*answer.warnings, caution))
    return answer
