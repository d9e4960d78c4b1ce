"""Statistics by which features are standardised: of a speaker, and of the rows of all clips."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.preprocessing import StandardScaler

from sertain.lab.recipes import Recipe
from sertain.lab.training import cache, features
from sertain.lab.training.data import TrainingClips
from sertain.lab.training.network import SpeechNetwork
from sertain.lab.training.standard import Standard, speaker_references
from tests.lab import tones

pytestmark = pytest.mark.train


def _sequences() -> list[np.ndarray]:
    """Rows far from 0 and on unlike scales, of clips of unlike lengths; one row is constant."""
    generator = np.random.default_rng(0)
    clips = [
        generator.normal([[-300.0], [1e-6], [4.0]], [[50.0], [1e-7], [0.0]], (3, frames))
        for frames in (40, 3, 17)
    ]
    return [clip.astype(np.float32) for clip in clips]


def test_rows_are_standardised_as_scikit_learn_does() -> None:
    clips = _sequences()
    standard = Standard("columns", 3)
    standard.learn(clips)
    scaler = StandardScaler().fit(np.concatenate(clips, axis=1).T.astype(np.float64))
    for clip in clips:
        found = standard(torch.from_numpy(clip)[None], torch.ones(1, clip.shape[1]))[0]
        np.testing.assert_allclose(found.numpy().T, scaler.transform(clip.T), atol=1e-4)


def test_nothing_is_done_but_the_padding_is_silenced() -> None:
    row = torch.arange(8.0).reshape(1, 2, 4)
    mask = torch.tensor([[1.0, 1.0, 1.0, 0.0]])
    assert Standard("none", 2)(row, mask).tolist() == [[[0, 1, 2, 0], [4, 5, 6, 0]]]


def test_a_speakers_are_mean_and_deviation_over_all_cells_of_the_speaker(
    tiny: Recipe, tmp_path: Path
) -> None:
    clips = tones.make(tmp_path, speakers=2, takes=1)
    clips[0] = replace(clips[0], end_s=0.3)  # frames weigh alike, not clips
    waves = cache.prepare(clips, tmp_path / "cache", quiet=True)
    network = SpeechNetwork(tiny)
    cells: dict[str, list[np.ndarray]] = {}
    for number, clip in enumerate(clips):
        wave = torch.from_numpy(waves[number])[None]
        heard, _ = network.heard(wave, torch.tensor([wave.shape[1]]))
        cells.setdefault(clip.speaker, []).append(heard.numpy().ravel())
    stored = features.prepare(network, waves, tmp_path / "cache", quiet=True)
    found = speaker_references(clips, stored)
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
