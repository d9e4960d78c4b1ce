"""A convolution written as a product gives what PyTorch's convolution gives."""

from __future__ import annotations

from collections import Counter

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from sertain.lab.unfold import LEAST, unfold

pytestmark = pytest.mark.train


def _model(weights: np.ndarray, bias: np.ndarray | None, **attributes: object) -> onnx.ModelProto:
    held = [numpy_helper.from_array(weights, "weights")]
    names = ["x", "weights"]
    if bias is not None:
        held.append(numpy_helper.from_array(bias, "bias"))
        names.append("bias")
    node = helper.make_node("Conv", names, ["y"], "conv", **attributes)
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", None, "frames"])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    made = helper.make_graph([node], "one", [x], [y], held)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def _run(model: onnx.ModelProto, x: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return np.asarray(session.run(None, {"x": x})[0])


def _kinds(model: onnx.ModelProto) -> Counter[str]:
    return Counter(node.op_type for node in model.graph.node)


@pytest.mark.parametrize("frames", [9, 10, 31])
@pytest.mark.parametrize(
    ("taps", "stride", "dilation", "padding"),
    [(3, 1, 1, 1), (3, 2, 1, 1), (5, 1, 2, 4), (2, 3, 1, 0), (3, 2, 3, 2)],
)
def test_it_gives_what_the_convolution_gives(
    frames: int, taps: int, stride: int, dilation: int, padding: int
) -> None:
    rng = np.random.default_rng(frames)
    weights = rng.normal(0, 0.1, (7, LEAST, taps)).astype(np.float32)
    bias = rng.normal(0, 1, 7).astype(np.float32)
    x = rng.normal(0, 1, (2, LEAST, frames)).astype(np.float32)
    model = _model(weights, bias, strides=[stride], dilations=[dilation], pads=[padding, padding])
    unfold(model.graph)
    assert _kinds(model)["Conv"] == 0
    assert [one.name for one in model.graph.initializer if len(one.dims) == 3] == []
    expected = torch.nn.functional.conv1d(
        *map(torch.from_numpy, (x, weights, bias)), stride, padding, dilation
    )
    np.testing.assert_allclose(_run(model, x), expected.numpy(), atol=1e-5)


def test_unlike_padding_and_no_bias_are_kept() -> None:
    rng = np.random.default_rng(0)
    weights = rng.normal(0, 0.1, (3, LEAST, 3)).astype(np.float32)
    x = rng.normal(0, 1, (1, LEAST, 8)).astype(np.float32)
    model = _model(weights, None, pads=[2, 0])
    unfold(model.graph)
    padded = torch.nn.functional.pad(torch.from_numpy(x), (2, 0))
    expected = torch.nn.functional.conv1d(padded, torch.from_numpy(weights))
    np.testing.assert_allclose(_run(model, x), expected.numpy(), atol=1e-5)


@pytest.mark.parametrize("samples", [256, 640, 700, 1023])
@pytest.mark.parametrize(("taps", "stride"), [(256, 128), (128, 128), (192, 64)])
def test_filters_of_a_waveform_are_replaced_if_asked(samples: int, taps: int, stride: int) -> None:
    rng = np.random.default_rng(samples)
    weights = rng.normal(0, 0.1, (5, 1, taps)).astype(np.float32)
    x = rng.normal(0, 1, (3, 1, samples)).astype(np.float32)
    model = _model(weights, None, strides=[stride])
    unfold(model.graph)
    assert _kinds(model)["Conv"] == 1
    unfold(model.graph, waveforms=True)
    assert _kinds(model)["MatMul" if taps > stride else "Conv"] == 1
    expected = torch.nn.functional.conv1d(
        torch.from_numpy(x), torch.from_numpy(weights), stride=stride
    )
    np.testing.assert_allclose(_run(model, x), expected.numpy(), atol=1e-5)


@pytest.mark.parametrize(
    ("shape", "more"),
    [
        ((4, LEAST - 1, 3), {}),
        ((4, LEAST, 1), {}),
        ((4, LEAST, 3), {"group": 2}),
        ((4, LEAST, 3), {"auto_pad": "SAME_UPPER"}),
        ((4, LEAST, 3, 3), {}),
    ],
)
def test_other_convolutions_stay(shape: tuple[int, ...], more: dict[str, object]) -> None:
    model = _model(np.ones(shape, np.float32), None, **more)
    before = model.SerializeToString()
    unfold(model.graph)
    assert model.SerializeToString() == before
