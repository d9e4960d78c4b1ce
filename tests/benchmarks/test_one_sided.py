"""Refusing baselines in one mood: between each clip by itself and every reference believed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks import finished, one_sided
from sertain.corpora.clip import Clip
from sertain.lab.evaluation.knowing import MIXED, ONE_SIDED, VOICE, Groups
from sertain.predict import baseline
from tests.benchmarks.conftest import Told

pytestmark = [
    pytest.mark.train,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


@pytest.mark.parametrize(("least", "refused"), [(0.0, 2), (1.01, 0)])
def test_the_figures_are_those_of_the_evaluation(
    told: Told, monkeypatch: pytest.MonkeyPatch, least: float, refused: int
) -> None:
    monkeypatch.setattr(baseline, "ONE_SIDED", least)
    held = finished.read(told.folder, lambda _recipe, _name: told.clips)
    rows = {row.reference: row for row in one_sided.measure(held)}
    assert {VOICE, MIXED, f"{ONE_SIDED}: sad"} <= rows.keys()
    results = told.evaluation.results
    assert results.pooled is not None
    for kind, row in rows.items():
        theirs = results.with_reference[kind].pooled
        assert theirs is not None
        assert (row.voices, row.refused) == (2, refused)
        assert row.alone == pytest.approx(results.pooled.figures["uar"].mean)
        assert row.believed == pytest.approx(theirs.figures["uar"].mean)
        # All of them refused, or none.
        assert row.answered == (row.alone if refused else row.believed)
        assert row.seeds == (0,)
        assert row.gain == pytest.approx(row.answered - row.alone)
        if refused:
            assert row.gain_low == row.gain_high == 0
        else:
            assert row.gain_low <= row.gain <= row.gain_high


def test_a_kind_that_a_fold_lacks_is_left_out(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    sad, whole = f"{ONE_SIDED}: sad", one_sided.kinds
    asked: list[int] = []

    def fewer(clips: Sequence[Clip], seconds: Sequence[float]) -> dict[str, Groups]:
        found = dict(whole(clips, seconds))
        asked.append(len(found))
        if len(asked) == 1:  # nobody in the first fold is ever sad
            del found[sad]
        return found

    monkeypatch.setattr(one_sided, "kinds", fewer)
    held = finished.read(told.folder, lambda _recipe, _name: told.clips)
    rows = {row.reference for row in one_sided.measure(held)}
    assert len(asked) == 2
    assert sad not in rows
    assert f"{ONE_SIDED}: angry" in rows


def test_the_page_says_what_the_file_says(
    told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(one_sided.gather, "clips_for", lambda _recipe, _name, _corpora: told.clips)
    one_sided.main([str(told.folder), "--out", str(tmp_path)])
    rows = json.loads((tmp_path / "one_sided.json").read_text("utf-8"))["rows"]
    page = (tmp_path / "one_sided.md").read_text("utf-8")
    for row in rows:
        figures = (f"{row[name]:.3f}" for name in ("alone", "believed", "answered"))
        cells = ("savee4", "0", row["reference"], str(row["voices"]), str(row["refused"]), *figures)
        assert f"| {' | '.join(cells)} | {100 * row['gain']:+.1f} [" in page
