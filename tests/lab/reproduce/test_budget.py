"""A recipe at its budget, from the command to the table: said, and never mixed with whole runs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sertain.cli.main import main
from sertain.errors import RecipeError
from sertain.lab import recipes
from sertain.lab.evaluation import outcome
from sertain.lab.reproduce import rows, tables
from sertain.lab.reproduce.amount import planned
from sertain.lab.reproduce.crew import gpu_count
from sertain.lab.reproduce.held import refuse_another
from sertain.lab.reproduce.plan import plan
from sertain.lab.reproduce.rows import Budget
from sertain.lab.reproduce.setting import Places
from sertain.lab.reproduce.tables import State
from tests.lab.reproduce.conftest import RECIPE, ROWS

pytestmark = pytest.mark.train

AVERAGED = "averaged, parameters: {columns: [mfcc], n_mfcc: 13}"
PICTURES = RECIPE.replace(AVERAGED, "picture, parameters: {height: 64, width: 64}")
NETWORK = "{name: resnet, parameters: {stem: 4, depths: [1, 1], widths: [4, 8]}}"
TRAINING = (
    "{epochs: 3, clip_s: null, average_decay: 0, watch: last, patience: null, precision: '32'}"
)
SAID = "2 of 3 epochs, 40 clips an epoch, 32 × 32 pixels of 64 × 64"


def words(folder: Path, savee: Path, out: Path, *more: str) -> list[str]:
    known = ["--rows", str(folder / "rows.yaml"), "--corpus", f"savee={savee}", "--out", str(out)]
    return ["reproduce", *known, "--seeds", "1", "--jobs", "2", *more]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of one row, whose recipe has a budget."""
    place = tmp_path_factory.mktemp("budget")
    recipe = PICTURES.replace("{name: svm}", NETWORK)
    recipe = recipe.replace("{clip_s: null, average_decay: 0}", TRAINING)
    (place / "tones.yaml").write_text(recipe)
    table = ROWS.replace("{seconds: 2}", "{budget: {epochs: 2, examples: 40, size: 32}}")
    (place / "rows.yaml").write_text(table.replace("FOLDER", str(place)))
    return place


@pytest.fixture(scope="module")
def made(folder: Path, savee: Path) -> Path:
    """The table of a processor."""
    if gpu_count():
        pytest.skip("a graphics card trains recipes whole")
    assert main(words(folder, savee, folder / "out")) == 0
    return folder / "out"


def test_the_table_says_epochs_size_and_hardware_wherever_a_figure_of_it_stands(made: Path) -> None:
    values: dict[str, Any] = json.loads((made / "table.json").read_text())
    (row,) = values["rows"]
    cell = row["unseen"]
    assert cell["epochs"] == [2, 2]
    assert row["size"] == "32 × 32"
    assert cell["budget"] == {
        "epochs": 2,
        "of_epochs": 3,
        "examples": 40,
        "size": [32, 32],
        "of_size": [64, 64],
        "pretraining": False,
    }
    hardware = cell["hardware"]
    assert hardware.startswith("a core of ")
    ours = f"{100 * cell['figures']['wa']['mean']:.1f}"
    for name in ("table.md", "table.html"):
        text = (made / name).read_text()
        assert f"; budget: {SAID}, on {hardware}" in text
        assert f"X1: budget: {SAID}, on {hardware}." in text
        assert f"{ours} (budget)" in text
        assert text.count("(budget)") >= 4  # ours, points apart, UAR and WA of unseen speakers
    lines = (made / "table.md").read_text().splitlines()
    line = next(line for line in lines if line.startswith("| X1 "))
    assert all("(budget)" in part for part in line.split("|")[4:6])


def test_the_runs_trained_what_is_said(made: Path) -> None:
    for fold in range(4):
        run = made / "tones" / "savee4" / f"fold-{fold}-seed-0"
        claim = json.loads((run / "fit" / "run.json").read_text())
        assert claim["recipe"]["training"]["epochs"] == 2
        assert claim["recipe"]["frontend"]["parameters"] == {"height": 32, "width": 32}
        assert claim["recipe"]["about"].endswith(f"Budget: {SAID}.")


def test_whole_runs_are_not_added_to_those_at_a_budget(
    made: Path, folder: Path, savee: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (made / "table.json").read_bytes()
    assert main(words(folder, savee, made, "--whole")) == 1
    told = capsys.readouterr().err
    assert f"holds a run at a budget ({SAID}), now not; name another folder" in told
    assert told.startswith("sertain: X1 on savee4: ")
    assert told.count("\n") == 1
    assert (made / "table.json").read_bytes() == before


@pytest.mark.parametrize(("whole", "state"), [(False, "done"), (True, "waiting")])
def test_figures_at_a_budget_are_not_taken_for_whole_ones(
    whole: bool, state: str, made: Path, folder: Path, savee: Path, tmp_path: Path
) -> None:
    (tmp_path / "out" / "tones").mkdir(parents=True)
    shutil.copy(made / "tones" / "savee4.json", tmp_path / "out" / "tones")
    found = plan(
        rows.load(folder / "rows.yaml"),
        tmp_path / "out",
        seeds=1,
        whole=whole,
        places=Places(None, {"savee": savee}),
    )
    (row,) = tables.build(found, State(), 0.0)["rows"]
    assert row["unseen"]["state"] == state
    assert row["size"] == ("64 × 64" if whole else "32 × 32")


def test_on_a_processor_the_budget_is_said_and_whole_lifts_it(folder: Path, savee: Path) -> None:
    table, places = rows.load(folder / "rows.yaml"), Places(None, {"savee": savee})
    recipe = table.rows[0].recipe
    small = plan(table, folder / "small", seeds=1, places=places)
    whole = plan(table, folder / "whole", seeds=1, places=places, whole=True)
    quick = plan(table, folder / "quick", seeds=1, places=places, quick=True)
    assert small.budgets == {recipe: SAID}
    assert (whole.budgets, quick.budgets) == ({}, {})
    assert whole.series[0].recipe_hash == recipes.load(recipe).hash
    assert small.series[0].seconds == 900.0
    assert whole.series[0].seconds == 150.0


BUDGET = Budget(epochs=25, size=64)
WHOLE = recipes.load("vu_deepemonet/resnet34")
SMALL = planned(WHOLE, BUDGET)


def finish(folder: Path, recipe_hash: str) -> None:
    """Write the outcome of a run, as an evaluation does."""
    own = outcome.Identity("luna5", 0, 0, WHOLE.name, recipe_hash, "data", "sets")
    rows_ = np.zeros((1, 8), np.float32)
    done = outcome.Outcome(own, ("happy",), ("a",), rows_, ("b",), rows_, 1, 1, 1.0, 1.0)
    outcome.write(folder / outcome.FILE, done)


def test_a_finished_whole_run_is_refused_at_a_budget_and_taken_whole(tmp_path: Path) -> None:
    finish(tmp_path, WHOLE.hash)
    refuse_another([tmp_path], WHOLE, WHOLE, BUDGET)
    with pytest.raises(RecipeError, match="holds a whole run, now there is a budget") as fault:
        refuse_another([tmp_path], SMALL, WHOLE, BUDGET)
    assert "add --whole" in str(fault.value.remedy)


def test_a_run_of_another_budget_is_refused(tmp_path: Path) -> None:
    finish(tmp_path, planned(WHOLE, Budget(epochs=30, size=64)).hash)
    with pytest.raises(RecipeError, match="holds another recipe hash"):
        refuse_another([tmp_path], SMALL, WHOLE, BUDGET)


def test_an_unfinished_run_of_a_fold_is_known_by_its_recipe(tmp_path: Path) -> None:
    fold = SMALL.with_corpora(("ravdess",)).model_copy(update={"labels": SMALL.labels[:4]})
    (tmp_path / "fit").mkdir()
    claim = {"recipe": fold.model_dump(mode="json"), "hash": fold.hash}
    (tmp_path / "fit" / "run.json").write_text(json.dumps(claim))
    refuse_another([tmp_path, tmp_path / "none"], SMALL, WHOLE, BUDGET)
    with pytest.raises(RecipeError, match="holds a run at a budget"):
        refuse_another([tmp_path], WHOLE, WHOLE, BUDGET)
