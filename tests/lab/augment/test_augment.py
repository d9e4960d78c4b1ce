"""Augmentation does to sound what its formula says."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sertain.lab.augment import waveform
from sertain.lab.augment.mixing import Mixup, mixup
from sertain.lab.augment.spectrogram import SpecAugment, spec_augment

pytestmark = pytest.mark.train

RATE = 16000


def _tone(hz: float, seconds: float = 1.0) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE)) / RATE).astype(np.float32)


def _pitch(samples: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(spectrum.argmax() * RATE / len(samples))


def test_speed_raises_the_pitch_and_shortens_by_its_factor() -> None:
    fast = waveform.speed(_tone(400), 1.25)
    assert len(fast) == pytest.approx(RATE / 1.25, abs=2)
    assert _pitch(fast) == pytest.approx(500, abs=2)
    assert waveform.speed(_tone(400), 1.0) is not None
    np.testing.assert_array_equal(waveform.speed(_tone(400), 1.0), _tone(400))


@pytest.mark.parametrize("snr", [0.0, 10.0, 20.0])
def test_noise_comes_at_the_snr_asked_for(snr: float) -> None:
    clean = _tone(300)
    noisy = waveform.add_noise(clean, snr, 3.0, np.random.default_rng(1))
    noise = noisy - clean
    measured = 10 * np.log10(np.mean(clean**2) / np.mean(noise**2))
    assert measured == pytest.approx(snr, abs=0.01)


def test_noise_falls_by_its_slope_per_octave() -> None:
    noise = waveform.add_noise(_tone(300), -60, 6.0, np.random.default_rng(1)) - _tone(300)
    power = np.abs(np.fft.rfft(noise)) ** 2
    low, high = power[500:1000].mean(), power[2000:4000].mean()
    assert 10 * np.log10(low / high) == pytest.approx(12.0, abs=1.0)


def test_the_band_is_cut_and_tilted() -> None:
    both = _tone(500) + _tone(6000)
    cut = waveform.shape_band(both, RATE, 0.0, 3400.0)
    spectrum = np.abs(np.fft.rfft(cut))
    assert spectrum[6000] / spectrum[500] == pytest.approx((6000 / 3400) ** -8, rel=0.02)
    tilted = np.abs(np.fft.rfft(waveform.shape_band(both, RATE, 6.0, None)))
    octaves = np.log2(6000 / 500) / np.log2(8000 / 125)
    assert 20 * np.log10(tilted[6000] / tilted[500]) == pytest.approx(6 * octaves, abs=0.01)


def test_a_long_clip_is_cut_and_a_short_one_repeats() -> None:
    generator = np.random.default_rng(0)
    ramp = np.arange(100, dtype=np.float32)
    part = waveform.cut(ramp, 10, generator)
    np.testing.assert_array_equal(np.diff(part), 1)
    repeated = waveform.cut(np.array([1, 2, 3], dtype=np.float32), 7, generator)
    assert len(repeated) == 7
    np.testing.assert_array_equal(repeated[:3], repeated[3:6])
    assert sorted(repeated[:3]) == [1, 2, 3]


def test_spec_augment_masks_no_more_than_it_may_and_differs_by_clip() -> None:
    torch.manual_seed(0)
    config = SpecAugment(row_bands=1, rows=4, frame_bands=1, frames=10)
    masked = spec_augment(torch.ones(50, 20, 100), config) == 0
    rows = masked.all(dim=2).sum(dim=1)
    frames = masked.all(dim=1).sum(dim=1)
    assert 0 < rows.max() <= 4
    assert 0 < frames.max() <= 10
    assert len(set(rows.tolist())) > 1
    # Nothing but whole rows and whole frames.
    lines = masked.all(dim=2)[:, :, None] | masked.all(dim=1)[:, None]
    assert torch.equal(masked, lines)


def test_mixup_is_the_weighted_sum_that_it_reports() -> None:
    torch.manual_seed(0)
    features = torch.randn(32, 3, 4)
    mixed = mixup(features, Mixup(alpha=0.4))
    share = mixed.share[:, None, None]
    expected = share * features + (1 - share) * features[mixed.partner]
    torch.testing.assert_close(mixed.features, expected)
    assert mixed.share.min() >= 0.5
    assert mixed.share.max() <= 1.0


def test_rows_are_mixed_with_their_own_kind() -> None:
    torch.manual_seed(0)
    kind = torch.rand(40) < 0.4
    mixed = mixup(torch.randn(40, 2), Mixup(), kind)
    assert torch.equal(kind[mixed.partner], kind)
    assert sorted(mixed.partner.tolist()) == list(range(40))
    assert (mixed.partner != torch.arange(40)).sum() > 30
    alone = mixup(torch.randn(3, 2), Mixup(), torch.tensor([True, False, False]))
    assert alone.partner[0] == 0


def test_a_curve_is_the_sine_that_was_asked_for() -> None:
    both = _tone(1000) + _tone(2000)
    bent = waveform.shape_band(both, RATE, 0.0, None, (4.0, 1.2, 0.5))
    ratio = np.abs(np.fft.rfft(bent))[[1000, 2000]] / np.abs(np.fft.rfft(both))[[1000, 2000]]
    expected = [4.0 * np.sin(1.2 + 0.5), 4.0 * np.sin(2.4 + 0.5)]
    np.testing.assert_allclose(20 * np.log10(ratio), expected, atol=0.01)


def test_a_room_fades_by_60_db_in_its_time_and_is_as_loud_as_asked() -> None:
    click = np.zeros(RATE, dtype=np.float32)
    click[0] = 1.0
    heard = waveform.reverberate(click, RATE, 0.5, 6.0, np.random.default_rng(0))
    assert len(heard) == RATE
    assert heard[0] == pytest.approx(1.0, abs=1e-5)
    tail = heard[1:].astype(np.float64)
    assert 10 * np.log10(np.sum(tail**2)) == pytest.approx(-6.0, abs=0.01)
    early, late = np.mean(tail[:800] ** 2), np.mean(tail[4000:4800] ** 2)
    assert 10 * np.log10(early / late) == pytest.approx(30.0, abs=1.5)  # half of the time
    assert np.abs(tail[8000:]).max() < 1e-5


def test_a_telephone_carries_its_band_and_rounds_as_mu_law() -> None:
    both = _tone(1000) + _tone(5500) + _tone(60)
    heard = waveform.telephone(both, RATE, 300.0, 3400.0)
    assert heard.shape == both.shape
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(RATE)))
    assert spectrum[5500] < 1e-3 * spectrum[1000]
    assert spectrum[60] < 0.2 * spectrum[1000]
    # µ-law keeps a signal about 38 dB above its rounding, from loud to soft (G.711).
    tone = waveform.telephone(_tone(1000), RATE, 200.0, 3500.0)[4000:12000].astype(np.float64)
    at = np.arange(len(tone)) / RATE
    waves = np.stack([np.sin(2 * np.pi * 1000 * at), np.cos(2 * np.pi * 1000 * at)], 1)
    rest = tone - waves @ np.linalg.lstsq(waves, tone, rcond=None)[0]
    assert 33 < 10 * np.log10(np.mean(tone**2) / np.mean(rest**2)) < 45
    np.testing.assert_array_equal(waveform.telephone(np.zeros(99, np.float32), RATE, 300, 3400), 0)
