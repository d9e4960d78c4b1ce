"""A small real bundle that gets to know a voice, its answers worked out by hand.

Its features are two rows, one frame a sample:  f0 = 10 |x|,  f1 = 100 x².  Of a clip it takes
their mean, standardised by mean and deviation of a reference that is shrunk to a prior:

    a = s / (s + 20);   m = a m_ref + (1 - a) (0.5, 1);   d = a d_ref + (1 - a) (0.5, 2)
    z = (mean - m) / d;   logits = (0, z0 + z1, -z0 - z1)  for  (neutral, angry, sad)
    embedding = z;   statistics = mean and mean square of f0 and f1
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from sertain.bundle import Bundle, BundleSpec, Check, Reference, check_waveform, write
from tests.bundle.bundles import CARD, level_spec

PRIOR_S = 20.0
MEAN = np.array([0.5, 1.0])
DEVIATION = np.array([0.5, 2.0])


def features(samples: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """The two rows (2, n) of a clip, by formula."""
    x = np.asarray(samples, np.float64)
    return np.stack([10 * np.abs(x), 100 * x**2])


def answer_of_voice(
    samples: NDArray[np.floating[Any]],
    reference: NDArray[np.floating[Any]] | None = None,
    seconds: float = 0.0,
) -> NDArray[np.float64]:
    """What the graph answers to a clip, knowing ``reference`` (2, 2) of so many seconds."""
    a = seconds / (seconds + PRIOR_S)
    known = np.zeros((2, 2)) if reference is None else reference
    mean = a * known[0] + (1 - a) * MEAN
    deviation = a * known[1] + (1 - a) * DEVIATION
    z = (features(samples).mean(axis=1) - mean) / deviation
    grown = np.exp([0.0, z.sum(), -z.sum()])
    return np.asarray(grown / grown.sum())


def voice_graph() -> bytes:
    """The graph described above, as ONNX."""

    def constant(name: str, values: Any, kind: type = np.float32) -> onnx.TensorProto:
        return numpy_helper.from_array(np.asarray(values, dtype=kind), name)

    def node(kind: str, inputs: str, output: str, **attributes: Any) -> onnx.NodeProto:
        return helper.make_node(kind, inputs.split(), [output], **attributes)

    nodes = [
        node("Abs", "waveform", "loud"),
        node("Mul", "loud ten", "f0"),
        node("Mul", "f0 f0", "f1"),
        node("Unsqueeze", "f0 second", "f0_"),
        node("Unsqueeze", "f1 second", "f1_"),
        node("Concat", "f0_ f1_", "features", axis=1),
        node("Mul", "features features", "squares"),
        node("ReduceSum", "features third", "sums", keepdims=0),
        node("ReduceSum", "squares third", "square_sums", keepdims=0),
        node("Cast", "lengths", "count", to=TensorProto.FLOAT),
        node("Unsqueeze", "count second", "counts"),
        node("Div", "sums counts", "mean"),
        node("Div", "square_sums counts", "mean_square"),
        node("Unsqueeze", "mean second", "mean_"),
        node("Unsqueeze", "mean_square second", "mean_square_"),
        node("Concat", "mean_ mean_square_", "statistics", axis=1),
        node("Add", "reference_s prior_s", "together"),
        node("Div", "reference_s together", "trust"),
        node("Sub", "one trust", "distrust"),
        node("Mul", "reference trust", "known"),
        node("Mul", "prior distrust", "assumed"),
        node("Add", "known assumed", "standard"),
        node("Gather", "standard zero", "m", axis=0),
        node("Gather", "standard one_", "d", axis=0),
        node("Sub", "mean m", "centred"),
        node("Div", "centred d", "embedding"),
        node("ReduceSum", "embedding second", "score", keepdims=1),
        node("Mul", "score slopes", "logits"),
        node("Softmax", "logits", "probabilities", axis=-1),
    ]
    float_, value = TensorProto.FLOAT, helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "voice",
        [
            value("waveform", float_, ["batch", "samples"]),
            value("lengths", TensorProto.INT64, ["batch"]),
            value("reference", float_, [2, 2]),
            value("reference_s", float_, []),
        ],
        [
            value("probabilities", float_, ["batch", 3]),
            value("embedding", float_, ["batch", 2]),
            value("statistics", float_, ["batch", 2, 2]),
        ],
        [
            constant("reference", np.zeros((2, 2))),
            constant("reference_s", 0.0),
            constant("ten", 10.0),
            constant("one", 1.0),
            constant("prior_s", PRIOR_S),
            constant("prior", [MEAN, DEVIATION]),
            constant("slopes", [[0.0, 1.0, -1.0]]),
            constant("second", [1], np.int64),
            constant("third", [2], np.int64),
            constant("zero", 0, np.int64),
            constant("one_", 1, np.int64),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return bytes(model.SerializeToString())


def voice_spec(**changes: Any) -> BundleSpec:
    """What the bundle says of itself; its check is worked out by the formula."""
    expected = answer_of_voice(check_waveform(7))
    spec = level_spec(
        name="voice",
        check=Check(seed=7, probabilities=tuple(expected.tolist())),
        reference=Reference(rows=2, prior_s=PRIOR_S),
    )
    return replace(spec, **changes)


def voice_bundle(folder: Path, **changes: Any) -> Bundle:
    """Write the bundle into ``folder`` and read it back."""
    return write(folder, voice_graph(), voice_spec(**changes), CARD)
