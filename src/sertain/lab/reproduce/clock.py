"""How long it will take: from what is thought of jobs, corrected by those that are done."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable

Kind = tuple[str, ...]
"""What a job does, and then on what."""


class Clock:
    """Guesses the time that is left for jobs on some workers.

    A job of a kind that was seen is thought to take the mean of those; one of another kind takes
    its first guess, times how far the guesses were off for those who do the same on other things.
    """

    def __init__(self, workers: int, now: Callable[[], float] = time.monotonic) -> None:
        self._workers = workers
        self._now = now
        self._guess: dict[Kind, float] = {}
        self._waiting: dict[Kind, int] = defaultdict(int)
        self._began: dict[Kind, list[float]] = defaultdict(list)
        self._took: dict[Kind, list[float]] = defaultdict(list)

    def add(self, kind: Kind, seconds: float, jobs: int = 1) -> None:
        """Expect jobs that are thought to take ``seconds`` each."""
        self._guess[kind] = seconds
        self._waiting[kind] += jobs

    def begin(self, kind: Kind) -> None:
        """Say that a job starts."""
        self._waiting[kind] -= 1
        self._began[kind].append(self._now())

    def end(self, kind: Kind, *, counts: bool = True) -> None:
        """Say that the oldest job of a kind ended; one that failed tells nothing of the others."""
        start = self._began[kind].pop(0)
        if counts:
            self._took[kind].append(self._now() - start)

    @property
    def left_s(self) -> float:
        """Seconds until all are done."""
        now = self._now()
        each = {kind: self._expected(kind) for kind in self._guess}
        waiting = sum(count * each[kind] for kind, count in self._waiting.items())
        rests = [
            max(0.0, each[kind] - (now - start))
            for kind, starts in self._began.items()
            for start in starts
        ]
        return max([(waiting + sum(rests)) / self._workers, *rests])

    @property
    def done_s(self) -> float:
        """Seconds of work that are done, of all workers together."""
        now = self._now()
        running = sum(now - start for starts in self._began.values() for start in starts)
        return running + sum(sum(took) for took in self._took.values())

    @property
    def share(self) -> float:
        """The share of all work that is done, 0…1."""
        left = self.left_s * self._workers
        return self.done_s / (self.done_s + left) if self.done_s + left else 0.0

    def _expected(self, kind: Kind) -> float:
        if self._took[kind]:
            return sum(self._took[kind]) / len(self._took[kind])
        alike = {other: took for other, took in self._took.items() if other[0] == kind[0]}
        guessed = sum(self._guess[other] * len(took) for other, took in alike.items())
        took = sum(sum(took) for took in alike.values())
        return self._guess[kind] * (took / guessed if guessed else 1.0)
