"""Certainty in words: the issue's own example, thresholds, and what a name says."""

from __future__ import annotations

import pytest

from sertain.corpora import recognise
from sertain.predict import Prediction
from sertain.service.page import words


def heard(probabilities: dict[str, float] | None, *, threshold: float = 0.6) -> Prediction:
    label = max(probabilities, key=lambda name: probabilities[name]) if probabilities else None
    return Prediction(
        file="a.wav",
        duration_s=2.0,
        speech_s=1.5,
        label=label or "no speech",
        confidence=probabilities[label] if probabilities and label else None,
        probabilities=probabilities,
        model="level 1.0",
        uncertain_below=threshold,
    )


@pytest.mark.parametrize(
    ("probabilities", "said"),
    [
        ({"angry": 0.71, "disgust": 0.2, "sad": 0.09}, "likely angry, 0.71; could be disgust"),
        ({"angry": 0.92, "disgust": 0.08}, "very likely angry, 0.92"),
        ({"angry": 0.85, "disgust": 0.09, "sad": 0.06}, "likely angry, 0.85"),
        (
            {"angry": 0.4, "disgust": 0.35, "sad": 0.25},
            "uncertain: perhaps angry, 0.40, or disgust, 0.35",
        ),
        (None, "no speech"),
    ],
)
def test_certainty_is_said_in_words(probabilities: dict[str, float] | None, said: str) -> None:
    assert words.certainty(heard(probabilities)) == said


def test_the_threshold_itself_counts_as_certain() -> None:
    assert words.certainty(heard({"sad": 0.6, "calm": 0.4})) == "likely sad, 0.60; could be calm"


def test_a_name_and_an_answer_are_compared() -> None:
    fearful = recognise("03-01-06-01-02-01-12.wav")
    assert words.truth(fearful) == "fearful (ravdess)"
    assert words.agreement(fearful, heard({"fearful": 0.7, "sad": 0.3})) == "= same"
    assert words.agreement(fearful, heard({"sad": 0.7, "fearful": 0.3})) == "≠ differs"
    assert words.agreement(fearful, heard(None)) == ""
    assert words.agreement([], heard({"sad": 0.7, "calm": 0.3})) == ""


def test_a_name_with_two_readings_agrees_with_either() -> None:
    both = recognise("03-01-05-01-02-01-12.wav")
    assert words.truth(both) == "angry (ravdess) or neutral (banglaser)"
    assert words.agreement(both, heard({"neutral": 0.7, "sad": 0.3})) == "= same"
    assert words.agreement(both, heard({"sad": 0.7, "neutral": 0.3})) == "≠ differs"


@pytest.mark.parametrize(
    ("count", "said"), [(950, "950 bytes"), (63_968, "64 kB"), (12_500_000, "12.5 MB")]
)
def test_sizes_are_written_for_people(count: int, said: str) -> None:
    assert words.size(count) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(3.14, "3.1 s"), (125, "2:05 min"), (3725, "1:02:05 h")]
)
def test_lengths_are_written_for_people(seconds: float, said: str) -> None:
    assert words.length(seconds) == said
