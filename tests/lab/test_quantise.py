"""A graph in 8 bits is small, answers nearly as before, and spares what would do harm."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from sertain.lab.quantise import quantise

pytestmark = pytest.mark.train
FRAME = 64


def graph(loud: float = 1.0) -> bytes:
    """Frames of a waveform through two products and their mean; ``loud`` makes one row outshine."""
    rng = np.random.default_rng(3)
    first = rng.normal(0, 0.1, (FRAME, 128)).astype(np.float32)
    # One number is far larger than the others and goes no further.
    first[:, 0] *= loud
    second = rng.normal(0, 0.1, (128, FRAME)).astype(np.float32)
    second[0] = 0
    kernel = rng.normal(0, 0.1, (FRAME, FRAME, 1)).astype(np.float32)
    constants = {"first": first, "second": second, "kernel": kernel}
    constants |= {"shape": np.array([0, -1, FRAME]), "time": np.array([2])}
    nodes = [
        helper.make_node("Reshape", ["waveform", "shape"], ["frames"]),
        helper.make_node("MatMul", ["frames", "first"], ["inside"], "one"),
        helper.make_node("Tanh", ["inside"], ["bent"]) if loud == 1.0 else _relu(),
        helper.make_node("MatMul", ["bent", "second"], ["outside"], "two"),
        helper.make_node("Transpose", ["outside"], ["turned"], perm=[0, 2, 1]),
        helper.make_node("Conv", ["turned", "kernel"], ["mixed"]),
        helper.make_node("ReduceMean", ["mixed", "time"], ["features"], keepdims=0),
    ]
    wave = helper.make_tensor_value_info("waveform", TensorProto.FLOAT, ["batch", "samples"])
    lengths = helper.make_tensor_value_info("lengths", TensorProto.INT64, ["batch"])
    out = helper.make_tensor_value_info("features", TensorProto.FLOAT, ["batch", FRAME])
    held = [numpy_helper.from_array(values, name) for name, values in constants.items()]
    made = helper.make_graph(nodes, "small", [wave, lengths], [out], held)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    return bytes(model.SerializeToString())


def _relu() -> Any:
    return helper.make_node("Relu", ["inside"], ["bent"])


def waves(count: int = 12) -> list[NDArray[np.float32]]:
    rng = np.random.default_rng(5)
    return [
        rng.normal(0, 0.3, FRAME * 50).astype(np.float32) + rng.normal(0, 0.3) for _ in range(count)
    ]


def answers(model: bytes, sounds: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    assert [one.name for one in session.get_inputs()] == ["waveform", "lengths"]
    rows = np.stack(sounds).astype(np.float32)
    lengths = np.array([rows.shape[1]] * len(rows))
    return np.asarray(session.run(["features"], {"waveform": rows, "lengths": lengths})[0])


def error(model: bytes, plain: bytes) -> float:
    """Give the error of the answers in standard deviations of an answer over clips."""
    sounds = [wave.astype(np.float32) for wave in waves()]
    expected = answers(plain, sounds)
    return float(np.sqrt(np.mean(((answers(model, sounds) - expected) / expected.std(0)) ** 2)))


def kinds(model: bytes) -> Counter[str]:
    return Counter(node.op_type for node in onnx.load_from_string(model).graph.node)


def test_all_products_in_8_bits_make_the_graph_small() -> None:
    plain = graph()
    small = quantise(plain, waves(), spared=0.0)
    assert kinds(small)["MatMulInteger"] == 2
    # Of 4 bytes a number of a product or of a kernel leaves 1.
    numbers, kernel = 2 * FRAME * 128, FRAME * FRAME
    assert len(small) < numbers + kernel + 12_000 < len(plain) / 2
    assert 1e-5 < error(small, plain) < 0.1


def test_stored_in_8_bits_answers_do_not_depend_on_the_batch() -> None:
    plain = graph()
    small = quantise(plain, waves(), spared=1.0)
    assert kinds(small)["MatMulInteger"] == 0
    assert len(small) < len(plain) / 2
    assert 1e-5 < error(small, plain) < 0.03
    sounds = [wave.astype(np.float32) for wave in waves()]
    alone = np.concatenate([answers(small, [wave]) for wave in sounds])
    sounds[0] = 50 * sounds[0]
    np.testing.assert_allclose(answers(small, sounds)[1:], alone[1:], rtol=1e-4, atol=1e-5)


def test_every_stored_number_is_within_half_a_step() -> None:
    plain = graph()
    stored = onnx.load_from_string(quantise(plain, waves(2), spared=1.0)).graph
    held = {one.name: numpy_helper.to_array(one) for one in stored.initializer}
    before = onnx.load_from_string(plain).graph.initializer
    first = next(numpy_helper.to_array(one) for one in before if one.name == "first")
    scale = held["first_scale"].astype(np.float32)
    assert held["first_small"].dtype == np.int8
    assert scale.shape == (FRAME // 32, 1, 128)
    again = (held["first_small"] * scale).reshape(FRAME, 128)
    # The scale itself is stored in half precision, which moves the largest number of a block.
    steps = np.abs(again - first) / np.repeat(scale[:, 0], 32, axis=0)
    assert steps.max() <= 0.5 + 127 * 2**-10
    kernel = next(numpy_helper.to_array(one) for one in before if one.name == "kernel")
    scale = held["kernel_scale"].astype(np.float32)
    assert scale.shape == (FRAME, FRAME // 32, 1)  # inputs of one tap lie from the second on
    again = (held["kernel_small"] * scale).reshape(kernel.shape)
    steps = np.abs(again - kernel) / np.repeat(scale, 32, axis=1).reshape(kernel.shape)
    assert steps.max() <= 0.5 + 127 * 2**-10


def test_a_fourier_transform_is_stored_by_its_first_half() -> None:
    """The window is periodic: w[n] = w[N - n], so cosine and sine mirror about the first tap."""
    taps = np.arange(128)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * taps / 128)
    turns = 2 * np.pi * np.outer(np.arange(1, 33), taps) / 128
    filters = np.concatenate([window * np.cos(turns), window * np.sin(turns)])[:, None]
    stored = _kept(filters.astype(np.float32))
    assert stored["filters_half"].shape == (64, 1, 65)
    assert np.unique(stored["filters_signs"]).tolist() == [-1, 1]
    skewed = filters.copy()
    skewed[3, 0, 20] += 0.1
    assert _kept(skewed.astype(np.float32))["filters_half"].shape == (64, 1, 128)


def _kept(filters: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
    """Store filters of a waveform, see that they answer to half precision, give the constants."""
    nodes = [
        helper.make_node("Unsqueeze", ["waveform", "one"], ["row"]),
        helper.make_node("Conv", ["row", "filters"], ["bins"], strides=[FRAME]),
        helper.make_node("ReduceMax", ["bins", "two"], ["features"], keepdims=0),
    ]
    wave = helper.make_tensor_value_info("waveform", TensorProto.FLOAT, ["batch", "samples"])
    lengths = helper.make_tensor_value_info("lengths", TensorProto.INT64, ["batch"])
    out = helper.make_tensor_value_info("features", TensorProto.FLOAT, ["batch", len(filters)])
    constants = {"filters": filters, "one": np.array([1]), "two": np.array([2])}
    held = [numpy_helper.from_array(values, name) for name, values in constants.items()]
    made = helper.make_graph(nodes, "small", [wave, lengths], [out], held)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    plain = bytes(model.SerializeToString())
    small = quantise(plain, waves(2))
    sounds = waves(3)
    np.testing.assert_allclose(answers(small, sounds), answers(plain, sounds), rtol=5e-3, atol=5e-3)
    return {
        one.name: numpy_helper.to_array(one)
        for one in onnx.load_from_string(small).graph.initializer
    }


def test_the_product_that_does_harm_is_spared() -> None:
    """A number 300 times the others takes the range of 8 bits, and they become 0."""
    plain = graph(loud=300.0)
    harmed = error(quantise(plain, waves(), spared=0.0), plain)
    spared = quantise(plain, waves(), spared=0.5)
    left = next(n for n in onnx.load_from_string(spared).graph.node if n.op_type == "MatMulInteger")
    assert left.name.startswith("one")
    assert error(spared, plain) < harmed / 5
