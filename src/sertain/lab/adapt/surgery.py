"""A new last part for an ONNX graph: everything before it stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from sertain import __version__
from sertain.lab.adapt.head import FLOOR, Head

OLD = "probabilities"


def graft(model: bytes, head: Head) -> bytes:
    """Give the graph whose ``probabilities`` are those of ``head``; all else is unchanged.

    The graph goes on hearing a reference, if it did, and giving embedding and statistics.
    """
    loaded = onnx.load_from_string(model)
    graph = loaded.graph
    prefix = _free(graph)
    old = f"{prefix}{OLD}"
    for node in graph.node:
        for names in (node.input, node.output):
            for at, name in enumerate(names):
                if name == OLD:
                    names[at] = old
    part = _Part(prefix)
    part.grow(head, old)
    graph.node.extend(part.nodes)
    graph.initializer.extend(part.constants)
    for value in graph.output:
        if value.name == OLD:
            value.type.tensor_type.shape.dim[1].dim_value = head.prior.labels
    # What a checker once said of this name is of the old answers.
    kept = [value for value in graph.value_info if value.name != OLD]
    del graph.value_info[:]
    graph.value_info.extend(kept)
    loaded.producer_name, loaded.producer_version = "sertain", __version__
    return bytes(loaded.SerializeToString())


def _free(graph: Any) -> str:
    """A prefix that no name of the graph has; a model may be adapted more than once."""
    names = {name for node in graph.node for name in (*node.input, *node.output)}
    names |= {constant.name for constant in graph.initializer}
    number = 1
    while any(name.startswith(f"adapted{number}_") for name in names):
        number += 1
    return f"adapted{number}_"


class _Part:
    """The nodes and constants of a new last part, every name with its prefix."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def grow(self, head: Head, old: str) -> None:
        """Compute :meth:`Head.probabilities` of the old answers and the embedding."""
        warmth = head.temperature
        values = "embedding"
        if head.statistics:
            values = self._node("Concat", [values, self._statistics()], axis=1)
        matrix = self._constant("matrix", head.matrix / warmth)
        shift = self._constant("shift", (head.shift + head.prior.constant) / warmth)
        logits = self._node("Gemm", [values, matrix, shift])
        if head.prior.columns:
            logits = self._node("Add", [logits, self._old(head, old)])
        self.nodes.append(helper.make_node("Softmax", [logits], [OLD], axis=1))

    def _old(self, head: Head, old: str) -> str:
        """The old answers' logarithms at their new places, divided by the temperature."""
        prior = head.prior
        columns = self._constant("columns", prior.columns, np.int64)
        known = self._node("Gather", [old, columns], axis=1)
        logs = self._node("Log", [self._node("Max", [known, self._constant("floor", FLOOR)])])
        caution = self._constant("caution", prior.caution)
        shares = self._node("LogSoftmax", [self._node("Div", [logs, caution])], axis=1)
        places = np.zeros((len(prior.columns), prior.labels))
        places[np.arange(len(prior.columns)), list(prior.places)] = 1 / head.temperature
        return self._node("MatMul", [shares, self._constant("places", places)])

    def _statistics(self) -> str:
        """Mean and deviation side by side, of the graph's mean and mean square."""
        zero, one = (self._constant(f"row{at}", at, np.int64) for at in (0, 1))
        mean = self._node("Gather", ["statistics", zero], axis=1)
        square = self._node("Gather", ["statistics", one], axis=1)
        spread = self._node("Sub", [square, self._node("Mul", [mean, mean])])
        positive = self._node("Max", [spread, self._constant("nothing", 0.0)])
        return self._node("Concat", [mean, self._node("Sqrt", [positive])], axis=1)

    def _constant(self, name: str, values: Any, kind: type = np.float32) -> str:
        full = f"{self._prefix}{name}"
        self.constants.append(numpy_helper.from_array(np.asarray(values, dtype=kind), full))
        return full

    def _node(self, kind: str, inputs: Sequence[str], **attributes: Any) -> str:
        output = f"{self._prefix}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output
