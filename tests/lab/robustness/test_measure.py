"""What a condition costs, with a model whose answers can be worked out: it hears how loud it is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from sertain import audio, load
from sertain.cli.main import main
from sertain.corpora.clip import Clip
from sertain.errors import LabelError
from sertain.lab.robustness import measure, writing
from sertain.lab.robustness.measure import Part, Robustness
from sertain.labels import Emotion
from tests.bundle.bundles import level_bundle

RATE = 16_000
SPEAKERS = ("anna", "bela", "cleo", "dana", "emil")
CLIPS = Path(__file__).parents[3] / "examples" / "clips"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its logits are 0, 10 r and −10 r: whatever it hears, it is called angry."""
    return level_bundle(tmp_path_factory.mktemp("models") / "level").path


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Clip]:
    """Five speakers, each once angry and once neutral: half of it is right."""
    folder = tmp_path_factory.mktemp("clips")
    spoken: NDArray[np.float32] = audio.load(CLIPS / "even.wav", sample_rate=RATE).samples[0]
    found = []
    for number, speaker in enumerate(SPEAKERS):
        for emotion in ("angry", "neutral"):
            path = folder / emotion / speaker / "a.wav"
            path.parent.mkdir(parents=True)
            soundfile.write(path, (0.5 + 0.1 * number) * spoken, RATE, subtype="FLOAT")
            name = f"{emotion}-{speaker}"
            found.append(Clip("mine", name, path, Emotion(emotion), f"mine/{speaker}"))
    return found


@pytest.fixture(scope="module")
def found(bundle: Path, clips: list[Clip]) -> Robustness:
    return measure.measure([Part(load(bundle), tuple(clips), tuple(clips))], "other speakers")


def test_every_condition_is_measured_and_the_clean_clips_are_first(found: Robustness) -> None:
    assert found.rows[0].condition == "clean"
    assert len(found.rows) == 1 + 25
    assert (found.clips, found.labels, found.seeds) == (10, ("neutral", "angry"), 1)
    assert (found.interval_over, found.interval_units) == ("speakers", 5)
    assert found.babble_of == "other speakers"


def test_a_model_that_always_says_angry_is_right_half_the_time_in_any_sound(
    found: Robustness,
) -> None:
    for row in found.rows:
        if row.unanswered == 0:
            assert row.uar == 0.5, row.condition
            assert row.wa == 0.5
            assert (row.lost, row.lost_low, row.lost_high) == (0, 0, 0)
        else:
            # A clip without an answer is a wrong one; every speaker has one of each.
            assert row.uar == pytest.approx(0.5 - row.lost)
            assert row.lost <= row.unanswered
    assert found.rows[0].unanswered == 0


def test_what_is_lost_is_counted_from_the_clean_clips() -> None:
    targets = np.array([0, 1] * 5)
    speakers = tuple(f"mine/{number // 2}" for number in range(10))
    clean = {0: [measure._Answered(targets, targets, speakers)]}
    worse = targets.copy()
    worse[:4] = 2  # two speakers are not answered at all
    row = measure._row(
        "noise", "noise", {0: [measure._Answered(targets, worse, speakers)]}, ("a", "b"),
        measure._drawn(clean, ("a", "b")), 1.0,
    )  # fmt: skip
    assert row.uar == pytest.approx(0.6)
    assert row.lost == pytest.approx(0.4)
    assert row.unanswered == pytest.approx(0.4)
    # Speakers are drawn whole: their share that fails is binomial(5, 0.4) / 5.
    assert (row.lost_low, row.lost_high) == (0.0, 0.8)


def test_folds_are_pooled_and_seeds_are_averaged(bundle: Path, clips: list[Clip]) -> None:
    model = load(bundle)
    part = [Part(model, tuple(clips[:4]), (), 0), Part(model, tuple(clips[4:]), (), 0)]
    again = [Part(model, each.clips, (), 1) for each in part]
    result = measure.measure([*part, *again], "nobody")
    assert (result.clips, result.seeds) == (10, 2)
    assert result.babble_of is None
    assert not any("babble" in row.condition for row in result.rows)


def test_a_page_says_what_was_done(found: Robustness, tmp_path: Path) -> None:
    written = writing.write(tmp_path, "level 1.0 on mine", {"bundle": "level 1.0"}, found)
    assert [path.name for path in written] == ["robustness.json", "robustness.md"]
    plain = json.loads(written[0].read_text())
    assert len(plain["rows"]) == 26
    assert plain["about"] == {"bundle": "level 1.0"}
    page = written[1].read_text()
    assert "| clean | 0.500 [0.500, 0.500] |  | 0.500 | 0.0% |" in page
    assert "| 8 kHz band | 0.500 [0.500, 0.500] | 0.0 [0.0, 0.0] | 0.500 | 0.0% |" in page
    assert "made of other speakers, never of the clip's own" in page


def test_labels_that_are_not_shared_are_one_line(bundle: Path, clips: list[Clip]) -> None:
    one = [clip for clip in clips if clip.emotion is Emotion.ANGRY]
    with pytest.raises(LabelError, match="they share only 'angry'"):
        measure.measure([Part(load(bundle), tuple(one), ())], "nobody")


def test_the_command_measures_it_after_the_figures(
    bundle: Path, clips: list[Clip], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = clips[0].path.parents[2]
    words = ["evaluate", "--bundle", str(bundle), "--table", str(folder), "--robustness"]
    assert main([*words, "--out", str(tmp_path / "out")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("level 1.0: UAR 0.500")
    assert lines[1].startswith("robustness: UAR 0.500 [0.500, 0.500] clean; in points: ")
    assert (tmp_path / "out" / "robustness.md").is_file()
