"""Features of whole clips are computed once and met again, and only where nothing changed."""

from __future__ import annotations

import multiprocessing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from sertain.lab.recipes import Recipe
from sertain.lab.training import cache, features
from sertain.lab.training.network import SpeechNetwork
from tests.lab import tones

pytestmark = pytest.mark.train


def test_they_are_what_the_front_end_gives_of_each_clip_alone(tiny: Recipe, tmp_path: Path) -> None:
    clips = tones.make(tmp_path, speakers=1)
    clips[1] = replace(clips[1], end_s=0.3)
    waves = cache.prepare(clips, tmp_path / "cache", quiet=True)
    network = SpeechNetwork(tiny)
    stored = features.prepare(network, waves, tmp_path / "cache", quiet=True)
    for number, own in enumerate(stored):
        wave = torch.from_numpy(waves[number])[None]
        alone, frames = network.heard(wave, torch.tensor([wave.shape[1]]))
        assert own.shape == (16, int(frames))
        np.testing.assert_allclose(own, alone[0, :, : int(frames)], atol=1e-4)


def test_a_second_call_computes_nothing_and_another_front_end_all(
    tiny: Recipe, tmp_path: Path
) -> None:
    folder = tmp_path / "cache"
    waves = cache.prepare(tones.make(tmp_path, speakers=1, takes=1), folder, quiet=True)
    network = SpeechNetwork(tiny)

    def held(recipe: Recipe) -> dict[str, int]:
        features.prepare(SpeechNetwork(recipe), waves, folder, quiet=True)
        return {path.name: path.stat().st_size for path in (folder / "features").glob("*.f32")}

    first = held(tiny)
    assert len(first) == 1
    assert held(tiny) == first
    louder = tiny.model_copy(update={"level_rms": 0.1})
    assert len(held(louder)) == 2
    other = tiny.model_copy(update={"model": tiny.model.model_copy(update={"parameters": {}})})
    assert len(held(other)) == 2, "the network behind the front end does not matter"
    (buffer, *_) = network.frontend.buffers()
    before = features.identity(network)
    buffer.flatten()[0] += 1
    assert features.identity(network) != before


def test_many_clips_stay_in_their_file(
    tiny: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waves = cache.prepare(tones.make(tmp_path, speakers=1, takes=1), tmp_path / "c", quiet=True)
    small = features.prepare(SpeechNetwork(tiny), waves, tmp_path / "c", quiet=True)
    monkeypatch.setattr(features, "IN_MEMORY", 100)
    large = features.prepare(SpeechNetwork(tiny), waves, tmp_path / "c", quiet=True)
    assert isinstance(large[0].base, np.memmap)
    assert small[0].base is None
    for one, other in zip(small, large, strict=True):
        np.testing.assert_array_equal(one, other)


def _prepare(recipe: Recipe, folder: Path, seed: int) -> None:
    torch.set_num_threads(1)
    clips = tones.make(folder / f"own-{seed}", speakers=2)[::-1][seed:]
    waves = cache.prepare(clips, folder / "cache", quiet=True)
    features.prepare(SpeechNetwork(recipe), waves, folder / "cache", quiet=True)


@pytest.mark.slow
def test_processes_beside_each_other_store_every_clip_once(tiny: Recipe, tmp_path: Path) -> None:
    started = []
    for seed in range(2):
        (tmp_path / f"own-{seed}").mkdir()
        started.append(
            multiprocessing.get_context("spawn").Process(
                target=_prepare, args=(tiny, tmp_path, seed)
            )
        )
    for process in started:
        process.start()
    for process in started:
        process.join()
    assert [process.exitcode for process in started] == [0, 0]
    (index,) = (tmp_path / "cache/features").glob("*.jsonl")
    for table, least in ((tmp_path / "cache/clips.jsonl", 18), (index, 18)):
        keys = [line for line in table.read_text("utf-8").splitlines() if line]
        assert len(keys) == len(set(keys)) == least
