"""Convolutions over time written as products, which can then run in 8 bits.

A convolution with k taps is one product: the k shifted copies of the input beside each other, times
the taps below each other.  ONNX Runtime has dynamic quantisation for products only where it is
fast, and convolves many short stretches one by one, but multiplies them at once.

    python -m sertain.lab.unfold downloaded.onnx \\
        src/sertain/speech/silero/silero_vad_16k_sequence.onnx

makes the embedded speech detector from the file of that name in the package silero-vad.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import onnx
from onnx import helper, numpy_helper

LEAST: Final = 64
"""Input channels from which on a convolution is wide enough for it."""
_END = np.iinfo(np.int64).max


def unfold(graph: Any, *, waveforms: bool = False) -> None:
    """Replace each wide convolution (outputs, inputs, taps) of one group in an ONNX graph.

    Inputs and outputs (batch, channels, frames) of what is replaced stay as they are, and so do
    convolutions of one tap, in groups, over pictures, with weights that are computed or padding
    that is.  With ``waveforms`` filters of a waveform are replaced, too, whose taps are a multiple
    of their stride.
    """
    if waveforms:
        _split(graph)
    held = {one.name: one for one in graph.initializer}
    nodes: list[Any] = []
    for node in graph.node:
        weights = held.get(node.input[1]) if node.op_type == "Conv" else None
        if weights is None or not _wide(weights.dims) or not _plain(node):
            nodes.append(node)
            continue
        made, constants = _product(node, numpy_helper.to_array(weights))
        nodes += made
        graph.initializer.extend(
            numpy_helper.from_array(values, name) for name, values in constants.items()
        )
    del graph.node[:]
    graph.node.extend(nodes)
    _forget(graph, held)


def _forget(graph: Any, held: dict[str, Any]) -> None:
    """Take away what nothing takes any more."""
    used = {name for node in graph.node for name in node.input}
    used |= {one.name for one in graph.input}
    for name, one in held.items():
        if name not in used:
            graph.initializer.remove(one)


def _split(graph: Any) -> None:
    """Cut waveforms into stretches of a stride, of which filters then are wide convolutions."""
    held = {one.name: one for one in graph.initializer}
    nodes: list[Any] = []
    for node in graph.node:
        weights = held.get(node.input[1]) if node.op_type == "Conv" else None
        stride = _attributes(node).get("strides", [1])[0]
        if (
            weights is None
            or len(weights.dims) != 3
            or weights.dims[1] != 1
            or stride == 1
            or weights.dims[2] % stride
            or any(_attributes(node).get("pads", [0]))
            or not _plain(node)
        ):
            nodes.append(node)
            continue
        own = f"{node.name or node.output[0]}_split"
        filters = numpy_helper.to_array(weights)
        wide = filters.reshape(len(filters), -1, stride).transpose(0, 2, 1)
        constants = {
            f"{own}_filters": np.ascontiguousarray(wide),
            f"{own}_stride": np.array([stride]),
            f"{own}_shape": np.array([0, -1, stride]),
            f"{own}_first": np.array([0]),
            f"{own}_axis": np.array([2]),
        }
        graph.initializer.extend(
            numpy_helper.from_array(values, name) for name, values in constants.items()
        )
        samples = node.input[0]
        taken = [samples, f"{own}_first", f"{own}_whole", f"{own}_axis"]
        convolved = [f"{own}_across", f"{own}_filters", *node.input[2:]]
        nodes += [
            helper.make_node("Shape", [samples], [f"{own}_samples"], start=2, end=3),
            helper.make_node("Div", [f"{own}_samples", f"{own}_stride"], [f"{own}_count"]),
            helper.make_node("Mul", [f"{own}_count", f"{own}_stride"], [f"{own}_whole"]),
            helper.make_node("Slice", taken, [f"{own}_used"]),
            helper.make_node("Reshape", [f"{own}_used", f"{own}_shape"], [f"{own}_stretches"]),
            helper.make_node("Transpose", [f"{own}_stretches"], [f"{own}_across"], perm=[0, 2, 1]),
            helper.make_node("Conv", convolved, [node.output[0]], own),
        ]
    del graph.node[:]
    graph.node.extend(nodes)
    _forget(graph, held)


def _attributes(node: Any) -> dict[str, Any]:
    return {one.name: helper.get_attribute_value(one) for one in node.attribute}


def _wide(dims: Sequence[int]) -> bool:
    """Say whether weights of these dimensions are of several taps over time and many inputs."""
    return len(dims) == 3 and dims[1] >= LEAST and dims[2] > 1


def _plain(node: Any) -> bool:
    """Say whether a convolution is of one group and padded by numbers that stand in it."""
    known = _attributes(node)
    return bool(known.get("group", 1) == 1 and known.get("auto_pad", b"NOTSET") == b"NOTSET")


def _product(node: Any, weights: Any) -> tuple[list[Any], dict[str, Any]]:
    """Give the nodes in place of a convolution, and the constants that they take."""
    known = _attributes(node)
    (stride,), (apart,) = known.get("strides", [1]), known.get("dilations", [1])
    before, behind = known.get("pads", [0, 0])
    outputs, inputs, taps = weights.shape
    own = f"{node.name or node.output[0]}_unfolded"
    constants: dict[str, Any] = {
        f"{own}_matrix": np.ascontiguousarray(weights.transpose(2, 1, 0)).reshape(-1, outputs)
    }
    assert constants[f"{own}_matrix"].shape == (taps * inputs, outputs)

    def number(name: str, *values: int) -> str:
        constants[f"{own}_{name}"] = np.array(values, dtype=np.int64)
        return f"{own}_{name}"

    nodes = [helper.make_node("Transpose", [node.input[0]], [f"{own}_turned"], perm=[0, 2, 1])]
    padded = f"{own}_turned"
    if before or behind:
        around = number("around", 0, before, 0, 0, behind, 0)
        padded = f"{own}_padded"
        nodes.append(helper.make_node("Pad", [f"{own}_turned", around], [padded]))
    axis, step = number("axis", 1), number("step", stride)
    copies = [f"{own}_copy_{tap}" for tap in range(taps)]
    for tap, copy in enumerate(copies):
        first = number(f"first_{tap}", tap * apart)
        # So far before the end that every copy has as many frames as the convolution gives.
        end = number(f"end_{tap}", -(taps - 1 - tap) * apart or _END)
        nodes.append(helper.make_node("Slice", [padded, first, end, axis, step], [copy]))
    nodes += [
        helper.make_node("Concat", copies, [f"{own}_beside"], axis=2),
        helper.make_node("MatMul", [f"{own}_beside", f"{own}_matrix"], [f"{own}_product"], own),
    ]
    out = f"{own}_product"
    if len(node.input) > 2:
        out = f"{own}_raised"
        nodes.append(helper.make_node("Add", [f"{own}_product", node.input[2]], [out]))
    nodes.append(helper.make_node("Transpose", [out], [node.output[0]], perm=[0, 2, 1]))
    return nodes, constants


def main(old: str, new: str) -> None:
    """Write a graph with its convolutions, those of waveforms among them, as products."""
    model = onnx.load(old)
    unfold(model.graph, waveforms=True)
    del model.graph.value_info[:]
    onnx.save(model, new)


if __name__ == "__main__":
    main(*sys.argv[1:])
