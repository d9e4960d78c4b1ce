"""Knowing a voice: a baseline's statistics by formula, what it changes, and what is refused."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sertain import Baseline, Model, Prediction, audio, load, speech
from sertain.bundle import Conformal, Reference
from sertain.errors import AudioError, BaselineError
from sertain.predict.baseline import LEAST_S, ONE_SIDED, Known, mixed
from tests.bundle.bundles import LABELS
from tests.bundle.voices import PRIOR_S, answer_of_voice, features, voice_bundle

RATE = 16_000
VOICE = ("even.wav", "lively.flac", "slow-low.opus")
"""Clips of one utterance each, 7.2 s of speech together."""


def spoken(path: Path) -> NDArray[np.float32]:
    """The one utterance of a clip."""
    samples = audio.load(path, sample_rate=RATE).samples[0]
    (said,) = speech.detect(samples)
    return samples[round(said.start_s * RATE) : round(said.end_s * RATE)]


def values(answer: Prediction) -> list[float]:
    assert answer.probabilities is not None
    return list(answer.probabilities.values())


@pytest.fixture(scope="module")
def said(clips: Path) -> list[NDArray[np.float32]]:
    return [spoken(clips / name) for name in VOICE]


@pytest.fixture(scope="module")
def known(voice: Model, clips: Path) -> Baseline:
    found = voice.with_baseline([clips / name for name in VOICE]).baseline
    assert found is not None
    return found


def test_a_baseline_is_mean_and_deviation_over_all_frames(
    known: Baseline, voice: Model, said: list[NDArray[np.float32]]
) -> None:
    frames = np.concatenate([features(part) for part in said], axis=1)
    assert known.rows == 2
    np.testing.assert_allclose(known.mean, frames.mean(axis=1), rtol=1e-4)
    np.testing.assert_allclose(known.deviation, frames.std(axis=1), rtol=1e-3)
    assert known.known.seconds == pytest.approx(frames.shape[1] / RATE)
    assert known.known.recordings == 3
    assert known.known.name == "recordings"
    answers = [answer_of_voice(part) for part in said]
    mix = np.average(answers, axis=0, weights=[len(part) for part in said])
    assert known.known.mix == pytest.approx(dict(zip(LABELS, mix, strict=True)), abs=1e-5)
    assert (known.model, known.sha256) == ("voice 1.0", voice.bundle.spec.sha256["model.onnx"])


def test_an_answer_with_a_baseline_is_as_sure_as_the_model_says_for_that(
    clips: Path, tmp_path: Path
) -> None:
    own = Reference(2, PRIOR_S, uncertain_below=0.95, conformal=Conformal(0.9, 0.01))
    voice_bundle(
        tmp_path / "own", uncertain_below=0.1, conformal=Conformal(0.9, 0.9), reference=own
    )
    model = load(tmp_path / "own")
    alone = model.predict(clips / VOICE[0])
    assert (alone.uncertain_below, alone.is_certain) == (0.1, True)
    told = model.with_baseline([clips / name for name in VOICE]).predict(clips / VOICE[0])
    assert (told.uncertain_below, told.is_certain) == (0.95, False)
    assert alone.set is not None
    assert told.set is not None
    assert len(alone.set) == 1
    assert set(told.set) == {
        label for label, p in zip(LABELS, values(told), strict=True) if p >= 0.01
    }


def test_an_answer_with_a_baseline_is_the_graphs_with_that_reference(
    known: Baseline, voice: Model, said: list[NDArray[np.float32]], clips: Path
) -> None:
    frames = np.concatenate([features(part) for part in said], axis=1)
    reference = np.stack([frames.mean(axis=1), frames.std(axis=1)])
    expected = answer_of_voice(said[0], reference, frames.shape[1] / RATE)
    answer = voice.with_baseline(known).predict(clips / VOICE[0])
    assert values(answer) == pytest.approx(expected.tolist(), abs=1e-4)
    assert answer.baseline == known.known
    alone = voice.predict(clips / VOICE[0])
    assert values(alone) == pytest.approx(answer_of_voice(said[0]).tolist(), abs=1e-4)
    assert alone.baseline is None
    assert np.abs(np.subtract(values(answer), values(alone))).max() > 0.01  # else nothing shows


def test_answers_do_not_depend_on_neighbours(known: Baseline, voice: Model, clips: Path) -> None:
    for model in (voice, voice.with_baseline(known)):
        first = model.predict(clips / VOICE[0])
        model.predict(clips / "two-voices.opus")
        assert model.predict(clips / VOICE[0]) == first


def test_a_folder_paths_bytes_and_streams_make_the_same_baseline(
    known: Baseline, voice: Model, clips: Path, tmp_path: Path
) -> None:
    for name in VOICE:
        shutil.copy(clips / name, tmp_path)
    paths = [tmp_path / name for name in VOICE]
    for sources in (
        tmp_path,
        str(tmp_path),
        [tmp_path],
        [path.read_bytes() for path in paths],
        (io.BytesIO(path.read_bytes()) for path in paths),
    ):
        found = voice.with_baseline(sources).baseline
        assert found is not None
        np.testing.assert_allclose(found.mean, known.mean, rtol=1e-6)
        assert found.known.recordings == 3
    named = voice.with_baseline(tmp_path).baseline
    assert named is not None
    assert named.known.name == str(tmp_path)
    renamed = voice.with_baseline(tmp_path, name="anna").baseline
    assert renamed is not None
    assert renamed.known.name == "anna"


def test_one_array_is_one_recording(voice: Model, said: list[NDArray[np.float32]]) -> None:
    samples = np.concatenate(said)
    found = voice.with_baseline(samples, sample_rate=RATE).baseline
    assert found is not None
    assert found.known.recordings == 1


def test_recordings_without_speech_count_for_nothing(
    known: Baseline, voice: Model, clips: Path
) -> None:
    paths = [clips / "silence.flac", *(clips / name for name in VOICE), clips / "music.opus"]
    found = voice.with_baseline(paths).baseline
    assert found is not None
    assert found.known.recordings == 3
    assert np.array_equal(found.mean, known.mean)


def test_a_baseline_comes_back_from_json_as_it_was(
    known: Baseline, voice: Model, clips: Path, tmp_path: Path
) -> None:
    back = Baseline.from_json(known.to_json())
    assert back.known == known.known
    assert np.array_equal(back.mean, known.mean)
    assert np.array_equal(back.deviation, known.deviation)
    file = tmp_path / "anna.json"
    file.write_text(known.to_json(), encoding="utf-8")
    loaded = voice.with_baseline(Baseline.load(file)).predict(clips / VOICE[0])
    assert values(loaded) == values(voice.with_baseline(known).predict(clips / VOICE[0]))
    assert loaded.baseline is not None
    assert loaded.baseline.name == str(file)


def test_another_models_baseline_is_refused(known: Baseline, tmp_path: Path) -> None:
    # The same features under another digest: another training has other rows in the same places.
    other = load(voice_bundle(tmp_path / "other", name="other").path)
    strange = Baseline(known.known, "voice 0.9", "f" * 64, known.mean, known.deviation)
    with pytest.raises(BaselineError, match=r"made by voice 0\.9 \(ffffffff\), this model is othe"):
        other.with_baseline(strange)


def test_a_model_that_takes_none_says_so(level: Model, known: Baseline, clips: Path) -> None:
    for given in (known, clips / VOICE[0]):
        with pytest.raises(BaselineError, match=r"level 1\.0 takes no baseline; .*sertain models"):
            level.with_baseline(given)
    with pytest.raises(BaselineError, match="takes no baseline"):
        level.pool(clips / VOICE[0])


def test_too_little_speech_is_refused_with_its_figure(voice: Model, clips: Path) -> None:
    with pytest.raises(BaselineError, match=rf"has 1\.8 s of speech, less than {LEAST_S:g} s"):
        voice.with_baseline(clips / "even.wav")
    with pytest.raises(BaselineError, match=r"has 0\.0 s of speech"):
        voice.with_baseline(clips / "silence.flac")
    with pytest.raises(AudioError, match="does not exist"):
        voice.with_baseline(["gone.wav"])


def test_one_mood_is_refused_with_its_figure_unless_it_is_wanted(voice: Model, clips: Path) -> None:
    alone = voice.predict(clips / "even.wav").probabilities
    assert alone is not None
    label, share = max(alone.items(), key=lambda pair: pair[1])
    assert share >= ONE_SIDED
    files = [clips / "even.wav"] * 4
    said = rf"baseline anna sounds {label} to {share:.0%}, .*; give recordings in other moods"
    with pytest.raises(BaselineError, match=said):
        voice.with_baseline(files, name="anna")
    believed = voice.with_baseline(files, name="anna", one_sided=True)
    assert believed.baseline is not None
    assert believed.baseline.known.mix[label] == pytest.approx(share)
    again = voice.with_baseline(believed.baseline)  # it was wanted when it was made
    assert again.baseline is not None
    assert again.baseline.known.mix == believed.baseline.known.mix


def wrong(known: Baseline, **changes: Any) -> str:
    return json.dumps(json.loads(known.to_json()) | changes)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no baseline"),
        ("[1]", "is no baseline"),
        ('{"file": "a.wav"}', "is no baseline"),
    ],
)
def test_what_is_no_baseline_is_said_so(text: str, said: str) -> None:
    with pytest.raises(BaselineError, match=said):
        Baseline.from_json(text)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": 2}, "format 2, this version reads 1; update sertain"),
        ({"mean": [1.0]}, "damaged"),
        ({"mean": [1.0, None]}, "damaged"),
        ({"deviation": [1.0, -1.0]}, "damaged"),
        ({"seconds": 0}, "damaged"),
        ({"mix": None}, "damaged"),
        ({"mix": {}}, "damaged"),
    ],
)
def test_a_damaged_baseline_is_one_line(known: Baseline, changes: Any, said: str) -> None:
    with pytest.raises(BaselineError, match=said) as caught:
        Baseline.from_json(wrong(known, **changes), where="ref.json")
    assert str(caught.value).startswith("ref.json")
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(BaselineError, match=r"gone\.json cannot be read"):
        Baseline.load(tmp_path / "gone.json")


def test_a_one_sided_baseline_warns_with_its_figure(
    known: Baseline, voice: Model, clips: Path
) -> None:
    angry = Known("anna", 60.0, 9, {"neutral": 0.05, "angry": 0.92, "sad": 0.03})
    assert angry.cautions() == ("one-sided baseline: 92% of it sounds angry",)
    even = Known("anna", 60.0, 9, {"neutral": 0.3, "angry": ONE_SIDED - 0.01, "sad": 0.11})
    assert even.cautions() == ()
    given = Baseline(angry, known.model, known.sha256, known.mean, known.deviation)
    model = voice.with_baseline(given)
    assert angry.cautions()[0] in model.predict(clips / VOICE[0]).warnings
    assert model.predict(clips / "silence.flac").warnings == ()


def test_what_is_known_is_said_in_words() -> None:
    mix = {"neutral": 0.3, "angry": 0.5, "sad": 0.15, "happy": 0.05}
    assert mixed(mix) == "angry 50%, neutral 30%, sad 15%"
    assert str(Known("batch", 64.23, 20, mix)) == f"batch, 64.2 s: {mixed(mix)}"
    assert Known("batch", 64.2345, 20, mix).to_dict() == {
        "name": "batch",
        "seconds": 64.234,
        "recordings": 20,
        "mix": mix,
    }
