"""Heads upon an encoder's states: a probe, and a learned sum of layers with pooling."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from sertain.errors import RecipeError
from sertain.lab.models import probe, states_asp
from tests.lab.models.graphs import assert_equals_torch, exported, warmed

pytestmark = pytest.mark.train
LAYERS, WIDTH = 3, 10


def _states() -> states_asp.Network:
    torch.manual_seed(0)
    config = states_asp.Config(layers=LAYERS, attention=4, embedding=6)
    return states_asp.Network(config, LAYERS * WIDTH, 5)


def test_a_probe_is_one_linear_layer_on_the_mean_over_a_clips_own_frames() -> None:
    torch.manual_seed(0)
    network = probe.Network(probe.Config(), 4, 3).eval()
    assert sum(p.numel() for p in network.parameters()) == 4 * 3 + 3
    features = torch.randn(1, 4, 5)
    mask = torch.tensor([[1.0, 1.0, 1.0, 0.0, 0.0]])
    logits, embedding = network(features, mask)
    mean = features[0, :, :3].mean(1)
    torch.testing.assert_close(embedding[0], mean)
    torch.testing.assert_close(logits[0], network.head.weight @ mean + network.head.bias)


def test_layers_weigh_alike_at_first_whatever_their_size() -> None:
    sum_of = states_asp.LayerSum(LAYERS)
    states = torch.randn(2, LAYERS, WIDTH, 7)
    norm = nn.LayerNorm(WIDTH, elementwise_affine=False)
    expected = norm(states.transpose(2, 3)).mean(1).transpose(1, 2)
    torch.testing.assert_close(sum_of(states.flatten(1, 2)), expected)
    loud = states * torch.tensor([1.0, 30.0, 900.0])[:, None, None]
    torch.testing.assert_close(sum_of(loud.flatten(1, 2)), expected, atol=1e-4, rtol=1e-4)


def test_the_sum_learns_which_layer_counts() -> None:
    torch.manual_seed(0)
    sum_of = states_asp.LayerSum(LAYERS)
    states = torch.randn(4, LAYERS, WIDTH, 9)
    wanted = nn.LayerNorm(WIDTH, elementwise_affine=False)(states[:, 1].transpose(1, 2))
    optimiser = torch.optim.Adam(sum_of.parameters(), lr=0.1)
    for _ in range(150):
        optimiser.zero_grad()
        (sum_of(states.flatten(1, 2)) - wanted.transpose(1, 2)).square().mean().backward()
        optimiser.step()
    share = torch.softmax(sum_of.weights, 0)
    assert share[1] > 0.95
    assert sum_of.factor.item() == pytest.approx(1.0, abs=0.05)


def test_padding_changes_nothing() -> None:
    network = warmed(_states())
    clip = torch.randn(1, LAYERS * WIDTH, 17)
    alone, _ = network(clip, torch.ones(1, 17))
    padded = torch.cat([clip, 5 * torch.randn(1, LAYERS * WIDTH, 8)], 2)
    mask = (torch.arange(25) < 17).float()[None]
    torch.testing.assert_close(network(padded, mask)[0], alone, atol=1e-5, rtol=1e-5)


def test_rows_that_are_not_so_many_layers_are_told() -> None:
    with pytest.raises(RecipeError, match=r"31 rows, which are no 3 layers; give model"):
        states_asp.Network(states_asp.Config(layers=3), 31, 5)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["probe", "states_asp"])
def test_a_graph_gives_what_torch_gives(name: str, tmp_path: Path) -> None:
    rows = LAYERS * WIDTH
    network = _states() if name == "states_asp" else probe.Network(probe.Config(), rows, 5)
    ready = warmed(network)
    path = exported(ready, rows, None, tmp_path)
    cases = [torch.randn(batch, rows, frames) for batch, frames in ((1, 30), (3, 61))]
    assert_equals_torch(path, ready, cases, padded=True)
