"""The ledger holds a row a recipe, from what evaluations wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import ledger
from sertain.errors import ProtocolError
from sertain.lab.evaluation import runner, writers
from tests.lab.evaluation.conftest import SEVEN
from tests.lab.evaluation.tones import fit_linear, recipe_of, tones

pytestmark = pytest.mark.train


def _figure(mean: float, sd: float | None = 0.01) -> dict[str, Any]:
    return {"mean": mean, "sd": sd, "low": mean - 0.1, "high": mean + 0.1}


def _results(
    protocol: str, uar: float, validation: float | None, told: dict[str, float] | None = None
) -> dict[str, Any]:
    """What an evaluation writes, as far as the ledger reads it."""
    pooled = protocol == "luna5"

    def held(value: float) -> dict[str, Any]:
        figures = {"uar": _figure(value)}
        return {"pooled": {"figures": figures} if pooled else None, "mean_of_folds": figures}

    return {
        "protocol": {"name": protocol, "run": ["a", "b"], "folds": ["a", "b"]},
        "recipe": {"name": "mine", "hash": "0123456789"},
        "data": {"corpora": {"savee": {}, "ravdess": {}}},
        "seeds": [0, 1, 2],
        **held(uar),
        **({} if validation is None else {"validation": _figure(validation)}),
        "with_reference": {kind: held(value) for kind, value in (told or {}).items()},
    }


def _write(path: Path, results: dict[str, Any]) -> Path:
    path.write_text(json.dumps(results), "utf-8")
    return path


def _cells(folder: Path) -> list[list[str]]:
    text = (folder / "ledger.md").read_text("utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows][2:]


def test_evaluations_of_one_recipe_join_in_one_row(tmp_path: Path) -> None:
    told = {"batch": 0.58, "voice": 0.64, "60 s mixed": 0.6}
    within = _write(tmp_path / "a.json", _results("luna5", 0.76, 0.78))
    across = _write(tmp_path / "b.json", _results("loco", 0.5, 0.9, told))
    choosing = _write(tmp_path / "c.json", _results("loco_validation", 0.49, 0.9, {"batch": 0.57}))
    ledger.add(tmp_path / "ledger.json", [within], "an encoder")
    ledger.add(tmp_path / "ledger.json", [across, choosing])
    (row,) = _cells(tmp_path)
    assert row == [
        "mine (0123456789)",
        "an encoder",
        "3",
        "0.780 ± 0.010",
        "0.490 ± 0.010 / 0.570 ± 0.010 / –",
        "0.760 ± 0.010",
        "0.500 ± 0.010 / 0.580 ± 0.010 / 0.640 ± 0.010",
    ]
    better = _write(tmp_path / "d.json", _results("luna5", 0.77, 0.79))
    ledger.add(tmp_path / "ledger.json", [better])
    assert [row[3] for row in _cells(tmp_path)] == ["0.790 ± 0.010"]
    earlier = _results("luna5", 0.7, None) | {"recipe": {"name": "old", "hash": "ab"}}
    ledger.add(tmp_path / "ledger.json", [_write(tmp_path / "e.json", earlier)], "from scratch")
    assert _cells(tmp_path)[1] == ["old (ab)", "from scratch", "3", "", "", "0.700 ± 0.010", ""]


def test_what_evaluate_writes_is_read(tmp_path: Path) -> None:
    tess = tones(tmp_path / "clips", "tess", ("OAF", "YAF"), SEVEN)
    savee = tones(tmp_path / "clips", "savee", ("DC", "JE"), SEVEN)
    recipe = recipe_of(("savee", "tess"))
    done = runner.evaluate(recipe, "loco", [*savee, *tess], folder=tmp_path / "out", fit=fit_linear)
    path, _, _ = writers.write(done, tmp_path / "written")
    (row,) = ledger.add(tmp_path / "ledger.json", [path], "tones")
    figures = row["figures"]["loco"]
    assert figures["uar"]["mean"] == pytest.approx(done.results.mean_of_folds["uar"].mean)
    each = [run.validation_uar for run in done.results.runs]
    assert figures["validation"]["mean"] == pytest.approx(sum(each) / 2)
    assert figures["corpora"] == ["savee", "tess"]


def test_what_cannot_be_compared_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "ledger.json"
    other = _write(tmp_path / "a.json", _results("savee4", 0.7, 0.7))
    with pytest.raises(ProtocolError, match="no column for savee4"):
        ledger.add(place, [other], "x")
    some = _results("loco", 0.7, 0.7)
    some["protocol"]["run"] = ["a"]
    with pytest.raises(ProtocolError, match="on 1 of 2 folds"):
        ledger.add(place, [_write(tmp_path / "b.json", some)], "x")
    whole = _write(tmp_path / "c.json", _results("loco", 0.7, 0.7))
    with pytest.raises(ProtocolError, match="nobody said what mine"):
        ledger.add(place, [whole])
    with pytest.raises(ProtocolError, match="cannot read"):
        ledger.add(place, [tmp_path / "nowhere.json"], "x")
    assert not place.exists()
