"""Exports of a network alone, without a front end, and their comparison with torch."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import nn


def exported(network: nn.Module, rows: int, frames: int | None, folder: Path) -> Path:
    """Write ``network`` as ONNX: any batch, and any length where ``frames`` is ``None``."""
    batch, length = torch.export.Dim("batch"), torch.export.Dim("frames")
    example = torch.randn(2, rows, frames or 48), torch.ones(2, frames or 48)
    dynamic = ({0: batch}, {0: batch}) if frames else ({0: batch, 2: length}, {0: batch, 1: length})
    path = folder / "network.onnx"
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            network,
            example,
            dynamo=True,
            dynamic_shapes=dynamic,
            input_names=["features", "mask"],
            output_names=["logits", "embedding"],
            opset_version=18,
            verbose=False,
        )
    logger.setLevel(level)
    assert program is not None
    program.save(path, external_data=False)
    return path


def assert_equals_torch(
    path: Path, network: nn.Module, cases: Iterable[torch.Tensor], padded: bool
) -> None:
    """Run graph and torch on features, whole and, if ``padded``, with a third of a row padding."""
    session = onnxruntime.InferenceSession(path)
    for features in cases:
        masks = [torch.ones(features.shape[0], features.shape[2])]
        if padded and features.shape[2] > 2 and features.shape[0] > 1:
            shorter = masks[0].clone()
            shorter[0, -(features.shape[2] // 3) :] = 0
            masks.append(shorter)
        for mask in masks:
            given = features * mask[:, None]
            feed = {"features": given.numpy(), "mask": mask.numpy()}
            wanted = {one.name for one in session.get_inputs()}
            ours = session.run(None, {name: feed[name] for name in wanted})
            with torch.inference_mode():
                theirs = network(given, mask)
            for one, other in zip(ours, theirs, strict=True):
                np.testing.assert_allclose(one, other.numpy(), atol=1e-4, rtol=1e-4)


def warmed(network: nn.Module) -> nn.Module:
    """Give the running statistics values as training leaves them."""
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.running_mean.normal_(0, 0.1)  # type: ignore[union-attr]
            module.running_var.uniform_(0.5, 2.0)  # type: ignore[union-attr]
    return network.eval()
