"""What is known of each clip without its label: statistics of an encoder, or of a spectrogram.

A model that learnt emotions may have learnt from these very labels and would agree with them.  So
the features come from an encoder that saw no emotion, or, where none is at hand, from the log-mel
spectrogram.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sertain.corpora.clip import Clip
from sertain.lab.encoders.loading import place_of
from sertain.lab.recipes import Recipe
from sertain.lab.recipes.parts import Part
from sertain.lab.training import cache, features
from sertain.lab.training.network import SpeechNetwork
from sertain.labels import Emotion

Floats = NDArray[np.float64]

ENCODER: Final = "whisper-tiny.en"
LOG_MEL: Final = "log-mel"
LONGEST_S: Final = 28.0
"""What is longer is heard up to here: the encoder ends at 29.5 s."""

_LEVEL_RMS: Final = 0.05
_WIDTH: Final = {"n_mels": 64, "n_fft": 512, "hop_length": 160}


@dataclass(frozen=True)
class Heard:
    """Clips as they are judged.

    Attributes
    ----------
    clips: n of them.
    features: float32 (n, d).
    prints: by clip a hash of its sound; ``""`` for silence.
    by: where the features come from, in words.
    """

    clips: tuple[Clip, ...]
    features: NDArray[np.float32]
    prints: tuple[str, ...]
    by: str

    def part(self, chosen: Sequence[int] | NDArray[np.intp]) -> Heard:
        """Give some of the clips."""
        own = [int(at) for at in chosen]
        return Heard(
            tuple(self.clips[at] for at in own),
            self.features[own],
            tuple(self.prints[at] for at in own),
            self.by,
        )


def usual_encoder() -> str:
    """Give the encoder that is taken where none is named: the small one, if it is at hand."""
    here = Path(place_of(ENCODER)).is_dir() and find_spec("transformers") is not None
    return ENCODER if here else LOG_MEL


def hear(clips: Sequence[Clip], encoder: str, cache_folder: Path | None = None) -> Heard:
    """Give features and fingerprints of clips, computed once and kept on disk.

    Parameters
    ----------
    clips: at least one.
    encoder: as a recipe names it, or :data:`LOG_MEL`.
    cache_folder: by default that of training.

    Raises
    ------
    AudioError: a clip cannot be decoded.
    RecipeError, MissingExtraError: the encoder is not at hand.
    """
    network = SpeechNetwork(_recipe(encoder))
    waves = _waves(clips, cache_folder)
    found = features.prepare(network, waves, cache_folder)
    pooled = encoder != LOG_MEL
    return Heard(
        tuple(clips),
        np.stack([own[:, 0] if pooled else _statistics(own) for own in found]),
        tuple(_print(waves[number]) for number in range(len(waves))),
        f"pooled states of {encoder}" if pooled else "statistics of the log-mel spectrogram",
    )


def _recipe(encoder: str) -> Recipe:
    frontend = (
        Part(name="log_mel", parameters=_WIDTH)
        if encoder == LOG_MEL
        else Part(name="encoder", parameters={"encoder": encoder, "pooling": "statistics"})
    )
    return Recipe(
        name="doctor",
        corpora=(),
        labels=(Emotion.NEUTRAL, Emotion.OTHER),  # nothing of it is trained
        level_rms=_LEVEL_RMS,
        normalise="none",
        frontend=frontend,
        model=Part(name="probe"),
    )


def _waves(clips: Sequence[Clip], folder: Path | None) -> cache.Waves:
    """Give the speech of each clip; what is too long is cut, and only that is decoded again."""
    waves = cache.prepare(clips, folder)
    most = round(LONGEST_S * cache.SAMPLE_RATE)
    if max(waves.sizes) <= most:
        return waves
    shorter = [
        replace(clip, end_s=clip.start_s + LONGEST_S) if size > most else clip
        for clip, size in zip(clips, waves.sizes, strict=True)
    ]
    return cache.prepare(shorter, folder)


def _statistics(own: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give mean and deviation over time of each band and of its steps: float32 (4 · bands,)."""
    steps = np.diff(own, axis=1, append=own[:, -1:])
    return np.concatenate([f(part, axis=1) for part in (own, steps) for f in (np.mean, np.std)])


def _print(samples: NDArray[np.float32]) -> str:
    if not samples.any():
        return ""
    return hashlib.blake2b(samples.tobytes(), digest_size=16).hexdigest()
