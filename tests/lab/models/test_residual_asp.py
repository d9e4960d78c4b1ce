"""The residual network: shapes, masks, parameters."""

from __future__ import annotations

import pytest
import torch

from sertain.lab.models.residual_asp import AttentiveStatistics, Config, Network

pytestmark = pytest.mark.train


def _network() -> Network:
    torch.manual_seed(0)
    config = Config(channels=(4, 8), blocks=(1, 2), time_strides=(1, 2), attention=8, embedding=6)
    return Network(config, rows=16, labels=5).eval()


def test_it_gives_logits_and_an_embedding() -> None:
    logits, embedding = _network()(torch.randn(3, 16, 40), torch.ones(3, 40))
    assert logits.shape == (3, 5)
    assert embedding.shape == (3, 6)


@pytest.mark.parametrize("frames", [37, 38, 39, 40])
def test_padding_changes_nothing(frames: int) -> None:
    network = _network()
    clip = torch.randn(1, 16, frames)
    alone, _ = network(clip, torch.ones(1, frames))
    padded = torch.zeros(1, 16, 64)
    padded[:, :, :frames] = clip
    mask = torch.zeros(1, 64)
    mask[:, :frames] = 1
    together, _ = network(padded, mask)
    torch.testing.assert_close(together, alone, atol=1e-6, rtol=1e-6)


def test_no_mask_is_a_mask_of_ones() -> None:
    network = _network()
    clip = torch.randn(2, 16, 33)
    torch.testing.assert_close(network(clip, None)[0], network(clip, torch.ones(2, 33))[0])


def test_pooling_with_even_attention_is_mean_and_standard_deviation() -> None:
    pool = AttentiveStatistics(3, 4)
    torch.nn.init.zeros_(pool.score[2].weight)
    torch.nn.init.zeros_(pool.score[2].bias)
    x = torch.randn(2, 3, 50)
    expected = torch.cat([x.mean(-1), x.std(-1, unbiased=False)], dim=1)
    torch.testing.assert_close(pool(x, None), expected, atol=1e-5, rtol=1e-5)


def test_the_number_of_parameters_is_the_formulas() -> None:
    """Counted by hand: convolution in·out·9, norm 2·n, attention, embedding, head."""
    stem = 9 * 1 * 4 + 2 * 4
    stage_1 = 9 * 4 * 4 * 2 + 2 * 4 * 2
    stage_2 = (9 * 4 * 8 + 9 * 8 * 8 + 2 * 8 * 2 + 4 * 8 + 2 * 8) + (9 * 8 * 8 * 2 + 2 * 8 * 2)
    rows = 8 * 4  # 8 channels of 16 / 2 / 2 rows
    attention = rows * 8 + 8 + 8 * rows + rows
    embedding = 2 * 2 * rows + 2 * rows * 6 + 6 + 2 * 6
    head = 6 * 5 + 5
    counted = sum(p.numel() for p in _network().parameters())
    assert counted == stem + stage_1 + stage_2 + attention + embedding + head
