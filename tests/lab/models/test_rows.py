"""Every row of the reports is a configuration, and has as many parameters as its page says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from torch import nn

from sertain.lab import models
from sertain.lab.models.column_crnn import Config, Network
from sertain.lab.recipes.recipe import Part, part_config, part_module

pytestmark = pytest.mark.train

PAGE = (Path(__file__).parents[3] / "docs" / "models.md").read_text("utf-8")
ROWS: dict[str, dict[str, Any]] = yaml.safe_load(
    re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[1]  # type: ignore[index]
)
COUNTS = {
    row: (int(rows), int(count.replace(",", "")))
    for row, rows, count in re.findall(r"^\| (\S[^|]*) \| (\d+) \| ([\d,]+) \|$", PAGE, re.M)
}


def _network(row: str, rows: int) -> nn.Module:
    part = Part.model_validate(ROWS[row])
    config = part_config(models, "model", part, "Network")
    if row.startswith("vu_deepemonet/resnet"):
        pytest.importorskip("transformers")
    network: nn.Module = part_module(models, part, "Network").Network(config, rows, 8)
    return network


def _count(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def test_all_seventeen_rows_are_there() -> None:
    assert len([row for row in ROWS if "," not in row]) == 17


@pytest.mark.parametrize("row", sorted(set(ROWS) - set(COUNTS)))
def test_rows_without_a_count_have_known_parameters(row: str) -> None:
    part_config(models, "model", Part.model_validate(ROWS[row]), "Network")


@pytest.mark.parametrize("row", sorted(COUNTS))
def test_a_row_has_the_parameters_of_its_page(row: str) -> None:
    rows, count = COUNTS[row]
    assert _count(_network(row, rows)) == count


def test_the_last_crnn_is_the_printed_summary_layer_by_layer() -> None:
    """The summary of Davies and Chen 2024, whose column has 161 steps."""
    network = Network(Config(), rows=161, labels=8)
    convolutions = [_count(layer) for layer in network.convolutions]
    recurrent = [_count(layer) for layer in network.recurrent]
    assert convolutions == [384, 24_704, 98_560, 393_728]
    assert recurrent == [110_976, 24_960, 24_960, 24_960]
    assert _count(network.head) == 520
    assert _count(network) == 703_752
    x, steps = torch.zeros(1, 1, 161), []
    for convolution in network.convolutions:
        x = convolution(x)
        steps.append((x.shape[1], x.shape[2]))
    assert steps == [(64, 80), (128, 40), (256, 20), (512, 10)]


def test_counts_worked_out_by_hand() -> None:
    """Convolution in·out·kernel + out, norm 2·n, LSTM 4·u·(in + u + 2), dense in·out + out."""
    column, kernel = 162, 5
    cnn1 = (kernel + 1) * 128 + column * 128 * 8 + 8
    # Pools of 5 by 2 steps, "same": 162, 81, 41, 21, 11.
    cnn4 = (
        (kernel + 1) * 256
        + (256 * kernel + 1) * 256
        + (256 * kernel + 1) * 128
        + (128 * kernel + 1) * 64
        + (11 * 64 + 1) * 32
        + (32 + 1) * 8
    )
    crnn = 4 * 64 + 2 * (64 * 3 + 1) * 64 + 4 * (4 * 64 * (64 + 64 + 2)) + 65 * 8
    lstm = 4 * 64 * (512 + 64 + 2) + 3 * 4 * 64 * (64 + 64 + 2)
    crnn_conv4 = 384 + 24_704 + 98_560 + 393_728 + lstm + 520
    # 141 columns, pools of 4: 35, 8.
    shukla = (
        6 * 64 + (64 * 5 + 1) * 128 + (128 * 5 + 1) * 128 + 2 * 128 + (8 * 128 + 1) * 64 + 65 * 8
    )
    # 128 frames, four pools of 2: 8.
    baseline = (
        (40 * 5 + 1) * 64
        + (64 * 5 + 1) * 64
        + (64 * 5 + 1) * 128
        + (128 * 5 + 1) * 128
        + (8 * 128 + 1) * 8
    )
    columns = 181 * 1024 + 2 * 1024 + 1025 * 8
    pairs = sum(
        (i * 9 + 1) * o + (o * 9 + 1) * o + 4 * o for i, o in ((16, 32), (32, 64), (64, 128))
    )
    # 512 × 90 halved four times, rounded up: 32 × 6.
    deep = (3 * 49 + 1) * 16 + 2 * 16 + pairs + (32 * 6 * 128 + 1) * 1024 + 2 * 1024 + 1025 * 8
    bilstm = 2 * 4 * 128 * (128 + 128 + 2) + 2 * 4 * 128 * (256 + 128 + 2) + 257 * 8
    erciyes = (
        (40 * 5 + 2) * 64
        + (64 * 5 + 2) * 128
        + (128 * 5 + 2) * 256
        + 2 * (256 * 3 + 2) * 256
        + 4 * 128 * (256 + 128 + 2)
        + 2 * 129 * 128
        + 257 * 128
        + 129 * 8
    )
    # torchvision prints 21,797,672 for a thousand labels; the last layer is ours.
    resnet = 21_797_672 - 513 * 1000 + 513 * 8
    by_hand = {
        "erciyes2024": erciyes,
        "davies_chen2024/cnn1": cnn1,
        "davies_chen2024/cnn4": cnn4,
        "davies_chen2024/crnn": crnn,
        "davies_chen2024/crnn_conv4": crnn_conv4,
        "shukla": shukla,
        "santamaria/baseline": baseline,
        "santamaria/baseline, 180 columns": columns,
        "santamaria/deep": deep,
        "vu_deepemonet/bilstm": bilstm,
        "vu_deepemonet/resnet34": resnet,
    }
    assert {row: COUNTS[row][1] for row in by_hand} == by_hand
