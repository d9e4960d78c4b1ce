"""Networks of an evaluation teach those of the same fold, and none that heard its test."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sertain.corpora.clip import Clip
from sertain.errors import LeakageError, ProtocolError, RecipeError
from sertain.lab.evaluation import writers
from sertain.lab.evaluation.runner import Evaluation, Step, evaluate
from sertain.lab.recipes import Recipe
from tests.lab.evaluation.conftest import SEVEN
from tests.lab.evaluation.tones import tones

pytestmark = [
    pytest.mark.train,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


def _recipe(name: str, **more: object) -> Recipe:
    return Recipe.model_validate(
        {
            "name": name,
            "corpora": ["savee"],
            "labels": SEVEN,
            "clip": {"cut": "file"},
            "frontend": {
                "name": "log_mel",
                "parameters": {"n_fft": 256, "hop_length": 128, "n_mels": 8},
            },
            "model": {
                "name": "residual_asp",
                "parameters": {"channels": [4], "blocks": [1], "time_strides": [1]},
            },
            "sampling": {"examples_per_epoch": None},
            "training": {
                "epochs": 1,
                "batch_size": 8,
                "clip_s": None,
                "precision": "32",
                "average_decay": 0,
            },
            **more,
        }
    )


LARGE, SMALL = _recipe("large"), _recipe("small", teacher={"weight": 0.5})


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SERTAIN_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Clip]:
    return tones(tmp_path_factory.mktemp("savee"), "savee", ("DC", "JE", "JK", "KL"), each=1)


@pytest.fixture(scope="module")
def large(clips: list[Clip], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folds 0 and 1 of two seeds, which hold out the same speakers in fold 0 alone."""
    folder = tmp_path_factory.mktemp("large")
    found = evaluate(LARGE, "savee4", clips, folder=folder, seeds=(0, 1), only=(0, 1))
    held = {(run.fold, run.seed): run.validation_speakers for run in found.results.runs}
    assert held[1, 0] != held[1, 1]
    assert held[0, 0] == held[0, 1]
    return folder


def _taught(clips: list[Clip], folder: Path, *large: Path, fold: int = 1) -> Evaluation:
    return evaluate(SMALL, "savee4", clips, folder=folder, only=(fold,), teachers=large)


def test_a_fold_is_taught_by_its_own_and_says_so(
    clips: list[Clip], large: Path, tmp_path: Path
) -> None:
    steps: list[Step] = []
    found = evaluate(
        SMALL, "savee4", clips, folder=tmp_path, only=(1,), teachers=[large], tell=steps.append
    )
    # The network of the other seed learnt from who validates this one.
    assert steps[0].teachers == 1
    writers.write(found, tmp_path)
    told = json.loads((tmp_path / "results.json").read_text("utf-8"))["taught_by"]
    (teacher,) = told["teachers"]
    assert (teacher["recipe"], teacher["recipe_hash"]) == ("large", LARGE.hash)
    assert (teacher["seeds"], teacher["networks"], teacher["corpora"]) == ([0], 1, ["savee"])
    assert (told["weight"], told["temperature"], told["each"]) == (0.5, 2.0, [1])
    run = json.loads((tmp_path / "fold-1-seed-0/fit/run.json").read_text("utf-8"))
    assert told["runs"] == {"fold-1-seed-0": [run["teachers"][0]["weights"]]}
    heard = set(run["heard_by_teachers"]["learnt"]) | set(run["heard_by_teachers"]["chose"])
    assert heard == {clip.key for clip in clips if clip.speaker != "savee/JE"}
    page = (tmp_path / "results.md").read_text("utf-8")
    assert f"| teachers | taught by large ({LARGE.hash}, seeds 0, " in page
    assert "none of which heard its test; weight 0.5 at temperature 2 |" in page
    before = found.answers[0].probabilities
    again = _taught(clips, tmp_path, large).answers[0].probabilities
    assert (again == before).all()
    with pytest.raises(ProtocolError, match="holds another teachers"):
        _taught(clips, tmp_path, large, large)


def test_seeds_that_hold_out_the_same_speakers_teach_together(
    clips: list[Clip], large: Path, tmp_path: Path
) -> None:
    told = _taught(clips, tmp_path, large, fold=0).results.taught_by
    assert told["each"] == [2]
    run = json.loads((tmp_path / "fold-0-seed-0/fit/run.json").read_text("utf-8"))
    assert [teacher["seed"] for teacher in run["teachers"]] == [0, 1]


def test_results_without_a_teacher_do_not_speak_of_one(
    clips: list[Clip], large: Path, tmp_path: Path
) -> None:
    found = evaluate(LARGE, "savee4", clips, folder=large, only=(0,))
    writers.write(found, tmp_path)
    assert "taught_by" not in json.loads((tmp_path / "results.json").read_text("utf-8"))
    outcome = json.loads((large / "fold-0-seed-0/outcome.json").read_text("utf-8"))
    assert "teachers" not in outcome["identity"]
    assert "teachers" not in json.loads((large / "fold-0-seed-0/fit/run.json").read_text("utf-8"))


def test_a_teacher_of_another_fold_heard_the_test_and_is_refused(
    clips: list[Clip], large: Path, tmp_path: Path
) -> None:
    shutil.copytree(large / "fold-0-seed-0", tmp_path / "moved/fold-1-seed-0")
    with pytest.raises(LeakageError, match="heard the speaker savee/JE, and the student is tested"):
        _taught(clips, tmp_path / "out", tmp_path / "moved")
    assert not (tmp_path / "out").exists(), "nothing is trained"


def test_teachers_that_all_learnt_from_who_validates_are_refused(
    clips: list[Clip], large: Path, tmp_path: Path
) -> None:
    shutil.copytree(large / "fold-1-seed-1", tmp_path / "one/fold-1-seed-1")
    with pytest.raises(LeakageError, match=r"learnt from who validates.* \(--seeds 1\)"):
        _taught(clips, tmp_path / "out", tmp_path / "one")


def test_a_fold_without_a_teacher_or_of_another_protocol_is_refused(
    clips: list[Clip], large: Path, tmp_path: Path
) -> None:
    with pytest.raises(ProtocolError, match=r"holds no finished fold 2 \(JK\)"):
        _taught(clips, tmp_path / "out", large, fold=2)
    path = shutil.copytree(large, tmp_path / "other") / "fold-1-seed-0/outcome.json"
    path.write_text(path.read_text("utf-8").replace('"savee4"', '"loco"'), "utf-8")
    with pytest.raises(ProtocolError, match="an evaluation by loco, and this one is by savee4"):
        _taught(clips, tmp_path / "out", tmp_path / "other")
    with pytest.raises(RecipeError, match="small is taught by trained networks, and 0 are named"):
        _taught(clips, tmp_path / "out")
    with pytest.raises(RecipeError, match="large does not say how much of a teacher"):
        evaluate(LARGE, "savee4", clips, folder=tmp_path, only=(0,), teachers=[large])
