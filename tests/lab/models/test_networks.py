"""What holds for every architecture: shapes, padding, gradients, the same answers as a graph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from torch import nn

from sertain.errors import RecipeError
from sertain.lab.models import (
    bilstm,
    cnn_tdnn_lstm,
    column_cnn,
    column_crnn,
    column_dense,
    picture_cnn,
    resnet,
    sequence_cnn,
)
from tests.lab.models.graphs import assert_equals_torch, exported, warmed

pytestmark = pytest.mark.train


@dataclass(frozen=True)
class Case:
    """A small network; ``frames`` is ``None`` where it takes any length."""

    build: Callable[[], nn.Module]
    rows: int
    frames: int | None
    embedding: int


def _resnet() -> nn.Module:
    pytest.importorskip("transformers")
    config = resnet.Config(pictures=3, stem=4, depths=(1, 1), widths=(4, 8))
    return resnet.Network(config, 96, 4)


CASES = {
    "cnn_tdnn_lstm": Case(
        lambda: cnn_tdnn_lstm.Network(
            cnn_tdnn_lstm.Config(channels=(4, 8), tdnn_channels=8, lstm=6, attention=4, hidden=5),
            10,
            4,
        ),
        10,
        None,
        5,
    ),
    "bilstm": Case(lambda: bilstm.Network(bilstm.Config(units=5), 10, 4), 10, None, 10),
    "column_cnn": Case(
        lambda: column_cnn.Network(
            column_cnn.Config(filters=(4, 6), pools=(None, (5, 2)), dropouts=(0, 0.2), norm=True),
            20,
            4,
        ),
        20,
        None,
        32,
    ),
    "column_crnn with GRU": Case(
        lambda: column_crnn.Network(
            column_crnn.Config(
                filters=(4, 6), kernels=(5, 3), activations=("elu", "tanh"), units=5, layers=2
            ),
            20,
            4,
        ),
        20,
        None,
        5,
    ),
    "column_crnn with LSTM": Case(
        lambda: column_crnn.Network(
            column_crnn.Config(
                filters=(4,), kernels=(3,), activations=("relu",), units=5, recurrent="lstm"
            ),
            20,
            4,
        ),
        20,
        None,
        5,
    ),
    "column_dense": Case(
        lambda: column_dense.Network(column_dense.Config(hidden=7), 20, 4), 20, None, 7
    ),
    "sequence_cnn": Case(
        lambda: sequence_cnn.Network(sequence_cnn.Config(frames=16, filters=(4, 6)), 10, 4),
        10,
        16,
        24,
    ),
    "picture_cnn": Case(
        lambda: picture_cnn.Network(
            picture_cnn.Config(frames=9, filters=(4, 6), hidden=7), 3 * 12, 4
        ),
        36,
        9,
        7,
    ),
    "resnet": Case(_resnet, 96, 40, 8),
}


@pytest.fixture(params=sorted(CASES))
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture
def network(case: Case) -> nn.Module:
    torch.manual_seed(0)
    return warmed(case.build())


def test_it_gives_logits_and_an_embedding(case: Case, network: nn.Module) -> None:
    logits, embedding = network(torch.randn(3, case.rows, case.frames or 21), None)
    assert logits.shape == (3, 4)
    assert embedding.shape == (3, case.embedding)
    assert network.embedding == case.embedding


def test_padding_changes_nothing_or_is_refused(case: Case, network: nn.Module) -> None:
    for frames in (5, 20, 37):
        padded = torch.zeros(2, case.rows, 40)
        padded[0, :, :frames] = clip = torch.randn(case.rows, frames)
        padded[1] = torch.randn(case.rows, 40)
        mask = torch.ones(2, 40)
        mask[0, frames:] = 0
        if case.frames is not None:
            with pytest.raises(RecipeError, match=r"needs clips of one length|is built for"):
                network(padded, mask)
            continue
        for one, other in zip(network(clip[None], None), network(padded, mask), strict=True):
            torch.testing.assert_close(other[:1], one, atol=1e-6, rtol=1e-5)


def test_no_mask_is_a_mask_of_ones(case: Case, network: nn.Module) -> None:
    clips = torch.randn(2, case.rows, case.frames or 21)
    ones = torch.ones(2, case.frames or 21)
    torch.testing.assert_close(network(clips, None)[0], network(clips, ones)[0])


def test_every_parameter_learns(case: Case, network: nn.Module) -> None:
    network.train()
    logits, _ = network(torch.randn(16, case.rows, case.frames or 21), None)
    nn.functional.cross_entropy(logits, torch.arange(16) % 4).backward()
    for name, values in network.named_parameters():
        assert values.grad is not None, name
        assert torch.isfinite(values.grad).all(), name


def test_it_learns_in_bfloat16(case: Case, network: nn.Module) -> None:
    network.train()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits, _ = network(torch.randn(8, case.rows, case.frames or 21), None)
        loss = nn.functional.cross_entropy(logits, torch.arange(8) % 4)
    loss.backward()
    assert torch.isfinite(loss)


@pytest.mark.slow
def test_the_graph_answers_as_torch_does(case: Case, network: nn.Module, tmp_path: Path) -> None:
    path = exported(network, case.rows, case.frames, tmp_path)
    sizes = [(1, 7), (3, 48), (4, 101), (1, 1)]
    if case.frames:
        sizes = [(1, case.frames), (5, case.frames)]
    clips = [torch.randn(batch, case.rows, frames) for batch, frames in sizes]
    assert_equals_torch(path, network, clips, padded=case.frames is None)
