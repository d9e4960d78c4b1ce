"""A student learns what teachers answer; their answers are computed once and kept."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from sertain.corpora.clip import Clip
from sertain.errors import RecipeError
from sertain.lab.augment.mixing import mixup
from sertain.lab.recipes import Recipe
from sertain.lab.training import Fit, cache, fit, lessons, teachers
from sertain.lab.training.data import Batch
from sertain.lab.training.extraction import Version
from sertain.lab.training.module import Learner
from sertain.lab.training.plan import Plan
from sertain.lab.training.teachers import Teacher
from sertain.labels import Emotion
from tests.lab import tones

pytestmark = [
    pytest.mark.train,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]

Sides = tuple[list[Clip], list[Clip]]
NEXT = {
    Emotion.HAPPY: Emotion.SAD,
    Emotion.SAD: Emotion.ANGRY,
    Emotion.ANGRY: Emotion.HAPPY,
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lessons")


@pytest.fixture(scope="module")
def clips(place: Path) -> Sides:
    made = tones.make(place)
    held = "ravdess/04"
    return [c for c in made if c.speaker != held], [c for c in made if c.speaker == held]


def _recipe(tiny: Recipe, **more: Any) -> Recipe:
    """Trained in a second or two: features are stored."""
    values = {
        "normalise": "columns",
        "augment": {},
        "sampling": {"examples_per_epoch": None},
        "training": {
            "epochs": 16,
            "batch_size": 9,
            "clip_s": None,
            "patience": None,
            "watch": "last",
            "learning_rate": 1e-2,
            "average_decay": 0,
            "precision": "32",
        },
    }
    return Recipe.model_validate({**tiny.model_dump(mode="json"), **values, **more})


def _fit(recipe: Recipe, sides: Sides, folder: Path, *taught_by: Teacher, seed: int = 0) -> Fit:
    torch.set_num_threads(1)
    return fit(
        recipe,
        *sides,
        seed=seed,
        folder=folder,
        cache_folder=folder.parent / "cache",
        quiet=True,
        taught_by=taught_by,
    )


def _plan(recipe: Recipe, sides: Sides, place: Path, *taught_by: Teacher) -> Plan:
    return Plan(recipe, *sides, 0, place / "nowhere", place / "cache", True, taught_by)


@pytest.fixture(scope="module")
def contrary(tiny: Recipe, clips: Sides, place: Path) -> Fit:
    """A teacher who calls happy sad, sad angry and angry happy."""
    train, held = ([replace(c, emotion=NEXT[c.emotion]) for c in side] for side in clips)
    return _fit(_recipe(tiny), (train, held), place / "contrary")


def _answers(done: Fit, clips: list[Clip]) -> list[Emotion]:
    return [done.labels[number] for number in done.logits(clips).argmax(1)]


def test_a_student_of_weight_1_follows_a_teacher_against_the_labels(
    tiny: Recipe, clips: Sides, place: Path, contrary: Fit
) -> None:
    wrong = [NEXT[clip.emotion] for clip in clips[1]]
    assert _answers(contrary, clips[1]) == wrong
    teacher = teachers.read(place / "contrary")
    for weight, expected in ((1.0, wrong), (0.0, [clip.emotion for clip in clips[1]])):
        recipe = _recipe(tiny, teacher={"weight": weight})
        student = _fit(recipe, clips, place / f"student-{weight}", teacher)
        assert _answers(student, clips[1]) == expected
    (record,) = student.summary.teachers
    assert (record.recipe, record.seed, record.corpora) == ("tiny", 0, ("ravdess",))
    assert record.recipe_hash == contrary.recipe.hash
    run = json.loads((place / "student-1.0/run.json").read_text("utf-8"))
    assert run["teachers"][0]["weights"] == record.weights
    assert run["heard_by_teachers"]["learnt"] == sorted(clip.key for clip in clips[0])
    with pytest.raises(RecipeError, match="holds a run with other teachers"):
        _fit(recipe, clips, place / "student-0.0", teacher, teacher)


@pytest.mark.filterwarnings("ignore:You are trying to `self.log")
def test_a_step_weighs_labels_and_teachers_and_mixes_both_alike(tiny: Recipe) -> None:
    recipe = _recipe(tiny, teacher={"weight": 0.3}, augment={"mixup": {}})
    learner = Learner(recipe, 0, 10)
    learner.network.eval()
    torch.manual_seed(1)
    features = torch.randn(6, 16, 20)
    targets = torch.tensor([0, 1, 2, 2, 1, 0])
    answers = torch.log_softmax(torch.randn(6, 3), 1)
    everything = torch.ones(6, 3, dtype=torch.bool)
    nobody = torch.zeros(6, 2, 16), torch.zeros(6)
    lengths = torch.full((6,), 20)
    batch = Batch(features, lengths, targets, everything, *nobody, answers)
    torch.manual_seed(2)
    loss = learner.training_step(batch, 1)

    torch.manual_seed(2)
    torch.rand(3, 6)  # drawn for turning pictures, asked or not
    assert recipe.augment.mixup is not None
    mixed = mixup(features, recipe.augment.mixup)  # columns of mean 0 and deviation 1: unchanged
    logits, _ = learner.network.model(mixed.features, None)
    parts = []
    for rows in (torch.arange(6), mixed.partner):
        told = functional.cross_entropy(
            logits, targets[rows], reduction="none", label_smoothing=0.05
        )
        taught = functional.kl_div(
            torch.log_softmax(logits / 2, 1), answers[rows], log_target=True, reduction="none"
        )
        parts.append(0.7 * told + 0.3 * 4 * taught.sum(1))
    expected = (mixed.share * parts[0] + (1 - mixed.share) * parts[1]).mean()
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)


def test_answersare_the_teachers_probabilities_at_the_temperature(
    tiny: Recipe, clips: Sides, place: Path, contrary: Fit
) -> None:
    teacher = teachers.read(place / "contrary")
    student = _recipe(tiny, teacher={"temperature": 3}, labels=["angry", "happy", "sad"])
    assert student.teacher is not None
    found = lessons.prepare(_plan(student, clips, place, teacher), student.teacher)
    logits = contrary.logits(clips[0])[:, [2, 0, 1]] / 3
    expected = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    assert found.shape == (1, 27, 3)
    np.testing.assert_allclose(np.exp(found[0]), expected, rtol=1e-4)


def test_a_teacher_who_lacks_a_label_says_nothing_of_it(
    tiny: Recipe,
    clips: Sides,
    place: Path,
    contrary: Fit,  # noqa: ARG001
) -> None:
    fewer = tuple([clip for clip in side if clip.emotion in ("happy", "sad")] for side in clips)
    _fit(_recipe(tiny, labels=["happy", "sad"]), (fewer[0], fewer[1]), place / "two")
    both = [teachers.read(place / name) for name in ("two", "contrary")]
    student = _recipe(tiny, teacher={})
    assert student.teacher is not None
    found = lessons.prepare(_plan(student, clips, place, *both), student.teacher)
    assert np.isneginf(found[..., 2]).all()
    np.testing.assert_allclose(np.exp(found).sum(-1), 1, rtol=1e-5)
    with pytest.raises(RecipeError, match="its teachers all know 1"):
        lessons.check(_recipe(tiny, labels=["angry", "sad"], teacher={}), both)


def test_several_teachers_are_the_mean_of_their_probabilities() -> None:
    # At temperature 2: 9 to 1 and 1 to 1 make 7 to 3.
    logits = torch.tensor([[[2 * np.log(9), 0.0]], [[5.0, 5.0]]])
    torch.testing.assert_close(lessons.mean_of(logits, 2.0).exp(), torch.tensor([[0.7, 0.3]]))


def test_each_stored_version_of_a_clip_has_an_answer_of_its_own(
    tiny: Recipe, clips: Sides, place: Path, contrary: Fit
) -> None:
    changing = {"noise": {"probability": 1}, "speed": {}, "variants": 2}
    student = _recipe(tiny, teacher={"temperature": 1}, augment=changing)
    assert student.teacher is not None
    plan = _plan(student, clips, place, teachers.read(place / "contrary"))
    found = lessons.prepare(plan, student.teacher)
    assert found.shape == (3, 27, 3)
    waves = cache.prepare(clips[0], place / "cache", quiet=True)
    changed = Version(student.augment, 2, False).of(waves[5], waves.entries[5].key)
    with torch.inference_mode():
        logits, _ = contrary.network(torch.from_numpy(changed)[None], torch.tensor([len(changed)]))
    expected = torch.log_softmax(logits, 1)[0].numpy()
    np.testing.assert_allclose(found[2, 5], expected, atol=1e-4)
    assert np.abs(found[2, 5] - found[0, 5]).max() > 1e-3


def test_a_killed_computation_of_answers_goes_on_to_the_same_bits(
    tiny: Recipe,
    clips: Sides,
    place: Path,
    contrary: Fit,  # noqa: ARG001
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sertain.lab.training.features._CELLS", 16 * 31 * 8)  # batches of 8
    teacher = teachers.read(place / "contrary")
    student = _recipe(tiny, teacher={})
    assert student.teacher is not None
    plan = _plan(student, clips, tmp_path, teacher)
    whole = lessons.prepare(plan, student.teacher)
    (index,) = (tmp_path / "cache/answers").glob("*.jsonl")
    data = index.with_suffix(".f32")
    lines = [line for line in index.read_text("utf-8").splitlines() if line]
    assert len(lines) == 27
    # After the second batch, with a part of the third one's numbers and half a line.
    index.write_text("\n".join(lines[:16]) + "\n" + lines[16][:10], "utf-8")
    data.write_bytes(data.read_bytes()[: 4 * 3 * 16 + 7])
    again = lessons.prepare(plan, student.teacher)
    np.testing.assert_array_equal(again, whole)
    stored = data.stat().st_mtime_ns
    lessons.prepare(plan, student.teacher)
    assert data.stat().st_mtime_ns == stored, "nothing is asked twice"


@pytest.mark.parametrize(
    ("changes", "named", "message"),
    [
        ({"teacher": {}}, False, "is taught by trained networks, and 0 are named; name one"),
        ({}, True, "does not say how much of a teacher it learns .* add teacher"),
    ],
)
def test_teachers_are_named_where_the_recipe_has_one_and_nowhere_else(
    tiny: Recipe,
    clips: Sides,
    place: Path,
    contrary: Fit,  # noqa: ARG001
    tmp_path: Path,
    changes: dict[str, Any],
    named: bool,
    message: str,
) -> None:
    given = [teachers.read(place / "contrary")] if named else []
    with pytest.raises(RecipeError, match=message):
        _fit(_recipe(tiny, **changes), clips, tmp_path / "run", *given)
    assert not (tmp_path / "run").exists()


def test_a_network_that_is_fitted_once_hears_no_teacher(tiny: Recipe) -> None:
    with pytest.raises(ValueError, match="no teacher is heard"):
        _recipe(tiny, model={"name": "svm"}, teacher={})
