"""Every front end answers in a graph as in torch, for any length and batch, padded or alone."""

from __future__ import annotations

import io
import warnings
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sertain.lab.frontends import (
    averaged,
    chroma_stft,
    cube,
    deltas,
    f0,
    filter_bank,
    log_mel,
    mel_spectrogram,
    mfcc,
    mfcc_picture,
    picture,
    rms,
    spectral_bandwidth,
    spectral_centroid,
    spectral_contrast,
    spectral_flatness,
    spectral_rolloff,
    spectrogram,
    zero_crossing_rate,
)

pytestmark = pytest.mark.train

FRONT_ENDS: list[tuple[Any, dict[str, Any]]] = [
    (spectrogram, {}),
    (spectrogram, {"n_fft": 512, "pad_mode": "reflect", "sample_rate": 16000}),
    (spectrogram, {"n_fft": 2048, "center": False, "sample_rate": 16000}),
    (mel_spectrogram, {}),
    (log_mel, {}),
    (mfcc, {"sample_rate": 22050, "n_fft": 2048, "hop_length": 512}),
    (filter_bank, {}),
    (mfcc_picture, {}),
    (chroma_stft, {}),
    (zero_crossing_rate, {}),
    (zero_crossing_rate, {"center": False, "sample_rate": 16000}),
    (rms, {}),
    (spectral_contrast, {}),
    (spectral_centroid, {}),
    (spectral_bandwidth, {}),
    (spectral_rolloff, {}),
    (spectral_flatness, {}),
    (deltas, {}),
    (f0, {}),
    (averaged, {}),
    (averaged, {"columns": ("mfcc", "mel"), "n_mfcc": 13}),
    (averaged, {"columns": ("mfcc", "chroma", "mel"), "n_mfcc": 40}),
    (averaged, {"columns": ("contrast", "centroid", "bandwidth", "rolloff", "flatness")}),
    (cube, {}),
    (cube, {"first": "chroma", "n_fft": 256, "n_mels": 128, "fmax": 8000.0}),
    (picture, {"height": 96, "width": 64}),
]
IDS = [f"{m.__name__.rsplit('.', 1)[-1]}-{number}" for number, (m, _) in enumerate(FRONT_ENDS)]
LENGTHS = (16000, 9001, 24640, 700, 5)


class WithFrames(nn.Module):
    """A front end and the number of frames that it says are a clip's own."""

    def __init__(self, frontend: nn.Module) -> None:
        super().__init__()
        self.frontend = frontend

    def forward(self, waveform: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        return self.frontend(waveform, lengths), self.frontend.frames_of(lengths)


def _clips() -> list[NDArray[np.float32]]:
    """Give noise under a gliding tone of several levels, one clip shorter than any window."""
    rng = np.random.default_rng(11)
    clips = []
    for number, length in enumerate(LENGTHS):
        at = np.arange(length) / 16000
        tone = np.sin(2 * np.pi * (180 + 70 * number + 40 * at) * at)
        clip = 0.3 / (1 + number) * tone + 0.01 * rng.standard_normal(length)
        clips.append(clip.astype(np.float32))
    return clips


def _batch(clips: list[NDArray[np.float32]], filling: float = 0.0) -> tuple[Tensor, Tensor]:
    lengths = torch.tensor([len(clip) for clip in clips])
    rows = torch.full((len(clips), int(lengths.max())), filling)
    for row, clip in zip(rows, clips, strict=True):
        row[: len(clip)] = torch.from_numpy(clip)
    return rows, lengths


def _close(out: NDArray[Any], expected: NDArray[Any]) -> None:
    assert out.shape == expected.shape
    assert np.isfinite(out).all()
    np.testing.assert_allclose(
        out, expected, rtol=2e-4, atol=2e-5 * max(1.0, np.abs(expected).max())
    )


@pytest.mark.parametrize(("module", "parameters"), FRONT_ENDS, ids=IDS)
def test_a_clip_in_a_padded_batch_gives_what_it_gives_alone(
    module: Any, parameters: dict[str, Any]
) -> None:
    frontend = module.FrontEnd(module.Config(**parameters))
    clips = _clips()
    # What lies behind the end of a clip must not be heard, even if it is not silence.
    rows, lengths = _batch(clips, filling=0.5)
    together = frontend(rows, lengths).numpy()
    frames = frontend.frames_of(lengths).tolist()
    for clip, out, own in zip(clips, together, frames, strict=True):
        alone = frontend(torch.from_numpy(clip)[None])[0].numpy()
        assert alone.shape == (frontend.rows, own)
        _close(out[:, :own], alone)


@pytest.mark.slow
@pytest.mark.parametrize(("module", "parameters"), FRONT_ENDS, ids=IDS)
def test_a_graph_gives_what_torch_gives(module: Any, parameters: dict[str, Any]) -> None:
    frontend = module.FrontEnd(module.Config(**parameters))
    session = _session(frontend)
    clips = _clips()
    for chosen in (clips, clips[:1], clips[2:3], clips[1:4]):
        rows, lengths = _batch(chosen)
        out, frames = session.run(None, {"waveform": rows.numpy(), "lengths": lengths.numpy()})
        expected = frontend(rows, lengths).numpy()
        assert frames.tolist() == frontend.frames_of(lengths).tolist()
        for one, other, own in zip(out, expected, frames.tolist(), strict=True):
            _close(one[:, :own], other[:, :own])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
@pytest.mark.parametrize(("module", "parameters"), FRONT_ENDS, ids=IDS)
def test_a_gpu_gives_what_the_processor_gives(module: Any, parameters: dict[str, Any]) -> None:
    frontend = module.FrontEnd(module.Config(**parameters))
    rows, lengths = _batch(_clips(), filling=0.5)
    expected, frames = frontend(rows, lengths), frontend.frames_of(lengths).tolist()
    out = frontend.cuda()(rows.cuda(), lengths.cuda())
    assert out.is_cuda
    for one, other, own in zip(out.cpu().numpy(), expected.numpy(), frames, strict=True):
        _close(one[:, :own], other[:, :own])


@pytest.mark.parametrize("value", [0.0, 0.25, -1e-12])
@pytest.mark.parametrize("length", [1, 100, 4000])
@pytest.mark.parametrize(("module", "parameters"), FRONT_ENDS, ids=IDS)
def test_silence_and_constants_of_any_length_give_numbers(
    module: Any, parameters: dict[str, Any], length: int, value: float
) -> None:
    frontend = module.FrontEnd(module.Config(**parameters))
    out = frontend(torch.full((1, length), value))
    assert torch.isfinite(out).all()
    assert out.shape[2] == frontend.frames_of(torch.tensor([length])).item() >= 1


def _session(frontend: nn.Module) -> onnxruntime.InferenceSession:
    batch, samples = torch.export.Dim("batch"), torch.export.Dim("samples")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own deprecations
        program = torch.onnx.export(
            WithFrames(frontend).eval(),
            (torch.zeros(2, 24000), torch.tensor([24000, 16000])),
            dynamo=True,
            opset_version=18,
            input_names=["waveform", "lengths"],
            output_names=["features", "frames"],
            dynamic_shapes={"waveform": {0: batch, 1: samples}, "lengths": {0: batch}},
            verbose=False,
        )
    assert program is not None
    buffer = io.BytesIO()
    program.save(buffer)
    return onnxruntime.InferenceSession(buffer.getvalue(), providers=["CPUExecutionProvider"])
