"""Every labelled clip answered by a model, exactly as `predict` answers it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from sertain import audio
from sertain.corpora.clip import Clip
from sertain.errors import SertainError
from sertain.predict import Failure, Model, Outcome, Prediction
from sertain.predict.cores import cores

SAMPLE_RATE = 16_000

Samples = NDArray[np.float32]
Change = Callable[[Clip, Samples], Samples]
"""Makes other sound, float32 (n,) at 16 kHz, of a clip's sound."""


@dataclass(frozen=True)
class Heard:
    """A clip and what came of it."""

    clip: Clip
    outcome: Outcome

    @property
    def answer(self) -> Prediction | None:
        """The answer; ``None`` without speech or where the recording is broken."""
        if isinstance(self.outcome, Prediction) and self.outcome.is_speech:
            return self.outcome
        return None


def hear(
    model: Model,
    clips: Sequence[Clip],
    *,
    change: Change | None = None,
    workers: int | None = None,
) -> Iterator[Heard]:
    """Yield the outcome of each clip, in their order, as soon as it is known.

    A broken recording becomes a :class:`~sertain.predict.Failure`, and the others go on.

    Parameters
    ----------
    model: who answers.
    clips: whole files, which are answered as they lie there, or parts of files.
    change: is made to each clip's sound first.
    workers: clips heard at once, by default one a core.
    """
    answer = partial(_heard, model, change)
    pool = ThreadPoolExecutor(workers or cores(), thread_name_prefix="sertain-clip")
    try:
        yield from pool.map(answer, clips)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def read(clip: Clip) -> Samples:
    """The sound of a clip, float32 (n,) at 16 kHz; raises :class:`AudioError`."""
    samples: Samples = audio.load(clip.path, sample_rate=SAMPLE_RATE).samples[0]
    end = len(samples) if clip.end_s is None else round(clip.end_s * SAMPLE_RATE)
    return samples[round(clip.start_s * SAMPLE_RATE) : end]


def _heard(model: Model, change: Change | None, clip: Clip) -> Heard:
    whole = clip.start_s == 0 and clip.end_s is None
    try:
        if whole and change is None:
            return Heard(clip, model.predict(clip.path, name=clip.key))
        samples = read(clip)
        if change is not None:
            samples = change(clip, samples)
        return Heard(clip, model.predict(samples, sample_rate=SAMPLE_RATE, name=clip.key))
    except SertainError as error:
        return Heard(clip, Failure(clip.key, str(error)))
