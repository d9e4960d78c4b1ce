"""A small real bundle whose answers can be worked out by hand.

Its graph hears only how loud a row is.  With r the root mean square of the valid samples:

    logits = (0, 10 r, -10 r)  for  (neutral, angry, sad);  probabilities = softmax(logits)
    embedding = (r,)
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from sertain.bundle import Bundle, BundleSpec, Check, DataSource, Score, check_waveform, write

LABELS = ("neutral", "angry", "sad")
SLOPES = np.array([0.0, 10.0, -10.0])
CARD = "# level 1.0\n\nHears how loud a voice is. For tests only.\n"


def softmax_of_level(level: float) -> NDArray[np.float64]:
    """What the graph answers to sound of this root mean square, by formula."""
    grown = np.exp(SLOPES * level)
    return grown / grown.sum()


def level_graph(slopes: NDArray[np.float64] = SLOPES) -> bytes:
    """The graph described above, as ONNX."""

    def constant(name: str, values: Any, kind: type) -> onnx.TensorProto:
        return numpy_helper.from_array(np.asarray(values, dtype=kind), name)

    nodes = [
        helper.make_node("Mul", ["waveform", "waveform"], ["squares"]),
        helper.make_node("ReduceSum", ["squares", "over_samples"], ["energy"], keepdims=1),
        helper.make_node("Cast", ["lengths"], ["count"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["count", "over_samples"], ["counts"]),
        helper.make_node("Div", ["energy", "counts"], ["power"]),
        helper.make_node("Sqrt", ["power"], ["embedding"]),
        helper.make_node("Mul", ["embedding", "slopes"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=-1),
    ]
    graph = helper.make_graph(
        nodes,
        "level",
        [
            helper.make_tensor_value_info("waveform", TensorProto.FLOAT, ["batch", "samples"]),
            helper.make_tensor_value_info("lengths", TensorProto.INT64, ["batch"]),
        ],
        [
            helper.make_tensor_value_info(
                "probabilities", TensorProto.FLOAT, ["batch", len(slopes)]
            ),
            helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", 1]),
        ],
        [constant("over_samples", [1], np.int64), constant("slopes", [slopes], np.float32)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return bytes(model.SerializeToString())


def level_spec(**changes: Any) -> BundleSpec:
    """What the bundle says of itself; its check is worked out by the formula."""
    waveform = check_waveform(7).astype(np.float64)
    expected = softmax_of_level(float(np.sqrt(np.mean(waveform**2))))
    spec = BundleSpec(
        name="level",
        version="1.0",
        labels=LABELS,
        min_speech_s=0.3,
        window_s=4.0,
        uncertain_below=0.5,
        sha256={},
        licence="CC0-1.0",
        created_by="the tests",
        recipe="by hand",
        data=(DataSource("none", "CC0-1.0", clips=3, speakers=2, hash="0" * 64),),
        scores=(Score("luna5", "UAR", 0.625, (0.58, 0.671), seeds=1),),
        check=Check(seed=7, probabilities=tuple(expected.tolist())),
    )
    return replace(spec, **changes)


def level_bundle(folder: Path, **changes: Any) -> Bundle:
    """Write the bundle into ``folder`` and read it back."""
    return write(folder, level_graph(), level_spec(**changes), CARD)
