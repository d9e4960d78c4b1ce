"""The layers that architectures share do what their formula or their library says."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from sertain.errors import RecipeError
from sertain.lab.models import picture_cnn
from sertain.lab.models.layers.columns import check_frames, column
from sertain.lab.models.layers.dropout import Dropout
from sertain.lab.models.layers.keras import SamePool, initialise
from sertain.lab.models.layers.penalty import with_l2
from sertain.lab.models.layers.recurrent import Recurrent

pytestmark = pytest.mark.train


def test_dropout_leaves_out_its_share_and_keeps_the_mean() -> None:
    torch.manual_seed(0)
    left = Dropout(0.1).train()(torch.full((1000, 1003), 2.0))
    # 0.1 is 26 of 256; 1,003,000 draws lie within 0.0012 of that in all but one of 10,000 cases.
    assert float((left == 0).float().mean()) == pytest.approx(26 / 256, abs=0.0012)
    assert left.unique().tolist() == pytest.approx([0.0, 2 * 256 / 230])
    # Bytes of one drawn number decide by themselves.
    together = (left[:, :1000:8] == 0) & (left[:, 1:1000:8] == 0)
    assert float(together.float().mean()) == pytest.approx((26 / 256) ** 2, abs=0.0012)


def test_dropout_does_nothing_after_training_and_gradients_pass_what_was_kept() -> None:
    x = torch.randn(7, 5, requires_grad=True)
    assert Dropout(0.5).eval()(x) is x
    assert Dropout(0.001).train()(x) is x, "less than 1/512 is nothing"
    torch.manual_seed(1)
    out = Dropout(0.5).train()(x)
    (gradient,) = torch.autograd.grad(out.sum(), x)
    assert torch.equal(gradient, torch.where(out == 0, 0.0, 2.0))


def test_a_column_is_the_mean_over_a_clips_own_frames() -> None:
    features = torch.tensor([[[1.0, 3.0, 100.0]], [[1.0, 3.0, 5.0]]])
    mask = torch.tensor([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0]])
    assert column(features, mask).tolist() == [[2.0], [3.0]]
    assert column(features[1:], None).tolist() == [[3.0]]


def test_another_length_and_padding_are_told_in_one_line() -> None:
    features = torch.zeros(2, 3, 80)
    with pytest.raises(RecipeError, match="x is built for 90 frames, the front end gives 80"):
        check_frames(features, None, 90, "x")
    padded = torch.ones(2, 80)
    padded[0, 79] = 0
    with pytest.raises(RecipeError, match="x needs clips of one length, but a batch holds padding"):
        check_frames(features, padded, 80, "x")
    check_frames(features, torch.ones(2, 80), 80, "x")


def test_same_pooling_is_keras() -> None:
    """Six steps, size 5, stride 2: 3 out, so 2·2 + 5 − 6 = 3 are padded, 1 before and 2 after."""
    steps = torch.tensor([[[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]]])
    assert SamePool(5, 2)(steps).tolist() == [[[4.0, 6.0, 6.0]]]
    assert SamePool(5, 2)(-steps).tolist() == [[[-1.0, -2.0, -4.0]]]
    lengths = [SamePool(5, 2)(torch.zeros(1, 1, n)).shape[2] for n in (162, 81, 41, 21)]
    assert lengths == [81, 41, 21, 11]


def test_first_weights_are_those_of_keras() -> None:
    torch.manual_seed(0)
    convolution = nn.Conv1d(100, 50, 3)
    initialise(convolution)
    limit = (6 / (3 * 100 + 3 * 50)) ** 0.5
    assert convolution.weight.abs().max().item() == pytest.approx(limit, rel=0.01)
    assert convolution.weight.std().item() == pytest.approx(limit / 3**0.5, rel=0.02)
    assert not convolution.bias.any()
    lstm = nn.LSTM(20, 8)
    initialise(lstm)
    # Keras draws all gates at once: (in, 4 · units) for the input, orthonormal rows for the state.
    assert lstm.weight_ih_l0.abs().max().item() == pytest.approx((6 / (20 + 32)) ** 0.5, rel=0.05)
    torch.testing.assert_close(lstm.weight_hh_l0.T @ lstm.weight_hh_l0, torch.eye(8))
    bias = lstm.bias_ih_l0 + lstm.bias_hh_l0
    assert bias.tolist() == [0.0] * 8 + [1.0] * 8 + [0.0] * 16


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_a_recurrent_layer_runs_each_clip_in_its_own_length(kind: str) -> None:
    torch.manual_seed(0)
    layer = Recurrent(kind, 3, 4, bidirectional=True)  # type: ignore[arg-type]
    clips = torch.randn(2, 9, 3)
    mask = torch.ones(2, 9)
    mask[0, 5:] = 0
    states, last = layer(clips, mask)
    alone, final = layer.cell(clips[:1, :5])
    final = final[0] if kind == "lstm" else final
    torch.testing.assert_close(states[:1, :5], alone)
    assert not states[0, 5:].any()
    torch.testing.assert_close(last[0], torch.cat([final[0, 0], final[1, 0]]))
    # The last state is that after the last frame forwards, after the first one backwards.
    torch.testing.assert_close(last[0], torch.cat([alone[0, -1, :4], alone[0, 0, 4:]]))


def test_the_penalty_is_a_part_of_any_loss() -> None:
    torch.manual_seed(0)
    layer = nn.Linear(3, 2)
    x, targets = torch.randn(5, 3), torch.tensor([0, 1, 0, 1, 1])

    def gradient(loss: torch.Tensor) -> torch.Tensor:
        layer.zero_grad()
        loss.backward()
        assert layer.weight.grad is not None
        return layer.weight.grad.clone()

    plain = nn.functional.cross_entropy(layer(x), targets)
    whole = gradient(plain + 0.05 * layer.weight.square().sum())
    hidden = nn.functional.cross_entropy(with_l2(layer(x), [layer.weight], 0.05), targets)
    torch.testing.assert_close(gradient(hidden), whole)
    torch.testing.assert_close(hidden, plain)


def test_the_picture_network_penalises_its_kernels_in_training_only() -> None:
    torch.manual_seed(0)

    def kernel_gradient(l2: float) -> torch.Tensor:
        torch.manual_seed(1)
        config = picture_cnn.Config(frames=9, filters=(4, 6), hidden=7, l2=l2)
        network = picture_cnn.Network(config, 36, 4)
        torch.manual_seed(2)
        logits, _ = network(torch.randn(4, 36, 9), None)
        nn.functional.cross_entropy(logits, torch.arange(4)).backward()
        first = network.embed[0].get_parameter("weight")
        assert first.grad is not None
        return first.grad - 2 * l2 * first

    torch.testing.assert_close(kernel_gradient(0.05), kernel_gradient(0.0), atol=1e-6, rtol=1e-5)
