"""Precision, recall and F1 are scikit-learn's; what is drawn is what was counted."""

from __future__ import annotations

import re

import numpy as np
import pytest
from sklearn.metrics import precision_recall_fscore_support

from sertain.lab.report.drawing import Picture
from sertain.lab.report.matrix import Matrix, counted, table
from tests.lab.report.runs import CONFUSION

pytestmark = pytest.mark.train


@pytest.fixture
def matrix() -> Matrix:
    return Matrix("", "", ("happy", "sad", "calm"), tuple(map(tuple, CONFUSION)))


def test_every_class_is_measured_as_scikit_learn_does(matrix: Matrix) -> None:
    cells = np.array(CONFUSION, int)
    truth = np.repeat(np.arange(3), cells.sum(axis=1))
    answers = np.concatenate([np.repeat(np.arange(3), row) for row in cells])
    precision, recall, f1, support = precision_recall_fscore_support(
        truth, answers, labels=[0, 1, 2], zero_division=np.nan
    )
    np.testing.assert_allclose(matrix.precision, precision)
    np.testing.assert_allclose(matrix.recall, recall)
    np.testing.assert_allclose(matrix.f1, f1)
    np.testing.assert_allclose(matrix.support, support)


def test_the_table_says_what_was_never_answered(matrix: Matrix) -> None:
    assert table(matrix) == [
        ("class", "precision", "recall", "F1", "clips"),
        ("happy", "0.462", "0.750", "0.571", "8"),
        ("sad", "0.818", "0.750", "0.783", "12"),
        ("calm", "–", "0.000", "0.000", "4"),
        # (6/13 + 9/11 + 0) / 3, (3/4 + 3/4 + 0) / 3, (12/21 + 18/23 + 0) / 3
        ("mean of the classes", "0.427", "0.500", "0.451", "24"),
    ]
    assert counted(matrix)[1] == ("happy", "6", "2", "0")


def test_a_class_without_clips_is_in_no_mean() -> None:
    matrix = Matrix("", "", ("a", "b"), ((3.0, 1.0), (0.0, 0.0)))
    assert np.isnan(matrix.rates[1]).all()
    assert table(matrix)[-1] == ("mean of the classes", "1.000", "0.750", "0.857", "4")
    assert len(matrix.pictures()) == 3


def test_the_grids_hold_counts_and_rates(matrix: Matrix) -> None:
    counts, rates, classes = matrix.pictures()
    assert [p.name for p in (counts, rates, classes)] == [
        "confusion-counts",
        "confusion-rates",
        "classes",
    ]
    assert [int(word) for _, word in cells(counts)] == [6, 2, 0, 3, 9, 0, 4, 0, 0]
    rows = ["0.75", "0.25", "0.00", "0.25", "0.75", "0.00", "1.00", "0.00", "0.00"]
    assert [word for _, word in cells(rates)] == rows
    assert ">share of the row</text>" in rates.svg
    assert "happy was answered as happy 6 and sad 2" in counts.said
    assert "calm was answered as happy 1.00 and sad 0.00" in rates.said
    assert "sad: precision 0.818, recall 0.750, F1 0.783" in classes.said


def test_words_can_be_read_on_every_cell() -> None:
    """WCAG 2.2: at least 4.5 to 1, all along the colours."""
    lines = tuple(tuple(float(9 * row + column) for column in range(9)) for row in range(9))
    drawn = Matrix("", "", tuple("abcdefghi"), lines).pictures()[0]
    papers = re.findall(r'style="fill: (#[0-9a-f]{6}); stroke: currentColor', drawn.svg)[:81]
    inks = [ink for ink, _ in cells(drawn)]
    assert len(papers) == len(inks) == 81
    ratios = []
    for paper, ink in zip(papers, inks, strict=True):
        light, dark = sorted((luminance(paper), luminance(ink)), reverse=True)
        ratios.append((light + 0.05) / (dark + 0.05))
    assert min(ratios) >= 4.5


def luminance(colour: str) -> float:
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (byte / 255 for byte in bytes.fromhex(colour[1:]))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def cells(picture: Picture) -> list[tuple[str, str]]:
    """The colour of the ink and the word of each cell, row by row."""
    found = re.findall(r'<text style="font-size: 9px([^"]*)"[^>]*>([^<]*)</text>', picture.svg)
    return [("#ffffff" if "#ffffff" in style else "#000000", word) for style, word in found]
