"""Published runs are taken, left or kept by the recipe that they are of."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from sertain.errors import RecipeError
from sertain.lab import recipes
from sertain.lab.recipes import Recipe
from sertain.lab.reproduce import packing, publishing, rows, taking
from sertain.lab.reproduce.amount import limits, planned
from sertain.lab.reproduce.plan import Plan
from sertain.lab.reproduce.series import Series
from sertain.lab.reproduce.setting import Places
from tests.lab.reproduce.test_budget import finish

pytestmark = pytest.mark.train

TABLE = rows.load().chosen(["E3"])
NAME = "vu_deepemonet/resnet34"
BUDGET = rows.load().hint(NAME).budget
WHOLE = recipes.load(NAME)
SMALL = planned(WHOLE, BUDGET)


def series(out: Path, recipe: Recipe) -> Series:
    """One seed of luna5, as it is trained in a folder."""
    names = tuple("abcde")
    place = out / NAME / "luna5"
    cut = limits(WHOLE, recipe)
    return Series(
        NAME,
        "luna5",
        names,
        (0, 1, 2, 3, 4),
        (0,),
        (),
        place,
        1.0,
        recipe.hash,
        limits=cut,
        asked=1,
    )


def plan(out: Path, recipe: Recipe) -> Plan:
    own = series(out, recipe)
    return Plan(TABLE, (own,), out, Places(), "speaker-independent", 1, quick=False)


def published(folder: Path, recipe: Recipe, *folds: int) -> list[str]:
    """Finish some folds in a folder of their own and publish them; gives what was said."""
    own = plan(folder.with_name(f"{folder.name}-{recipe.hash}"), recipe)
    for fold in folds:
        finish(own.series[0].fold_folder(fold, 0), recipe.hash)
    done = {own.series[0].key: [(fold, 0) for fold in folds]}
    return publishing.publish(own, done, TABLE, folder)


def held(folder: Path) -> dict[str, str]:
    """Give the recipe hash of every published run."""
    runs = (folder / NAME / "luna5").glob("*.gz")
    return {path.name: packing.read(path).recipe_hash for path in runs}


@pytest.mark.parametrize(
    ("there", "now", "said"),
    [
        (WHOLE, SMALL, "they are whole, now there is a budget; add --whole to take them"),
        (
            SMALL,
            WHOLE,
            "they are at a budget (25 of 200 epochs, 64 × 64 pixels of 128 × 128), now whole",
        ),
    ],
)
def test_runs_at_a_budget_and_whole_ones_are_not_taken_for_each_other(
    there: Recipe, now: Recipe, said: str, tmp_path: Path
) -> None:
    published(tmp_path / "kept", there, 0, 3)
    out = tmp_path / "out"
    mine = series(out, now)
    found = taking.take(tmp_path / "kept", [mine], out, {NAME: BUDGET})
    assert found == taking.Taken(0, (f"{NAME} on luna5: 2 published runs left out, {said}",))
    assert not mine.folder.exists()
    taken = taking.take(tmp_path / "kept", [series(out, there)], out, {NAME: BUDGET})
    assert taken == taking.Taken(2)


def test_whole_runs_stay_where_those_at_a_budget_are_published(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    assert published(kept, WHOLE, 0) == []
    assert published(kept, SMALL, 0, 1) == [
        f"{NAME} on luna5: 1 whole run stays in {kept}, where that of today is at a budget"
    ]
    assert held(kept) == {
        "fold-0-seed-0.json.gz": WHOLE.hash,
        "fold-1-seed-0.json.gz": SMALL.hash,
    }
    assert published(kept, WHOLE, 1) == []
    assert set(held(kept).values()) == {WHOLE.hash}


def test_the_table_counts_the_runs_of_todays_recipe(tmp_path: Path) -> None:
    published(tmp_path, SMALL, 0, 2, 4)
    (row,) = json.loads((tmp_path / "table.json").read_text())["rows"]
    assert row["unseen"]["reason"] == "no seed is whole yet: 3 of 5 runs"
    assert row["under_published"]["reason"] == "not run yet"


def test_the_same_run_is_the_same_bytes_and_says_when_it_was_packed_nowhere(tmp_path: Path) -> None:
    finish(tmp_path, WHOLE.hash)
    first = packing.pack(tmp_path, 5)
    assert packing.pack(tmp_path, 5) == first
    assert first[4:8] == bytes(4)  # RFC 1952: the time in the header of gzip
    assert json.loads(gzip.decompress(first))["outcome"]["identity"]["recipe_hash"] == WHOLE.hash


def test_an_unfinished_training_is_left_as_it_is_where_its_run_is_published(tmp_path: Path) -> None:
    finish(tmp_path / "there", WHOLE.hash)
    (tmp_path / "there" / "fit" / "csv").mkdir(parents=True)
    (tmp_path / "there" / "fit" / "csv" / "metrics.csv").write_text("epoch\n0\n")
    (tmp_path / "there" / "fit" / "summary.json").write_text("{}")
    path = tmp_path / "run.json.gz"
    path.write_bytes(packing.pack(tmp_path / "there", 5))
    for name, begun in (("begun", True), ("new", False)):
        run = tmp_path / name
        if begun:
            (run / "fit").mkdir(parents=True)
        packing.unpack(packing.read(path), run)
        assert (run / "outcome.json").read_bytes() == (
            tmp_path / "there" / "outcome.json"
        ).read_bytes()
        assert (run / "fit" / "csv" / "metrics.csv").is_file() is not begun
        assert not (run / "fit" / "summary.json").exists()  # it would say that a network is there
        assert packing.pack(run, 5) == path.read_bytes()


@pytest.mark.parametrize(
    "content",
    # Without a time of their own: a test's name must be the same in every process.
    [b"", b"{}", gzip.compress(b"{", mtime=0), gzip.compress(b"{}", mtime=0)],
    ids=["empty", "plain", "half", "nothing in it"],
)
def test_a_damaged_run_is_one_line(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "run.json.gz").write_bytes(content)
    with pytest.raises(RecipeError, match=r"run\.json\.gz is damaged; fetch it again"):
        packing.read(tmp_path / "run.json.gz")


def test_a_quick_table_takes_no_results(tmp_path: Path) -> None:
    (tmp_path / "table.json").write_text('{"quick": true}')
    with pytest.raises(RecipeError, match="holds a quick table"):
        publishing.check(TABLE, tmp_path)
