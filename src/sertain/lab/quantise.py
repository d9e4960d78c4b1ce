"""A smaller graph that answers nearly as before: 8 bit products, and half precision for the rest.

Four forms are mixed, all of which ONNX Runtime runs on any processor:

- products whose matrix is in 8 bits and whose other side is brought to 8 bits while it runs, with
  the range of that run (dynamic quantisation): a fifth of the size of a float, and the fastest;
- products whose matrix alone is stored in 8 bits, a scale for every 32 inputs of an output, and
  made floats again when the graph is opened: the same size, nearly the accuracy of floats; so are
  convolutions and the positions of frames;
- the Fourier transform by its first half, in half precision, since the other mirrors it;
- everything else that is large, stored in half precision and made floats when the graph is opened.

Wide convolutions over time are written as products first.  Which products run in 8 bits is
measured: each is tried alone on real sound, and those that disturb the answers most are spared.

The range of a run is taken over its whole batch, so with products of
the first form an answer depends, within their error, on what else is in the batch; with
``spared=1`` it does not.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime import quantization

from sertain import __version__
from sertain.lab.quiet import quiet
from sertain.lab.unfold import unfold

LARGE: Final = 4096
"""Numbers from which on a constant is worth a smaller form."""
BLOCK: Final = 32
"""Inputs of an output that share a scale."""
_LARGEST_HALF: Final = 65504.0
_TAKING: Final = frozenset({"Slice", "Gather", "GatherND"})


def quantise(model: bytes, waves: Sequence[NDArray[np.float32]], spared: float = 0.05) -> bytes:
    """Give a graph in 8 bits that has the same inputs and outputs.

    Parameters
    ----------
    model:
        An exported graph: ``waveform`` (batch, samples) and ``lengths`` (batch,) in.
    waves:
        Real sound at 16 kHz, float32 (n,) each, by which the products are judged: a dozen of the
        training clips.
    spared:
        The share of the multiplications that stay in float arithmetic, 0 to 1: those of the
        products that disturb the answers most for what they cost.
    """
    graph = onnx.load_from_string(model)
    unfold(graph.graph)
    model = graph.SerializeToString()
    products = _products(graph.graph)
    kept = set(products) if spared >= 1 else _most_harmful(model, waves, products, spared)
    if kept != set(products):
        graph = onnx.load_from_string(_dynamic(model, kept))
    rows = dict.fromkeys((one.matrix for name, one in products.items() if name in kept), 0)
    _store(graph.graph, {**rows, **_filters(graph.graph)})
    _forget(graph)
    return bytes(graph.SerializeToString())


@dataclass(frozen=True)
class _Product:
    """A product with a constant matrix: the matrix's name and how many numbers it has."""

    matrix: str
    size: int


def _products(graph: Any) -> dict[str, _Product]:
    """Give the products with a large constant matrix at their right, by the node's name."""
    sizes = {one.name: int(np.prod(one.dims)) for one in graph.initializer if len(one.dims) == 2}
    return {
        node.name: _Product(node.input[1], sizes[node.input[1]])
        for node in graph.node
        if node.op_type == "MatMul" and sizes.get(node.input[1], 0) >= LARGE
    }


def _filters(graph: Any) -> dict[str, int]:
    """Give what has a row for each output, with inputs from the second dimension on: weights of
    convolutions and layers, and the frames' positions, of which a clip takes the first ones.

    Filters of a waveform are left out: they are a transform, and its bins differ by more than
    8 bits tell.
    """
    wide = {one.name for one in graph.initializer if len(one.dims) > 1 and one.dims[1] > 1}
    weights = {node.input[1] for node in graph.node if node.op_type in ("Conv", "Gemm")}
    taken = {node.input[0] for node in graph.node if node.op_type in _TAKING}
    return dict.fromkeys(wide & (weights | taken), 1)


def _most_harmful(
    model: bytes,
    waves: Sequence[NDArray[np.float32]],
    products: Mapping[str, _Product],
    share: float,
) -> set[str]:
    """Choose products up to a share of all multiplications, the worst for what they cost first."""
    if share <= 0:
        return set()
    plain = _answers(model, waves)
    spread = [np.maximum(values.std(0), 1e-6) for values in plain]

    def harm(name: str) -> float:
        heard = _answers(_dynamic(model, set(products) - {name}), waves)
        apart = [
            np.mean(((own - other) / scale) ** 2)
            for own, other, scale in zip(heard, plain, spread, strict=True)
        ]
        return float(np.mean(apart)) / products[name].size

    left = share * sum(one.size for one in products.values())
    chosen = set()
    for name in sorted(products, key=harm, reverse=True):
        if products[name].size <= left:
            chosen.add(name)
            left -= products[name].size
    return chosen


def _answers(model: bytes, waves: Sequence[NDArray[np.float32]]) -> list[NDArray[np.float64]]:
    """Give each output of the graph for all clips, heard alone: (clips, numbers)."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    rows = [
        session.run(None, {"waveform": wave[None], "lengths": np.array([len(wave)])})
        for wave in waves
    ]
    outputs = zip(*rows, strict=True)
    return [np.stack([np.ravel(one) for one in out]).astype(np.float64) for out in outputs]


def _dynamic(model: bytes, kept: Collection[str]) -> bytes:
    """Let all products but ``kept`` run in 8 bits.

    The matrices use 7 of them: two products of 8 bits overflow the 16 that a processor without
    AVX-512 VNNI adds them in, and then another machine would give another answer.
    """
    with tempfile.TemporaryDirectory() as scratch, quiet(None):
        whole, small = Path(scratch) / "whole.onnx", Path(scratch) / "small.onnx"
        plain = onnx.load_from_string(model)
        # The library turns matrices that are stored the other way round, and minds their old shape.
        del plain.graph.value_info[:]
        onnx.save(plain, whole)
        quantization.quantize_dynamic(
            whole,
            small,
            op_types_to_quantize=["MatMul"],
            per_channel=True,
            reduce_range=True,
            weight_type=quantization.QuantType.QInt8,
            nodes_to_exclude=list(kept),
            extra_options={"MatMulConstBOnly": True},
        )
        return small.read_bytes()


def _store(graph: Any, matrices: Mapping[str, int]) -> None:
    """Put large float constants into a smaller form and let the graph make floats of them.

    ``matrices`` are stored in 8 bits; they name the dimension along which the inputs lie.
    """
    made = []
    given = {each.name for each in graph.input}  # what a caller may override stays as it is
    for constant in list(graph.initializer):
        if constant.name in given:
            continue
        if constant.data_type != TensorProto.FLOAT or int(np.prod(constant.dims)) < LARGE:
            continue
        values = numpy_helper.to_array(constant)
        if constant.name in matrices:
            parts, nodes = _in_blocks(constant.name, values, matrices[constant.name])
        elif (signs := _mirrored(values)) is not None:
            parts, nodes = _in_one_half(constant.name, values, signs)
        elif np.abs(values).max() < _LARGEST_HALF:
            parts, nodes = _in_half(constant.name, values)
        else:
            continue
        graph.initializer.remove(constant)
        graph.initializer.extend(parts)
        made += nodes
    nodes = [*made, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def _mirrored(values: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """Give 1 for each filter (filters, 1, taps) that is even about its first tap, -1 for an odd
    one; ``None`` where one is neither, as none of a Fourier transform is.
    """
    if values.ndim != 3 or values.shape[1] != 1 or values.shape[2] % 2:
        return None
    ahead, behind = values[:, :, 1:], values[:, :, :0:-1]
    near = 1e-6 * float(np.abs(values).max())
    even = np.abs(ahead - behind).max((1, 2)) <= near
    odd = (np.abs(ahead + behind).max((1, 2)) <= near) & (np.abs(values[:, 0, 0]) <= near)
    if not np.all(even | odd):
        return None
    return np.where(even, 1.0, -1.0).astype(np.float32)[:, None, None]


def _in_one_half(
    name: str, values: NDArray[np.float32], signs: NDArray[np.float32]
) -> tuple[list[Any], list[Any]]:
    """Store filters in half precision up to the tap about which they are even or odd."""
    taps = values.shape[2]
    stored = values[:, :, : taps // 2 + 1].astype(np.float16)
    parts = [
        numpy_helper.from_array(stored, f"{name}_half"),
        numpy_helper.from_array(signs.astype(np.float16), f"{name}_signs"),
        numpy_helper.from_array(np.arange(taps // 2 - 1, 0, -1), f"{name}_back"),
    ]
    nodes = [
        helper.make_node("Gather", [f"{name}_half", f"{name}_back"], [f"{name}_taps"], axis=2),
        helper.make_node("Mul", [f"{name}_taps", f"{name}_signs"], [f"{name}_rest"]),
        helper.make_node("Concat", [f"{name}_half", f"{name}_rest"], [f"{name}_all"], axis=2),
        helper.make_node("Cast", [f"{name}_all"], [name], to=TensorProto.FLOAT),
    ]
    return parts, nodes


def _in_half(name: str, values: NDArray[np.float32]) -> tuple[list[Any], list[Any]]:
    stored = numpy_helper.from_array(values.astype(np.float16), f"{name}_half")
    return [stored], [helper.make_node("Cast", [stored.name], [name], to=TensorProto.FLOAT)]


def _in_blocks(name: str, values: NDArray[np.float32], inputs: int) -> tuple[list[Any], list[Any]]:
    """Store weights in 8 bits, with a scale for each block of inputs of an output.

    ``inputs`` is 0 for a matrix (inputs, outputs), 1 for weights (outputs, inputs, …).
    """
    matrix = values if inputs == 0 else values.reshape(len(values), -1)
    long = matrix.shape[inputs]
    block = BLOCK if long % BLOCK == 0 else long
    shape = (long // block, block)
    blocks = matrix.reshape((*shape, -1) if inputs == 0 else (-1, *shape))
    scale = np.abs(blocks).max(inputs + 1, keepdims=True) / 127
    scale = np.maximum(scale, np.finfo(np.float16).smallest_normal).astype(np.float16)
    small = np.clip(np.round(blocks / scale.astype(np.float32)), -127, 127).astype(np.int8)
    parts = [
        numpy_helper.from_array(small, f"{name}_small"),
        numpy_helper.from_array(scale, f"{name}_scale"),
        numpy_helper.from_array(np.array(values.shape, dtype=np.int64), f"{name}_shape"),
    ]
    nodes = [
        helper.make_node("Cast", [f"{name}_small"], [f"{name}_float"], to=TensorProto.FLOAT),
        helper.make_node("Cast", [f"{name}_scale"], [f"{name}_factor"], to=TensorProto.FLOAT),
        helper.make_node("Mul", [f"{name}_float", f"{name}_factor"], [f"{name}_blocks"]),
        helper.make_node("Reshape", [f"{name}_blocks", f"{name}_shape"], [name]),
    ]
    return parts, nodes


def _forget(model: Any) -> None:
    """Take away what no session needs: shapes between the nodes, and who wrote the file."""
    del model.graph.value_info[:]
    for node in model.graph.node:
        node.ClearField("doc_string")
        node.ClearField("metadata_props")
    model.producer_name, model.producer_version = "sertain", __version__
