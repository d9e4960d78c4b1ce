"""A network begins with what it learnt of other corpora, none of which is tested."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from sertain.corpora.clip import Clip
from sertain.errors import LeakageError, ProtocolError, RecipeError
from sertain.lab import pretraining, recipes
from sertain.lab.evaluation.runner import evaluate
from sertain.lab.recipes import Recipe
from sertain.lab.training import begin
from sertain.lab.training.network import SpeechNetwork
from tests.lab.evaluation.conftest import SEVEN
from tests.lab.evaluation.tones import fit_linear, tones

pytestmark = pytest.mark.train

RECIPE = """
corpora: [savee]
labels: [neutral, happy, sad, angry, fearful, disgust, surprised]
clip: {cut: file}
pretraining: {corpora: [tess]}
frontend: {name: log_mel, parameters: {n_fft: 256, hop_length: 128, n_mels: 8}}
model: {name: residual_asp, parameters: {channels: [4], blocks: [1], time_strides: [1]}}
sampling: {examples_per_epoch: null}
training: {epochs: 1, batch_size: 8, clip_s: null, precision: "32", average_decay: 0}
"""


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recipe:
    monkeypatch.setenv("SERTAIN_CACHE", str(tmp_path / "cache"))
    (tmp_path / "mine.yaml").write_text(RECIPE, "utf-8")
    return recipes.load(tmp_path / "mine.yaml")


@pytest.fixture
def clips(tmp_path: Path) -> list[Clip]:
    savee = tones(tmp_path / "savee", "savee", ("DC", "JE", "JK", "KL"), each=1)
    return savee + tones(tmp_path / "tess", "tess", ("OAF", "YAF"), SEVEN[:5], each=2)


def test_it_is_pretrained_once_and_begins_with_all_but_the_last_layer(
    recipe: Recipe, clips: list[Clip]
) -> None:
    ready = pretraining.begun(recipe, clips)
    assert ready.pretraining is not None
    place = Path(str(ready.pretraining.weights))
    written = place.stat().st_mtime_ns
    assert pretraining.begun(recipe, clips) == ready
    assert pretraining.begun(ready, []) == ready
    assert place.stat().st_mtime_ns == written
    assert ready.hash == recipe.hash  # the place of the weights is no part of the recipe

    learnt = torch.load(place, weights_only=True)["state_dict"]
    torch.manual_seed(1)
    network = SpeechNetwork(ready)
    head = {name: values.clone() for name, values in network.model.head.state_dict().items()}
    begin.take(network, ready)
    for name, values in network.model.state_dict().items():
        if name.startswith("head."):
            assert torch.equal(values, head[name.removeprefix("head.")])
        else:
            assert torch.equal(values, learnt[f"network.model.{name}"])
    # Five emotions were there to learn; the recipe has seven.
    assert learnt["network.model.head.1.bias"].shape == (5,)


def test_an_evaluation_pretrains_and_tests_nothing_of_it(
    recipe: Recipe, clips: list[Clip], tmp_path: Path
) -> None:
    found = evaluate(recipe, "savee4", clips, folder=tmp_path / "out", only=(0,))
    assert {clip.corpus for clip in found.answers[0].clips} == {"savee"}
    assert found.results.recipe["hash"] == recipe.hash
    assert found.results.runs[0].train_clips == 14
    (done,) = (tmp_path / "cache" / "pretrained").glob("*/summary.json")
    assert '"train_clips": 10' in done.read_text("utf-8")  # one of two women


def test_what_is_tested_pretrains_nothing(
    recipe: Recipe, clips: list[Clip], tmp_path: Path
) -> None:
    both = recipe.model_copy(update={"corpora": ("savee", "tess")})
    with pytest.raises(ProtocolError, match="is pretrained on tess, which is tested; take tess"):
        evaluate(both, "loco", clips, folder=tmp_path / "out", fit=fit_linear)
    spoken = next(clip for clip in clips if clip.corpus == "savee")
    copy = replace(spoken, corpus="tess", name="copy", speaker="tess/OAF")
    with pytest.raises(LeakageError, match=r"is tested, and its exact copy tess/copy pretrains"):
        evaluate(recipe, "savee4", [*clips, copy], folder=tmp_path / "out", fit=fit_linear)
    alone = [clip for clip in clips if clip.corpus == "savee"]
    with pytest.raises(ProtocolError, match="pretrained on tess, of which there is no clip"):
        evaluate(recipe, "savee4", alone, folder=tmp_path / "out", fit=fit_linear)
    assert not (tmp_path / "out").exists()


def test_weights_that_are_not_there_or_of_another_network_are_refused(
    recipe: Recipe, clips: list[Clip]
) -> None:
    with pytest.raises(RecipeError, match="the weights on which mine is pretrained are not at"):
        begin.take(SpeechNetwork(recipe), recipe)
    ready = pretraining.begun(recipe, clips)
    part = ready.model.model_copy(
        update={"parameters": {**ready.model.parameters, "channels": (8,)}}
    )
    wider = ready.model_copy(update={"model": part})
    with pytest.raises(RecipeError, match=r"have no .* of the shape \(8, "):
        begin.take(SpeechNetwork(wider), wider)


def test_a_corpus_pretrains_or_trains(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(RECIPE.replace("[tess]", "[savee]"), "utf-8")
    with pytest.raises(RecipeError, match=r"pretraining\.corpora names 'savee'"):
        recipes.load(tmp_path / "mine.yaml")
