"""Gates: what of the sound itself makes an answer doubtful, each a warning with its figure.

Measured on the stretches of speech that the model hears, so that a pause, a ring tone or the
silence of a muted line count for nothing.  The thresholds come from seven corpora and from the
same clips made worse on purpose: docs/decisions/0405-gates.md has the rates of false alarms and
of hits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sertain.predict.windows import Window

LITTLE_SPEECH_S: Final = 1.0
"""Answers to less speech than this are clearly less often right."""

CLIPPED: Final = 0.005
"""Share of samples within 5 % of their window's peak.  Of undistorted speech 0.01 % on the median
and 0.4 % at most are, of speech cut off at 1 % of its samples 1.4 %."""

NARROW_DB: Final = -60.0
"""Energy of 4.25 to 7.5 kHz against 0.3 to 3.4 kHz.  Speech has −46 dB or more, through MP3 at
32 kb/s and Opus at 12 kb/s too; what was once at 8 kHz has −77 dB or less."""

NOISY_DB: Final = 15.0
"""Speech against what sounds on between the words, estimated.  Quiet recordings have 16 dB or
more; on unseen actors noise at 20 dB costs 3 to 5 points of UAR, at 10 dB 12."""

SILENT_DB: Final = -70.0
"""Sound without speech is called silence below this level (RMS against full scale)."""

_FRAME: Final = 512
_FRAMES: Final = 96
"""Frames of a window that are looked at: all of 3 s, and as many of a longer one."""

_PEAK: Final = 0.95
_BAND: Final = 8
_LOWEST, _HIGHEST = 2, 250
"""Noise is looked for in bands of 250 Hz between these bins of 31.25 Hz: 62 Hz to 7.8 kHz."""
_QUIET_SHARE: Final = 0.05
_BIAS_DB: Final = 3.0
"""The quietest 5 % of a band's frames lie below the mean of a steady noise by this; measured with
white noise at 0 to 20 dB."""

_WINDOW: Final = np.hanning(_FRAME).astype(np.float32)
_HIGH: Final = slice(136, 240)
_LOW: Final = slice(10, 109)


@dataclass
class Gates:
    """Collects, window by window, what the sound of one recording is like.

    ``power`` is of the whole recording, speech or not; everything else is of the windows.
    """

    samples: int = 0
    clipped: int = 0
    high: float = 0.0
    low: float = 0.0
    loud: float = 0.0
    quiet: float = 0.0
    heard: int = 0
    energy: float = 0.0

    def hear(self, block: NDArray[np.float32]) -> None:
        """Take a block of the recording, float32 (n,)."""
        self.heard += len(block)
        self.energy += float(np.dot(block, block))

    def passing(self, windows: Iterable[Window]) -> Iterator[Window]:
        """Give windows on, each of them heard."""
        for window in windows:
            self.add(window.samples)
            yield window

    def add(self, window: NDArray[np.float32]) -> None:
        """Take a stretch of speech, float32 (n,) at 16 kHz."""
        if len(window) < _FRAME:
            return
        loudness = np.abs(window)
        self.samples += len(window)
        self.clipped += int(np.count_nonzero(loudness >= _PEAK * loudness.max()))
        power = _spectra(window)
        mean = power.mean(axis=0)
        self.high += float(mean[_HIGH].sum()) * len(window)
        self.low += float(mean[_LOW].sum()) * len(window)
        count = (_HIGHEST - _LOWEST) // _BAND * _BAND
        bands = power[:, _LOWEST : _LOWEST + count].reshape(len(power), -1, _BAND).mean(axis=2)
        place = int(_QUIET_SHARE * (len(bands) - 1))
        self.quiet += float(np.partition(bands, place, axis=0)[place].sum()) * len(window)
        self.loud += float(bands.mean(axis=0).sum()) * len(window)

    @property
    def clipped_share(self) -> float:
        """Share of the speech's samples at the top of their window, 0…1."""
        return self.clipped / self.samples if self.samples else 0.0

    @property
    def band_db(self) -> float:
        """Energy above 4.25 kHz against that of a telephone's band, in dB."""
        return _ratio_db(self.high, self.low)

    @property
    def snr_db(self) -> float:
        """Speech against the noise or music under it, estimated, in dB; never below −10."""
        noise = self.quiet * 10 ** (_BIAS_DB / 10)
        return max(_ratio_db(self.loud - noise, noise), -10.0)

    @property
    def level_db(self) -> float:
        """Level of the whole recording: RMS against full scale in dB."""
        return _ratio_db(self.energy, float(self.heard))

    def warnings(self, speech_s: float, *, answered: bool) -> tuple[str, ...]:
        """What is doubtful, a line each.

        ``speech_s`` seconds of speech were found; ``answered`` if they were enough for the model.
        """
        if not answered and speech_s > 0:
            return (f"little speech: {speech_s:.1f} s, too little for an answer",)
        if not answered:
            # Of silence there is nothing to say that "no speech" does not.
            silent = self.level_db < SILENT_DB
            found = f"noise or music: nobody speaks, the sound is at {self.level_db:.0f} dB"
            return () if silent else (found,)
        said = []
        if speech_s < LITTLE_SPEECH_S:
            said.append(f"little speech: {speech_s:.1f} s, less than {LITTLE_SPEECH_S:g} s")
        if self.snr_db < NOISY_DB:
            said.append(f"noise or music: speech is only about {self.snr_db:.0f} dB above it")
        if self.clipped_share >= CLIPPED:
            said.append(f"clipped: {self.clipped_share:.1%} of the samples are at the limit")
        if self.band_db < NARROW_DB:
            said.append(f"narrow band: nothing above 4 kHz ({self.band_db:.0f} dB)")
        return tuple(said)


def _spectra(window: NDArray[np.float32]) -> NDArray[np.float32]:
    """Power spectra (frames, 257) of up to ``_FRAMES`` frames spread over the window."""
    whole = len(window) // _FRAME
    frames = window[: whole * _FRAME].reshape(whole, _FRAME)
    if whole > _FRAMES:
        frames = frames[np.linspace(0, whole - 1, _FRAMES).astype(int)]
    spectra = np.fft.rfft(frames * _WINDOW, axis=1)
    return np.asarray(spectra.real**2 + spectra.imag**2, dtype=np.float32)


def _ratio_db(above: float, below: float) -> float:
    """Two powers in dB, −200 to 200."""
    least = 1e-20
    return float(10 * np.log10(max(above, least * max(below, least)) / max(below, least)))
