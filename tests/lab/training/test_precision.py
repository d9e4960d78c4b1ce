"""bfloat16 is worked in where the machine multiplies it, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from sertain.lab.recipes import Recipe
from sertain.lab.training import fit, precision
from tests.lab import tones

pytestmark = [
    pytest.mark.train,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


def test_a_processor_says_what_it_has_instructions_for() -> None:
    if torch.cuda.is_available():
        pytest.skip("a graphics card answers here")
    flags = Path("/proc/cpuinfo")
    if not flags.is_file() or "avx2" not in (words := set(flags.read_text().split())):
        pytest.skip("no list of an x86 processor's instructions here")
    if "avx512_bf16" in words:
        assert precision.multiplies_halves()
    if "avx512f" not in words and "avx_ne_convert" not in words:
        assert not precision.multiplies_halves()


@pytest.mark.parametrize(
    ("wanted", "has", "half"),
    [("32", True, False), ("32", False, False), ("bf16", True, True), ("bf16", False, False)],
)
def test_it_takes_the_wish_and_the_machine(
    tiny: Recipe, monkeypatch: pytest.MonkeyPatch, wanted: str, has: bool, half: bool
) -> None:
    monkeypatch.setattr(precision, "multiplies_halves", lambda: has)
    assert precision.half(_wanting(tiny, wanted)) is half


def test_without_instructions_the_weights_are_those_of_float32(
    tiny: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "multiplies_halves", lambda: False)
    place = tmp_path / "tones"
    place.mkdir()
    clips = tones.make(place)
    train = [clip for clip in clips if clip.speaker != "ravdess/04"]
    held = [clip for clip in clips if clip.speaker == "ravdess/04"]
    found = []
    for wanted in ("32", "bf16"):
        torch.set_num_threads(1)
        fit(
            _wanting(tiny, wanted),
            train,
            held,
            seed=0,
            folder=tmp_path / wanted,
            cache_folder=tmp_path / "cache",
            quiet=True,
        )
        found.append(torch.load(tmp_path / wanted / "best.ckpt", weights_only=True)["state_dict"])
    assert found[0].keys() == found[1].keys()
    assert all(torch.equal(found[0][name], found[1][name]) for name in found[0])


def _wanting(recipe: Recipe, precision: str) -> Recipe:
    training = recipe.training.model_copy(update={"precision": precision, "epochs": 1})
    return recipe.model_copy(update={"training": training})
