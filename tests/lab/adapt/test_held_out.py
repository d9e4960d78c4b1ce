"""Figures and calibration on speakers that were left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sertain.lab.adapt import held_out
from sertain.lab.adapt.fitting import folds
from tests.lab.adapt.lessons import lesson

LABELS = ("angry", "bored", "calm")


def step() -> None:
    """Nobody looks on."""


def test_a_speakers_own_labels_never_touch_his_answers() -> None:
    own = lesson(clips=54, groups=3)
    found = held_out.answers(own, step)
    swapped = own.targets.copy()
    mine = own.groups == 1
    swapped[mine] = (swapped[mine] + 1) % 3
    again = held_out.answers(replace(own, targets=swapped), step)
    np.testing.assert_array_equal(again.logits[mine], found.logits[mine])
    assert (again.logits[~mine] != found.logits[~mine]).any()


def test_figures_are_counted_by_hand() -> None:
    """12 clips; the new answers err once (of a bored clip), the old ones are all 'angry'."""
    own = lesson(clips=12, groups=6)
    angry = np.tile([0.5, 0.3, 0.2], (12, 1))
    own = replace(own, rows=replace(own.rows, answers=angry))
    said = own.targets.copy()
    said[1] = 2
    answers = held_out.Answers(np.log(np.eye(3)[said] * 0.94 + 0.02), folds(own.groups))
    speakers = [f"s{group}" for group in own.groups]
    found = held_out.measure(own, answers, LABELS, speakers)
    assert found.base.value == pytest.approx(1 / 3)
    assert found.adapted.value == pytest.approx((1 + 3 / 4 + 1) / 3)
    assert found.gain.value == pytest.approx(found.adapted.value - found.base.value)
    assert found.accuracy.value == pytest.approx(11 / 12)
    assert found.recalls == pytest.approx({"angry": 1.0, "bored": 0.75, "calm": 1.0})
    assert found.over == "clips within speaker"
    assert (found.clips, found.groups, found.folds) == (12, 4, 4)
    assert (found.lowest, found.highest) == pytest.approx((2 / 3, 1.0))
    nobody = held_out.measure(own, answers, LABELS, [None] * 12)
    assert nobody.over == "clips"
    assert nobody.lowest is None


def test_five_speakers_are_drawn_and_the_gain_in_pairs() -> None:
    own = lesson(clips=90, groups=6, known=0.5)
    found = held_out.answers(own, step)
    measured = held_out.measure(own, found, LABELS, [f"s{group}" for group in own.groups])
    assert measured.over == "speakers"
    assert measured.gain.within.low < measured.gain.value < measured.gain.within.high
    # Drawn apart, the difference would spread as far as both together.
    apart = [measured.base.within, measured.adapted.within]
    width = measured.gain.within.high - measured.gain.within.low
    assert width < sum(each.high - each.low for each in apart)


def test_the_temperature_makes_held_out_answers_believable() -> None:
    own = lesson(clips=600, groups=10, told=1.0)
    plain = held_out.answers(own, step)
    sure = held_out.Answers(plain.logits * 5, plain.folds)
    one, five = held_out.calibrate(own, plain), held_out.calibrate(own, sure)
    assert five.temperature == pytest.approx(5 * one.temperature, rel=1e-3)
    measured = held_out.measure(own, sure, LABELS, [str(group) for group in own.groups])
    assert measured.held == pytest.approx(0.9, abs=0.04)
    assert measured.ece < 0.08


def test_answers_without_an_error_do_not_make_it_sure_without_end() -> None:
    """58 clips: one in 60 counts as wrong, so a right answer has the probability 59/60."""
    own = lesson(clips=58, groups=6)
    perfect = held_out.Answers(np.eye(3)[own.targets] * 4.0, folds(own.groups))
    learnt = held_out.calibrate(own, perfect)
    powers = np.exp(np.array([4.0, 0.0, 0.0]) / learnt.temperature)
    assert powers[0] / powers.sum() == pytest.approx(59 / 60, abs=1e-4)
