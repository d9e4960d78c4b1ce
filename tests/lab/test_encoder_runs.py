"""A run of an encoder that is trained: its rates, and what it needs when the encoder is gone."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from sertain.corpora.clip import Clip
from sertain.errors import RecipeError
from sertain.lab import encoders
from sertain.lab.encoders import keep, load
from sertain.lab.export import export
from sertain.lab.recipes import Recipe
from sertain.lab.training import Fit, features, fit, load_fit
from sertain.lab.training.module import Learner
from sertain.lab.training.network import SpeechNetwork
from tests.lab import tones
from tests.lab.encoders import tiny
from tests.lab.encoders.sounds import batch, clips, close

pytestmark = [
    pytest.mark.train,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


def _recipe(folder: Path, **tuning: object) -> Recipe:
    front = {"encoder": str(folder), "blocks": 2, "tuning": tuning}
    return Recipe.model_validate(
        {
            "name": "tuned",
            "corpora": ["ravdess"],
            "labels": list(tones.PITCH_HZ),
            "normalise": "none",
            "frontend": {"name": "encoder", "parameters": front},
            "model": {"name": "states_asp", "parameters": {"layers": 3}},
            "sampling": {"examples_per_epoch": 16},
            "training": {
                "epochs": 2,
                "batch_size": 8,
                "clip_s": 0.3,
                "learning_rate": 0.01,
                "watch": "last",
                "patience": None,
                "average_decay": 0.0,
                "precision": "32",
            },
        }
    )


@pytest.fixture
def encoder(tmp_path: Path) -> Path:
    tiny.write("whisper", tmp_path / "encoder")
    return tmp_path / "encoder"


def _fitted(recipe: Recipe, tmp_path: Path) -> tuple[Fit, list[Clip], list[Clip]]:
    torch.set_num_threads(1)
    (tmp_path / "tones").mkdir()
    made = tones.make(tmp_path / "tones", speakers=3, takes=2)
    train = [clip for clip in made if clip.speaker != "ravdess/03"]
    held = [clip for clip in made if clip.speaker == "ravdess/03"]
    done = fit(
        recipe, train, held, seed=0, folder=tmp_path / "r", cache_folder=tmp_path / "c", quiet=True
    )
    return done, train, held


def test_each_block_follows_the_cycle_at_its_own_rate(encoder: Path) -> None:
    recipe = _recipe(encoder, upper_blocks=2, top_share=0.1, decay_per_layer=0.5)
    made = Learner(recipe, seed=0, steps=101).configure_optimizers()
    moving, groups = made["lr_scheduler"]["scheduler"], made["optimizer"].param_groups
    known = {id(p): name for name, p in Learner(recipe, 0, 101).named_parameters()}
    assert known  # names are those of the network
    highest = [0.0] * len(groups)
    for _ in range(100):
        made["optimizer"].step()
        moving.step()
        highest = [max(h, group["lr"]) for h, group in zip(highest, groups, strict=True)]
    # Head, last block, the one below; weights, then norms and biases.
    assert highest == pytest.approx([0.01] * 2 + [0.0005] * 2 + [0.00025] * 2, rel=0.01)
    assert [group["weight_decay"] > 0 for group in groups] == [True, False] * 3


def test_a_block_moves_less_than_the_one_above(encoder: Path, tmp_path: Path) -> None:
    recipe = _recipe(encoder, upper_blocks=2, top_share=0.1, decay_per_layer=0.01)
    before = load(str(encoder), 2).state_dict()
    done, _, _ = _fitted(recipe, tmp_path)
    after = done.network.frontend.encoder.state_dict()
    moved = {
        name: float((after[name] - values).abs().max())
        for name, values in before.items()
        if name.endswith("fc1.weight")
    }
    lower, upper = moved["blocks.0.fc1.weight"], moved["blocks.1.fc1.weight"]
    assert 0 < lower < upper / 10
    torch.testing.assert_close(after["first.weight"], before["first.weight"], rtol=0, atol=0)


def test_a_run_with_adapters_is_exported_where_the_encoder_is_no_more(
    encoder: Path, tmp_path: Path
) -> None:
    recipe = _recipe(encoder, upper_blocks=1, top_share=1.0, low_rank={"rank": 2})
    done, train, held = _fitted(recipe, tmp_path)
    expected = done.logits(held)
    shutil.rmtree(encoder)
    with pytest.raises(RecipeError):
        load(str(encoder))
    again = load_fit(tmp_path / "r", recipe, tmp_path / "c")
    np.testing.assert_allclose(again.logits(held), expected, atol=1e-6)
    made = export(again, train, held, tmp_path / "b", name="merged")
    # The adapters are part of the weights in the graph, and still beside them in the run.
    assert any("lora_A" in name for name, _ in again.network.named_modules())
    session = onnxruntime.InferenceSession(made.model_path)
    wave = np.float32(0.1) * np.random.default_rng(0).standard_normal((1, 9000)).astype(np.float32)
    given = {"waveform": wave, "lengths": np.array([9000])}
    answer = np.asarray(session.run(["probabilities"], given)[0])[0]
    with torch.inference_mode():
        logits, _ = again.network(torch.from_numpy(wave), torch.tensor([9000]))
    ratio = np.log(answer) - np.log(answer).mean()
    centred = (logits - logits.mean())[0].numpy()
    # The temperature is the one number between them.
    warmth = float(centred @ centred / (centred @ ratio))
    np.testing.assert_allclose(ratio * warmth, centred, atol=1e-3 * np.abs(centred).max() + 1e-4)
    # An adapter of rank 2 is a pair of matrices of 2 by the encoder's width.
    shapes = {tuple(one.dims) for one in onnx.load(made.model_path).graph.initializer}
    assert not {(2, tiny.WIDTH), (tiny.WIDTH, 2)} & shapes


@pytest.mark.parametrize("family", ["whisper", "hubert", "wavlm-large"])
def test_a_kept_shape_with_the_weights_is_the_encoder(family: str, tmp_path: Path) -> None:
    tiny.write(family, tmp_path / "e")
    whole = load(str(tmp_path / "e"), 2)
    keep(str(tmp_path / "e"), tmp_path / "kept")
    assert not list((tmp_path / "kept").glob("*.safetensors"))
    blank = load(str(tmp_path / "kept"), 2, blank=True)
    rows, lengths = batch(clips())
    blank.load_state_dict(whole.state_dict())
    close(blank(rows, lengths)[0], whole(rows, lengths)[0])


def test_a_killed_run_goes_on_to_the_same_weights_without_its_encoder(
    encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = _recipe(encoder).model_dump(mode="json")
    # Frozen, so its states are stored; the cache is another one after the kill.
    plain["normalise"] = "columns"
    plain["training"] |= {"clip_s": None, "average_decay": 0.9, "epochs": 3}
    recipe = Recipe.model_validate(plain)
    (whole, train, held), killed = _fitted(recipe, tmp_path), tmp_path / "killed"
    own = SpeechNetwork.begin_epoch

    def killing(network: SpeechNetwork, epoch: int) -> None:
        if epoch == 1:
            raise RuntimeError("killed")
        own(network, epoch)

    def run(cache_folder: Path) -> Fit:
        return fit(
            recipe, train, held, seed=0, folder=killed, cache_folder=cache_folder, quiet=True
        )

    with monkeypatch.context() as patch, pytest.raises(RuntimeError, match="killed"):
        patch.setattr(SpeechNetwork, "begin_epoch", killing)
        run(tmp_path / "c")
    shutil.rmtree(encoder)
    assert (killed / "last.ckpt").is_file()
    done = run(tmp_path / "other")
    # Named by every number of the encoder: it is the same, bit by bit, and not a random one.
    stored, again = (
        {path.name for path in (tmp_path / cache / "features").glob("*.u8")}
        for cache in ("c", "other")
    )
    assert len(stored) == 1
    assert again == stored
    for name, values in whole.network.state_dict().items():
        torch.testing.assert_close(done.network.state_dict()[name], values, rtol=1e-4, atol=1e-6)


def test_what_was_stored_is_of_these_sources_of_the_encoders(
    encoder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    network = SpeechNetwork(_recipe(encoder))
    before = features.identity(network)
    shutil.copytree(encoders.__path__[0], tmp_path / "room")
    monkeypatch.setattr(encoders, "__path__", [str(tmp_path / "room")])
    assert features.identity(network) == before
    (tmp_path / "room" / "whisper.py").write_text("# another\n", "utf-8")
    assert features.identity(network) != before


@pytest.mark.parametrize("name", ["whisper-tiny.en", "mine"])
def test_a_bundle_names_the_encoder_that_is_part_of_it_and_keeps_its_notice(
    encoder: Path, tmp_path: Path, name: str
) -> None:
    """The MIT licence asks that notice and permission stand in every copy."""
    folder = encoder.rename(encoder.parent / name)
    done, train, held = _fitted(_recipe(folder, upper_blocks=0), tmp_path)
    made = export(done, train, held, tmp_path / "b", name="named")
    card, terms = ((made.path / file).read_text() for file in ("README.md", "LICENSE"))
    own = sum(one.numel() for one in load(str(folder), 2).parameters())
    assert f"a pretrained encoder of {own:,} parameters: " in card
    assert "NonCommercial" in terms
    known = name != "mine"
    assert ("Whisper tiny.en (Radford et al. 2022" in card) == known
    assert ("Copyright (c) 2022 OpenAI" in terms) == known
    assert ("The above copyright notice and this permission notice" in terms) == known
    assert ("whose makers say what it heard" in card) != known
