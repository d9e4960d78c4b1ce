"""A bundle that gets to know a voice: what it says of it, and what its graph takes and gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sertain import bundle
from sertain.bundle import Conformal, Reference
from sertain.errors import BundleError
from tests.bundle.bundles import CARD, level_bundle, level_graph, level_spec
from tests.bundle.voices import answer_of_voice, features, voice_bundle, voice_graph, voice_spec


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return voice_bundle(tmp_path_factory.mktemp("models") / "voice").path


def test_what_is_known_of_references_and_speed_reads_back_and_may_be_missing(
    tmp_path: Path,
) -> None:
    path = voice_bundle(tmp_path / "voice", speed=512.5).path
    raw = json.loads((path / "bundle.json").read_text())
    assert raw["reference"] == {"rows": 2, "prior_s": 20.0}
    assert raw["speed"] == 512.5
    assert bundle.read(path).spec.reference == Reference(rows=2, prior_s=20.0)
    assert bundle.read(path).spec.speed == 512.5
    plain = level_bundle(tmp_path / "level")
    assert (plain.spec.reference, plain.spec.speed) == (None, None)
    assert not {"reference", "speed"} & set(json.loads((plain.path / "bundle.json").read_text()))


def test_thresholds_with_a_reference_are_those_without_unless_said(tmp_path: Path) -> None:
    sets = Conformal(0.9, 0.2)
    plain = voice_bundle(tmp_path / "plain", uncertain_below=0.4, conformal=sets).spec
    assert (plain.uncertain_below_told, plain.conformal_told) == (0.4, sets)
    own = Reference(2, 20.0, uncertain_below=0.7, conformal=Conformal(0.9, 0.1))
    path = voice_bundle(tmp_path / "own", uncertain_below=0.4, conformal=sets, reference=own).path
    raw = json.loads((path / "bundle.json").read_text())["reference"]
    assert raw["uncertain_below"] == 0.7
    assert raw["conformal"] == {"coverage": 0.9, "threshold": 0.1, "method": "lac"}
    spec = bundle.read(path).spec
    assert spec.reference == own
    assert (spec.uncertain_below, spec.conformal) == (0.4, sets)
    assert (spec.uncertain_below_told, spec.conformal_told) == (0.7, Conformal(0.9, 0.1))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reference": {"rows": 0, "prior_s": 20}}, r"reference\.rows = 0"),
        ({"reference": {"rows": 2, "prior_s": -1}}, r"reference\.prior_s = -1"),
        ({"reference": {"rows": 2}}, r"lacks the field 'reference\.prior_s'"),
        ({"reference": 2}, "reference = 2"),
        (
            {"reference": {"rows": 2, "prior_s": 2, "uncertain_below": 2}},
            r"reference\.uncertain_below = 2",
        ),
        (
            {"reference": {"rows": 2, "prior_s": 2, "conformal": {"coverage": 0.9}}},
            r"lacks the field 'reference\.conformal\.threshold'",
        ),
        ({"speed": "fast"}, "speed = 'fast'"),
    ],
)
def test_a_wrong_field_is_named(tmp_path: Path, changes: dict[str, Any], field: str) -> None:
    path = voice_bundle(tmp_path / "voice").path
    spec = json.loads((path / "bundle.json").read_text())
    (path / "bundle.json").write_text(json.dumps(spec | changes))
    with pytest.raises(BundleError, match=field):
        bundle.read(path)


def test_a_reference_changes_the_answer_by_the_formula_and_nothing_given_is_the_prior(
    folder: Path,
) -> None:
    graph = bundle.verify(bundle.read(folder))
    rng = np.random.default_rng(1)
    waveform = rng.uniform(-0.2, 0.2, (2, 900)).astype(np.float32)
    waveform[1, 300:] = 0
    lengths = np.array([900, 300])
    clips = [waveform[0], waveform[1, :300]]
    known = np.array([[0.9, 2.0], [0.25, 3.0]], np.float32)
    for seconds in (0.0, 5.0, 600.0):
        answers, _ = graph.run(waveform, lengths, reference=known, reference_s=seconds)
        expected = [answer_of_voice(clip, known, seconds) for clip in clips]
        np.testing.assert_allclose(answers, expected, atol=1e-5)
    answers, _ = graph.run(waveform, lengths)
    np.testing.assert_allclose(answers, [answer_of_voice(clip) for clip in clips], atol=1e-5)


def test_the_statistics_are_of_each_clips_own_frames(folder: Path) -> None:
    graph = bundle.verify(bundle.read(folder))
    rng = np.random.default_rng(2)
    waveform = rng.uniform(-0.2, 0.2, (2, 900)).astype(np.float32)
    waveform[1, 300:] = 0
    answers, statistics = graph.statistics(waveform, np.array([900, 300]))
    rows = [features(waveform[0]), features(waveform[1, :300])]
    expected = [[row.mean(axis=1), (row**2).mean(axis=1)] for row in rows]
    np.testing.assert_allclose(statistics, expected, rtol=1e-4)
    np.testing.assert_allclose(answers[0], answer_of_voice(waveform[0]), atol=1e-5)


def test_a_graph_that_does_not_take_what_is_said_is_refused(tmp_path: Path) -> None:
    spec = level_spec(reference=Reference(rows=2, prior_s=20.0))
    with pytest.raises(BundleError, match="has no input with a value of its own 'reference'"):
        bundle.write(tmp_path / "a", level_graph(), spec, CARD)
    wide = voice_spec(reference=Reference(rows=7, prior_s=20.0))
    with pytest.raises(BundleError, match=r"of 2 rows, bundle\.json says 7"):
        bundle.write(tmp_path / "b", voice_graph(), wide, CARD)
