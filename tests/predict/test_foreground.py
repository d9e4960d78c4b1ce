"""The ends of a window that hold the background alone are left out, and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sertain import audio, load
from sertain.bundle import verify
from sertain.predict.foreground import bounds, foreground
from sertain.predict.windows import Window, Windows

RATE = 16_000


@pytest.fixture(scope="module")
def spoken(clips: Path) -> NDArray[np.float32]:
    """1.998 s of speech at 16 kHz."""
    return audio.load(clips / "even.wav", sample_rate=RATE).samples[0]


def _between(loud: NDArray[np.float32], behind_db: float, around_s: float) -> NDArray[np.float32]:
    """Sound amid steady noise that many dB below its own RMS."""
    rng = np.random.default_rng(1)
    around = round(around_s * RATE)
    whole = rng.standard_normal(2 * around + len(loud)) * 10 ** (-behind_db / 20)
    whole *= np.sqrt(np.mean(loud.astype(np.float64) ** 2))
    whole[around : around + len(loud)] += loud
    return whole.astype(np.float32)


@pytest.mark.parametrize("behind_db", [10.0, 20.0])
def test_noise_before_and_after_a_voice_is_left_out(behind_db: float) -> None:
    tone = 0.3 * np.sin(np.arange(RATE) * 0.1).astype(np.float32)
    first, last = bounds(_between(tone, behind_db, 1.5))
    # A span of 0.3 s is loud where it reaches into the tone, and 0.1 s is kept around that.
    assert 1.1 <= first / RATE < 1.5
    assert 2.5 < last / RATE <= 2.9


def test_a_clean_window_stays_as_it_is(spoken: NDArray[np.float32]) -> None:
    window = Window(1.5, spoken)
    (found,) = foreground([window])
    assert found is window


def test_a_window_of_steady_sound_and_a_short_one_stay() -> None:
    rng = np.random.default_rng(2)
    steady = (0.1 * rng.standard_normal(4 * RATE)).astype(np.float32)
    assert bounds(steady) == (0, len(steady))
    assert bounds(np.zeros(2 * RATE, np.float32)) == (0, 2 * RATE)
    short = np.concatenate([0.01 * steady[:4000], steady[:4000]])
    assert bounds(short) == (0, len(short))
    assert bounds(short[:100]) == (0, 100)


def test_what_is_left_knows_where_it_lies() -> None:
    tone = 0.3 * np.sin(np.arange(RATE) * 0.1).astype(np.float32)
    samples = _between(tone, 15.0, 2.0)
    (found,) = foreground([Window(10.0, samples)])
    first, last = bounds(samples)
    assert found.start_s == pytest.approx(10 + first / RATE)
    np.testing.assert_array_equal(found.samples, samples[first:last])
    assert len(found.samples) < len(samples)


def test_levels_are_those_of_sliding_spans() -> None:
    """The same, span by span, as the page of the decision says it."""
    rng = np.random.default_rng(3)
    for around_s, behind_db in ((0.7, 8.0), (1.3, 14.0), (0.2, 30.0)):
        speech = rng.standard_normal(RATE) * np.repeat(rng.uniform(0.05, 0.5, 10), RATE // 10)
        samples = _between(speech.astype(np.float32), behind_db, around_s)
        starts = range(0, len(samples) - 4800 + 1, 160)
        spans = [np.mean(samples[at : at + 4800].astype(np.float64) ** 2) for at in starts]
        levels = 10 * np.log10(np.array(spans))
        least = min(levels.min() + 6, np.percentile(levels, 90) - 8)
        above = np.flatnonzero(levels > least)
        expected = max(0, above[0] * 160 - 1600), min(len(samples), above[-1] * 160 + 4800 + 1600)
        assert bounds(samples) == expected


def test_a_model_hears_the_voice_in_front_alone(spoken: NDArray[np.float32]) -> None:
    """Others speak softly all the time: before and after her nobody listens to them."""
    others = np.tile(spoken, 4)[: 7 * RATE]
    samples = 0.04 * sum(np.roll(others, shift * RATE // 7) for shift in range(6))
    samples = samples.astype(np.float32)
    samples[2 * RATE : 2 * RATE + len(spoken)] += spoken
    samples -= samples.mean()  # as decoding leaves it
    model = load()
    cutter = Windows(model.bundle.spec.window_s)
    windows = [*cutter.feed(samples), *cutter.finish()]
    kept = list(foreground(windows))
    heard_s = sum(len(one.samples) for one in kept) / RATE
    assert heard_s < sum(len(one.samples) for one in windows) / RATE - 1

    graph = verify(model.bundle)
    rows = [graph.run(one.samples[None], np.array([len(one.samples)]))[0][0] for one in kept]
    expected = np.average(rows, axis=0, weights=[len(one.samples) for one in kept])
    answer = model.predict(samples, sample_rate=RATE)
    assert answer.probabilities is not None
    np.testing.assert_allclose(list(answer.probabilities.values()), expected, atol=1e-3)
    assert answer.speech_s == pytest.approx(cutter.speech_s)

    told = model.with_baseline([samples] * 3, sample_rate=RATE, one_sided=True).baseline
    assert told is not None
    assert told.known.seconds == pytest.approx(3 * heard_s)
