"""Many recordings answered side by side: order kept, a broken one marked, the others go on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from sertain.batch.plan import Recording
from sertain.errors import SertainError
from sertain.predict.cores import cores
from sertain.predict.model import Model
from sertain.predict.prediction import Failure, Outcome


def answers(
    model: Model,
    planned: Sequence[Recording | Failure],
    *,
    max_duration_s: float | None,
    workers: int | None = None,
) -> Iterator[Outcome]:
    """Yield an outcome for each of ``planned``, in its order, as soon as it is known.

    Parameters
    ----------
    model: who answers.
    planned: what :func:`sertain.batch.plan` gave.
    max_duration_s: recordings longer than this fail; ``None`` sets no limit.
    workers: recordings heard at once, by default one a core.  Threads do: decoding, resampling
        and both networks leave Python's lock alone.
    """
    hear = partial(_hear, model, max_duration_s=max_duration_s)
    count = min(workers or cores(), len(planned))
    if count <= 1:
        yield from map(hear, planned)
        return
    pool = ThreadPoolExecutor(count, thread_name_prefix="sertain-recording")
    try:
        yield from pool.map(hear, planned)
    finally:
        # Who stops reading, or presses Ctrl-C, does not wait for what was only planned.
        pool.shutdown(wait=False, cancel_futures=True)


def _hear(model: Model, planned: Recording | Failure, *, max_duration_s: float | None) -> Outcome:
    if isinstance(planned, Failure):
        return planned
    try:
        return model.predict(planned.source, name=planned.name, max_duration_s=max_duration_s)
    except SertainError as error:
        return Failure(planned.name, str(error))
    except Exception as error:  # a fault of ours in one recording must not cost the others
        said = str(error).strip().partition("\n")[0]
        return Failure(planned.name, f"unexpected {type(error).__name__}: {said}; please report it")
