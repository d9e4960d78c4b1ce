"""Where an encoder is found, and what is said when it is not."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from sertain.errors import MissingExtraError, RecipeError
from sertain.lab.encoders import load
from sertain.lab.encoders.loading import place_of
from tests.lab.encoders import tiny

transformers = pytest.importorskip("transformers")
safetensors = pytest.importorskip("safetensors.torch")
pytestmark = pytest.mark.train
REMEDY = (
    "name a folder with config.json and model.safetensors, one inside $SERTAIN_ENCODERS,"
    " or a hub name such as openai/whisper-tiny.en"
)


def told(name: str) -> str:
    with pytest.raises(RecipeError) as error:
        load(name)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_name_is_looked_for_among_the_encoders_at_hand_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERTAIN_ENCODERS", str(tmp_path))
    (tmp_path / "own").mkdir()
    assert place_of("own") == str(tmp_path / "own")
    assert place_of("openai/whisper-tiny.en") == "openai/whisper-tiny.en"
    monkeypatch.delenv("SERTAIN_ENCODERS")
    assert place_of("own") == "own"


def test_a_folder_of_the_encoder_alone_loads_as_one_of_the_whole_model(tmp_path: Path) -> None:
    model = tiny.build("whisper")
    model.save_pretrained(tmp_path / "whole")
    prefixed = {
        f"model.{key}": values.contiguous()
        for key, values in model.state_dict().items()
        if key.startswith("encoder.")
    }
    (tmp_path / "part").mkdir()
    model.config.save_pretrained(tmp_path / "part")
    safetensors.save_file(prefixed, tmp_path / "part" / "model.safetensors", {"format": "pt"})
    whole, part = (load(str(tmp_path / name)).state_dict() for name in ("whole", "part"))
    assert whole.keys() == part.keys()
    assert all(whole[key].equal(part[key]) for key in whole)


def test_a_place_without_an_encoder_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert told(str(tmp_path)) == f"the folder {tmp_path} holds no config.json; {REMEDY}"
    said = told("nobody/has-this")
    assert said.startswith("the encoder of the hub's nobody/has-this cannot be read (")
    assert said.endswith(REMEDY)
    (tmp_path / "config.json").write_text("{")
    assert told(str(tmp_path)).startswith(f"the encoder of the folder {tmp_path} cannot be read (")


def test_weights_that_are_not_there_are_told_in_one_line(tmp_path: Path) -> None:
    tiny.write("hubert", tmp_path)
    weights = safetensors.load_file(tmp_path / "model.safetensors")
    few = {key: values for key, values in weights.items() if "layers.1" not in key}
    safetensors.save_file(few, tmp_path / "model.safetensors", {"format": "pt"})
    said = told(str(tmp_path))
    assert "lack encoder.layers.1." in said
    assert said.endswith("name those of an encoder")


def test_another_kind_of_model_is_told_with_the_known_ones(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "resnet"}))
    assert told(str(tmp_path)) == (
        f"the folder {tmp_path} holds a model of the type resnet;"
        " known encoders: whisper, wav2vec2, hubert, data2vec-audio, wavlm"
    )


def test_more_blocks_than_there_are_is_told(tmp_path: Path) -> None:
    tiny.write("hubert", tmp_path)
    with pytest.raises(RecipeError, match=r"has 3 blocks, not 4; name at most as many"):
        load(str(tmp_path), blocks=4)


def test_without_transformers_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'sertain\[pretrained\]'"):
        load("whisper-tiny.en")


def test_nothing_is_said_while_an_encoder_loads(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    tiny.write("whisper", tmp_path)
    capfd.readouterr()
    load(str(tmp_path), blocks=1)
    assert capfd.readouterr() == ("", "")
