"""A recurrent layer that knows the lengths of its clips, in torch and in an ONNX graph."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor, nn

Kind = Literal["lstm", "gru"]
_LAYERS = {"lstm": nn.LSTM, "gru": nn.GRU}
# ONNX orders the gates otherwise: input, output, forget, cell; and update, reset, new.
_ONNX_GATES = {"lstm": (0, 3, 1, 2), "gru": (1, 0, 2)}


class Recurrent(nn.Module):
    """One LSTM or GRU layer, on request in both directions.

    The backward direction starts at the last frame of each clip, not in its padding.  In an export
    the layer becomes ONNX's own operator, which takes any batch and length; torch's exporter would
    unroll the steps of the example.
    """

    def __init__(self, kind: Kind, inside: int, units: int, bidirectional: bool = False) -> None:
        super().__init__()
        self.kind = kind
        self.cell: nn.LSTM | nn.GRU = _LAYERS[kind](
            inside, units, batch_first=True, bidirectional=bidirectional
        )

    def forward(self, x: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Map (batch, frames, inside) to all states and to the last ones.

        The states are (batch, frames, units), twice the units in both directions, and 0 outside
        the mask (batch, frames).  The last states, (batch, units), are those after each clip's
        last frame, and for the backward direction after its first.
        """
        # Half precision gains little over hundreds of steps and not every device has it.
        with torch.autocast(x.device.type, enabled=False):
            x = x.float()
            if torch.onnx.is_in_onnx_export():
                return self._as_operator(x, mask)
            if mask is None:
                states, last = self.cell(x)
                hidden = last[0] if self.kind == "lstm" else last
                return states, hidden.transpose(0, 1).flatten(1)
            return self._padded(x, mask)

    def _padded(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Run clips of unlike lengths, each turned about its own last frame for the way back.

        Padding lies behind what the layer has seen then, in both directions.  On a CPU that is
        five times as fast as packed sequences, which run frame by frame.
        """
        ends = mask.sum(1).long().clamp(min=1) - 1
        states = self._one_way(x, "")
        each = [states]
        last = [_taken(states, ends[:, None])[:, 0]]
        if self.cell.bidirectional:
            turned = (ends[:, None] - torch.arange(x.shape[1], device=x.device)).clamp(min=0)
            back = _taken(self._one_way(_taken(x, turned), "_reverse"), turned)
            each.append(back)
            last.append(back[:, 0])
        return torch.cat(each, 2) * mask[:, :, None], torch.cat(last, 1)

    def _one_way(self, x: Tensor, way: str) -> Tensor:
        """Run one direction from the first frame on: states (batch, frames, units)."""
        cell = self.cell
        weights = [
            getattr(cell, f"{name}_l0{way}")
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        ]
        nothing = x.new_zeros(1, len(x), cell.hidden_size)
        terms = (weights, True, 1, 0.0, cell.training, False, True)
        if self.kind == "lstm":
            return torch.lstm(x, (nothing, nothing), *terms)[0]
        return torch.gru(x, nothing, *terms)[0]

    def _as_operator(self, x: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Write the layer as one ONNX node."""
        batch, frames = x.shape[0], x.shape[1]
        units = self.cell.hidden_size
        ways = ("", "_reverse") if self.cell.bidirectional else ("",)

        def stacked(name: str) -> Tensor:
            return torch.stack([self._ordered(f"{name}_l0{way}") for way in ways])

        inputs: list[Tensor | None] = [
            x.transpose(0, 1),
            stacked("weight_ih"),
            stacked("weight_hh"),
            torch.cat([stacked("bias_ih"), stacked("bias_hh")], dim=1),
        ]
        if mask is not None:
            inputs.append(mask.sum(1).clamp(min=1).int())
        attributes: dict[str, Any] = {
            "hidden_size": units,
            "direction": "bidirectional" if self.cell.bidirectional else "forward",
        }
        if self.kind == "gru":
            attributes["linear_before_reset"] = 1
        states, last = torch.onnx.ops.symbolic_multi_out(
            self.kind.upper(),
            inputs,
            attributes,
            dtypes=(torch.float32, torch.float32),
            shapes=((frames, len(ways), batch, units), (len(ways), batch, units)),
        )
        return states.permute(2, 0, 1, 3).flatten(2), last.transpose(0, 1).flatten(1)

    def _ordered(self, name: str) -> Tensor:
        """Give a weight or bias with its gates in ONNX's order."""
        values: Tensor = getattr(self.cell, name)
        units = self.cell.hidden_size
        rows = [torch.arange(units) + number * units for number in _ONNX_GATES[self.kind]]
        return values.index_select(0, torch.cat(rows))


def _taken(rows: Tensor, at: Tensor) -> Tensor:
    """Take frames (batch, k) of rows (batch, frames, width): (batch, k, width)."""
    return rows.gather(1, at[:, :, None].expand(-1, -1, rows.shape[2]))
