"""A speaker's statistics are those of all frames of the speaker's clips."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from sertain.lab.recipes import Recipe
from sertain.lab.training import cache
from sertain.lab.training.data import TrainingClips
from sertain.lab.training.network import SpeechNetwork
from sertain.lab.training.reference import speaker_references
from tests.lab import tones

pytestmark = pytest.mark.train


def test_they_are_mean_and_deviation_over_all_cells_of_the_speaker(
    tiny: Recipe, tmp_path: Path
) -> None:
    clips = tones.make(tmp_path, speakers=2, takes=1)
    clips[0] = replace(clips[0], end_s=0.3)  # frames weigh alike, not clips
    waves = cache.prepare(clips, tmp_path / "cache", quiet=True)
    network = SpeechNetwork(tiny)
    cells: dict[str, list[np.ndarray]] = {}
    for number, clip in enumerate(clips):
        wave = torch.from_numpy(waves[number])[None]
        features, _ = network.heard(wave, torch.tensor([wave.shape[1]]))
        cells.setdefault(clip.speaker, []).append(features.numpy().ravel())
    found = speaker_references(network, clips, waves)
    for number, clip in enumerate(clips):
        own = np.concatenate(cells[clip.speaker])
        np.testing.assert_allclose(found[number], [own.mean(), own.std()], rtol=1e-4)


def test_half_of_the_draws_know_their_speaker(tiny: Recipe, tmp_path: Path) -> None:
    clips = tones.make(tmp_path, speakers=1, takes=1)
    waves = cache.prepare(clips, tmp_path / "cache", quiet=True)
    references = np.full((len(clips), 2), 3.0, dtype=np.float32)
    dataset = TrainingClips(clips, waves, tiny, 0, references)
    known = sum(dataset[0, draw][3][0] == 3.0 for draw in range(200))
    assert 75 <= known <= 125
