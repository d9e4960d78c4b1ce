"""Labels that may be wrong, from the command line to a training that heeds what was decided."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.test_train_export import RECIPE
from tests.lab import tones

pytestmark = [pytest.mark.train, pytest.mark.slow]


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table of three speakers' clips, one of which is called sad and sounds angry."""
    monkeypatch.setenv("SERTAIN_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SERTAIN_CORPORA", raising=False)
    monkeypatch.delenv("SERTAIN_ENCODERS", raising=False)
    clips = tones.make(tmp_path, speakers=3, takes=6, corpus="mine")
    rows = [
        f"{c.path.name},{'sad' if c.name == '02-angry-1' else c.emotion},{c.speaker}" for c in clips
    ]
    (tmp_path / "mine.csv").write_text("\n".join(["file,emotion,speaker", *rows]), "utf-8")
    (tmp_path / "small.yaml").write_text(RECIPE, "utf-8")
    return tmp_path


def test_a_wrong_label_is_listed_and_a_decision_is_heeded_and_recorded(
    mine: Path, run: Run
) -> None:
    table, out = mine / "mine.csv", mine / "labels"
    done = run("corpora", "doctor", str(table), "--out", str(out))
    assert done.code == 0, done.err
    assert "whisper-tiny.en is not at hand" in done.err
    with (out / "labels.csv").open(encoding="utf-8", newline="") as file:
        listed = list(csv.DictReader(file))
    assert [(row["clip"], row["label"], row["probable"]) for row in listed] == [
        ("mine/02-angry-1", "sad", "angry")
    ]
    assert json.loads((out / "doctor.json").read_text("utf-8"))["folds"] == {
        "by": "speakers",
        "count": 3,
    }

    decisions = mine / "decisions.csv"
    decisions.write_text(
        "clip,label,decision,new_label\nmine/02-angry-1,sad,change,angry\nmine/03-sad-0,,drop,\n",
        "utf-8",
    )
    heed = ("--decisions", str(decisions))
    again = run("corpora", "doctor", str(table), "--out", str(out), *heed)
    assert again.code == 0, again.err
    assert "1 labels changed, 1 clips dropped, 0 kept (hash " in again.err
    assert (out / "labels.csv").read_text("utf-8").count("\n") == 1

    corpus = ("--corpus", f"mine={table}")
    trained = run("train", str(mine / "small.yaml"), *corpus, *heed, "--out", str(mine / "run"))
    assert trained.code == 0, trained.err
    claim = json.loads((mine / "run" / "run.json").read_text("utf-8"))
    assert (claim["decisions"]["changed"], claim["decisions"]["dropped"]) == (1, 1)
    assert "mine/03-sad-0" not in {*claim["train"], *claim["validation"]}
    assert "1 labels changed, 1 clips dropped" in (mine / "run/report.html").read_text("utf-8")

    # The same clips under other labels are another run.
    decisions.write_text("clip,decision\nmine/03-sad-0,drop\n", "utf-8")
    other = run("train", str(mine / "small.yaml"), *corpus, *heed, "--out", str(mine / "run"))
    assert (other.code, "holds a run with another labels" in other.err) == (1, True)
    export = run("export", str(mine / "run"), *corpus)
    assert export.code == 1
    assert "was trained with a table of decisions" in export.err


def test_stats_count_what_is_left(mine: Path, run: Run) -> None:
    decisions = mine / "decisions.csv"
    decisions.write_text("clip,decision\nmine/02-angry-1,drop\n", "utf-8")
    done = run("corpora", "stats", "mine", "--corpus", f"mine={mine / 'mine.csv'}",
               "--decisions", str(decisions), "--format", "json")  # fmt: skip
    assert json.loads(done.out)[0]["clips"] == 53


def test_alone_and_against_exclude_each_other(mine: Path, run: Run) -> None:
    done = run("corpora", "doctor", str(mine / "mine.csv"), "--alone", "--against", "tess")
    assert done.code == 2
