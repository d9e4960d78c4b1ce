"""One clip after each augmentation of the lab, at the strong end of what training draws."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import torch
from torch import Tensor

from sertain.lab.augment import mixing, picture, spectrogram, waveform
from sertain.lab.explore.listening import RATE, Samples
from sertain.lab.explore.sounds import sound
from sertain.lab.frontends import log_mel
from sertain.lab.frontends.normalise import standardise
from sertain.lab.report.drawing import Picture, drawn_in_style, figure
from sertain.lab.report.drawing import picture as drawn_picture

_SEED: Final = 0
_SEEN: Final = 0.65
_LONGEST_S: Final = 10.0
"""Longer clips are shown up to here: every augmentation of them is held and drawn."""


def waveforms(samples: Samples) -> dict[str, tuple[str, Samples]]:
    """Give the sound after each augmentation of a waveform: by its name, words and samples."""
    speed, noise, band = waveform.Speed(), waveform.Noise(), waveform.Band()
    peak, stretch, pitch = waveform.PeakNoise(), waveform.Stretch(), waveform.Pitch()
    gain, shift, room = waveform.Gain(), waveform.Shift(), waveform.Room()
    edges = waveform.Telephone().low_hz[1], waveform.Telephone().high_hz[0]

    def drawn() -> np.random.Generator:
        return np.random.default_rng(_SEED)

    return {
        "speed": (f"speed × {speed.high:g}", waveform.speed(samples, speed.high)),
        "noise": (
            f"noise at {noise.snr_low_db:g} dB SNR, falling 3 dB an octave",
            waveform.add_noise(samples, noise.snr_low_db, 3.0, drawn()),
        ),
        "band": (
            f"tilt of −{band.tilt_db:g} dB, low-pass at {band.low_pass_hz:g} Hz",
            waveform.shape_band(samples, RATE, -band.tilt_db, band.low_pass_hz),
        ),
        "room": (
            f"a room of RT60 {room.rt60_high_s:g} s, its tail as loud as the direct sound",
            waveform.reverberate(samples, RATE, room.rt60_high_s, 0.0, drawn()),
        ),
        "telephone": (
            f"a telephone from {edges[0]:g} to {edges[1]:g} Hz, µ-law at 8 kHz",
            waveform.telephone(samples, RATE, *edges),
        ),
        "peak_noise": (
            f"noise of at most {peak.share:g} of the peak",
            waveform.add_peak_noise(samples, peak.share, drawn()),
        ),
        "stretch": (f"tempo × {stretch.low:g}", waveform.stretch(samples, stretch.low)),
        "pitch": (
            f"pitch {pitch.high:+g} semitones",
            waveform.shift_pitch(samples, pitch.high),
        ),
        "gain": (f"gain of −{gain.most_db:g} dB", waveform.gain(samples, -gain.most_db)),
        "shift": (
            f"shift by {shift.most_s:g} s",
            waveform.shift(samples, round(shift.most_s * RATE)),
        ),
    }


def features(samples: Samples, other: Samples) -> dict[str, tuple[str, Tensor]]:
    """Give the standardised log-mel spectrogram after each augmentation of features.

    Parameters
    ----------
    samples, other:
        The clip, and the one that mixup mixes in.

    Returns
    -------
    By its name, words and float32 (rows, frames); the first one is as it was.
    """
    own = _log_mel(samples)
    length = min(len(samples), len(other))
    pair = torch.cat([_log_mel(samples[:length]), _log_mel(other[:length])])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(_SEED)
        masked = spectrogram.spec_augment(own, spectrogram.SpecAugment())
    degrees, zoom = picture.Rotation().most_deg, picture.Zoom().most
    light, size = picture.Brightness().most, picture.Resizing().sizes[0]
    turned = picture.turn(own, torch.tensor([degrees]), torch.ones(1))
    enlarged = picture.turn(own, torch.zeros(1), torch.tensor([zoom]))
    found = {
        "log_mel": ("log-mel spectrogram as it is", own),
        "spec_augment": ("SpecAugment: bands of rows and frames are 0", masked),
        "mixup": _mixed(pair),
        "rotation": (f"turned by {degrees:g}°", turned),
        "zoom": (f"enlarged × {zoom:g}", enlarged),
        "brightness": (f"brighter by {light:g}", own + light),
        "sizes": (f"resized to {size[0]} × {size[1]} cells", picture.resize(own, size)),
    }
    return {name: (words, cells[0]) for name, (words, cells) in found.items()}


def _log_mel(samples: Samples) -> Tensor:
    """The standardised log-mel spectrogram of a clip, float32 (1, rows, frames)."""
    waveform_ = torch.from_numpy(np.ascontiguousarray(samples))[None]
    cells = log_mel.FrontEnd(log_mel.Config())(waveform_)
    return standardise(cells, torch.ones(1, cells.shape[2]))


def _mixed(pair: Tensor) -> tuple[str, Tensor]:
    """Mix two clips by a draw of mixup in which they are partners and both can be seen."""
    with torch.random.fork_rng(devices=[]):
        for seed in range(1000):
            torch.manual_seed(seed)
            mixed = mixing.mixup(pair, mixing.Mixup())
            if int(mixed.partner[0]) == 1 and float(mixed.share[0]) < _SEEN:
                break
    share = float(mixed.share[0])
    return f"mixup: {share:.2f} of this clip, {1 - share:.2f} of another", mixed.features


def pictures(samples: Samples, other: Samples) -> Iterator[Picture]:
    """Draw a clip as it is and after each augmentation; ``other`` is what mixup mixes in."""
    longest = round(_LONGEST_S * RATE)
    samples, other = samples[:longest], other[:longest]
    sounds = {"as_it_is": ("as it is", samples), **waveforms(samples)}
    span_s = max(len(changed) for _, changed in sounds.values()) / RATE
    for name, (words, changed) in sounds.items():
        yield sound(f"augmented-{name.replace('_', '-')}", words, changed, span_s)
    drawn = features(samples, other)
    least, most = (float(edge(drawn["log_mel"][1])) for edge in (torch.min, torch.max))
    for name, (words, cells) in drawn.items():
        yield _cells(f"augmented-{name.replace('_', '-')}", words, cells, (least, most))


def _cells(name: str, words: str, cells: Tensor, ends: tuple[float, float]) -> Picture:
    with drawn_in_style():
        paper = figure(5.4, 3.0)
        axes = paper.subplots()
        drawn = axes.imshow(
            cells.numpy(),
            origin="lower",
            aspect="auto",
            vmin=ends[0],
            vmax=ends[1],
            cmap="viridis",
            interpolation="none",
        )
        axes.set(xlabel="frame", ylabel="mel band")
        paper.colorbar(drawn, ax=axes, label="deviations from the mean")
        rows, frames = cells.shape
        said = (
            f"{words}: {rows} bands by {frames} frames, mean {float(cells.mean()):.2f},"
            f" deviation {float(cells.std()):.2f}."
        )
        return drawn_picture(paper, name, words, said)
