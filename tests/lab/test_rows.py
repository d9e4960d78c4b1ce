"""A small form of every row of the reports trains, is exported, and answers in the base install."""

from __future__ import annotations

import csv
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

import sertain
from sertain.corpora.clip import Clip
from sertain.errors import RecipeError
from sertain.lab import recipes
from sertain.lab.export import CalibratedNetwork, export, graph, largest_difference
from sertain.lab.recipes import Recipe
from sertain.lab.training import Fit, cache, fit, load_fit
from tests.lab import tones

pytestmark = [
    pytest.mark.train,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]

SPOKEN = Path(__file__).parents[2] / "examples" / "clips"
ROWS = [
    name
    for name in recipes.names()
    if name in ("erciyes2024", "shukla") or ("/" in name and not name.endswith("resnet34_speech"))
]
SMALL: dict[str, dict[str, Any]] = {
    "cnn_tdnn_lstm": {"channels": [8], "tdnn_channels": 8, "tdnn": [[3, 2]], "lstm": 8},
    "column_cnn": {},
    "column_crnn": {"units": 8},
    "sequence_cnn": {"frames": 16, "filters": [8, 8]},
    "picture_cnn": {"frames": 16, "filters": [4, 8], "hidden": 16},
    "bilstm": {"units": 8},
    "resnet": {"stem": 8, "depths": [1, 1], "widths": [8, 16]},
    "svm": {"folds": 2},
}
SMALL_FRONT: dict[str, dict[str, Any]] = {
    "mfcc": {"n_fft": 512, "hop_length": 256, "n_mels": 40},
    "mfcc_picture": {"frames": 16},
    "log_mel": {"n_mels": 16},
    "cube": {"n_fft": 127, "n_mels": 64, "frames": 16},
    "picture": {"n_mels": 32, "height": 32, "width": 32},
}


def _weights(folder: Path) -> Path:
    transformers = pytest.importorskip("transformers")
    config = transformers.ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic"
    )
    transformers.ResNetModel(config).save_pretrained(folder)
    return folder


def _small(name: str, weights: Path) -> Recipe:
    values = recipes.load(name).model_dump(mode="json")
    model, front = values["model"], values["frontend"]
    model["parameters"] |= SMALL[model["name"]]
    front["parameters"] |= SMALL_FRONT.get(front["name"], {})
    if "weights" in model["parameters"]:
        model["parameters"]["weights"] = str(_weights(weights))
    if values["augment"].get("sizes"):
        values["augment"]["sizes"] = {"sizes": [[16, 16], [32, 32]], "shares": [0.5, 0.5]}
    if values["clip"]["offset_s"]:
        values["clip"] |= {"offset_s": 0.1, "duration_s": 0.4}
    values["training"] |= {"epochs": 2, "batch_size": 8}
    return Recipe.model_validate({**values, "corpora": ["ravdess"], "labels": list(tones.PITCH_HZ)})


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Clip], list[Clip]]:
    made = tones.make(tmp_path_factory.mktemp("tones"), speakers=3)
    # Of unlike lengths, so that batches hold padding.
    made = [clip if n % 3 else replace(clip, end_s=0.5) for n, clip in enumerate(made)]
    return [c for c in made if c.speaker != "ravdess/03"], [
        c for c in made if c.speaker == "ravdess/03"
    ]


def _trained(recipe: Recipe, clips: tuple[list[Clip], list[Clip]], folder: Path) -> Fit:
    torch.set_num_threads(1)
    place = folder / "run"
    return fit(recipe, *clips, seed=0, folder=place, cache_folder=folder / "cache", quiet=True)


def test_there_are_seventeen() -> None:
    assert len(ROWS) == 17


@pytest.mark.parametrize("name", ROWS)
def test_a_row_trains_is_exported_and_answers(
    name: str, clips: tuple[list[Clip], list[Clip]], tmp_path: Path
) -> None:
    recipe = _small(name, tmp_path / "weights")
    done = _trained(recipe, clips, tmp_path)
    logits = done.logits(clips[1])
    # What it began from is gone; a finished run needs nothing but its folder.
    shutil.rmtree(tmp_path / "weights", ignore_errors=True)
    done = load_fit(tmp_path / "run", recipe, tmp_path / "cache")
    np.testing.assert_array_equal(done.logits(clips[1]), logits)
    assert done.epochs == (1 if recipe.fitted else 2)
    assert done.parameters == sum(p.numel() for p in done.network.parameters())
    with (tmp_path / "run/csv/metrics.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == done.epochs
    for figure in ("train/loss", "train/accuracy", "val/loss", "val/accuracy", "val/uar"):
        assert np.isfinite(float(rows[-1][figure]))

    # Compares graph and torch, and refuses what is further apart than 1e-4.
    export(done, *clips, tmp_path / "bundle", name="small")
    card = (tmp_path / "bundle/README.md").read_text("utf-8")
    assert "It learnt from" in card
    answer = sertain.predict(next(iter(sorted(SPOKEN.glob("*.wav")))), model=tmp_path / "bundle")
    assert answer.label in recipe.labels
    assert answer.probabilities is not None
    assert sum(answer.probabilities.values()) == pytest.approx(1.0, abs=1e-4)


def test_the_exported_machine_decides_as_scikit_learns(
    clips: tuple[list[Clip], list[Clip]], tmp_path: Path
) -> None:
    recipe = _small("vu_deepemonet/svm", tmp_path)
    done = _trained(recipe, clips, tmp_path)
    columns = {}
    for side, own in zip(("train", "unseen"), clips, strict=True):
        waves = cache.prepare(own, tmp_path / "cache", how=recipe.clip)
        heard = []
        for number in range(len(own)):
            wave = torch.from_numpy(waves[number])[None]
            heard.append(done.network.heard(wave, torch.tensor([wave.shape[1]]))[0][0, :, 0])
        columns[side] = torch.stack(heard).numpy().astype(np.float64)
    targets = [recipe.labels.index(clip.emotion) for clip in clips[0]]
    machine = make_pipeline(StandardScaler(), SVC()).fit(columns["train"], targets)
    standard = machine[0].transform(columns["unseen"])
    with torch.inference_mode():
        ours = done.network.model.decisions(torch.from_numpy(standard)).numpy()
    theirs = machine.decision_function(columns["unseen"])
    np.testing.assert_allclose(ours, theirs, atol=1e-4)
    network = CalibratedNetwork(done.network, 1.0).eval()
    waves = cache.prepare(clips[1], tmp_path / "cache", how=recipe.clip)
    sounds = [waves[number] for number in range(len(clips[1]))]
    assert largest_difference(network, graph(network), sounds) <= 1e-4


def test_weights_that_are_not_there_are_one_line_before_anything_is_decoded(
    clips: tuple[list[Clip], list[Clip]], tmp_path: Path
) -> None:
    recipe = _small("vu_deepemonet/resnet34_transfer", tmp_path / "weights")
    shutil.rmtree(tmp_path / "weights")
    (tmp_path / "weights").mkdir()
    with pytest.raises(RecipeError, match=r"holds no config\.json") as caught:
        _trained(recipe, clips, tmp_path)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "cache").exists()
