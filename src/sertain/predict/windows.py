"""From a stream of sound to the stretches of speech that the network hears.

Sound comes in blocks of any size and is forgotten as soon as it is decided what is spoken in it,
so that memory does not grow with the recording; the windows do not depend on the blocks' size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sertain.speech import (
    LOOKAHEAD_S,
    SAMPLE_RATE,
    Segment,
    SegmentTracker,
    SpeechDetector,
    speech_s,
    utterances,
)

GAP_S: Final = 1.0
"""Pauses shorter than this stay inside an utterance, as they did in training."""

LONGEST_S: Final = 60.0
"""Speech with no pause of ``GAP_S`` is cut here, so that an hour of it is not held in memory."""

_UNSURE_S: Final = LOOKAHEAD_S + 0.5
"""Of an open segment, the newest part that may yet turn out to be the pause after it."""


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """One stretch of speech.

    Attributes
    ----------
    start_s: where it starts in the recording.
    samples: its sound, float32 (n,) in -1..1 at 16 kHz.
    """

    start_s: float
    samples: NDArray[np.float32]


class Windows:
    """Cuts the stream of one recording into windows no longer than ``window_s``."""

    def __init__(self, window_s: float) -> None:
        """``window_s``: the longest stretch that the network hears at once, in seconds."""
        self._window_s = window_s
        self._detector = SpeechDetector()
        self._tracker = SegmentTracker()
        self._sound = _Sound()
        self._group: list[Segment] = []
        self._open_from_s = 0.0
        self.speech_s = 0.0

    def feed(self, block: NDArray[np.float32]) -> list[Window]:
        """The windows that the next block, float32 (n,) at 16 kHz, completes."""
        self._sound.append(block)
        complete = self._tracker.feed(self._detector.feed(block))
        windows = [window for segment in complete for window in self._add(segment)]
        windows += self._cut_open()
        self._sound.forget(self._needed_from_s())
        return windows

    def finish(self) -> list[Window]:
        """The windows that were still open at the end of the recording."""
        complete = self._tracker.feed(self._detector.finish())
        complete += self._tracker.finish(self._sound.end_s)
        windows = [window for segment in complete for window in self._add(segment)]
        return windows + self._close()

    def _add(self, segment: Segment) -> list[Window]:
        """Put a segment to its group; the windows of the groups that it completes."""
        # Its beginning may have been cut off already while it was open.
        segment = Segment(max(segment.start_s, self._open_from_s), segment.end_s)
        windows: list[Window] = []
        while segment.duration_s > LONGEST_S:
            cut_s = segment.start_s + LONGEST_S
            windows += self._join(Segment(segment.start_s, cut_s))
            segment = Segment(cut_s, segment.end_s)
        return windows + self._join(segment)

    def _cut_open(self) -> list[Window]:
        """Cut what is sure of a segment that does not end, so that its sound can be let go."""
        windows: list[Window] = []
        if self._tracker.open_since_s is not None:
            start_s = max(self._tracker.open_since_s, self._open_from_s)
            while self._sound.end_s - _UNSURE_S - start_s > LONGEST_S:
                windows += self._join(Segment(start_s, start_s + LONGEST_S))
                start_s = self._open_from_s = start_s + LONGEST_S
        return windows

    def _join(self, segment: Segment) -> list[Window]:
        windows: list[Window] = []
        if self._group and segment.start_s - self._group[-1].end_s >= GAP_S:
            windows += self._close()
        self._group.append(segment)
        if segment.end_s - self._group[0].start_s >= LONGEST_S:
            windows += self._close()
        return windows

    def _close(self) -> list[Window]:
        group, self._group = self._group, []
        self.speech_s += speech_s(group)
        return [
            Window(each.start_s, self._sound.between(each.start_s, each.end_s))
            for each in utterances(group, max_s=self._window_s, gap_s=GAP_S)
        ]

    def _needed_from_s(self) -> float:
        """Where the sound starts that a window may still be made of."""
        if self._group:
            return self._group[0].start_s
        if self._tracker.open_since_s is not None:
            return max(self._tracker.open_since_s, self._open_from_s)
        # A segment yet to come reaches back by its padding and the frames of the detector.
        return self._sound.end_s - _UNSURE_S


class _Sound:
    """The newest part of a stream, kept in the blocks it came in."""

    def __init__(self) -> None:
        self._blocks: list[NDArray[np.float32]] = []
        self._start = 0
        self._end = 0

    @property
    def end_s(self) -> float:
        """Seconds heard so far."""
        return self._end / SAMPLE_RATE

    def append(self, block: NDArray[np.float32]) -> None:
        self._blocks.append(block)
        self._end += len(block)

    def forget(self, before_s: float) -> None:
        """Drop the blocks that end before ``before_s``."""
        before = int(before_s * SAMPLE_RATE)
        while self._blocks and self._start + len(self._blocks[0]) <= before:
            self._start += len(self._blocks.pop(0))

    def between(self, start_s: float, end_s: float) -> NDArray[np.float32]:
        """A copy of the sound from ``start_s`` to ``end_s``, as far as it goes."""
        start, end = (round(each * SAMPLE_RATE) - self._start for each in (start_s, end_s))
        parts: list[NDArray[np.float32]] = []
        at = 0
        for block in self._blocks:
            parts.append(block[max(0, start - at) : max(0, end - at)])
            at += len(block)
        return np.concatenate(parts)
