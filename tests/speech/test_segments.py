"""From probabilities to segments to utterances; all expected times are counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from sertain.speech import FRAME_S, Segment, SegmentTracker, segments, speech_s, utterances


def frames(*runs: tuple[float, int]) -> np.ndarray:
    """Probabilities: each value so many frames long."""
    return np.concatenate([np.full(count, value, np.float32) for value, count in runs])


def times(found: list[Segment]) -> list[tuple[float, float]]:
    return [(round(segment.start_s, 6), round(segment.end_s, 6)) for segment in found]


def test_a_stretch_of_speech_with_its_padding() -> None:
    # 10 frames of silence (0.32 s), 20 of speech (to 0.96 s), 20 of silence.
    found = segments(frames((0.0, 10), (0.9, 20), (0.0, 20)))
    assert times(found) == [(0.17, 1.11)]


def test_nothing_but_silence() -> None:
    assert segments(frames((0.0, 100))) == []
    assert segments(np.zeros(0, dtype=np.float32)) == []


def test_a_pause_shorter_than_the_least_silence_is_speech() -> None:
    # 0.3 s are 9.4 frames, so 9 frames of pause join and 10 part.
    joined = segments(frames((0.9, 10), (0.0, 9), (0.9, 10)), padding_s=0.0)
    assert times(joined) == [(0.0, 29 * FRAME_S)]
    parted = segments(frames((0.9, 10), (0.0, 10), (0.9, 10)), padding_s=0.0)
    assert times(parted) == [(0.0, 0.32), (0.64, 0.96)]


def test_speech_starts_high_and_goes_on_lower() -> None:
    low = frames((0.0, 10), (0.4, 20), (0.0, 20))
    assert segments(low, threshold=0.5, low_threshold=0.35) == []
    led = frames((0.0, 10), (0.6, 1), (0.4, 19), (0.0, 20))
    found = segments(led, threshold=0.5, low_threshold=0.35, padding_s=0.0)
    assert times(found) == [(0.32, 0.96)]


def test_the_shortest_speech() -> None:
    # 0.2 s are 6.25 frames: 7 are speech, 6 are not.
    assert segments(frames((0.0, 5), (0.9, 6), (0.0, 20))) == []
    assert len(segments(frames((0.0, 5), (0.9, 7), (0.0, 20)))) == 1


def test_padding_stays_within_the_recording_and_never_overlaps() -> None:
    probabilities = frames((0.9, 10), (0.0, 10), (0.9, 10))
    found = segments(probabilities, duration_s=0.95, padding_s=5.0)
    # Half the least silence, 10 frames, is 0.16 s.
    assert times(found) == [(0.0, 0.48), (0.48, 0.95)]


def test_a_segment_wholly_beyond_the_end_is_none() -> None:
    assert segments(frames((0.0, 20), (0.9, 10)), duration_s=0.4, padding_s=0.0) == []


@pytest.mark.parametrize("size", [1, 3, 50])
def test_the_tracker_gives_the_same_piece_by_piece(size: int, rng: np.random.Generator) -> None:
    probabilities = np.repeat(rng.uniform(0, 0.6, 60), 12).astype(np.float32)
    tracker = SegmentTracker()
    found: list[Segment] = []
    for start in range(0, len(probabilities), size):
        found += tracker.feed(probabilities[start : start + size])
    found += tracker.finish()
    assert len(found) > 5
    assert times(found) == times(segments(probabilities))


def test_the_tracker_says_where_an_open_segment_starts() -> None:
    tracker = SegmentTracker()
    assert tracker.open_since_s is None
    assert tracker.feed(frames((0.0, 10), (0.9, 20))) == []
    assert tracker.open_since_s == pytest.approx(0.17)
    (closed,) = tracker.feed(frames((0.0, 10)))
    assert times([closed]) == [(0.17, 1.11)]
    assert tracker.open_since_s is None


def test_utterances_join_over_short_gaps() -> None:
    found = [Segment(0.0, 1.0), Segment(1.5, 2.0), Segment(3.0, 4.0)]
    assert times(utterances(found, gap_s=0.6)) == [(0.0, 2.0), (3.0, 4.0)]
    assert times(utterances(found, gap_s=0.5)) == times(found)
    assert times(utterances(found[::-1], gap_s=2.0)) == [(0.0, 4.0)]


def test_utterances_cut_long_speech_into_equal_parts() -> None:
    found = utterances([Segment(1.0, 26.0)], max_s=10.0)
    assert times(found) == [(1.0, 9.333333), (9.333333, 17.666667), (17.666667, 26.0)]
    assert times(utterances([Segment(0.0, 12.0)], max_s=12.0)) == [(0.0, 12.0)]
    assert utterances([]) == []


def test_speech_is_the_sum() -> None:
    assert speech_s([Segment(0.5, 1.0), Segment(2.0, 4.0)]) == 2.5
    assert speech_s([]) == 0.0
