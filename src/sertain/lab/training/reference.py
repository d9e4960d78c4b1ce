"""The statistics of a speaker's voice, from unlabelled clips of that speaker."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from sertain.corpora.clip import Clip
from sertain.lab.frontends.normalise import statistics
from sertain.lab.training.cache import Waves
from sertain.lab.training.data import by_length, pad
from sertain.lab.training.network import SpeechNetwork


def speaker_references(
    network: SpeechNetwork, clips: Sequence[Clip], waves: Waves
) -> NDArray[np.float32]:
    """Give each clip the mean and deviation (n, 2) of its speaker's features over all clips here.

    Speech and song of one speaker count apart.  Every frame weighs alike.
    """
    moments = np.zeros((len(clips), 3))  # frames, sum and sum of squares over a frame's rows
    with torch.inference_mode():
        for batch in by_length(waves):
            waveform, lengths = pad([waves[number] for number in batch])
            features, mask = network.heard(waveform, lengths)
            mean, deviation = statistics(features, mask).double().numpy().T
            frames = mask.sum(1).double().numpy()
            power = deviation**2 + mean**2
            moments[batch] = np.stack([frames, frames * mean, frames * power], axis=1)
    voices = [f"{clip.speaker} {clip.channel}" for clip in clips]
    names, voice = np.unique(voices, return_inverse=True)
    sums = np.zeros((len(names), 3))
    np.add.at(sums, voice, moments)
    mean = sums[:, 1] / sums[:, 0]
    deviation = np.sqrt(np.maximum(sums[:, 2] / sums[:, 0] - mean**2, 0.0))
    return np.stack([mean, deviation], axis=1)[voice].astype(np.float32)
