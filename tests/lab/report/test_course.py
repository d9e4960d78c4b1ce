"""Curves: what the file of figures says, of one training and of several."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from sertain.errors import RecipeError
from sertain.lab.report import course
from sertain.lab.report.course import METRICS, Course
from tests.lab.report import runs

pytestmark = pytest.mark.train


def test_rows_of_an_epoch_are_joined(tmp_path: Path) -> None:
    read = course.read(runs.training(tmp_path))
    assert read is not None
    assert read.columns["train/loss"] == {1: 2.0, 2: 1.0}
    assert read.columns["val/accuracy"] == {1: 0.25, 2: 0.5}
    assert read.best_epoch == 2


def test_an_epoch_that_was_repeated_after_a_kill_counts_once(tmp_path: Path) -> None:
    runs.training(tmp_path)
    with (tmp_path / METRICS).open("a") as file:
        file.write("1,15,0.75,0.5,,,,\n")
    read = course.read(tmp_path)
    assert read is not None
    assert read.columns["train/loss"] == {1: 2.0, 2: 0.75}


def test_a_run_without_figures_has_no_curves(tmp_path: Path) -> None:
    assert course.read(tmp_path) is None
    assert course.curves([]) == []
    assert course.curves([Course({"lr-Adam/x": {1: 0.1}})]) == []


def test_a_file_that_holds_something_else_is_said(tmp_path: Path) -> None:
    (tmp_path / "csv").mkdir()
    for text in ("epoch,train/loss\n0,high\n", "step,train/loss\n0,1\n", "epoch,a/b\nnone,1\n"):
        (tmp_path / METRICS).write_text(text)
        with pytest.raises(RecipeError, match="holds no figures of epochs"):
            course.read(tmp_path)


def test_one_training_has_a_figure_for_each_measure(tmp_path: Path) -> None:
    read = course.read(runs.training(tmp_path))
    assert read is not None
    loss, accuracy, uar = course.curves([read])
    assert [p.name for p in (loss, accuracy, uar)] == ["loss", "accuracy", "uar"]
    assert loss.said == (
        "Loss: training from 2.000 in epoch 1 to 1.000 in epoch 2;"
        " validation from 1.500 in epoch 1 to 1.250 in epoch 2."
    )
    assert ">kept: epoch 2</text>" in loss.svg
    assert ">loss (cross entropy, nats)</text>" in loss.svg
    assert ">epoch</text>" in uar.svg
    assert ">training</text>" not in uar.svg


def test_of_several_the_mean_ends_where_the_first_one_stopped() -> None:
    # Early stopping: were the mean over whoever is left, it would jump there.
    short = Course({"val/loss": {1: 1.0, 2: 0.5}})
    long = Course({"val/loss": {1: 2.0, 2: 1.0, 3: 9.0}})
    (loss,) = course.curves([short, long])
    assert loss.said == "Loss: validation from 1.500 in epoch 1 to 0.750 in epoch 2."
    assert ">validation, mean of 2</text>" in loss.svg


def test_a_single_epoch_and_a_loss_that_is_no_number_are_drawn() -> None:
    (loss,) = course.curves([Course({"train/loss": {1: math.nan}})])
    assert loss.png.startswith(b"\x89PNG")
