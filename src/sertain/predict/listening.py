"""Windows through the network: in runs of like length, beside the decoding of long recordings."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from sertain.predict.cores import cores
from sertain.predict.windows import Window
from sertain.speech import SAMPLE_RATE

COLLECTED_S: Final = 120.0
"""Sound collected before it is sorted by length and heard: more makes the rows of a run more
alike, and holds more in memory."""

RUN_S: Final = 16.0
"""Sound in one run of the network: bounds the memory of its activations."""

Hear = Callable[[NDArray[np.float32], NDArray[np.int64]], NDArray[np.float32]]
"""From waveform (batch, samples) and lengths (batch,) to a row of columns for each."""

_Part = tuple[NDArray[np.float64], float]
"""Rows summed with their weights, and the sum of the weights."""


class Listening:
    """Collects the windows of one recording, and means what is heard in them.

    What is less than one collection is heard in the caller's thread; more is heard in threads of
    its own while the caller decodes on.
    """

    def __init__(self, hear: Hear, min_speech_s: float) -> None:
        """``hear`` runs the network; windows shorter than ``min_speech_s`` are left out."""
        self._hear = hear
        self._least = min_speech_s * SAMPLE_RATE
        self._waiting: list[Window] = []
        self._waiting_s = 0.0
        self._pool: ThreadPoolExecutor | None = None
        self._running: deque[Future[_Part]] = deque()
        self._sum: NDArray[np.float64] | float = 0.0
        self._weight = 0.0

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of the threads; after an error what was only collected is not heard."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def add(self, windows: Iterable[Window]) -> None:
        """Take windows; waits where the network is far behind the decoding."""
        for window in windows:
            if len(window.samples) < max(1, self._least):
                continue
            self._waiting.append(window)
            self._waiting_s += len(window.samples) / SAMPLE_RATE
            if self._waiting_s >= COLLECTED_S:
                self._send()

    def mean(self) -> tuple[NDArray[np.float64], float] | None:
        """What was heard over all windows, weighted by length; ``None`` without a window.

        float64 (columns,), and the seconds of all windows together.
        """
        if self._pool is not None:
            self._send()
        for run in _runs(self._waiting):
            self._take(_heard(self._hear, run))
        while self._running:
            self._take(self._running.popleft().result())
        if not self._weight:
            return None
        return np.asarray(self._sum / self._weight), self._weight / SAMPLE_RATE

    def _send(self) -> None:
        waiting, self._waiting, self._waiting_s = self._waiting, [], 0.0
        self._pool = self._pool or ThreadPoolExecutor(cores(), thread_name_prefix="sertain-network")
        for run in _runs(waiting):
            self._running.append(self._pool.submit(_heard, self._hear, run))
        while len(self._running) > 2 * COLLECTED_S / RUN_S:
            self._take(self._running.popleft().result())

    def _take(self, part: _Part) -> None:
        self._sum = self._sum + part[0]
        self._weight += part[1]


def _runs(windows: Iterable[Window]) -> Iterator[list[Window]]:
    """Windows grouped by length, so that little of a run is padding."""
    run: list[Window] = []
    for window in sorted(windows, key=lambda each: len(each.samples)):
        if run and (len(run) + 1) * len(window.samples) > RUN_S * SAMPLE_RATE:
            yield run
            run = []
        run.append(window)
    if run:
        yield run


def _heard(hear: Hear, windows: Sequence[Window]) -> _Part:
    lengths = np.array([len(window.samples) for window in windows], dtype=np.int64)
    waveform = np.zeros((len(windows), int(lengths.max())), dtype=np.float32)
    for row, window in zip(waveform, windows, strict=True):
        row[: len(window.samples)] = window.samples
    weights = lengths.astype(np.float64)
    return weights @ hear(waveform, lengths).astype(np.float64), float(weights.sum())
