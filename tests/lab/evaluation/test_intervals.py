"""Intervals draw whole speakers, and clips within a speaker where speakers are few."""

from __future__ import annotations

import numpy as np
import pytest

from sertain.lab.evaluation.intervals import DRAWS, bootstrap

TWO = ("happy", "sad")


def test_interval_of_the_share_right_is_that_of_the_binomial_over_speakers() -> None:
    # Every speaker has one clip; 60 of 100 are right.  Drawing 100 speakers with replacement, the
    # share right has the binomial's standard error sqrt(0.6·0.4/100) = 0.049.
    targets = np.zeros(100, np.int64)
    answers = np.repeat([0, 1], [60, 40])
    drawn = bootstrap(targets, [answers], [f"s{n}" for n in range(100)], TWO)
    assert (drawn.over, drawn.units) == ("speakers", 100)
    assert drawn.draws["wa"].shape == (DRAWS,) == (2000,)
    found = drawn.interval("wa")
    assert found.low == pytest.approx(0.6 - 1.96 * 0.049, abs=0.012)
    assert found.high == pytest.approx(0.6 + 1.96 * 0.049, abs=0.012)


def test_many_clips_of_alike_speakers_do_not_narrow_the_interval() -> None:
    # Six speakers, three always right, three always wrong: the draws are k/6 however many clips.
    speakers = np.repeat([f"s{n}" for n in range(6)], 50)
    answers = np.repeat([0, 0, 0, 1, 1, 1], 50)
    drawn = bootstrap(np.zeros(300, np.int64), [answers], list(speakers), TWO)
    assert set(np.round(drawn.draws["uar"] * 6, 9)) <= set(range(7))
    assert np.std(drawn.draws["uar"]) == pytest.approx(np.sqrt(0.25 / 6), rel=0.05)


def test_fewer_than_five_speakers_are_drawn_clip_by_clip_within_the_speaker() -> None:
    speakers = ["a"] * 50 + ["b"] * 50
    answers = np.repeat([0, 1], 50)  # a always right, b always wrong
    drawn = bootstrap(np.zeros(100, np.int64), [answers], speakers, TWO)
    assert (drawn.over, drawn.units) == ("clips within speaker", 100)
    # Each speaker keeps its 50 clips in every draw, so nothing varies.
    assert np.ptp(drawn.draws["wa"]) == 0


def test_seeds_are_averaged_within_a_draw() -> None:
    speakers = [f"s{n}" for n in range(10)]
    right, wrong = np.zeros(10, np.int64), np.ones(10, np.int64)
    drawn = bootstrap(np.zeros(10, np.int64), [right, wrong], speakers, TWO)
    # One seed is always right, one always wrong: every draw averages to a half.
    assert drawn.interval("wa").low == drawn.interval("wa").high == 0.5


def test_uar_of_draws_averages_the_labels_alike() -> None:
    targets = np.array([0] * 9 + [1])
    answers = np.array([0] * 10)
    drawn = bootstrap(targets, [answers], ["a"] * 9 + ["a"], TWO)
    # Recall of happy is 1; that of sad 0 where its clip is drawn, and absent where it is not.
    assert set(drawn.draws["uar"]) == {0.5, 1.0}
    assert np.isnan(drawn.draws["recall sad"]).mean() == pytest.approx(0.9**10, abs=0.04)


def test_a_mean_over_clips_is_drawn_with_the_clips() -> None:
    speakers = [f"s{n}" for n in range(8)]
    targets, answers = np.zeros(8, np.int64), np.array([0, 1] * 4)
    values = (answers == 0).astype(np.float64)
    drawn = bootstrap(targets, [answers], speakers, TWO, means={"hits": [values]})
    assert drawn.draws["hits"] == pytest.approx(drawn.draws["wa"])
