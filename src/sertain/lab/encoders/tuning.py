"""Fine-tuning of an encoder: which blocks, from which epoch on, at which rate, at which rank.

Probe first: the head is trained on the frozen encoder, then the upper blocks follow, all at once or
one after another from the top (Howard and Ruder 2018, arXiv 1801.06146), each lower one at a
smaller rate.  Adapters of low rank are those of Hu et al. 2021 (arXiv 2106.09685) as `peft` has
them.  What hears the sound, the convolutions below the blocks, stays frozen.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any, Final, Literal

from pydantic import Field
from torch import nn

from sertain.errors import MissingExtraError, RecipeError
from sertain.lab.checked import Checked
from sertain.lab.encoders.encoder import Encoder

_PARTS: Final = {
    "query": ("q_proj",),
    "key": ("k_proj",),
    "value": ("v_proj",),
    "out": ("out_proj",),
    "feed_forward": ("fc1", "fc2", "intermediate_dense", "output_dense"),
}
"""Names in transformers of the projections of a block; Whisper's feed-forward has the first two."""


class LowRank(Checked):
    """Adapters of low rank beside frozen projections (LoRA); ``alpha / rank`` scales them."""

    rank: int = Field(default=8, ge=1)
    alpha: float = Field(default=16.0, gt=0)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    parts: tuple[Literal["query", "key", "value", "out", "feed_forward"], ...] = Field(
        default=("query", "value"), min_length=1
    )


class Tuning(Checked):
    """What of an encoder is trained.

    ``upper_blocks`` are trained, counted from the last one that is kept, after ``probe_epochs`` of
    the head alone; with ``epochs_per_block`` the last one comes first and one more follows after
    as many epochs each.  ``low_rank`` trains adapters in these blocks instead of their weights.
    The last block learns at ``top_share`` of the recipe's rate times ``decay_per_layer``, each one
    below at ``decay_per_layer`` of the one above.
    ``checkpointing`` keeps no inner values of a trained block and computes them again: less memory
    for a third more time.
    """

    upper_blocks: int = Field(default=0, ge=0)
    probe_epochs: int = Field(default=0, ge=0)
    epochs_per_block: int = Field(default=0, ge=0)
    low_rank: LowRank | None = None
    top_share: float = Field(default=0.1, gt=0, le=1)
    decay_per_layer: float = Field(default=0.8, gt=0, le=1)
    checkpointing: bool = False

    def blocks_at(self, epoch: int) -> int:
        """Give how many upper blocks are trained in an epoch, the first of which is 0."""
        since = epoch - self.probe_epochs
        if since < 0:
            return 0
        if self.epochs_per_block == 0:
            return self.upper_blocks
        return min(self.upper_blocks, 1 + since // self.epochs_per_block)


def prepare(encoder: Encoder, tuning: Tuning) -> None:
    """Make an encoder ready for the first epoch; adapters are put in.

    Raises
    ------
    RecipeError
        More blocks are to be trained than there are.
    MissingExtraError
        Adapters are asked for and `peft` is not installed.
    """
    depth = len(encoder.blocks)
    if tuning.upper_blocks > depth:
        raise RecipeError(
            f"tuning.upper_blocks is {tuning.upper_blocks}, {depth} blocks are kept",
            "name at most as many",
        )
    encoder.requires_grad_(False)
    encoder.upper_blocks = tuning.upper_blocks
    encoder.checkpointing = tuning.checkpointing
    if tuning.low_rank is not None:
        _adapt(encoder.blocks[depth - tuning.upper_blocks :], tuning.low_rank)
    begin_epoch(encoder, tuning, 0)


def begin_epoch(encoder: Encoder, tuning: Tuning, epoch: int) -> None:
    """Let those blocks be trained that are due in this epoch."""
    for height, block in enumerate(reversed(encoder.blocks)):
        due = height < tuning.blocks_at(epoch)
        for values in _own(block):
            values.requires_grad_(due)
        block.train(due and encoder.training)


def parameter_groups(
    network: nn.Module, base_rate: float, decay_per_layer: float, top_share: float = 1.0
) -> list[dict[str, Any]]:
    """Give an optimiser's groups: the head at ``base_rate``, each block of an encoder at its own.

    The last block has ``top_share · decay_per_layer`` of the base rate, and each below it
    ``decay_per_layer`` of the one above.  Blocks that are trained from a later epoch on are among
    them; until then they have no gradient and do not move.  Norms and biases do not decay, as
    everywhere: they stand in groups with ``weight_decay`` 0.
    """
    groups: list[dict[str, Any]] = []
    inside: set[int] = set()
    for encoder in (m for m in network.modules() if isinstance(m, Encoder)):
        inside.update(id(values) for values in encoder.parameters())
        for height, block in enumerate(reversed(encoder.blocks)):
            if height < encoder.upper_blocks:
                rate = base_rate * top_share * decay_per_layer ** (height + 1)
                groups += _split(_own(block), rate)
    head = [p for p in network.parameters() if id(p) not in inside and p.requires_grad]
    return _split(iter(head), base_rate) + groups


def merge(network: nn.Module) -> None:
    """Add the adapters of low rank to the weights that they stand beside, and take them away.

    The network answers as before and is as small and fast as one that never had them.
    """
    for module in network.modules():
        for name, child in list(module.named_children()):
            if hasattr(child, "lora_A"):
                adapted: Any = child
                adapted.merge()
                setattr(module, name, adapted.get_base_layer())


def _adapt(blocks: nn.Module, config: LowRank) -> None:
    try:
        peft: Any = import_module("peft")
    except ImportError:
        raise MissingExtraError("an adapter of low rank", "pretrained", "peft") from None
    names = [name for part in config.parts for name in _PARTS[part]]
    lora = peft.LoraConfig(
        r=config.rank,
        lora_alpha=config.alpha,
        lora_dropout=config.dropout,
        target_modules=names,
    )
    peft.inject_adapter_in_model(lora, blocks)


def _own(block: nn.Module) -> Iterator[nn.Parameter]:
    """Give what of a block may be trained: its adapters, or all where there are none."""
    named = list(block.named_parameters())
    adapters = [values for name, values in named if "lora_" in name]
    return iter(adapters or [values for _, values in named])


def _split(parameters: Iterator[nn.Parameter], rate: float) -> list[dict[str, Any]]:
    """Part weights from norms and biases; an empty group is left out."""
    kept = list(parameters)
    decays = {"params": [p for p in kept if p.dim() > 1], "lr": rate}
    others = {"params": [p for p in kept if p.dim() <= 1], "lr": rate, "weight_decay": 0.0}
    return [group for group in (decays, others) if group["params"]]
