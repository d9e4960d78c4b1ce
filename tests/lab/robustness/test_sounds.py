"""Worse sound has the ratio, the time, the band and the level that it is named by."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import scipy.signal
from numpy.typing import NDArray

from sertain import audio
from sertain.corpora.clip import Clip
from sertain.lab.robustness import codecs, levels, noise, rooms
from sertain.lab.robustness.conditions import Voices, conditions
from sertain.labels import Emotion

RATE = 16_000
CLIPS = Path(__file__).parents[3] / "examples" / "clips"
Samples = NDArray[np.float32]


@pytest.fixture(scope="module")
def spoken() -> Samples:
    return audio.load(CLIPS / "lively.flac", sample_rate=RATE).samples[0]


@pytest.fixture(scope="module")
def steady() -> Samples:
    """Noise of one level throughout, whose active power is its mean power."""
    return (0.1 * np.random.default_rng(1).standard_normal(RATE * 2)).astype(np.float32)


def power(samples: NDArray[np.floating]) -> float:
    return float(np.mean(np.square(samples, dtype=np.float64)))


def share_above(samples: Samples, hertz: float) -> float:
    frequency, density = scipy.signal.welch(samples, RATE, nperseg=1024)
    return float(density[frequency >= hertz].sum() / density.sum())


@pytest.mark.parametrize("snr_db", [20, 10, 5, 0])
def test_noise_is_added_at_the_stated_ratio(
    snr_db: float, steady: Samples, rng: np.random.Generator
) -> None:
    added = noise.add(steady, noise.pink(len(steady), rng), snr_db) - steady
    assert 10 * np.log10(power(steady) / power(added)) == pytest.approx(snr_db, abs=0.01)


def test_a_pause_does_not_make_the_noise_softer(steady: Samples, rng: np.random.Generator) -> None:
    paused = np.concatenate([steady, np.zeros(2 * len(steady), np.float32)])
    white = noise.white(len(paused), rng)
    added = noise.add(paused, white, 10) - paused
    assert 10 * np.log10(power(steady) / power(added)) == pytest.approx(10, abs=0.05)


def test_silence_stays_silence(rng: np.random.Generator) -> None:
    silence = np.zeros(RATE, np.float32)
    assert not noise.add(silence, noise.white(RATE, rng), 10).any()
    assert noise.active_power(silence[:100]) == 0
    assert noise.active_power(silence[:0]) == 0


def test_white_noise_is_flat_and_pink_falls_by_three_decibels_an_octave(
    rng: np.random.Generator,
) -> None:
    for make, slope in ((noise.white, 0.0), (noise.pink, -10 * np.log10(2))):
        frequency, density = scipy.signal.welch(make(RATE * 20, rng), RATE, nperseg=2048)
        kept = (frequency > 60) & (frequency < 7000)
        octaves = np.log2(frequency[kept])
        found = np.polyfit(octaves, 10 * np.log10(density[kept]), 1)[0]
        assert found == pytest.approx(slope, abs=0.15)


def test_a_babble_is_the_sum_of_voices_of_one_level(rng: np.random.Generator) -> None:
    tones = [
        (gain * np.sin(2 * np.pi * hertz * np.arange(RATE) / RATE)).astype(np.float32)
        for gain, hertz in ((0.5, 500), (0.01, 2000))
    ]
    heard = np.abs(np.fft.rfft(noise.babble(tones, RATE, rng)))
    assert heard[500] == pytest.approx(heard[2000], rel=0.01)
    assert len(noise.babble(tones, 3 * RATE, rng)) == 3 * RATE
    with pytest.raises(ValueError, match="no voice"):
        noise.babble([np.zeros(RATE, np.float32)], RATE, rng)


@pytest.mark.parametrize("rt60_s", [0.2, 0.5, 0.9])
def test_a_room_fades_in_its_time_by_schroeders_integral(rt60_s: float) -> None:
    tail = rooms.impulse(rt60_s)[round(rooms.GAP_S * RATE) :]
    energy = np.cumsum(tail[::-1] ** 2)[::-1]
    decay_db = 10 * np.log10(energy / energy[0])
    # From −5 to −35 dB (T30, ISO 3382), as long as the tail's end counts for nothing.
    part = (decay_db < -5) & (decay_db > -35)
    time_s = np.arange(len(tail))[part] / RATE
    slope = np.polyfit(time_s, decay_db[part], 1)[0]
    assert -60 / slope == pytest.approx(rt60_s, rel=0.06)


def test_the_tail_is_as_loud_as_the_critical_distance_says() -> None:
    room = rooms.impulse(0.5)
    # At the critical distance, 0.057 √(60 / 0.5) = 0.62 m, direct and reflected sound are equal.
    ratio_db = 10 * np.log10(1 / np.sum(room[1:] ** 2))
    assert ratio_db == pytest.approx(20 * np.log10(0.057 * np.sqrt(60 / 0.5)), abs=1e-6)


def test_a_room_keeps_the_level_and_adds_its_tail(spoken: Samples) -> None:
    heard = rooms.reverberate(spoken, rooms.impulse(0.5))
    assert len(heard) == len(spoken) + round(1.2 * 0.5 * RATE) - 1
    assert noise.active_power(heard) == pytest.approx(noise.active_power(spoken), rel=0.05)
    expected = scipy.signal.fftconvolve(spoken, rooms.impulse(0.5))
    assert np.corrcoef(heard, expected)[0, 1] == pytest.approx(1, abs=1e-6)


def test_eight_kilohertz_leave_nothing_above_four(spoken: Samples) -> None:
    assert share_above(spoken, 4200) > 1e-4
    for narrow in (codecs.band, codecs.mu_law, codecs.gsm, codecs.amr_nb):
        assert share_above(narrow(spoken), 4200) < 1e-7, narrow.__name__


@pytest.mark.parametrize(
    ("code", "narrow", "lowest", "highest"),
    [
        (codecs.mp3, False, 5, 30),
        (codecs.opus, False, 3, 30),
        (codecs.amr_nb, True, 3, 30),
        (codecs.gsm, True, 3, 30),
        (codecs.mu_law, True, 34, 42),  # G.711: 8 bits reach about 38 dB
    ],
    ids=lambda each: getattr(each, "__name__", None),
)
def test_a_codec_gives_the_same_speech_with_its_own_loss(
    code: Callable[[Samples], Samples],
    narrow: bool,
    lowest: float,
    highest: float,
    spoken: Samples,
) -> None:
    before = codecs.band(spoken) if narrow else spoken
    coded = code(spoken)
    size = min(len(before), len(coded))
    assert abs(len(coded) - len(before)) <= RATE // 10
    # A codec's delay, and the offset that decoding removes, are taken out before they are compared.
    before, coded = before - before.mean(), coded - coded.mean()
    spectrum = np.fft.rfft(coded[:size], 2 * size) * np.conj(np.fft.rfft(before[:size], 2 * size))
    delay = int(np.fft.irfft(spectrum)[: RATE // 20].argmax())
    kept, original = coded[delay:size], before[: size - delay]
    loss = 10 * np.log10(power(original) / power(kept - original))
    assert lowest < loss < highest


@pytest.mark.parametrize("gain_db", [-30, -12, 6])
def test_a_level_moves_by_its_decibels(gain_db: float, spoken: Samples) -> None:
    softly = 0.2 * spoken / np.abs(spoken).max()
    changed = levels.gain(softly, gain_db)
    assert 10 * np.log10(power(changed) / power(softly)) == pytest.approx(gain_db, abs=1e-4)
    assert np.abs(levels.gain(spoken / np.abs(spoken).max(), 6)).max() == 1


def test_a_tenth_of_the_samples_is_clipped(steady: Samples) -> None:
    clipped = levels.clip(steady, 0.1)
    top = np.abs(clipped) >= np.abs(clipped).max()
    assert top.mean() == pytest.approx(0.1, abs=1e-3)
    assert (clipped[~top] == steady[~top]).all()


def clip(speaker: str, name: str = "a") -> Clip:
    return Clip("one", f"{speaker}-{name}", Path(name), Emotion.SAD, f"one/{speaker}")


def test_there_are_all_conditions_of_the_protocol(steady: Samples) -> None:
    voices = Voices([clip(str(number)) for number in range(3)], lambda _: steady)
    names = [each.name for each in conditions(voices)]
    assert names == [
        *(f"{kind}, {snr} dB" for kind in ("white noise", "pink noise", "babble")
          for snr in (20, 10, 5, 0)),
        "room, RT60 0.2 s", "room, RT60 0.5 s", "room, RT60 0.9 s",
        "MP3 32 kb/s", "Opus 12 kb/s", "AMR-NB 12.2 kb/s", "GSM 06.10", "µ-law, 8 kHz",
        "8 kHz band", "level -30 dB", "level -12 dB", "level +6 dB", "clipping, 10 % of samples",
    ]  # fmt: skip
    assert len(conditions(None)) == len(names) - 4


def test_a_condition_makes_the_same_of_a_clip_every_time(spoken: Samples) -> None:
    voices = Voices([clip(str(number)) for number in range(3)], lambda _: spoken)
    for each in conditions(voices):
        first, again = each.change(clip("0"), spoken), each.change(clip("0"), spoken)
        assert np.array_equal(first, again), each.name
        assert not np.array_equal(first[: len(spoken)], spoken), each.name
        assert first.dtype == np.float32
    white = conditions(None)[0].change
    assert not np.array_equal(white(clip("0"), spoken), white(clip("1"), spoken))


def test_nobody_babbles_behind_himself(steady: Samples) -> None:
    heard: list[str] = []

    def read(each: Clip) -> Samples:
        heard.append(each.speaker)
        return steady

    clips = [clip(str(speaker), str(take)) for speaker in range(12) for take in range(3)]
    voices = Voices(clips, read)
    for speaker in range(12):
        heard.clear()
        Voices(clips, read).behind(clip(str(speaker)), 1000)
        assert len(set(heard)) == len(heard) == noise.VOICES
        assert f"one/{speaker}" not in heard
    assert len(voices.speakers("one/3")) == 11
