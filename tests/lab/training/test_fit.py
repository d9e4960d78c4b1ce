"""Training learns, resumes to the same weights, and refuses what cannot work."""

from __future__ import annotations

import csv
import multiprocessing
import os
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.optim.optimizer import Optimizer, register_optimizer_step_post_hook

from sertain.corpora.clip import Clip
from sertain.errors import RecipeError
from sertain.lab.recipes import Recipe
from sertain.lab.training import fit, teachers
from sertain.labels import Emotion
from tests.lab import tones

pytestmark = [
    pytest.mark.train,
    # Lightning's own use of torch, and a worker that a killed process leaves behind.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Clip], list[Clip]]:
    made = tones.make(tmp_path_factory.mktemp("tones"))
    return [c for c in made if c.speaker != "ravdess/04"], [
        c for c in made if c.speaker == "ravdess/04"
    ]


def _train(recipe: Recipe, clips: tuple[list[Clip], list[Clip]], folder: Path) -> None:
    torch.set_num_threads(1)
    place = folder.parent / "teacher"
    fit(
        recipe,
        *clips,
        seed=0,
        folder=folder,
        cache_folder=folder.parent / "cache",
        quiet=True,
        taught_by=[teachers.read(place)] if recipe.teacher else [],
    )


def _weights(folder: Path) -> dict[str, torch.Tensor]:
    state = torch.load(folder / "best.ckpt", weights_only=True)["state_dict"]
    assert isinstance(state, dict)
    return state


def _table(folder: Path) -> list[dict[str, str]]:
    with (folder / "csv/metrics.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _run_until_epoch(
    recipe: Recipe, clips: tuple[list[Clip], list[Clip]], folder: Path, epoch: int
) -> None:
    """Train in a process of its own and kill it once a checkpoint of this epoch is written."""
    process = multiprocessing.get_context("spawn").Process(
        target=_train, args=(recipe, clips, folder)
    )
    process.start()
    last = folder / "last.ckpt"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            if torch.load(last, weights_only=False)["epoch"] >= epoch:
                break
        except (OSError, RuntimeError, EOFError):
            time.sleep(0.05)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert not (folder / "summary.json").exists(), "it ended before it could be killed"


STORED = {
    "normalise": "columns",
    "augment": {"mixup": {}, "spec_augment": {"rows": 2}},
    "sampling": {"examples_per_epoch": None},
    "training": {
        "epochs": 12,
        "batch_size": 7,
        "clip_s": None,
        "patience": None,
        "watch": "last",
        "optimiser": "adam",
        "schedule": {"name": "plateau", "patience": 1, "factor": 0.8},
        "average_decay": 0,
        "precision": "32",
    },
}

LONGER = {"training": {"epochs": 8, "patience": None, "watch": "last"}}
TAUGHT = {**LONGER, "teacher": {"weight": 0.6}}


@pytest.mark.slow
@pytest.mark.parametrize("changes", [LONGER, STORED, TAUGHT])
def test_a_killed_training_ends_with_the_same_weights(
    tiny: Recipe, clips: tuple[list[Clip], list[Clip]], tmp_path: Path, changes: dict[str, Any]
) -> None:
    values = tiny.model_dump(mode="json")
    if changes is not STORED:
        changes = {**changes, "training": {**values["training"], **changes["training"]}}
    if changes.get("teacher"):
        brief = {**values, "training": {**values["training"], "epochs": 1}}
        _train(Recipe.model_validate(brief), clips, tmp_path / "teacher")
    longer = Recipe.model_validate({**values, **changes})
    _train(longer, clips, tmp_path / "whole")
    _run_until_epoch(longer, clips, tmp_path / "killed", epoch=2)
    _train(longer, clips, tmp_path / "killed")
    whole, killed = _weights(tmp_path / "whole"), _weights(tmp_path / "killed")
    assert whole.keys() == killed.keys()
    for name, value in whole.items():
        torch.testing.assert_close(killed[name], value, atol=0, rtol=0)
    tables = [_table(tmp_path / run) for run in ("whole", "killed")]
    assert [row["epoch"] for row in tables[0]] == [
        str(epoch) for epoch in range(longer.training.epochs)
    ]
    assert tables[0] == tables[1]


@pytest.mark.parametrize("most", [0.01, None])
def test_gradients_are_shortened_where_the_recipe_says_so(
    tiny: Recipe, clips: tuple[list[Clip], list[Clip]], tmp_path: Path, most: float | None
) -> None:
    norms = []

    def note(made: Optimizer, *_: object) -> None:
        grown = [one.grad for group in made.param_groups for one in group["params"]]
        own = [one.norm() for one in grown if one is not None]
        norms.append(float(torch.stack(own).norm()))

    training = tiny.training.model_copy(update={"epochs": 1, "gradient_norm": most})
    watching = register_optimizer_step_post_hook(note)
    try:
        _train(tiny.model_copy(update={"training": training}), clips, tmp_path / "run")
    finally:
        watching.remove()
    assert len(norms) == 3
    if most is None:
        assert min(norms) > 0.1
    else:
        assert norms == pytest.approx([most] * 3, rel=1e-3)


@pytest.mark.slow
def test_it_learns_what_tells_three_pitches_apart(
    tiny: Recipe, clips: tuple[list[Clip], list[Clip]], tmp_path: Path
) -> None:
    recipe = tiny.model_copy(
        update={
            "augment": tiny.augment.model_copy(
                update={"speed": None, "mixup": None, "band": None, "spec_augment": None}
            ),
            "sampling": tiny.sampling.model_copy(update={"examples_per_epoch": 96}),
            "training": tiny.training.model_copy(
                update={"epochs": 16, "patience": 16, "learning_rate": 1e-2}
            ),
        }
    )
    done = fit(recipe, *clips, seed=0, folder=tmp_path, cache_folder=tmp_path / "cache", quiet=True)
    unseen = clips[1]
    logits = done.logits(unseen)
    assert logits.shape == (9, 3)
    answers = [recipe.labels[number] for number in logits.argmax(1)]
    assert answers == [clip.emotion for clip in unseen]
    assert done.embeddings(unseen).shape == (9, 8)
    # Clips alone give what they give in a padded batch.
    np.testing.assert_allclose(done.logits(unseen[:1]), logits[:1], atol=1e-5)
    again = fit(
        recipe, *clips, seed=0, folder=tmp_path, cache_folder=tmp_path / "cache", quiet=True
    )
    np.testing.assert_array_equal(again.logits(unseen), logits)
    assert again.epochs == done.epochs


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda train, _: (train, []), "0 validation clips"),
        (
            lambda train, held: ([*train, replace(train[0], emotion=Emotion.DISGUST)], held),
            "labelled disgust",
        ),
        (
            lambda train, held: ([c for c in train if c.emotion != Emotion.SAD], held),
            "no training clip is labelled sad",
        ),
    ],
)
def test_what_cannot_work_is_refused_before_it_starts(
    tiny: Recipe,
    clips: tuple[list[Clip], list[Clip]],
    tmp_path: Path,
    change: object,
    message: str,
) -> None:
    train, held = change(*clips)  # type: ignore[operator]
    with pytest.raises(RecipeError, match=message):
        fit(tiny, train, held, seed=0, folder=tmp_path, quiet=True)
    assert not list(tmp_path.iterdir())


def test_a_folder_of_another_run_is_refused(
    tiny: Recipe, clips: tuple[list[Clip], list[Clip]], tmp_path: Path
) -> None:
    (tmp_path / "run.json").write_text(
        '{"hash": "0123456789", "seed": 0, "train": [], "validation": []}', "utf-8"
    )
    with pytest.raises(RecipeError, match="another hash"):
        fit(tiny, *clips, seed=0, folder=tmp_path, quiet=True)
