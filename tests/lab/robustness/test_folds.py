"""The folds of a recipe's evaluation are heard in worse sound by the bundles that they become."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sertain import load
from sertain.cli.main import main
from tests.lab.evaluation import men
from tests.lab.evaluation.test_command import CODES, RECIPE

pytestmark = pytest.mark.train


def test_a_fold_becomes_a_bundle_that_hears_its_test_clips(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SERTAIN_CACHE", str(tmp_path / "cache"))
    men.write(tmp_path / "savee")
    (tmp_path / "small.yaml").write_text(RECIPE)
    out = tmp_path / "out"
    command = ["evaluate", str(tmp_path / "small.yaml"), "--protocol", "savee4", "--folds", "0"]
    command += ["--corpus", f"savee={tmp_path / 'savee'}", "--out", str(out), "--robustness"]
    assert main(command) == 0
    assert "robustness: UAR 0." in capsys.readouterr().out

    bundle = load(out / "fold-0-seed-0" / "bundle")
    assert bundle.labels == ("neutral", "happy", "sad", "angry", "fearful", "disgust", "surprised")
    assert bundle.bundle.spec.conformal is not None
    assert 0 <= bundle.bundle.spec.conformal.threshold < 1

    found = json.loads((out / "robustness.json").read_text())
    assert found["about"]["protocol"] == "savee4"
    assert (found["clips"], found["interval_over"]) == (7, "clips within speaker")
    # Two men train: too few for a babble behind the third.
    assert found["babble_of"] is None
    clean = found["rows"][0]
    said = [
        bundle.predict(tmp_path / "savee" / f"DC_{code}01.wav").label == label
        for code, label in zip(CODES, men.EMOTIONS, strict=True)
    ]
    assert clean["uar"] == pytest.approx(np.mean(said))
    assert len(found["rows"]) == 22
    assert "fewer than 5 speakers" in (out / "robustness.md").read_text().lower()
