"""The head on an encoder's states: its pooling by hand, no sound from the padding, the graph."""

from __future__ import annotations

import io
import warnings

import numpy as np
import onnxruntime
import pytest
import torch

from sertain.lab.models.tdnn_asp import Config, Network

pytestmark = pytest.mark.train

ROWS, LABELS = 12, 3
SMALL = Config(channels=8, blocks=2, attention=4, embedding=6)


def _network(config: Config = SMALL) -> Network:
    torch.manual_seed(3)
    return Network(config, ROWS, LABELS).eval()


def test_what_lies_behind_a_clip_changes_nothing() -> None:
    network = _network()
    clip = torch.randn(1, ROWS, 9)
    alone, embedding = network(clip, None)
    padded = torch.cat([clip, torch.randn(1, ROWS, 7)], 2)
    mask = (torch.arange(16) < 9).float()[None]
    company, other = network(padded * mask[:, None], mask)
    torch.testing.assert_close(company, alone)
    torch.testing.assert_close(other, embedding)
    assert network(clip[:, :, :1], None)[0].isfinite().all(), "a clip of one frame is answered"


def test_the_embedding_is_the_sum_of_both_poolings() -> None:
    network = _network(SMALL.model_copy(update={"blocks": 0}))
    clip = torch.randn(1, ROWS, 11)
    frames = clip[0].T.double()
    weights = {name: value.double() for name, value in network.state_dict().items()}

    def linear(x: torch.Tensor, name: str) -> torch.Tensor:
        return x @ weights[f"{name}.weight"].flatten(1).T + weights[f"{name}.bias"]

    def norm(x: torch.Tensor, name: str) -> torch.Tensor:
        even = (x - x.mean(-1, keepdim=True)) / (
            x.var(-1, keepdim=True, correction=0) + 1e-5
        ).sqrt()
        return even * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    def gelu(x: torch.Tensor) -> torch.Tensor:
        return x * 0.5 * (1 + torch.erf(x / 2**0.5))

    hidden = norm(gelu(linear(frames, "enter.1")), "enter.3")
    score = linear(torch.tanh(linear(hidden, "pool.score.0")), "pool.score.2")
    share = torch.exp(score) / torch.exp(score).sum(0)
    mean = (share * hidden).sum(0)
    deviation = (share * (hidden - mean) ** 2).sum(0).clamp(min=1e-4).sqrt()
    inside = linear(norm(torch.cat([mean, deviation]), "heard.0"), "heard.2")
    plain = torch.cat([frames.mean(0), (frames.var(0, correction=0) + 1e-4).sqrt()])
    expected = gelu(inside + linear(plain, "states.1"))
    with torch.no_grad():
        logits, embedding = network(clip, None)
    np.testing.assert_allclose(embedding[0], expected, atol=1e-5)
    np.testing.assert_allclose(logits[0], linear(expected, "head.1"), atol=1e-5)


def test_training_goes_through_the_same_convolutions() -> None:
    still = SMALL.model_copy(update={"blocks": 3, "input_dropout": 0, "dropout": 0})
    network = _network(still)
    mask = (torch.arange(19)[None] < torch.tensor([[19], [4], [11]])).float()
    clips = torch.randn(3, ROWS, 19) * mask[:, None]
    weights = list(network.parameters())
    found = []
    for mode in (network.eval(), network.train()):
        logits, _ = mode(clips, mask)
        found.append([logits, *torch.autograd.grad(logits.square().sum(), weights)])
        network.eval()
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)


def test_parts_may_be_left_out() -> None:
    small = _network(Config(channels=8, blocks=0, attention=4, embedding=6, statistics=False))
    # 12·8+8, norm 16, attention 8·4+4 and 4·8+8, norm 32, 16·6+6, 6·3+3
    count = 104 + 16 + 36 + 40 + 32 + 102 + 21
    assert sum(p.numel() for p in small.parameters()) == count
    assert small(torch.randn(2, ROWS, 5), None)[0].shape == (2, LABELS)


def test_the_graph_gives_what_torch_gives() -> None:
    network = _network()
    rows, frames = torch.export.Dim("batch"), torch.export.Dim("frames")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own deprecations
        program = torch.onnx.export(
            network,
            (torch.randn(2, ROWS, 20), torch.ones(2, 20)),
            dynamo=True,
            opset_version=18,
            input_names=["features", "mask"],
            output_names=["logits", "embedding"],
            dynamic_shapes=({0: rows, 2: frames}, {0: rows, 1: frames}),
            verbose=False,
        )
    assert program is not None
    buffer = io.BytesIO()
    program.save(buffer)
    session = onnxruntime.InferenceSession(buffer.getvalue(), providers=["CPUExecutionProvider"])
    for batch, longest in ((1, 3), (3, 31)):
        clips = torch.randn(batch, ROWS, longest)
        mask = (torch.arange(longest)[None] < torch.tensor([[3], [31], [8]])[:batch]).float()
        given = {"features": (clips * mask[:, None]).numpy(), "mask": mask.numpy()}
        with torch.no_grad():
            expected = network(clips * mask[:, None], mask)
        for ours, theirs in zip(session.run(None, given), expected, strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-5)
