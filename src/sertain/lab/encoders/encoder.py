"""What all encoders share: a way in, a row of blocks, and no sound from behind a clip's end."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Self

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from sertain.lab.frontends.framing import masked, valid_lengths


class Encoder(nn.Module):
    """A pretrained encoder of speech whose first blocks are kept.

    What is frozen (at first everything) stays in evaluation mode whatever mode the network around
    it has, so no dropout and no skipped block disturbs it.

    Parameters
    ----------
    blocks:
        The transformer blocks that are kept, from the first on.
    width:
        Numbers in a state.

    ``upper_blocks`` and ``checkpointing`` are set by :func:`sertain.lab.encoders.tuning.prepare`.
    """

    appended = 0
    """Frames that are heard behind the longest clip and are no clip's own."""

    def __init__(self, blocks: Iterable[nn.Module], width: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(blocks)
        self.width = width
        self.upper_blocks = 0
        self.checkpointing = False

    def frames_of(self, lengths: Tensor) -> Tensor:
        """Give the number of frames of 16 kHz waveforms of these lengths, at least 1."""
        raise NotImplementedError

    def shorten(self, longest_s: float) -> None:
        """Give up what is needed for clips longer than this, where an encoder has such a thing."""

    def enter(self, waveform: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Give what goes into the first block.

        States (batch, frames, width) and which of their frames a block may hear, bool (batch,
        frames).  ``waveform`` (batch, n) is 0 behind each row's ``lengths`` samples.
        """
        raise NotImplementedError

    def distances(self, states: Tensor) -> Tensor | None:  # noqa: ARG002
        """Give what the distance of two frames is worth to each head, where blocks share that."""
        return None

    def through(
        self, block: nn.Module, states: Tensor, heard: Tensor, distances: Tensor | None
    ) -> Tensor:
        """Run one block on (batch, frames, width).

        ``heard`` (batch, 1, 1, frames) is added to the scores of attention: 0 for a frame that may
        be heard, else −∞.  ``distances`` (heads, frames, frames) as given above.
        """
        raise NotImplementedError

    def forward(self, waveform: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Hear 16 kHz ``waveform`` (batch, n), each row ``lengths`` samples long.

        Gives the states, float32 (batch, blocks + 1, width, frames): the input of the first block
        and the output of each, without the norm that some encoders put behind the last.  Beside
        them the number of frames (batch,) that are each clip's own; those behind hold finite
        numbers and mean nothing.
        """
        lengths = valid_lengths(waveform, lengths)
        # Half precision is for the blocks: in a logarithm of power it would be heard.
        with torch.autocast(waveform.device.type, enabled=False):
            own = masked(waveform.float(), lengths)
            hidden, seen = self.enter(own, lengths)
            distances = self.distances(hidden)
            heard = torch.zeros_like(hidden[..., 0]).masked_fill(~seen, -math.inf)
            heard = heard[:, None, None]
        states = [hidden]
        for block in self.blocks:
            if self.checkpointing and torch.is_grad_enabled() and trains(block):
                hidden = checkpoint(
                    self.through, block, hidden, heard, distances, use_reentrant=False
                )
            else:
                hidden = self.through(block, hidden, heard, distances)
            states.append(hidden.float())
        stacked = torch.stack(states, 1)[:, :, : hidden.shape[1] - self.appended]
        return stacked.transpose(2, 3), self.frames_of(lengths)

    def train(self, mode: bool = True) -> Self:
        """Put what is trained into training mode, and what is frozen into evaluation mode."""
        super().train(False)
        for block in self.blocks:
            if trains(block):
                block.train(mode)
        return self


def trains(module: nn.Module) -> bool:
    """Say whether any of the module's parameters is trained."""
    return any(p.requires_grad for p in module.parameters())
