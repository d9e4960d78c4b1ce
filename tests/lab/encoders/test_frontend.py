"""An encoder as a front end: which states, their statistics, and the same in a graph."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from sertain.errors import RecipeError
from sertain.lab.checked import check
from sertain.lab.encoders import load
from sertain.lab.frontends.encoder import Config, FrontEnd
from tests.lab.encoders import tiny
from tests.lab.encoders.sounds import batch, clips, close

pytestmark = pytest.mark.train


@pytest.fixture
def folder(tmp_path: Path) -> str:
    tiny.write("whisper", tmp_path)
    return str(tmp_path)


def test_rows_are_the_chosen_states_one_below_the_other(folder: str) -> None:
    rows, lengths = batch(clips())
    states, frames = load(folder)(rows, lengths)
    every = FrontEnd(Config(encoder=folder))
    assert every.rows == 4 * tiny.WIDTH
    close(every(rows, lengths), states.flatten(1, 2))
    assert every.frames_of(lengths).tolist() == frames.tolist()
    some = FrontEnd(Config(encoder=folder, layers=(2, 0)))
    close(some(rows, lengths), torch.cat([states[:, 2], states[:, 0]], 1))
    assert len(some.encoder.blocks) == 2


def test_statistics_are_numpys_over_a_clips_own_frames(folder: str) -> None:
    rows, lengths = batch(clips(), filling=0.5)
    frontend = FrontEnd(Config(encoder=folder, blocks=2, pooling="statistics"))
    assert frontend.rows == 3 * 2 * tiny.WIDTH
    assert frontend.frames_of(lengths).tolist() == [1] * len(lengths)
    pooled = frontend(rows, lengths)
    assert pooled.shape == (len(lengths), frontend.rows, 1)
    states, frames = load(folder, 2)(rows, lengths)
    for one, own, count in zip(pooled, states.numpy(), frames.tolist(), strict=True):
        parts = [(layer.mean(1), layer.std(1)) for layer in own[..., :count]]
        np.testing.assert_allclose(one[:, 0], np.ravel(parts), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("stride", [2, 3])
def test_neighbouring_frames_of_a_clip_become_their_mean(folder: str, stride: int) -> None:
    rows, lengths = batch(clips(), filling=0.5)
    every = FrontEnd(Config(encoder=folder, blocks=1))
    fewer = FrontEnd(Config(encoder=folder, blocks=1, stride=stride))
    states, counts = every(rows, lengths).numpy(), every.frames_of(lengths).tolist()
    found, kept = fewer(rows, lengths), fewer.frames_of(lengths).tolist()
    assert found.shape[2] == max(kept)
    for number, count in enumerate(counts):
        own = [states[number, :, at : at + stride] for at in range(0, count, stride)]
        own[-1] = own[-1][:, : count - (len(own) - 1) * stride]
        assert kept[number] == len(own)
        expected = np.stack([part.mean(1) for part in own], 1)
        np.testing.assert_allclose(found[number, :, : len(own)], expected, atol=1e-5)


def test_parameters_out_of_range_are_told_in_one_line(folder: str) -> None:
    with pytest.raises(RecipeError, match="layers names 5, 4 blocks give 0 to 4"):
        check(Config, {"encoder": "x", "blocks": 4, "layers": [0, 5]}, "frontend.parameters")
    with pytest.raises(RecipeError, match="stride is of frames, and pooling leaves none"):
        values = {"encoder": "x", "stride": 2, "pooling": "statistics"}
        check(Config, values, "frontend.parameters")
    with pytest.raises(RecipeError, match=r"tuning.upper_blocks is 9, 3 blocks are kept"):
        FrontEnd(Config.model_validate({"encoder": folder, "tuning": {"upper_blocks": 9}}))


def test_a_clip_beyond_the_positions_is_refused(folder: str) -> None:
    with pytest.raises(RecipeError, match=r"a clip has 4.00 s, the encoder hears at most 3.50 s"):
        FrontEnd(Config(encoder=folder))(torch.zeros(1, 64000))


def test_positions_of_longer_clips_are_given_up(folder: str) -> None:
    whole, short = FrontEnd(Config(encoder=folder)), FrontEnd(Config(encoder=folder, longest_s=1.6))
    assert short.encoder.positions.shape == (80 + 25, tiny.WIDTH)
    rows, lengths = batch([clips()[0], clips()[2]])
    close(short(rows, lengths), whole(rows, lengths))
    with pytest.raises(RecipeError, match=r"a clip has 1.62 s, the encoder hears at most 1.60 s"):
        short(torch.zeros(1, 25601))


class WithFrames(nn.Module):
    """A front end and the number of frames that it says are a clip's own."""

    def __init__(self, frontend: FrontEnd) -> None:
        super().__init__()
        self.frontend = frontend

    def forward(self, waveform: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        return self.frontend(waveform, lengths), self.frontend.frames_of(lengths)


def session(frontend: FrontEnd) -> onnxruntime.InferenceSession:
    rows, samples = torch.export.Dim("batch"), torch.export.Dim("samples")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own deprecations
        program = torch.onnx.export(
            WithFrames(frontend).eval(),
            (torch.zeros(2, 24000), torch.tensor([24000, 16000])),
            dynamo=True,
            opset_version=18,
            input_names=["waveform", "lengths"],
            output_names=["features", "frames"],
            dynamic_shapes={"waveform": {0: rows, 1: samples}, "lengths": {0: rows}},
            verbose=False,
        )
    assert program is not None
    buffer = io.BytesIO()
    program.save(buffer)
    return onnxruntime.InferenceSession(buffer.getvalue(), providers=["CPUExecutionProvider"])


def same(frontend: FrontEnd, graph: onnxruntime.InferenceSession, sounds: list[Tensor]) -> None:
    """Compare alone and in padded batches, to 1e-4 of the largest number."""
    for chosen in (sounds, sounds[:1], sounds[2:3], sounds[1:4]):
        rows, lengths = batch(chosen)
        feed = {"waveform": rows.numpy(), "lengths": lengths.numpy()}
        features, frames = (np.asarray(part) for part in graph.run(None, feed))
        with torch.no_grad():
            expected = frontend(rows, lengths).numpy()
        assert frames.tolist() == frontend.frames_of(lengths).tolist()
        largest = max(1.0, float(np.abs(expected).max()))
        for ours, theirs, own in zip(features, expected, frames.tolist(), strict=True):
            np.testing.assert_allclose(ours[:, :own], theirs[:, :own], rtol=0, atol=1e-4 * largest)


GRAPHS = [
    ("whisper", "none"),
    ("whisper", "statistics"),
    ("wav2vec2", "none"),
    ("xlsr", "none"),
    ("hubert-batch-norm", "none"),
    ("wavlm", "none"),
    ("data2vec", "none"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("family", "pooling"), GRAPHS)
def test_a_graph_gives_what_torch_gives(family: str, pooling: Any, tmp_path: Path) -> None:
    tiny.write(family, tmp_path)
    frontend = FrontEnd(Config(encoder=str(tmp_path), blocks=2, pooling=pooling))
    same(frontend, session(frontend), clips())


@pytest.mark.slow
def test_a_graph_averages_neighbours_as_torch_does(folder: str) -> None:
    frontend = FrontEnd(Config(encoder=folder, blocks=1, layers=(1, 0), stride=2))
    same(frontend, session(frontend), clips())


@pytest.mark.slow
@pytest.mark.corpus
def test_a_graph_of_whisper_tiny_hears_real_clips_as_torch_does(
    encoders_root: Path, real_clips: list[Any]
) -> None:
    if not (encoders_root / "whisper-tiny.en").is_dir():
        pytest.skip("whisper-tiny.en is not at hand")
    frontend = FrontEnd(Config(encoder="whisper-tiny.en", blocks=4, pooling="statistics"))
    assert frontend.rows == 3840
    same(frontend, session(frontend), [torch.from_numpy(clip) for clip in real_clips])
