"""A prediction says what is certain and prints itself without losing its sum."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sertain import Prediction
from sertain.bundle import Conformal


def answered(confidence: float, uncertain_below: float) -> Prediction:
    rest = 1 - confidence
    return Prediction(
        file="a.wav",
        duration_s=2.00049,
        speech_s=1.5,
        label="angry",
        confidence=confidence,
        probabilities={"angry": confidence, "sad": rest / 3, "happy": rest * 2 / 3},
        model="level 1.0",
        uncertain_below=uncertain_below,
    )


@pytest.mark.parametrize(("confidence", "certain"), [(0.59, False), (0.6, True), (0.9, True)])
def test_an_answer_is_certain_from_the_threshold_on(confidence: float, certain: bool) -> None:
    assert answered(confidence, 0.6).is_certain is certain


def with_sets(threshold: float, *probabilities: float) -> tuple[str, ...] | None:
    values = dict(zip(("sad", "angry", "happy"), probabilities, strict=True))
    answer = replace(answered(0.5, 0.5), probabilities=values)
    return replace(answer, conformal=Conformal(coverage=0.9, threshold=threshold)).set


def test_the_set_holds_the_labels_from_the_threshold_on_the_likeliest_first() -> None:
    assert with_sets(0.3, 0.3, 0.6, 0.1) == ("angry", "sad")
    assert with_sets(0.31, 0.3, 0.6, 0.1) == ("angry",)
    assert with_sets(0.0, 0.3, 0.6, 0.1) == ("angry", "sad", "happy")


def test_the_set_is_never_empty() -> None:
    assert with_sets(0.9, 0.3, 0.6, 0.1) == ("angry",)


def test_a_model_without_a_threshold_gives_no_set() -> None:
    assert answered(0.5, 0.5).set is None
    silent = Prediction("a.wav", 2.0, 0.0, "no speech", None, None, "level 1.0", 0.0)
    assert replace(silent, conformal=Conformal(0.9, 0.1)).set is None


def test_without_speech_there_is_nothing_to_be_certain_of() -> None:
    silent = Prediction("a.wav", 2.0, 0.0, "no speech", None, None, "level 1.0", 0.0)
    assert not silent.is_speech
    assert not silent.is_certain
    assert silent.to_dict() == {
        "file": "a.wav",
        "duration_s": 2.0,
        "speech_s": 0.0,
        "label": "no speech",
        "confidence": None,
        "certain": False,
        "probabilities": None,
        "set": None,
        "set_coverage": None,
        "model": "level 1.0",
        "baseline": None,
        "warnings": [],
    }


def test_the_printed_probabilities_still_sum_to_one() -> None:
    plain = answered(0.7123456789, 0.5).to_dict()
    assert sum(plain["probabilities"].values()) == pytest.approx(1, abs=1e-7)
    assert plain["confidence"] == plain["probabilities"]["angry"] == 0.71234568
    assert plain["duration_s"] == 2.0
