"""Every family hears what transformers hears, whatever lies beside or behind a clip."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from sertain.lab.encoders import load
from sertain.lab.encoders.whisper import LogMel
from tests.lab.encoders import tiny
from tests.lab.encoders.sounds import batch, clips, close

transformers = pytest.importorskip("transformers")
pytestmark = pytest.mark.train
EVERY = ["whisper", *tiny.FAMILIES]


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_states_are_those_of_transformers(family: str, tmp_path: Path) -> None:
    model = tiny.write(family, tmp_path)
    encoder = load(str(tmp_path))
    extractor = transformers.Wav2Vec2FeatureExtractor.from_pretrained(tmp_path)
    for clip in clips()[:4]:
        heard = extractor(clip.numpy(), sampling_rate=16000, return_tensors="pt").input_values
        with torch.no_grad():
            theirs = model(heard, output_hidden_states=True)
            ours, frames = encoder(clip[None])
        states = torch.stack([*theirs.hidden_states[: tiny.BLOCKS]], 1).transpose(2, 3)
        close(ours[:, : tiny.BLOCKS], states)
        last = ours[:, -1].transpose(1, 2)
        if model.config.__dict__.get("do_stable_layer_norm"):
            last = model.encoder.layer_norm(last)
        close(last, theirs.last_hidden_state)
        assert frames.tolist() == [states.shape[3]]


def test_whisper_states_are_those_of_transformers(tmp_path: Path) -> None:
    """4 s fill this encoder's positions, silence at their end as a feature extractor appends it."""
    model = tiny.write("whisper", tmp_path)
    encoder = load(str(tmp_path))
    extractor = transformers.WhisperFeatureExtractor(feature_size=40, chunk_length=4)
    clip = torch.cat([*clips(), *clips()])[: 3 * 16000 + 8000]
    heard = extractor(clip.numpy(), sampling_rate=16000, return_tensors="pt").input_features
    with torch.no_grad():
        theirs = model.encoder(heard, output_hidden_states=True)
        ours, frames = encoder(clip[None])
    assert frames.tolist() == [175]
    states = torch.stack([*theirs.hidden_states[: tiny.BLOCKS]], 1).transpose(2, 3)
    close(ours[:, : tiny.BLOCKS], states[..., :175])
    last = model.encoder.layer_norm(ours[:, -1].transpose(1, 2))
    close(last, theirs.last_hidden_state[:, :175])


def test_the_log_mel_picture_is_that_of_whisper() -> None:
    extractor = transformers.WhisperFeatureExtractor(feature_size=80, chunk_length=2)
    for clip in clips()[:2]:
        theirs = extractor(clip.numpy(), sampling_rate=16000, return_tensors="pt").input_features
        ours = LogMel(80)(torch.nn.functional.pad(clip[None], (0, 32000 - len(clip))))
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("family", EVERY)
def test_a_clip_in_a_padded_batch_gives_what_it_gives_alone(family: str, tmp_path: Path) -> None:
    tiny.write(family, tmp_path)
    encoder = load(str(tmp_path))
    # What lies behind the end of a clip must not be heard, even if it is not silence.
    rows, lengths = batch(clips(), filling=0.5)
    with torch.no_grad():
        together, frames = encoder(rows, lengths)
        assert frames.tolist() == encoder.frames_of(lengths).tolist()
        assert torch.isfinite(together).all()
        for clip, states, own in zip(clips(), together, frames.tolist(), strict=True):
            alone, count = encoder(clip[None])
            assert count.tolist() == [own]
            close(states[..., :own], alone[0])


@pytest.mark.parametrize("family", EVERY)
def test_the_first_blocks_alone_are_the_first_states_of_all(family: str, tmp_path: Path) -> None:
    tiny.write(family, tmp_path)
    clip = clips()[0][None]
    with torch.no_grad():
        whole, _ = load(str(tmp_path))(clip)
        two, _ = load(str(tmp_path), blocks=2)(clip)
    assert whole.shape[1:3] == (tiny.BLOCKS + 1, tiny.WIDTH)
    close(two, whole[:, :3])


@pytest.mark.parametrize("family", EVERY)
def test_silence_and_constants_give_numbers(family: str, tmp_path: Path) -> None:
    tiny.write(family, tmp_path)
    encoder = load(str(tmp_path))
    for length in (1, 100, 4000):
        for value in (0.0, 0.25):
            states, frames = encoder(torch.full((1, length), value))
            assert torch.isfinite(states).all()
            assert states.shape[3] == frames.item() >= 1


@pytest.mark.parametrize("family", EVERY)
def test_a_network_in_training_leaves_a_frozen_encoder_alone(family: str, tmp_path: Path) -> None:
    tiny.write(family, tmp_path)
    encoder = load(str(tmp_path))
    clip = clips()[0][None]
    still, _ = encoder(clip)
    encoder.train()
    again, _ = encoder(clip)
    assert not any(module.training for module in encoder.modules())
    assert not again.requires_grad
    assert torch.equal(still, again)


@pytest.mark.corpus
def test_whisper_tiny_on_real_clips_is_that_of_transformers(
    encoders_root: Path, real_clips: list[np.ndarray[Any, Any]]
) -> None:
    from transformers.models.whisper.modeling_whisper import (  # noqa: PLC0415
        WhisperEncoder,
    )

    folder = encoders_root / "whisper-tiny.en"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not at hand")
    peer = WhisperEncoder.from_pretrained(folder, key_mapping={r"^model\.encoder\.": ""}).float()
    extractor = transformers.WhisperFeatureExtractor.from_pretrained(folder)
    encoder = load(str(folder))
    for clip in real_clips[:2]:
        # Heard to the end of its 30 s the clip has as much silence behind it as there.
        whole = np.pad(clip, (0, 480000 - 8000 - len(clip)))
        heard = extractor(whole, sampling_rate=16000, return_tensors="pt").input_features
        with torch.no_grad():
            theirs = peer(heard, output_hidden_states=True)
            ours, _ = encoder(torch.from_numpy(whole)[None])
        states = torch.stack([*theirs.hidden_states[:4]], 1).transpose(2, 3)[..., :1475]
        largest = float(states.abs().max())
        assert float((ours[:, :4] - states).abs().max()) < 1e-4 * max(1.0, largest)
        last = peer.layer_norm(ours[:, -1].transpose(1, 2))
        torch.testing.assert_close(last, theirs.last_hidden_state[:, :1475], rtol=1e-3, atol=1e-3)
