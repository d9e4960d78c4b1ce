"""The embedded models, as a user meets them: answers, card, health."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import sertain
from sertain import bundle, corpora
from sertain.labels import Emotion
from tests.e2e.conftest import Predict


def sertain_says(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sertain.cli.main", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


MODELS = {"default": 10_000_000, "fast": 4_000_000}
"""The embedded models, and the bytes that each may take."""


@pytest.mark.parametrize("model", MODELS)
def test_the_example_clips_are_answered(predict: Predict, model: str, clips: Path) -> None:
    code, answers, said = predict(model, clips)
    assert (code, said) == (0, "")
    labels = set(bundle.find(model).spec.labels)
    assert labels <= {str(emotion) for emotion in Emotion}
    silent = {"silence.flac", "music.opus"}
    for answer in answers:
        if Path(answer["file"]).name in silent:
            assert answer["label"] == "no speech"
            assert answer["probabilities"] is None
        else:
            assert set(answer["probabilities"]) == labels
            assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-6)
            assert answer["confidence"] == max(answer["probabilities"].values())


def test_the_command_and_the_function_say_the_same(
    predict: Predict, default: str, clips: Path
) -> None:
    _, (printed,), _ = predict(default, clips / "lively.flac")
    assert sertain.predict(clips / "lively.flac").to_dict() == printed


@pytest.mark.parametrize("model", MODELS)
def test_an_answer_does_not_depend_on_the_files_beside_it(
    predict: Predict, model: str, clips: Path
) -> None:
    # Graphs in 8 bits take the range of numbers from a whole run, so this is no matter of course.
    files = [clips / name for name in ("lively.flac", "slow-low.opus", "german.opus", "even.wav")]
    alone = {str(file): predict(model, file)[1][0] for file in files}
    for order in (files, files[::-1]):
        _, together, _ = predict(model, *order)
        assert [answer["file"] for answer in together] == [str(file) for file in order]
        for answer in together:
            assert answer == alone[answer["file"]]


def test_the_models_are_these() -> None:
    assert list(bundle.installed()) == list(MODELS)


@pytest.mark.parametrize("model", MODELS)
def test_it_is_small_and_its_card_says_what_to_know(model: str) -> None:
    found = bundle.find(model)
    assert found.size <= MODELS[model]
    card = sertain_says("models", "show", model).stdout
    for said in ("AI Act", found.spec.licence, *(each.corpus for each in found.spec.data)):
        assert said in card
    assert found.spec.scores


@pytest.mark.slow
@pytest.mark.usefixtures("default")
def test_the_doctor_finds_that_predict_works() -> None:
    done = sertain_says("doctor")
    assert done.returncode == 0
    assert done.stdout.endswith("sertain predict works\n")


@pytest.mark.corpus
def test_acted_emotions_are_heard_far_above_chance(
    predict: Predict, default: str, corpora_root: Path
) -> None:
    # The model was trained on these very actors: this shows that sound, labels and network fit
    # together from file to answer. What it is worth on unseen speakers stands in its card.
    clips = [
        clip
        for clip in corpora.load(["ravdess"], root=corpora_root)
        if clip.speaker in {"ravdess/01", "ravdess/02"} and clip.channel == "speech"
    ]
    code, answers, _ = predict(default, *(clip.path for clip in clips))
    assert code == 0
    right = sum(
        answer["label"] == clip.emotion for answer, clip in zip(answers, clips, strict=True)
    )
    assert right / len(clips) > 0.5
