"""A bundle is read whole or refused in one line; opening it compares its known answer."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sertain import bundle, weights
from sertain.bundle import Check, Conformal
from sertain.errors import BundleError
from tests.bundle.bundles import CARD, LABELS, level_bundle, level_graph, level_spec


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return level_bundle(tmp_path / "level").path


def rewrite(folder: Path, **changes: Any) -> None:
    spec = json.loads((folder / "bundle.json").read_text())
    spec.update(changes)
    (folder / "bundle.json").write_text(json.dumps(spec))


def test_a_written_bundle_reads_back_as_it_was_said(folder: Path) -> None:
    found = bundle.read(folder)
    expected = level_spec(sha256={"model.onnx": hashlib.sha256(level_graph()).hexdigest()})
    assert found.spec == expected
    assert found.card() == CARD
    assert sorted(file.name for file in folder.iterdir()) == [
        "LICENSE",
        "README.md",
        "bundle.json",
        "model.onnx",
    ]
    assert found.size == sum(len(file.read_bytes()) for file in folder.iterdir())


def test_how_sets_are_made_reads_back_and_may_be_missing(tmp_path: Path) -> None:
    sets = Conformal(coverage=0.9, threshold=0.125)
    path = level_bundle(tmp_path / "sets", conformal=sets).path
    assert bundle.read(path).spec.conformal == sets
    raw = json.loads((path / "bundle.json").read_text())
    assert raw["conformal"] == {"coverage": 0.9, "threshold": 0.125, "method": "lac"}
    del raw["conformal"]  # as bundles of earlier versions are
    (path / "bundle.json").write_text(json.dumps(raw))
    assert bundle.read(path).spec.conformal is None


def test_a_spec_tells_above_which_strangeness_a_recording_is_unfamiliar(tmp_path: Path) -> None:
    path = level_bundle(tmp_path / "plain").path
    spec = path / "bundle.json"
    raw = json.loads(spec.read_text("utf-8"))
    assert "unfamiliar_above" not in raw
    spec.write_text(json.dumps(raw | {"unfamiliar_above": 1.25}), "utf-8")
    found = bundle.read(path)
    assert found.spec.unfamiliar_above == 1.25
    assert found.spec.to_dict()["unfamiliar_above"] == 1.25
    with pytest.raises(BundleError, match="has no output 'strangeness' of 1 dimensions"):
        bundle.verify(found)
    spec.write_text(json.dumps(raw | {"unfamiliar_above": 0.5}), "utf-8")
    with pytest.raises(BundleError, match=r"unfamiliar_above = 0.5"):
        bundle.read(path)


@pytest.mark.parametrize(
    ("conformal", "field"),
    [
        ({"coverage": 1.5, "threshold": 0.1, "method": "lac"}, "conformal.coverage = 1.5"),
        ({"coverage": 0.9, "method": "lac"}, "lacks the field 'conformal.threshold'"),
        ({"coverage": 0.9, "threshold": 0.1, "method": "aps"}, "conformal.method = 'aps'"),
        ([0.9, 0.1], "conformal = "),
    ],
)
def test_sets_that_cannot_be_made_are_named(folder: Path, conformal: Any, field: str) -> None:
    rewrite(folder, conformal=conformal)
    with pytest.raises(BundleError, match=field):
        bundle.read(folder)


def test_the_graph_answers_a_padded_batch_by_the_formula(folder: Path) -> None:
    graph = bundle.verify(bundle.read(folder))
    waveform = np.zeros((2, 800), dtype=np.float32)
    waveform[0] = 0.25  # a constant's root mean square is the constant
    waveform[1, :100] = -0.5  # the rest is padding
    probabilities, embedding = graph.run(waveform, np.array([800, 100]))
    # softmax(0, 2.5, -2.5) and softmax(0, 5, -5)
    rows = [[math.exp(10 * s * r) for s in (0, 1, -1)] for r in (0.25, 0.5)]
    np.testing.assert_allclose(
        probabilities, [[each / sum(row) for each in row] for row in rows], atol=1e-6
    )
    np.testing.assert_allclose(embedding, [[0.25], [0.5]], atol=1e-6)


def test_the_checks_sound_is_two_seconds_of_quiet_noise_by_its_seed() -> None:
    sound = bundle.check_waveform(3)
    assert sound.dtype == np.float32
    assert sound.shape == (32_000,)
    assert 0.099 < np.abs(sound).max() <= 0.1
    assert np.array_equal(sound, bundle.check_waveform(3))
    assert not np.array_equal(sound, bundle.check_waveform(4))


def test_a_changed_byte_of_the_graph_is_found(folder: Path) -> None:
    content = bytearray((folder / "model.onnx").read_bytes())
    content[-1] ^= 1
    (folder / "model.onnx").write_bytes(content)
    with pytest.raises(BundleError, match=r"model\.onnx is damaged"):
        bundle.verify(bundle.read(folder))


def test_a_graph_that_answers_its_check_otherwise_is_refused(folder: Path) -> None:
    other = level_graph(np.array([0.0, 11.0, -10.0]))
    (folder / "model.onnx").write_bytes(other)
    rewrite(folder, sha256={"model.onnx": hashlib.sha256(other).hexdigest()})
    with pytest.raises(BundleError, match=r"answers its check .* off"):
        bundle.verify(bundle.read(folder))


def test_a_graph_that_is_none_is_refused(folder: Path) -> None:
    (folder / "model.onnx").write_bytes(b"no graph")
    rewrite(folder, sha256={"model.onnx": hashlib.sha256(b"no graph").hexdigest()})
    with pytest.raises(BundleError, match="does not load") as caught:
        bundle.verify(bundle.read(folder))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["model.onnx", "bundle.json", "README.md", "LICENSE"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(BundleError, match=f"{name} is missing"):
        bundle.read(folder)


def test_another_format_is_refused_with_what_to_do(folder: Path) -> None:
    rewrite(folder, format=2)
    with pytest.raises(BundleError, match=r"format 2, .* reads format 1; update sertain"):
        bundle.read(folder)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"labels": ["sad", "sad"]}, "labels = "),
        ({"labels": ["sad", "no speech"]}, "labels = 'no speech'"),
        ({"labels": "sad"}, "labels = 'sad' where a list of words"),
        ({"uncertain_below": 1.5}, r"uncertain_below = 1.5 where a number in 0..1"),
        ({"uncertain_below": True}, "uncertain_below = True"),
        ({"window_s": 0.2}, "window_s = 0.2 where more than min_speech_s"),
        ({"sample_rate": 8000}, "sample_rate = 8000 where 16000"),
        ({"sha256": {}}, "sha256 = "),
        ({"name": ""}, "name = ''"),
        ({"check": {"seed": 1, "probabilities": [0.5, 0.5]}}, "one for each label"),
        ({"check": {"seed": 1, "probabilities": [0.5, 0.5, 0.5]}}, "sum 1"),
        ({"check": {"seed": 1}}, r"lacks the field 'check\.probabilities'"),
        ({"data": [{"corpus": "x"}]}, r"lacks the field 'data\.licence'"),
        ({"scores": [7]}, "scores = 7 where an object"),
    ],
)
def test_a_wrong_field_is_named(folder: Path, changes: dict[str, Any], said: str) -> None:
    rewrite(folder, **changes)
    with pytest.raises(BundleError, match=said) as caught:
        bundle.read(folder)
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_lost_field_is_named(folder: Path) -> None:
    spec = json.loads((folder / "bundle.json").read_text())
    del spec["licence"]
    (folder / "bundle.json").write_text(json.dumps(spec))
    with pytest.raises(BundleError, match="lacks the field 'licence'"):
        bundle.read(folder)


def test_text_that_is_no_json_is_refused(folder: Path) -> None:
    (folder / "bundle.json").write_text('{"format": 1')
    with pytest.raises(BundleError, match="cannot be read"):
        bundle.read(folder)


def test_a_field_of_a_later_version_is_passed_over(folder: Path) -> None:
    rewrite(folder, colour="red")
    assert bundle.read(folder).spec.labels == LABELS


def test_writing_refuses_a_graph_that_is_not_the_checked_one(tmp_path: Path) -> None:
    wrong = Check(seed=7, probabilities=(1.0, 0.0, 0.0))
    with pytest.raises(BundleError, match="answers its check"):
        level_bundle(tmp_path / "level", check=wrong)
    assert list(tmp_path.iterdir()) == []


def test_writing_replaces_a_bundle_and_nothing_else(folder: Path, tmp_path: Path) -> None:
    assert level_bundle(folder, version="1.1").spec.version == "1.1"
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.txt").write_text("precious")
    with pytest.raises(BundleError, match="holds other files"):
        level_bundle(tmp_path / "thesis")
    assert (tmp_path / "thesis" / "chapter1.txt").read_text() == "precious"


def test_a_model_is_found_by_its_folder(folder: Path) -> None:
    assert bundle.find(folder).path == folder
    assert bundle.find(str(folder)).spec.name == "level"


def test_an_embedded_model_is_found_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The embedded ones lie beside the package of data; here that is a folder of our own.
    monkeypatch.setattr(weights, "__file__", str(tmp_path / "__init__.py"))
    level_bundle(tmp_path / "small")
    level_bundle(tmp_path / "default")
    (tmp_path / "no-bundle").mkdir()
    assert list(bundle.installed()) == ["default", "small"]
    assert bundle.find("small").path == tmp_path / "small"
    with pytest.raises(BundleError, match=r"'smal' .*did you mean 'small'"):
        bundle.find("smal")


def test_an_unknown_model_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BundleError, match="no model or folder is called 'louder'"):
        bundle.find("louder")
