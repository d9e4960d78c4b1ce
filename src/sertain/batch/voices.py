"""The first pass over a batch: what its voices are like, and which model then answers whom.

Nothing of the sound is kept: a recording is decoded once for its statistics and again for its
answer, so that memory does not grow with the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from sertain.batch.abreast import abreast
from sertain.batch.plan import Recording
from sertain.errors import SertainError
from sertain.predict.baseline import LEAST_OWN_S, LEAST_S, Pool, takes
from sertain.predict.model import Model
from sertain.predict.prediction import Failure

if TYPE_CHECKING:
    from sertain.corpora.meter import Meter

Choose = Callable[[int, Recording], tuple[Model, str | None]]
"""From a recording's place in the plan, and itself, to the model that answers it, and what to
warn of if that model does not know its voice."""

BATCH: Final = "batch"
OWN: Final = "self"
_IN_WORDS: Final = {BATCH: "the batch", OWN: "the recording"}
_AHEAD: Final = 512
"""Statistics kept while an earlier recording is heard: 30 kB each with 1,920 rows."""


def pooled(
    model: Model,
    planned: Sequence[Recording | Failure],
    groups: Sequence[str | None],
    *,
    max_duration_s: float | None,
    workers: int | None = None,
    meter: Meter | None = None,
) -> tuple[dict[str, Pool], list[Failure]]:
    """Hear what the voice of each group is like.

    Parameters
    ----------
    model: who hears them.
    planned: what :func:`sertain.batch.plan` gave.
    groups: of each of ``planned`` the name of its group; ``None``: it belongs to none.
    max_duration_s: longer recordings fail.
    workers: recordings heard at once, by default one a core.
    meter: is told of each recording.

    Returns
    -------
    A pool for each group, by its name, and what could not be heard.

    Raises
    ------
    BaselineError: the model takes no baseline.
    """
    takes(model.bundle)
    if meter is not None:
        meter.start("getting to know", len(planned))
    pools: dict[str, Pool] = {}
    failures: list[Failure] = []
    hear = partial(_heard, model, max_duration_s)
    grouped = list(zip(planned, groups, strict=True))
    for (_, group), found in zip(
        grouped, abreast(hear, grouped, workers=workers, ahead=_AHEAD), strict=True
    ):
        if isinstance(found, Failure):
            failures.append(found)
        elif group is not None:
            pools.setdefault(group, Pool()).join(found)
        if meter is not None:
            meter.advance(1)
    return pools, failures


def knowing(
    model: Model,
    pools: dict[str, Pool],
    groups: Sequence[str | None],
    *,
    one_sided: bool = False,
) -> Choose:
    """Let each recording be answered by the model that knows its group's voice.

    Groups with too little speech or of one emotion, and recordings of no group, are answered
    without a baseline and say so.

    Parameters
    ----------
    model: who answers.
    pools: what :func:`pooled` gave.
    groups: of each recording, as there.
    one_sided: whether groups of one emotion are believed, too.
    """
    knows: dict[str, tuple[Model, str | None]] = {}
    for group in dict.fromkeys(groups):
        if group is not None:
            knows[group] = _knowing(model, pools.get(group, Pool()), group, LEAST_S, one_sided)
    nobody = (model, "no baseline: it is not said whose voice this is")

    def choose(number: int, recording: Recording) -> tuple[Model, str | None]:  # noqa: ARG001
        group = groups[number]
        return nobody if group is None else knows[group]

    return choose


def knowing_itself(
    model: Model, *, max_duration_s: float | None, one_sided: bool = False
) -> Choose:
    """Let each long recording be its own baseline; others are answered without and say so.

    Others are shorter ones and, without ``one_sided``, those of one emotion.

    Raises
    ------
    BaselineError: the model takes no baseline.
    """
    takes(model.bundle)

    def choose(number: int, recording: Recording) -> tuple[Model, str | None]:  # noqa: ARG001
        pool = _pool(model, recording, max_duration_s)
        return _knowing(model, pool, OWN, LEAST_OWN_S, one_sided)

    return choose


def _knowing(
    model: Model, pool: Pool, name: str, least_s: float, one_sided: bool
) -> tuple[Model, str | None]:
    fault = pool.lacks(model.bundle, least_s=least_s, one_sided=one_sided)
    if fault is not None:
        return model, f"no baseline: {_IN_WORDS.get(name, name)} {fault[0]}"
    made = pool.baseline(model.bundle, name, least_s=least_s, one_sided=one_sided)
    return model.with_baseline(made), None


def _heard(
    model: Model, max_duration_s: float | None, grouped: tuple[Recording | Failure, str | None]
) -> Pool | Failure:
    planned, group = grouped
    if isinstance(planned, Failure):
        return planned
    if group is None:
        return Pool()
    try:
        return _pool(model, planned, max_duration_s)
    except SertainError as error:
        return Failure(planned.name, str(error))
    except Exception as error:  # as for an answer: it must not cost the others
        said = str(error).strip().partition("\n")[0]
        return Failure(planned.name, f"unexpected {type(error).__name__}: {said}; please report it")


def _pool(model: Model, recording: Recording, max_duration_s: float | None) -> Pool:
    pool = model.pool(recording.source, max_duration_s=max_duration_s)
    if hasattr(recording.source, "seek"):
        recording.source.seek(0)  # it is heard again for the answer
    return pool
