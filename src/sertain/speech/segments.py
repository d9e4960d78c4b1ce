"""Stretches of speech: from probabilities to segments, from segments to utterances."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FRAME_S = 0.032
"""Seconds that one probability stands for: 512 samples at 16 kHz."""

THRESHOLD = 0.45
"""Speech starts at a frame of at least this probability."""

LOW_THRESHOLD = 0.3
"""Speech goes on until a pause of frames below this."""

MIN_SPEECH_S = 0.2
MIN_SILENCE_S = 0.3
PADDING_S = 0.15


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """A stretch of a recording, in seconds from its start."""

    start_s: float
    end_s: float

    @property
    def duration_s(self) -> float:
        """Seconds from start to end."""
        return self.end_s - self.start_s


class SegmentTracker:
    """Turns probabilities, as they come, into segments, as soon as each is sure.

    Parameters are those of :func:`segments`.
    """

    def __init__(
        self,
        *,
        threshold: float = THRESHOLD,
        low_threshold: float = LOW_THRESHOLD,
        min_speech_s: float = MIN_SPEECH_S,
        min_silence_s: float = MIN_SILENCE_S,
        padding_s: float = PADDING_S,
    ) -> None:
        self._threshold = threshold
        self._low = low_threshold
        self._min_speech = max(1, math.ceil(min_speech_s / FRAME_S))
        self._min_silence = max(1, math.ceil(min_silence_s / FRAME_S))
        # Two segments lie at least the minimal silence apart, so half of it never makes them meet.
        self._padding_s = min(padding_s, self._min_silence * FRAME_S / 2)
        self._frame = 0
        self._start: int | None = None
        self._end = 0

    def feed(self, probabilities: NDArray[np.float32]) -> list[Segment]:
        """The segments that these probabilities (n,) complete."""
        done: list[Segment] = []
        for probability in probabilities.tolist():
            if self._start is None:
                if probability >= self._threshold:
                    self._start, self._end = self._frame, self._frame + 1
            elif probability >= self._low:
                self._end = self._frame + 1
            elif self._frame + 1 - self._end >= self._min_silence:
                done += self._closed()
            self._frame += 1
        return done

    def finish(self, duration_s: float | None = None) -> list[Segment]:
        """The segment still open at the end; no segment reaches beyond ``duration_s``."""
        return self._closed(duration_s)

    @property
    def open_since_s(self) -> float | None:
        """Where the segment that is not yet complete starts, padding included, or ``None``."""
        return None if self._start is None else self._padded_start(self._start)

    def _padded_start(self, frame: int) -> float:
        return max(0.0, frame * FRAME_S - self._padding_s)

    def _closed(self, duration_s: float | None = None) -> list[Segment]:
        start, self._start = self._start, None
        if start is None or self._end - start < self._min_speech:
            return []
        limit_s = self._frame * FRAME_S if duration_s is None else duration_s
        end_s = min(self._end * FRAME_S + self._padding_s, limit_s)
        return [Segment(self._padded_start(start), end_s)]


def segments(
    probabilities: NDArray[np.float32],
    *,
    duration_s: float | None = None,
    threshold: float = THRESHOLD,
    low_threshold: float = LOW_THRESHOLD,
    min_speech_s: float = MIN_SPEECH_S,
    min_silence_s: float = MIN_SILENCE_S,
    padding_s: float = PADDING_S,
) -> list[Segment]:
    """Where somebody speaks, given one probability (n,) per frame of ``FRAME_S`` seconds.

    A segment starts at a frame of at least ``threshold`` and lasts until ``min_silence_s`` of
    frames below ``low_threshold``; one of less than ``min_speech_s`` is dropped; each is padded by
    ``padding_s`` on both sides, within the recording and at most half the minimal silence.
    """
    tracker = SegmentTracker(
        threshold=threshold,
        low_threshold=low_threshold,
        min_speech_s=min_speech_s,
        min_silence_s=min_silence_s,
        padding_s=padding_s,
    )
    found = tracker.feed(np.asarray(probabilities, dtype=np.float32))
    found += tracker.finish(duration_s)
    if duration_s is not None:
        found = [Segment(s.start_s, min(s.end_s, duration_s)) for s in found]
    return [s for s in found if s.duration_s > 0]


def utterances(
    found: Sequence[Segment], *, max_s: float = 12.0, gap_s: float = 0.6
) -> list[Segment]:
    """Segments joined over gaps shorter than ``gap_s``, and cut where longer than ``max_s``.

    A long one is cut into equal parts, as few as will do, so that no sliver is left over.
    """
    joined: list[Segment] = []
    for segment in sorted(found):
        if joined and segment.start_s - joined[-1].end_s < gap_s:
            last = joined.pop()
            joined.append(Segment(last.start_s, max(last.end_s, segment.end_s)))
        else:
            joined.append(segment)
    return [part for segment in joined for part in _parts(segment, max_s)]


def _parts(segment: Segment, max_s: float) -> list[Segment]:
    # The small tolerance keeps 12.000000001 s from being cut in two by rounding.
    count = max(1, math.ceil(segment.duration_s / max_s - 1e-6))
    edges = [segment.start_s + segment.duration_s * i / count for i in range(count)]
    return [Segment(a, b) for a, b in zip(edges, [*edges[1:], segment.end_s], strict=True)]


def speech_s(found: Sequence[Segment]) -> float:
    """Seconds of speech in all segments."""
    return float(sum(segment.duration_s for segment in found))
