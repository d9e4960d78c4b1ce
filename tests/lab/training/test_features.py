"""Features of whole clips are computed once and met again, and only where nothing changed."""

from __future__ import annotations

import mmap
import multiprocessing
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from sertain.lab.augment.chain import changed
from sertain.lab.augment.waveform import Noise
from sertain.lab.recipes import Recipe
from sertain.lab.training import cache, extraction, features
from sertain.lab.training.extraction import Version
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


def test_a_zero_is_a_zero_whatever_its_sign(tiny: Recipe) -> None:
    """A running mean of weights, as a finished run keeps it, makes 0 of -0."""
    network = SpeechNetwork(tiny)
    (buffer, *_) = network.frontend.buffers()
    buffer.flatten()[0] = -0.0
    before = features.identity(network)
    buffer.flatten()[0] = 0.0
    assert features.identity(network) == before


def test_many_clips_stay_in_their_file(
    tiny: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waves = cache.prepare(tones.make(tmp_path, speakers=1, takes=1), tmp_path / "c", quiet=True)
    small = features.prepare(SpeechNetwork(tiny), waves, tmp_path / "c", quiet=True)
    monkeypatch.setattr(features, "IN_MEMORY", 100)
    large = features.prepare(SpeechNetwork(tiny), waves, tmp_path / "c", quiet=True)
    assert _in_a_file(large[0])
    assert not _in_a_file(small[0])
    for one, other in zip(small, large, strict=True):
        np.testing.assert_array_equal(one, other)


def _in_a_file(array: Any) -> bool:
    while array is not None and not isinstance(array, mmap.mmap):
        array = getattr(array, "base", None)
    return array is not None


def test_changed_versions_lie_beside_the_clips_and_are_always_the_same(
    tiny: Recipe, tmp_path: Path
) -> None:
    clips = tones.make(tmp_path, speakers=1, takes=1)
    clips[1] = replace(clips[1], end_s=0.3)
    network = SpeechNetwork(tiny)
    augment = tiny.augment.model_copy(update={"noise": Noise(probability=1.0), "variants": 2})
    first, second = (Version(augment, number, half=False) for number in (1, 2))

    def heard(folder: Path, version: Version | None, order: int = 1) -> list[np.ndarray]:
        waves = cache.prepare(clips[::order], folder, quiet=True)
        return list(features.prepare(network, waves, folder, quiet=True, version=version))[::order]

    ours = heard(tmp_path / "a", first)
    waves = cache.prepare(clips, tmp_path / "a", quiet=True)
    for number, entry in enumerate(waves.entries):
        generator = np.random.default_rng([int(entry.key, 16), 1])
        wave = torch.from_numpy(changed(waves[number], augment, None, generator))[None]
        alone, frames = network.heard(wave, torch.tensor([wave.shape[1]]))
        np.testing.assert_allclose(ours[number], alone[0, :, : int(frames)], atol=1e-3)
    plain, other = heard(tmp_path / "a", None), heard(tmp_path / "a", second)
    again = heard(tmp_path / "b", first, order=-1)
    for number, own in enumerate(ours):
        np.testing.assert_allclose(again[number], own, atol=1e-3)
        for different in (plain[number], other[number]):
            assert different.shape != own.shape or np.abs(different - own).max() > 0.1
    names = {path.name for path in (tmp_path / "a/features").glob("*.f32")}
    assert len(names) == 3, "a file each"
    louder = augment.model_copy(update={"noise": Noise(snr_low_db=1.0)})
    assert Version(louder, 1, half=False).identity != first.identity
    masked = augment.model_copy(update={"spec_augment": None, "variants": 7})
    assert Version(masked, 1, half=False).identity == first.identity, "what is done later"


@pytest.mark.slow
def test_processes_hear_what_one_alone_hears(
    tiny: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    monkeypatch.setattr(extraction, "_BATCH_S", 1.0)
    waves = cache.prepare(tones.make(tmp_path, speakers=1), tmp_path / "c", quiet=True)
    network = SpeechNetwork(tiny)
    torch.set_num_threads(1)
    version = Version(tiny.augment, 1, half=False)
    alone = features.prepare(network, waves, tmp_path / "one", quiet=True, version=version)
    monkeypatch.setattr(extraction, "_WORTH_S", 0.0)
    many = features.prepare(network, waves, tmp_path / "two", quiet=True, version=version)
    assert len(alone) == len(many) == 9
    for one, other in zip(alone, many, strict=True):
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
