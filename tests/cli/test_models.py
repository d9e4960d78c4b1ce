"""`sertain models`: what is embedded, and each one's card."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sertain import weights
from tests.bundle.bundles import CARD, level_bundle
from tests.bundle.voices import voice_bundle
from tests.cli.conftest import Run


@pytest.fixture
def embedded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of weights of our own, with one model: 'quiet'."""
    monkeypatch.setattr(weights, "__file__", str(tmp_path / "__init__.py"))
    return level_bundle(tmp_path / "quiet").path


def test_the_list_names_what_to_know_of_each(run: Run, embedded: Path) -> None:
    done = run("models", "--format", "json")
    assert done.code == 0
    assert json.loads(done.out) == [
        {
            "name": "quiet",
            "model": "level 1.0",
            "labels": ["neutral", "angry", "sad"],
            "size_bytes": sum(file.stat().st_size for file in embedded.iterdir()),
            "speed": None,
            "baseline": False,
            "licence": "CC0-1.0",
            "scores": [
                {
                    "protocol": "luna5",
                    "metric": "UAR",
                    "value": 0.625,
                    "interval": [0.58, 0.671],
                    "seeds": 1,
                }
            ],
        }
    ]


@pytest.mark.usefixtures("embedded")
def test_the_table_says_the_same(run: Run) -> None:
    row = run("models").out.splitlines()[-1]
    for part in ("quiet", "level 1.0", "neutral, angry, sad", "0.0 MB", "CC0-1.0"):
        assert part in row
    assert "UAR 0.625 (0.580–0.671) luna5, 1 seed" in row


def test_a_second_model_is_listed_with_its_speed_and_whether_it_knows_voices(
    run: Run, embedded: Path
) -> None:
    voice_bundle(embedded.parent / "fast", speed=1234.4)
    fast, quiet = json.loads(run("models", "--format", "json").out)
    assert (fast["name"], fast["speed"], fast["baseline"]) == ("fast", 1234.4, True)
    assert quiet["name"] == "quiet"
    header, _, row, _ = run("models").out.splitlines()
    assert header.split()[3:6] == ["size", "speed", "baseline"]
    assert "1,234 × real time" in row


def test_a_model_answers_by_its_name_and_reads_no_other(
    run: Run, embedded: Path, clips: Path
) -> None:
    missing = run("predict", "-m", "fast", str(clips / "even.wav"))
    assert missing.code == 1
    assert missing.err == (
        "sertain: no model or folder is called 'fast' (known are: quiet); "
        "name one of them or a bundle's folder\n"
    )
    level_bundle(embedded.parent / "fast", name="swift")
    (embedded / "bundle.json").write_text("damaged")
    (embedded / "model.onnx").unlink()
    found = run("predict", "-m", "fast", "-f", "json", str(clips / "even.wav"))
    assert json.loads(found.out)[0]["model"] == "swift 1.0"


def test_a_damaged_one_is_named_and_the_others_listed(run: Run, embedded: Path) -> None:
    level_bundle(embedded.parent / "loud")
    (embedded / "README.md").unlink()
    done = run("models", "--format", "json")
    loud, quiet = json.loads(done.out)
    assert done.code == 1
    assert loud["model"] == "level 1.0"
    assert "README.md is missing" in quiet["error"]
    assert "broken" in run("models").out


def test_the_card_is_printed_by_name_and_by_folder(run: Run, embedded: Path) -> None:
    assert run("models", "show", "quiet").out == CARD
    assert run("models", "show", str(embedded)).out == CARD


@pytest.mark.usefixtures("embedded")
def test_an_unknown_card_is_one_line(run: Run) -> None:
    done = run("models", "show", "quite")
    assert done.code == 1
    assert done.err.endswith("did you mean 'quiet'?\n")


def test_without_a_model_the_list_says_so(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights, "__file__", str(tmp_path / "__init__.py"))
    assert "no model is embedded" in run("models").out
    assert json.loads(run("models", "--format", "json").out) == []
