"""A smaller graph that answers nearly as before: 8 bit products, and half precision for the rest.

Three forms are mixed, all of which ONNX Runtime runs on any processor:

- products whose matrix is in 8 bits and whose other side is brought to 8 bits while it runs, with
  the range of that run (dynamic quantisation): a fifth of the size of a float, and the fastest;
- products whose matrix alone is stored in 8 bits, a scale for every 32 numbers of a column, and
  made floats again when the graph is opened: the same size, nearly the accuracy of floats;
- everything else that is large, stored in half precision and made floats when the graph is opened.

Which products run in 8 bits is measured: each is tried alone on real sound, and those that disturb
the answers most are spared.

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

LARGE: Final = 4096
"""Numbers from which on a constant is worth a smaller form."""
BLOCK: Final = 32
"""Numbers of a column that share a scale."""
_LARGEST_HALF: Final = 65504.0


def quantise(model: bytes, waves: Sequence[NDArray[np.float32]], spared: float = 0.3) -> bytes:
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
    products = _products(graph.graph)
    kept = set(products) if spared >= 1 else _most_harmful(model, waves, products, spared)
    if kept != set(products):
        graph = onnx.load_from_string(_dynamic(model, kept))
    _store(graph.graph, {one.matrix for name, one in products.items() if name in kept})
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
        whole.write_bytes(model)
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


def _store(graph: Any, matrices: Collection[str]) -> None:
    """Put large float constants into a smaller form and let the graph make floats of them."""
    made = []
    given = {each.name for each in graph.input}  # what a caller may override stays as it is
    for constant in list(graph.initializer):
        if constant.name in given:
            continue
        if constant.data_type != TensorProto.FLOAT or int(np.prod(constant.dims)) < LARGE:
            continue
        values = numpy_helper.to_array(constant)
        if constant.name in matrices:
            parts, nodes = _in_blocks(constant.name, values)
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


def _in_half(name: str, values: NDArray[np.float32]) -> tuple[list[Any], list[Any]]:
    stored = numpy_helper.from_array(values.astype(np.float16), f"{name}_half")
    return [stored], [helper.make_node("Cast", [stored.name], [name], to=TensorProto.FLOAT)]


def _in_blocks(name: str, values: NDArray[np.float32]) -> tuple[list[Any], list[Any]]:
    """Store a matrix (rows, columns) in 8 bits with a scale for each block of a column."""
    rows, columns = values.shape
    block = BLOCK if rows % BLOCK == 0 else rows
    blocks = values.reshape(rows // block, block, columns)
    scale = np.abs(blocks).max(1, keepdims=True) / 127
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
