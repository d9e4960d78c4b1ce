"""What is frozen stays frozen, what is trained moves at its rate, and adapters melt in."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from sertain.lab.encoders import load
from sertain.lab.encoders.tuning import LowRank, Tuning, merge, parameter_groups
from sertain.lab.frontends.encoder import Config, FrontEnd
from sertain.lab.models import states_asp
from tests.lab.encoders import tiny
from tests.lab.encoders.sounds import batch, clips, close
from tests.lab.encoders.test_frontend import same, session

pytestmark = pytest.mark.train
FAMILIES = ["whisper", "wav2vec2", "xlsr", "wavlm", "data2vec"]
ADAPTERS = LowRank(rank=2, parts=("query", "key", "value", "out", "feed_forward"))


class Network(nn.Module):
    """An encoder and a head upon its states."""

    def __init__(self, folder: Path, tuning: Tuning) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.frontend = FrontEnd(Config(encoder=str(folder), tuning=tuning))
        self.head = states_asp.Network(
            states_asp.Config(layers=4, attention=4, embedding=6), self.frontend.rows, 3
        )

    def forward(self, waveform: Tensor) -> Tensor:
        logits: Tensor = self.head(self.frontend(waveform), None)[0]
        return logits


def trained(network: Network, epoch: int = 0, steps: int = 2) -> set[str]:
    """Train for some steps as of an epoch; give the names of the weights that moved."""
    before = {name: values.detach().clone() for name, values in network.named_parameters()}
    optimiser = torch.optim.AdamW(parameter_groups(network, 1e-2, 0.5), weight_decay=0.1)
    network.train()
    network.frontend.begin_epoch(epoch)
    sounds = torch.stack([clip[:9000] for clip in (clips()[0], clips()[1], clips()[2])])
    for _ in range(steps):
        optimiser.zero_grad()
        nn.functional.cross_entropy(network(sounds), torch.tensor([0, 1, 2])).backward()
        optimiser.step()
    return {n for n, values in network.named_parameters() if not torch.equal(values, before[n])}


def of_encoder(moved: set[str]) -> set[str]:
    return {name for name in moved if name.startswith("frontend.")}


def blocks_of(moved: set[str]) -> set[str]:
    return {name.split("blocks.")[1].split(".")[0] for name in of_encoder(moved)}


def test_blocks_follow_the_probe_from_the_top() -> None:
    gradual = Tuning(upper_blocks=3, probe_epochs=2, epochs_per_block=2)
    assert [gradual.blocks_at(epoch) for epoch in range(9)] == [0, 0, 1, 1, 2, 2, 3, 3, 3]
    at_once = Tuning(upper_blocks=3, probe_epochs=1)
    assert [at_once.blocks_at(epoch) for epoch in range(3)] == [0, 3, 3]
    assert Tuning().blocks_at(50) == 0


@pytest.mark.parametrize("family", FAMILIES)
def test_a_frozen_encoder_keeps_every_number(family: str, tmp_path: Path) -> None:
    tiny.write(family, tmp_path)
    network = Network(tmp_path, Tuning())
    held = {k: v.clone() for k, v in network.frontend.state_dict().items()}
    moved = trained(network, epoch=5)
    assert moved and not of_encoder(moved)
    assert not network.frontend.trains
    assert all(v.equal(held[k]) for k, v in network.frontend.state_dict().items())


@pytest.mark.parametrize("family", FAMILIES)
def test_only_the_blocks_that_are_due_move(family: str, tmp_path: Path) -> None:
    tiny.write(family, tmp_path)
    tuning = Tuning(upper_blocks=2, probe_epochs=1, epochs_per_block=1)
    network = Network(tmp_path, tuning)
    assert network.frontend.trains
    assert not of_encoder(trained(network, epoch=0))
    assert blocks_of(trained(network, epoch=1)) == {"2"}
    assert blocks_of(trained(network, epoch=2)) == {"1", "2"}


def test_each_lower_block_has_a_smaller_rate(tmp_path: Path) -> None:
    tiny.write("whisper", tmp_path)
    network = Network(
        tmp_path, Tuning(upper_blocks=2, probe_epochs=1, top_share=0.1, decay_per_layer=0.5)
    )
    groups = network.frontend.parameter_groups(network, 1e-3)
    rate = {id(p): round(group["lr"], 12) for group in groups for p in group["params"]}
    encoder = network.frontend.encoder
    assert {rate[id(p)] for p in network.head.parameters()} == {1e-3}
    assert {rate[id(p)] for p in encoder.blocks[2].parameters()} == {5e-5}
    assert {rate[id(p)] for p in encoder.blocks[1].parameters()} == {2.5e-5}
    assert not any(id(p) in rate for p in encoder.blocks[0].parameters())
    assert not any(id(p) in rate for p in encoder.first.parameters())
    still = [p for group in groups if "weight_decay" in group for p in group["params"]]
    assert still and all(p.dim() <= 1 for p in still)
    decays = [p for group in groups if "weight_decay" not in group for p in group["params"]]
    assert len(still) + len(decays) == len(rate)


@pytest.mark.parametrize("family", FAMILIES)
def test_adapters_train_and_what_they_stand_beside_does_not(family: str, tmp_path: Path) -> None:
    pytest.importorskip("peft")
    tiny.write(family, tmp_path)
    network = Network(tmp_path, Tuning(upper_blocks=2, low_rank=ADAPTERS))
    moved = of_encoder(trained(network))
    adapters = {name for name, _ in network.named_parameters() if "lora_" in name}
    # Six projections in each of two blocks, two matrices each.
    assert moved == adapters
    assert len(adapters) == 2 * 6 * 2


@pytest.mark.parametrize("family", FAMILIES)
def test_merged_adapters_answer_as_before_and_leave_no_trace(family: str, tmp_path: Path) -> None:
    pytest.importorskip("peft")
    tiny.write(family, tmp_path)
    network = Network(tmp_path, Tuning(upper_blocks=2, low_rank=ADAPTERS))
    trained(network, steps=5)
    network.eval()
    rows, lengths = batch(clips())
    with torch.no_grad():
        plain, _ = load(str(tmp_path))(rows, lengths)
        before = network.frontend(rows, lengths)
        assert float((before - plain.flatten(1, 2)).abs().max()) > 1e-3
        merge(network)
        close(network.frontend(rows, lengths), before)
    fresh = load(str(tmp_path)).state_dict()
    assert network.frontend.encoder.state_dict().keys() == fresh.keys()


@pytest.mark.slow
def test_merged_adapters_export_to_the_same_answers(tmp_path: Path) -> None:
    pytest.importorskip("peft")
    tiny.write("whisper", tmp_path)
    network = Network(tmp_path, Tuning(upper_blocks=2, low_rank=ADAPTERS))
    trained(network, steps=5)
    network.eval()
    rows, lengths = batch(clips())
    with torch.no_grad():
        before = network.frontend(rows, lengths)
        merge(network)
        close(network.frontend(rows, lengths), before)
    same(network.frontend, session(network.frontend), clips())


@pytest.mark.parametrize("family", FAMILIES)
def test_checkpointing_changes_no_gradient(family: str, tmp_path: Path) -> None:
    tiny.write(family, tmp_path)

    def gradients(checkpointing: bool) -> tuple[dict[str, Tensor], int]:
        network = Network(tmp_path, Tuning(upper_blocks=2, checkpointing=checkpointing))
        saved = 0

        def count(values: Tensor) -> Tensor:
            nonlocal saved
            saved += values.numel()
            return values

        states, _ = network.frontend.encoder(clips()[0][None])
        with torch.autograd.graph.saved_tensors_hooks(count, lambda values: values):
            states, _ = network.frontend.encoder(clips()[0][None])
        states.square().mean().backward()
        named = network.frontend.named_parameters()
        return {n: p.grad for n, p in named if p.grad is not None}, saved

    plain, much = gradients(False)
    again, little = gradients(True)
    assert plain.keys() == again.keys()
    assert plain
    for name, values in plain.items():
        torch.testing.assert_close(again[name], values)
    assert little < much / 2


@pytest.mark.parametrize("family", FAMILIES)
def test_half_precision_is_for_the_blocks_alone(family: str, tmp_path: Path) -> None:
    tiny.write(family, tmp_path)
    encoder = FrontEnd(Config(encoder=str(tmp_path), tuning=Tuning(upper_blocks=2))).encoder
    clip = clips()[0][None]
    whole, _ = encoder(clip)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        half, _ = encoder(clip)
    assert half.dtype == torch.float32
    assert torch.equal(half[:, 0], whole[:, 0])
    apart = (half[:, 1:] - whole[:, 1:]).norm() / whole[:, 1:].norm()
    assert 1e-4 < apart.item() < 0.03
    half.square().mean().backward()
    assert all(p.grad is not None for p in encoder.blocks[-1].parameters())
