"""The graph with a new last part answers what numpy computes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray

from sertain.lab.adapt.head import Head, Prior
from sertain.lab.adapt.hearing import Rows
from sertain.lab.adapt.surgery import graft
from tests.bundle.bundles import level_graph
from tests.bundle.voices import answer_of_voice, voice_graph
from tests.lab.adapt.lessons import rows

LENGTHS = (800, 1600, 400)


def ran(model: bytes, **more: Any) -> dict[str, NDArray[np.float64]]:
    """All outputs of a graph for three padded rows of noise."""
    rng = np.random.default_rng(3)
    waveform = np.zeros((3, max(LENGTHS)), np.float32)
    for row, length in zip(waveform, LENGTHS, strict=True):
        row[:length] = rng.uniform(-0.3, 0.3, length)
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    given = {"waveform": waveform, "lengths": np.array(LENGTHS), **more}
    return dict(zip(names, map(np.asarray, session.run(names, given)), strict=True))


def head(prior: Prior, width: int, *, statistics: bool = False) -> Head:
    rng = np.random.default_rng(5)
    return Head(
        prior,
        statistics,
        matrix=rng.normal(size=(width, prior.labels)),
        shift=rng.normal(size=prior.labels),
        temperature=1.7,
    )


def heard(outputs: Mapping[str, NDArray[Any]]) -> Rows:
    statistics = None
    if "statistics" in outputs:
        mean, square = outputs["statistics"][:, 0], outputs["statistics"][:, 1]
        statistics = np.concatenate([mean, np.sqrt(square - mean**2)], axis=1)
    return rows(outputs["probabilities"], outputs["embedding"], statistics)


@pytest.mark.parametrize(
    "prior",
    [
        Prior((0, 1, 2), (0, 1, 2), 3),
        Prior((2, 0), (1, 3), 4, caution=2.5),
        Prior((1,), (0,), 2),
        Prior((), (), 5),
    ],
    ids=["all", "some and new ones", "a single old one", "new ones only"],
)
def test_the_graph_answers_as_numpy(prior: Prior) -> None:
    old = ran(level_graph())
    own = head(prior, 1)
    new = ran(graft(level_graph(), own))
    np.testing.assert_allclose(new["probabilities"], own.probabilities(heard(old)), atol=1e-6)
    np.testing.assert_array_equal(new["embedding"], old["embedding"])


def test_it_goes_on_knowing_a_voice_and_uses_the_statistics() -> None:
    own = head(Prior((0, 1, 2), (0, 1, 2), 3), 6, statistics=True)
    model = graft(voice_graph(), own)
    known = {
        "reference": np.array([[0.4, 0.9], [0.3, 1.5]], np.float32),
        "reference_s": np.array(40.0, np.float32),
    }
    for more in ({}, known):
        old, new = ran(voice_graph(), **more), ran(model, **more)
        np.testing.assert_allclose(new["probabilities"], own.probabilities(heard(old)), atol=1e-5)
        np.testing.assert_array_equal(new["statistics"], old["statistics"])
    assert np.abs(ran(model, **known)["probabilities"] - ran(model)["probabilities"]).max() > 0.01


def test_no_change_gives_the_formula_of_the_old_model() -> None:
    nothing = Head(Prior((0, 1, 2), (0, 1, 2), 3), False, np.zeros((2, 3)), np.zeros(3))
    new = ran(graft(voice_graph(), nothing))
    rng = np.random.default_rng(3)
    sounds = [rng.uniform(-0.3, 0.3, length).astype(np.float32) for length in LENGTHS]
    expected = [answer_of_voice(sound) for sound in sounds]
    np.testing.assert_allclose(new["probabilities"], expected, atol=1e-5)


def test_a_model_is_adapted_more_than_once() -> None:
    one, two = head(Prior((0, 1), (0, 1), 3), 1), head(Prior((2, 0), (0, 1), 2), 1)
    old = ran(level_graph())
    middle = rows(one.probabilities(heard(old)), old["embedding"])
    new = ran(graft(graft(level_graph(), one), two))
    np.testing.assert_allclose(new["probabilities"], two.probabilities(middle), atol=1e-6)


def test_the_graph_is_valid_and_tells_its_labels() -> None:
    model = onnx.load_from_string(graft(level_graph(), head(Prior((0,), (0,), 4), 1)))
    onnx.checker.check_model(model, full_check=True)
    (found,) = (value for value in model.graph.output if value.name == "probabilities")
    assert found.type.tensor_type.shape.dim[1].dim_value == 4
