"""Every evaluation writes its parts, worked out again here from the answers that it wrote."""

from __future__ import annotations

import csv
import gzip
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from sertain.lab.evaluation import slices, writers
from sertain.lab.evaluation.runner import evaluate
from tests.lab.evaluation.tones import fit_linear, recipe_of, tones

pytestmark = pytest.mark.train


def test_the_parts_of_the_folds_agree_with_the_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERTAIN_CACHE", str(tmp_path / "cache"))
    men = ("DC", "JE", "JK", "KL")
    clips = tones(tmp_path / "savee", "savee", men, rotated=["KL"])
    clips = [
        replace(clip, intensity="strong" if number % 3 else "weak")
        for number, clip in enumerate(clips)
    ]
    out = tmp_path / "out"
    found = evaluate(
        recipe_of(("savee",)), "savee4", clips, folder=out, seeds=(0, 1), fit=fit_linear
    )
    writers.write(found, out)
    text = gzip.decompress((out / "predictions.csv.gz").read_bytes()).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    of_clip = {clip.key: clip for clip in clips}
    parts = json.loads((out / "results.json").read_text())["slices"]
    assert {part["kind"] for part in parts} == {"intensity", "speaker"}  # all men, all 0.25 s
    for part in parts:
        uars = []
        for seed in ("0", "1"):
            own = [
                row
                for row in rows
                if row["seed"] == seed and getattr(of_clip[row["clip"]], part["kind"]) ==
                part["value"]
            ]  # fmt: skip
            truth, said = [r["label"] for r in own], [r["predicted"] for r in own]
            uars.append(balanced_accuracy_score(truth, said))
        assert part["clips"] == len(own)
        assert part["uar"] == pytest.approx(np.mean(uars))
    page = (out / "results.md").read_text()
    assert "**By speaker**: 4 values, UAR from" in page
    assert "**By intensity**: 2 values" in page
    # A clip that several folds test stands for several models: there are no parts.
    twice = [found.answers[0], replace(found.answers[0], fold=1)]
    assert slices.of_answers(twice) == ()


def test_a_length_is_the_parts_or_the_files(tmp_path: Path) -> None:
    clip = tones(tmp_path, "savee", ("DC",), each=1)[0]
    assert slices.length_s(clip) == pytest.approx(0.25)
    assert slices.length_s(replace(clip, start_s=0.1)) == pytest.approx(0.15)
    assert slices.length_s(replace(clip, start_s=0.05, end_s=0.2)) == pytest.approx(0.15)
    assert slices.length_s(replace(clip, path=tmp_path / "none.wav")) is None
