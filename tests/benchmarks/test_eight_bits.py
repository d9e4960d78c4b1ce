"""What 8 bits cost: both forms of a real fold, and the figures counted by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import eight_bits, finished
from sertain import load
from sertain.cli.main import main
from sertain.errors import ProtocolError
from sertain.lab.evaluation import protocol
from tests.benchmarks.conftest import Told
from tests.lab.evaluation import men
from tests.lab.evaluation.test_command import CODES, RECIPE

pytestmark = pytest.mark.train


def test_both_forms_answer_the_test_clips(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SERTAIN_CACHE", str(tmp_path / "cache"))
    men.write(tmp_path / "corpora" / "savee")
    (tmp_path / "small.yaml").write_text(RECIPE)
    out = tmp_path / "out"
    corpora = ["--corpora", str(tmp_path / "corpora")]
    command = ["evaluate", str(tmp_path / "small.yaml"), "--protocol", "savee4", "--folds", "0,2"]
    assert main([*command, "--out", str(out), *corpora]) == 0

    eight_bits.main([str(out), "--out", str(tmp_path / "tables"), *corpora])
    assert capsys.readouterr().out.endswith("Written by `benchmarks/eight_bits.py`.\n\n")
    (found,) = json.loads((tmp_path / "tables" / "eight_bits.json").read_text())["evaluations"]
    assert (found["protocol"], found["folds"], found["seeds"]) == ("savee4", 2, [0])
    assert found["clips"] == 14

    said: dict[str, list[dict[str, float]]] = {"bundle": [], "bundle-int8": []}
    sizes = {}
    for form, own in said.items():
        for fold, man in ((0, "DC"), (2, "JK")):
            model = load(out / f"fold-{fold}-seed-0" / form)
            for code in CODES:
                told = model.predict(tmp_path / "corpora" / "savee" / f"{man}_{code}01.wav")
                assert told.probabilities is not None
                own.append(dict(told.probabilities))
            sizes[form] = model.bundle.model_path.stat().st_size / 1e6
    answers = {
        form: [max(each, key=lambda k: each[k]) for each in own] for form, own in said.items()
    }
    truth = 2 * men.EMOTIONS
    for form, name in (("bundle", "float32"), ("bundle-int8", "int8")):
        # One clip a man and emotion: UAR is the share of right answers.
        right = np.mean([one == label for one, label in zip(answers[form], truth, strict=True)])
        assert found[name] == pytest.approx(right)
        assert found[f"{name}_mb"] == pytest.approx(sizes[form], rel=0.01)
    assert found["lost"] == pytest.approx(found["float32"] - found["int8"])
    assert found["lost_low"] <= found["lost"] <= found["lost_high"]
    same = [a == b for a, b in zip(answers["bundle"], answers["bundle-int8"], strict=True)]
    assert found["same"] == pytest.approx(np.mean(same))
    apart = [
        abs(a[label] - b[label])
        for a, b in zip(said["bundle"], said["bundle-int8"], strict=True)
        for label in men.EMOTIONS
    ]
    assert found["apart"] == pytest.approx(np.mean(apart), abs=1e-6)
    assert found["furthest"] == pytest.approx(max(apart), abs=1e-6)
    assert found["furthest"] > 0
    assert found["int8_mb"] < found["float32_mb"]


def test_folds_of_different_labels_are_not_pooled(told: Told) -> None:
    held = finished.read(told.folder, lambda _recipe, _name: told.clips)
    across = replace(held, terms=protocol.load("loco"))
    with pytest.raises(ProtocolError, match="folds of loco have different labels"):
        eight_bits.measure(across)
    assert not list(told.folder.glob("fold-*/bundle*"))
