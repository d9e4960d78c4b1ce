"""What was earned once is kept: published, taken up elsewhere, and never trained again."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as peer

from sertain.cli.main import main
from sertain.lab.reproduce import record
from tests.lab.reproduce.conftest import RECIPE, ROWS

pytestmark = pytest.mark.train

FOLDS, SEEDS = 4, 2
HARDER = RECIPE.replace("n_mfcc: 13", "n_mfcc: 2")
"""Of so few columns the figures of the seeds differ, and are not all 100 %."""
SECOND = "  - {row: X2, system: X, recipe: FOLDER/other.yaml, protocol: savee4, unseen: savee4}\n"


def command(folder: Path, savee: Path, out: str, *more: str) -> list[str]:
    rows = ["--rows", str(folder / "rows.yaml"), "--corpus", f"savee={savee}"]
    return ["reproduce", *rows, "--out", str(folder / out), "--jobs", "2", *more]


def read(folder: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((folder / "table.json").read_text())
    return values


def packed(path: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
    return values


def hashes(folder: Path) -> dict[str, str]:
    """Give a hash of every file, by its path."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def trained(out: Path) -> int:
    """Count the runs that were trained in a folder: a network lies in each."""
    return len(list(out.rglob("fit/best.ckpt")))


def accuracy(held: dict[str, Any], seed: int) -> float:
    """Work the accuracy of a seed out from the written answers."""
    lines = csv.DictReader(io.StringIO(record.predictions(held)))
    answers = [(line["label"], line["predicted"]) for line in lines if line["seed"] == str(seed)]
    return float(peer.accuracy_score(*zip(*answers, strict=True)))


def at(folder: Path, base: Path, recipe: str = HARDER) -> Path:
    """Lay the recipe and its table, as they lie in ``base``, into another folder."""
    (folder / "tones.yaml").write_text(recipe)
    (folder / "rows.yaml").write_text(ROWS.replace("FOLDER", str(folder)))
    if (base / "kept").is_dir():
        shutil.copytree(base / "kept", folder / "kept")
    return folder


@pytest.fixture(scope="module")
def base(savee: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of two seeds, and what was published of it."""
    folder = at(tmp_path_factory.mktemp("base"), Path("nothing"))
    kept = str(folder / "kept")
    assert main(command(folder, savee, "out", "--seeds", str(SEEDS), "--publish", kept)) == 0
    return folder


def test_a_published_run_holds_its_logits_its_machine_and_the_course_of_its_training(
    base: Path,
) -> None:
    for fold in range(FOLDS):
        run = base / "out" / "tones" / "savee4" / f"fold-{fold}-seed-1"
        held = packed(base / "kept" / "tones" / "savee4" / f"fold-{fold}-seed-1.json.gz")
        assert held["outcome"] == json.loads((run / "outcome.json").read_text())
        assert np.shape(held["outcome"]["test_logits"]) == (21, 7)
        assert held["machine"] == json.loads((run / "machine.json").read_text())
        assert held["summary"] == json.loads((run / "fit" / "summary.json").read_text())
        assert held["metrics"] == (run / "fit" / "csv" / "metrics.csv").read_bytes().decode()
        assert held["folds"] == FOLDS


def test_another_machine_begins_with_what_is_published_and_trains_nothing(
    base: Path, savee: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = at(tmp_path, base)
    before = hashes(folder / "kept")
    words = command(base, savee, str(folder / "out"), "--seeds", str(SEEDS))
    assert main([*words, "--from", str(folder / "kept")]) == 0
    told = capsys.readouterr().err
    assert "8 runs, 8 of them finished before (8 taken from what was published)" in told
    out = folder / "out"
    assert trained(out) == 0
    ours, theirs = read(out)["rows"][0], read(base / "out")["rows"][0]
    assert ours["unseen"]["figures"] == theirs["unseen"]["figures"]
    assert ours["unseen"]["hardware"] == theirs["unseen"]["hardware"]
    assert ours["speed"] == theirs["speed"]
    for run in sorted((base / "out" / "tones" / "savee4").glob("fold-*")):
        taken = out / "tones" / "savee4" / run.name
        for name in ("outcome.json", "machine.json", "fit/csv/metrics.csv"):
            assert (taken / name).read_bytes() == (run / name).read_bytes()
    # A second copy is the same to the last byte, wherever the runs came from.
    assert main([*words, "--finished", "--publish", str(folder / "kept")]) == 0
    assert hashes(folder / "kept") == before
    assert main([*words, "--finished", "--publish", str(folder / "third")]) == 0
    assert {n: h for n, h in hashes(folder / "third").items() if n.endswith(".gz")} == {
        n: h for n, h in before.items() if n.endswith(".gz")
    }


def test_a_part_of_the_seeds_is_shown_as_such_and_finished_trains_nothing(
    base: Path, savee: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = at(tmp_path, base)
    (folder / "kept" / "tones" / "savee4" / "fold-2-seed-0.json.gz").unlink()
    (folder / "kept" / "tones" / "speed.json").unlink()
    words = command(folder, savee, "out", "--finished", "--seeds", str(SEEDS))
    assert main([*words, "--from", str(folder / "kept")]) == 0
    out = folder / "out"
    assert len(list(out.rglob("outcome.json"))) == FOLDS * SEEDS - 1
    assert trained(out) == 0
    (row,) = read(out)["rows"]
    cell = row["unseen"]
    assert row["speed"] is None  # no network is there that could be measured
    assert (cell["state"], cell["seeds"], cell["of_seeds"]) == ("done", [1], SEEDS)
    held = json.loads((base / "kept" / "tones" / "savee4.json").read_text())
    assert cell["figures"]["wa"]["mean"] == pytest.approx(accuracy(held, 1))
    assert cell["figures"]["wa"]["sd"] is None
    said = f"{100 * accuracy(held, 1):.1f}, 1 of 2 seeds"
    printed = capsys.readouterr()
    assert said in printed.out
    assert "none is trained" in printed.err
    for name in ("table.md", "table.html"):
        assert "1 of 2 seeds" in (out / name).read_text()


def test_a_series_without_a_whole_seed_says_how_many_runs_there_are(
    base: Path, savee: Path, tmp_path: Path
) -> None:
    folder = at(tmp_path, Path("nothing"))
    begun = folder / "begun" / "tones" / "savee4"
    begun.mkdir(parents=True)
    for name in ("fold-0-seed-0.json.gz", "fold-3-seed-0.json.gz"):
        shutil.copy(base / "kept" / "tones" / "savee4" / name, begun)
    words = command(folder, savee, "out", "--finished", "--publish", str(folder / "begun"))
    assert main(words) == 0
    for place in ("out", "begun"):
        cell = read(folder / place)["rows"][0]["unseen"]
        assert (cell["state"], cell["of_seeds"]) == ("waiting", 3)
        assert cell["reason"] == "no seed is whole yet: 2 of 12 runs"
        assert read(folder / place)["shown"] == {"runs": 0, "wall_s": 0}
    assert not (begun.parent / "savee4.json").exists()


@pytest.mark.slow
def test_one_row_is_published_beside_all_others_each_with_its_own_seeds(
    base: Path, savee: Path, tmp_path: Path
) -> None:
    folder = at(tmp_path, base)
    before = hashes(folder / "kept" / "tones")
    (folder / "other.yaml").write_text(RECIPE.replace("n_mfcc: 13", "n_mfcc: 3"))
    rows = (folder / "rows.yaml").read_text()
    second = SECOND.replace("FOLDER", str(folder))
    (folder / "rows.yaml").write_text(rows.replace("recipes:\n", f"{second}recipes:\n"))
    words = command(folder, savee, "out", "X2", "--seeds", "1", "--publish", str(folder / "kept"))
    assert main(words) == 0
    assert [row["row"] for row in read(folder / "out")["rows"]] == ["X2"]
    assert trained(folder / "out") == FOLDS
    values = read(folder / "kept")
    first, other = values["rows"]
    theirs = read(base / "out")["rows"][0]["unseen"]
    assert first["unseen"]["figures"] == theirs["figures"]
    assert (first["unseen"]["seeds"], first["unseen"]["of_seeds"]) == ([0, 1], 2)
    assert (other["unseen"]["seeds"], other["unseen"]["of_seeds"]) == ([0], 1)
    assert hashes(folder / "kept" / "tones") == before
    text = (folder / "kept" / "table.md").read_text()
    assert ", 2 seeds |" in text
    assert ", 1 seed |" in text
    runs = [packed(path)["outcome"] for path in (folder / "kept").rglob("*.json.gz")]
    assert values["shown"] == {
        "runs": FOLDS * SEEDS + FOLDS,
        "wall_s": pytest.approx(sum(run["wall_s"] for run in runs)),
    }
    assert "The figures rest on 12 runs, which took " in text
    # What was wanted of a row is remembered where nobody says it anew.
    again = command(folder, savee, "out", "--finished", "--publish", str(folder / "kept"))
    assert main(again) == 0
    assert read(folder / "kept")["rows"] == values["rows"]


@pytest.mark.slow
def test_published_runs_of_another_recipe_are_left_out_and_said_and_trained_anew(
    base: Path, savee: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = at(tmp_path, base, RECIPE.replace("n_mfcc: 13", "n_mfcc: 3"))
    old = read(base / "kept")["rows"][0]["unseen"]["recipe_hash"]
    words = command(folder, savee, "out", "--seeds", "1", "--publish", str(folder / "kept"))
    assert main(words) == 0
    told = capsys.readouterr().err
    new = read(folder / "out")["rows"][0]["unseen"]["recipe_hash"]
    assert new != old
    said = f"8 published runs left out, they are of another recipe hash ({old}, now {new})\n"
    assert told.count(said) == 1
    assert "4 runs, 2 side by side" in told
    assert trained(folder / "out") == FOLDS
    cell = read(folder / "kept")["rows"][0]["unseen"]
    assert (cell["recipe_hash"], cell["seeds"], cell["of_seeds"]) == (new, [0], 1)
    kept = {path: packed(path) for path in (folder / "kept").rglob("*.json.gz")}
    own = {path.name: one["outcome"]["identity"]["recipe_hash"] for path, one in kept.items()}
    assert own == {
        f"fold-{fold}-seed-{seed}.json.gz": (new, old)[seed]
        for fold in range(FOLDS)
        for seed in range(SEEDS)
    }


def test_asking_for_fewer_seeds_hides_none_that_was_earned(
    base: Path, savee: Path, tmp_path: Path
) -> None:
    folder = at(tmp_path, base)
    words = command(folder, savee, "out", "--seeds", "1", "--publish", str(folder / "kept"))
    assert main(words) == 0
    assert trained(folder / "out") == 0
    for place in ("out", "kept"):
        cell = read(folder / place)["rows"][0]["unseen"]
        assert (cell["seeds"], cell["of_seeds"]) == ([0, 1], 2)


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (["--from", "nowhere"], 1, "there is no folder nowhere; name a published one with --from"),
        (["--quick", "--publish", "kept"], 2, "--quick gives no result"),
        (["--quick", "--from", "kept"], 2, "--quick gives no result"),
    ],
)
def test_what_cannot_be_taken_or_published_is_said_before_anything_trains(
    more: list[str],
    code: int,
    said: str,
    savee: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = at(tmp_path, Path("nothing"))
    assert main(command(folder, savee, "out", *more)) == code
    assert said in capsys.readouterr().err
    assert not (folder / "out").exists()
