"""What Keras does unasked and PyTorch does otherwise: first weights, and "same" padding."""

from __future__ import annotations

import torch
from torch import Tensor, nn

PyTorchRecurrent = nn.LSTM | nn.GRU


def initialise(module: nn.Module) -> None:
    """Give a module the first weights of Keras' layers.

    Kernels by Glorot and Bengio 2010, uniform; recurrent kernels orthogonal; biases 0, but 1 for
    the forget gate of an LSTM.  Use as ``network.apply(initialise)``.
    """
    if isinstance(module, nn.Conv1d | nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, PyTorchRecurrent):
        size = module.hidden_size
        for name, values in module.named_parameters():
            if name.startswith("bias"):
                nn.init.zeros_(values)
            elif name.startswith("weight_hh"):
                # Keras draws one matrix (size, gates · size) with orthonormal rows.
                values.data.copy_(nn.init.orthogonal_(torch.empty(size, len(values))).T)
            else:
                nn.init.xavier_uniform_(values)
        if isinstance(module, nn.LSTM):
            # The order of the gates is input, forget, cell, output.
            module.get_parameter("bias_ih_l0").data[size : 2 * size] = 1.0


class SamePool(nn.Module):
    """Max pooling of (batch, channels, steps) to ⌈steps / stride⌉ steps, as ``padding="same"``."""

    def __init__(self, size: int, stride: int) -> None:
        super().__init__()
        self.size = size
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """Pad by −∞, the odd step at the end, and pool."""
        steps = x.shape[2]
        missing = max((-(-steps // self.stride) - 1) * self.stride + self.size - steps, 0)
        x = nn.functional.pad(x, (missing // 2, missing - missing // 2), value=float("-inf"))
        return nn.functional.max_pool1d(x, self.size, self.stride)


def pooled(steps: int, size: int, stride: int, padding: str) -> int:
    """Give the number of steps that pooling leaves."""
    return -(-steps // stride) if padding == "same" else (steps - size) // stride + 1
