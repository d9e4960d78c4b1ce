"""ResNet: where its weights come from, and what is said when they are not there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from sertain.errors import MissingExtraError, RecipeError
from sertain.lab.models.resnet import Config, Network

transformers = pytest.importorskip("transformers")
safetensors = pytest.importorskip("safetensors.torch")
pytestmark = pytest.mark.train

SMALL = Config(stem=4, depths=(1, 1), widths=(4, 8))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    torch.manual_seed(5)
    shape = transformers.ResNetConfig(
        embedding_size=4, hidden_sizes=[4, 8], depths=[1, 1], layer_type="basic"
    )
    transformers.ResNetForImageClassification(shape).save_pretrained(tmp_path)
    return tmp_path


def test_a_folder_gives_its_weights_and_a_new_head(folder: Path) -> None:
    network = Network(SMALL.model_copy(update={"weights": str(folder)}), 96, 5).eval()
    published = transformers.ResNetModel.from_pretrained(folder).eval()
    picture = torch.randn(2, 3, 32, 40)
    with torch.no_grad():
        expected = published(picture).pooler_output.flatten(1)
        logits, embedding = network(picture.reshape(2, 96, 40), None)
    torch.testing.assert_close(embedding, expected)
    assert logits.shape == (2, 5)


def test_one_picture_goes_into_all_three_colours() -> None:
    torch.manual_seed(0)
    network = Network(SMALL.model_copy(update={"pictures": 1}), 32, 5).eval()
    picture = torch.randn(2, 32, 40)
    with torch.no_grad():
        one = network(picture, None)[1]
        network.pictures = 3
        three = network(torch.cat([picture] * 3, dim=1), None)[1]
    torch.testing.assert_close(one, three)


def test_pictures_may_grow() -> None:
    network = Network(SMALL, 96, 5).eval()
    for size in (32, 64):
        assert network(torch.randn(2, 3 * size, size), None)[0].shape == (2, 5)


def test_weights_of_another_shape_are_told_in_one_line(folder: Path) -> None:
    config = Config(weights=str(folder))
    with pytest.raises(RecipeError, match=r"have embedding_size 4, the recipe says 64; make both"):
        Network(config, 96, 5)


def test_weights_that_are_not_there_are_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)

    def told(place: str) -> str:
        with pytest.raises(RecipeError) as error:
            Network(SMALL.model_copy(update={"weights": place}), 96, 5)
        assert "\n" not in str(error.value)
        assert str(error.value).endswith("or leave weights away for random ones")
        return str(error.value)

    assert told(str(tmp_path)).startswith(f"the folder {tmp_path} holds no config.json; name a")
    assert told("nobody/has-this").startswith("the weights of the hub's nobody/has-this cannot be")
    (tmp_path / "config.json").write_text("{")
    assert told(str(tmp_path)).startswith(f"the weights of the folder {tmp_path} cannot be read (")


def test_weights_of_another_network_are_told_in_one_line(folder: Path) -> None:
    weights = safetensors.load_file(folder / "model.safetensors")
    renamed = {name.replace("resnet.", "other."): values for name, values in weights.items()}
    safetensors.save_file(renamed, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(RecipeError, match=r"lack embedder\S+; name those of a ResNet"):
        Network(SMALL.model_copy(update={"weights": str(folder)}), 96, 5)


def test_without_transformers_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'sertain\[pretrained\]'"):
        Network(SMALL, 96, 5)
