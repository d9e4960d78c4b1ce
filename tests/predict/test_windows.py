"""Windows of speech: found in blocks of any size, never longer than the network hears."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sertain import audio, speech
from sertain.predict.windows import Window, Windows

RATE = 16_000


@pytest.fixture(scope="module")
def spoken(clips: Path) -> NDArray[np.float32]:
    """1.998 s of speech at 16 kHz."""
    return audio.load(clips / "even.wav", sample_rate=RATE).samples[0]


@pytest.fixture(scope="module")
def unbroken(spoken: NDArray[np.float32]) -> NDArray[np.float32]:
    """150 s in which the detector hears no pause of 0.3 s."""
    (said,) = speech.detect(spoken)
    core = spoken[round((said.start_s + 0.15) * RATE) : round((said.end_s - 0.15) * RATE)]
    return np.tile(core, 150 * RATE // len(core) + 1)[: 150 * RATE]


def silence(seconds: float) -> NDArray[np.float32]:
    return np.zeros(round(seconds * RATE), np.float32)


def windows_of(
    samples: NDArray[np.float32], *, block: int, window_s: float = 4.0
) -> tuple[list[Window], float]:
    cutter = Windows(window_s)
    found = [
        window
        for start in range(0, len(samples), block)
        for window in cutter.feed(samples[start : start + block])
    ]
    return found + cutter.finish(), cutter.speech_s


def test_a_short_clip_is_one_window_from_first_to_last_speech(
    spoken: NDArray[np.float32],
) -> None:
    samples = np.concatenate([silence(1), spoken, silence(1)])
    (expected,) = speech.detect(samples)
    (window,), speech_s = windows_of(samples, block=RATE * 60)
    assert window.start_s == expected.start_s
    start, end = (round(each * RATE) for each in (expected.start_s, expected.end_s))
    np.testing.assert_array_equal(window.samples, samples[start:end])
    assert speech_s == pytest.approx(expected.duration_s)


def test_a_short_pause_stays_inside_a_window_and_a_long_one_parts_two(
    spoken: NDArray[np.float32],
) -> None:
    near = np.concatenate([spoken, silence(0.6), spoken])
    far = np.concatenate([spoken, silence(1.5), spoken])
    first, last = speech.detect(near)
    (window,), speech_s = windows_of(near, block=8000, window_s=8.0)
    assert len(window.samples) == round(last.end_s * RATE) - round(first.start_s * RATE)
    assert speech_s == pytest.approx(first.duration_s + last.duration_s)
    two, _ = windows_of(far, block=8000, window_s=8.0)
    assert [window.start_s for window in two] == [each.start_s for each in speech.detect(far)]


@pytest.mark.parametrize("block", [777, 16_000, 961_000])
def test_windows_do_not_depend_on_the_size_of_blocks(
    spoken: NDArray[np.float32], unbroken: NDArray[np.float32], block: int
) -> None:
    pause = np.concatenate([spoken, silence(0.5), spoken, silence(2.0)])
    samples = np.concatenate([pause, unbroken, silence(3), pause])
    whole, whole_s = windows_of(samples, block=len(samples))
    parts, parts_s = windows_of(samples, block=block)
    assert [each.start_s for each in parts] == pytest.approx([each.start_s for each in whole])
    for one, other in zip(parts, whole, strict=True):
        np.testing.assert_array_equal(one.samples, other.samples)
    assert parts_s == pytest.approx(whole_s)


def test_windows_hold_the_sound_that_lies_at_their_place(
    spoken: NDArray[np.float32], unbroken: NDArray[np.float32]
) -> None:
    samples = np.concatenate([silence(70), spoken, silence(5), unbroken, silence(70), spoken])
    found, _ = windows_of(samples, block=RATE * 60)
    for window in found:
        start = round(window.start_s * RATE)
        np.testing.assert_array_equal(window.samples, samples[start : start + len(window.samples)])


def test_speech_without_a_pause_is_cut_and_loses_nothing(
    unbroken: NDArray[np.float32],
) -> None:
    assert len(speech.detect(unbroken)) == 1
    found, speech_s = windows_of(unbroken, block=RATE * 10)
    assert max(len(window.samples) for window in found) <= 4 * RATE
    assert sum(len(window.samples) for window in found) == pytest.approx(len(unbroken), abs=RATE)
    for one, following in itertools.pairwise(found):
        assert following.start_s == pytest.approx(one.start_s + len(one.samples) / RATE, abs=1e-4)
    assert speech_s == pytest.approx(150, abs=1)


def test_windows_come_while_speech_goes_on(unbroken: NDArray[np.float32]) -> None:
    cutter = Windows(4.0)
    early = cutter.feed(unbroken[: 70 * RATE])
    # The first minute is sure and given; it comes in equal windows of 4 s.
    assert [len(window.samples) for window in early] == [4 * RATE] * 15


def test_silence_gives_no_window() -> None:
    assert windows_of(silence(10), block=RATE) == ([], 0.0)
