"""Gates: figures by formula, and warnings that name them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray

from sertain import Model, audio
from sertain.predict.gates import Gates

RATE = 16_000
Samples = NDArray[np.float32]


@pytest.fixture(scope="module")
def spoken(clips: Path) -> Samples:
    return audio.load(clips / "lively.flac", sample_rate=RATE).samples[0]


def measured(*windows: Samples) -> Gates:
    gates = Gates()
    for window in windows:
        gates.hear(window)
        gates.add(window)
    return gates


def tone(hertz: float, seconds: float = 2.0) -> Samples:
    time_s = np.arange(round(seconds * RATE)) / RATE
    return (0.5 * np.sin(2 * np.pi * hertz * time_s)).astype(np.float32)


def kinds(model: Model, samples: Samples) -> set[str]:
    answer = model.predict(samples, sample_rate=RATE)
    return {warning.partition(":")[0] for warning in answer.warnings}


def test_the_level_is_that_of_the_formula() -> None:
    # A sine of amplitude a has the power a² / 2.
    assert measured(tone(440)).level_db == pytest.approx(10 * np.log10(0.125), abs=0.01)


def test_the_share_at_the_limit_is_that_of_a_clipped_sine() -> None:
    # |sin| ≥ 0.95 √½ where the phase is within acos(0.95 √½) of a top: the rest of the quarter.
    limit = np.float32(0.5 * np.sqrt(0.5))
    expected = 1 - np.arcsin(0.95 * np.sqrt(0.5)) / (np.pi / 2)
    found = measured(np.clip(tone(110), -limit, limit)).clipped_share
    assert found == pytest.approx(expected, abs=0.01)


def test_the_band_is_the_ratio_of_two_tones() -> None:
    both = tone(1000) + 0.1 * tone(6000)
    assert measured(both).band_db == pytest.approx(-20, abs=0.1)


@pytest.mark.parametrize("snr_db", [0.0, 5.0, 10.0, 15.0])
def test_the_noise_under_speech_is_estimated(
    snr_db: float, spoken: Samples, rng: np.random.Generator
) -> None:
    active = spoken[6_000:-4_000]
    noise = rng.standard_normal(len(active)).astype(np.float32)
    noise *= np.sqrt(np.mean(active**2) / np.mean(noise**2) / 10 ** (snr_db / 10))
    assert measured(active + noise).snr_db == pytest.approx(snr_db, abs=2.0)


def test_windows_add_up(spoken: Samples) -> None:
    whole = measured(spoken, spoken)
    once = measured(spoken)
    assert whole.snr_db == pytest.approx(once.snr_db)
    assert whole.clipped_share == pytest.approx(once.clipped_share)
    assert whole.samples == 2 * once.samples


def test_good_speech_has_no_warning(level: Model, spoken: Samples) -> None:
    assert kinds(level, spoken) == set()


def test_each_fault_has_its_warning_with_its_figure(
    level: Model, spoken: Samples, rng: np.random.Generator
) -> None:
    limit = np.quantile(np.abs(spoken), 0.9)
    clipped = level.predict(np.clip(spoken, -limit, limit), sample_rate=RATE).warnings
    assert len(clipped) == 1
    assert clipped[0].startswith("clipped: 1")
    assert clipped[0].endswith("% of the samples are at the limit")

    narrow = soxr.resample(soxr.resample(spoken, RATE, 8000), 8000, RATE)
    assert kinds(level, narrow) == {"narrow band"}

    noise = 0.05 * rng.standard_normal(len(spoken)).astype(np.float32)
    assert kinds(level, spoken + noise) == {"noise or music"}

    assert kinds(level, spoken[8_000:20_000]) == {"little speech"}


def test_the_telephone_clip_is_narrow(level: Model, clips: Path) -> None:
    assert any("narrow band" in each for each in level.predict(clips / "telephone.wav").warnings)


def test_without_speech_it_says_what_is_there(
    level: Model, clips: Path, rng: np.random.Generator
) -> None:
    music = level.predict(clips / "music.opus")
    assert music.label == "no speech"
    assert music.warnings[0].startswith("noise or music: nobody speaks, the sound is at -")
    noise = (0.05 * rng.standard_normal(3 * RATE)).astype(np.float32)
    assert level.predict(noise, sample_rate=RATE).warnings == (
        "noise or music: nobody speaks, the sound is at -26 dB",
    )
    assert level.predict(np.zeros(3 * RATE), sample_rate=RATE).warnings == ()


def test_a_pause_or_loud_noise_beside_the_speech_counts_for_nothing(
    level: Model, spoken: Samples
) -> None:
    beside = np.concatenate([spoken, np.zeros(2 * RATE, np.float32), tone(300, 2.0)])
    assert kinds(level, beside) == set()


def test_nothing_heard_gives_no_figure_and_no_fault() -> None:
    assert Gates().warnings(0.0, answered=False) == ()
    assert measured(np.zeros(100, np.float32)).clipped_share == 0.0
