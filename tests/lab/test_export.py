"""A run becomes a bundle that answers as torch does."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from sertain import bundle as bundles
from sertain.corpora.clip import Clip
from sertain.errors import BundleError
from sertain.lab import recipes
from sertain.lab.export import (
    CalibratedNetwork,
    data_sources,
    graph,
    largest_difference,
    read_scores,
)
from sertain.lab.training.network import SpeechNetwork
from tests.lab import tones

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def network() -> CalibratedNetwork:
    torch.manual_seed(0)
    whole = SpeechNetwork(recipes.load("residual_asp"))
    # Running statistics as training leaves them, not the ones of a fresh network.
    for module in whole.modules():
        if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
            module.running_mean.normal_(0, 0.1)  # type: ignore[union-attr]
            module.running_var.uniform_(0.5, 2.0)  # type: ignore[union-attr]
    with torch.no_grad():  # answers as far apart as a trained network's
        whole.model.head[1].weight.mul_(30)
    return CalibratedNetwork(whole, 1.7).eval()


@pytest.fixture(scope="module")
def model(network: CalibratedNetwork) -> bytes:
    return graph(network)


def test_the_graph_equals_torch_for_any_length_and_batch(
    network: CalibratedNetwork, model: bytes
) -> None:
    generator = np.random.default_rng(0)
    waves = [
        (0.1 * generator.standard_normal(length)).astype(np.float32)
        for length in (1600, 4000, 15999, 16000, 48001, 128000)
    ]
    assert largest_difference(network, model, waves) <= 1e-4


def test_a_clip_in_a_padded_batch_gets_the_answer_that_it_gets_alone(model: bytes) -> None:
    session = onnxruntime.InferenceSession(model)
    clip = (0.1 * np.random.default_rng(1).standard_normal(20000)).astype(np.float32)
    padded = np.zeros((3, 50000), dtype=np.float32)
    padded[1, :20000] = clip
    padded[2] = 0.1
    alone = session.run(None, {"waveform": clip[None], "lengths": np.array([20000])})
    lengths = np.array([50000, 20000, 50000])
    together = session.run(None, {"waveform": padded, "lengths": lengths})
    for one, many in zip(alone, together, strict=True):
        np.testing.assert_allclose(np.asarray(many)[1], np.asarray(one)[0], atol=1e-5)


def test_rows_sum_to_one_and_the_level_does_not_matter(model: bytes) -> None:
    session = onnxruntime.InferenceSession(model)
    clip = (0.1 * np.random.default_rng(1).standard_normal((1, 16000))).astype(np.float32)
    both = np.concatenate([clip, 0.05 * clip])
    probabilities, _ = session.run(None, {"waveform": both, "lengths": np.array([16000, 16000])})
    np.testing.assert_allclose(np.asarray(probabilities).sum(1), 1.0, atol=1e-6)
    np.testing.assert_allclose(probabilities[0], probabilities[1], atol=1e-4)


def test_the_graph_holds_no_path_of_the_machine_that_made_it(model: bytes) -> None:
    for trace in (b"/sertain/", b"site-packages", b"residual_asp.py", b"network.py"):
        assert trace not in model


def test_sources_count_clips_and_speakers(tmp_path: Path) -> None:
    clips = [*tones.make(tmp_path, speakers=2), *tones.make(tmp_path, speakers=3, corpus="tess")]
    ravdess, tess = data_sources(clips)
    assert (ravdess.corpus, ravdess.clips, ravdess.speakers) == ("ravdess", 18, 2)
    assert (tess.corpus, tess.clips, tess.speakers) == ("tess", 27, 3)
    assert ravdess.licence == "CC BY-NC-SA 4.0"
    assert data_sources(clips[::-1])[0].hash == ravdess.hash
    assert data_sources(clips[1:])[0].hash != ravdess.hash


def test_figures_of_another_recipe_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    figure = {"mean": 0.6, "sd": None, "low": 0.5, "high": 0.7}
    path.write_text(
        json.dumps(
            {
                "recipe": {"name": "r", "hash": "a"},
                "protocol": {"name": "luna5"},
                "seeds": [0, 1],
                "pooled": {"figures": {"uar": figure, "wa": figure}},
            }
        ),
        "utf-8",
    )
    uar, _wa = read_scores(path, "a")
    assert uar == bundles.Score("luna5", "UAR", 0.6, (0.5, 0.7), 2)
    with pytest.raises(BundleError, match="is of the recipe r a, the run is of b"):
        read_scores(path, "b")


def test_clips_of_a_users_own_corpus_carry_no_licence_of_ours(tmp_path: Path) -> None:
    clips: list[Clip] = tones.make(tmp_path, speakers=1, corpus="mine")
    assert data_sources(clips)[0].licence == "the user's own"
