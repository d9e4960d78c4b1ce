"""A model's answer: the mean of its windows, weighted by their length."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import sertain
from sertain import Model, audio, load, speech
from sertain.errors import AudioError, BundleError
from tests.bundle.bundles import LABELS, level_bundle, softmax_of_level

RATE = 16_000


def loudness(samples: NDArray[np.float32], segment: speech.Segment) -> float:
    part = samples[round(segment.start_s * RATE) : round(segment.end_s * RATE)]
    return float(np.sqrt(np.mean(part.astype(np.float64) ** 2)))


def values(answer: sertain.Prediction) -> list[float]:
    assert answer.probabilities is not None
    assert tuple(answer.probabilities) == LABELS
    return list(answer.probabilities.values())


@pytest.fixture(scope="module")
def spoken(clips: Path) -> NDArray[np.float32]:
    return audio.load(clips / "even.wav", sample_rate=RATE).samples[0]


def test_one_utterance_is_answered_by_the_graphs_formula(level: Model, clips: Path) -> None:
    samples = audio.load(clips / "lively.flac", sample_rate=RATE).samples[0]
    (said,) = speech.detect(samples)
    expected = softmax_of_level(loudness(samples, said))
    answer = level.predict(clips / "lively.flac")
    assert values(answer) == pytest.approx(expected.tolist(), abs=1e-5)
    assert answer.label == LABELS[int(np.argmax(expected))]
    assert answer.confidence == max(values(answer))
    assert sum(values(answer)) == pytest.approx(1, abs=1e-12)
    assert answer.duration_s == audio.load(clips / "lively.flac").duration_s
    assert answer.speech_s == pytest.approx(said.duration_s)
    assert answer.model == "level 1.0"
    assert answer.file == str(clips / "lively.flac")


def test_two_utterances_weigh_by_their_length(level: Model, spoken: NDArray[np.float32]) -> None:
    quiet = 0.4 * spoken[: round(1.2 * RATE)]
    samples = np.concatenate([spoken, np.zeros(3 * RATE, np.float32), quiet])
    samples -= samples.mean()  # as the decoder does
    said = speech.detect(samples)
    assert len(said) == 2
    assert said[0].duration_s > 1.3 * said[1].duration_s
    rows = np.array([softmax_of_level(loudness(samples, each)) for each in said])
    weights = [each.duration_s for each in said]
    expected = np.average(rows, axis=0, weights=weights)
    answer = level.predict(samples, sample_rate=RATE)
    assert values(answer) == pytest.approx(expected.tolist(), abs=1e-4)
    assert abs(expected[1] - rows.mean(axis=0)[1]) > 1e-3  # else weights would not show


def test_a_long_recording_is_heard_in_threads_with_the_same_answer(
    level: Model, spoken: NDArray[np.float32]
) -> None:
    # 80 utterances of 1.8 s, each followed by a pause: more than one collection, heard in threads.
    gains = np.linspace(0.3, 1.0, 80, dtype=np.float32)
    pause = np.zeros(2 * RATE, np.float32)
    samples = np.concatenate([part for gain in gains for part in (gain * spoken, pause)])
    said = speech.detect(samples)
    assert len(said) == 80
    expected = np.average(
        [softmax_of_level(loudness(samples, each)) for each in said],
        axis=0,
        weights=[each.duration_s for each in said],
    )
    answer = level.predict(samples, sample_rate=RATE)
    assert values(answer) == pytest.approx(expected.tolist(), abs=1e-4)
    assert answer.speech_s == pytest.approx(speech.speech_s(said))
    assert values(level.predict(samples, sample_rate=RATE)) == values(answer)


def test_a_path_bytes_a_file_and_an_array_are_answered_alike(level: Model, clips: Path) -> None:
    path = clips / "even.wav"
    array = audio.load(path)
    answers = [
        level.predict(path),
        level.predict(str(path)),
        level.predict(path.read_bytes()),
        level.predict(io.BytesIO(path.read_bytes())),
        level.predict(array.samples, sample_rate=array.sample_rate),
    ]
    for answer in answers:
        assert values(answer) == pytest.approx(values(answers[0]), abs=1e-6)
    assert [answer.file for answer in answers[2:]] == ["bytes", "stream", "array"]


def test_silence_is_no_emotion(level: Model) -> None:
    answer = level.predict(np.zeros(2 * RATE), sample_rate=RATE)
    assert answer.label == "no speech"
    assert answer.confidence is None
    assert answer.probabilities is None
    assert answer.speech_s == 0
    assert answer.duration_s == 2
    assert answer.warnings == ()


def test_speech_too_short_for_the_model_is_no_emotion_and_said_so(
    tmp_path: Path, clips: Path
) -> None:
    patient = load(level_bundle(tmp_path / "patient", min_speech_s=3.0).path)
    answer = patient.predict(clips / "even.wav")
    assert answer.label == "no speech"
    assert answer.warnings == ("little speech: 1.8 s, too little for an answer",)


def test_a_limit_on_length_can_be_set_and_raised(level: Model, clips: Path) -> None:
    with pytest.raises(AudioError, match="longer than the limit"):
        level.predict(clips / "even.wav", max_duration_s=1.0)
    assert level.predict(clips / "even.wav", max_duration_s=None).is_speech


def test_the_package_answers_by_name_folder_and_loaded_model(level: Model, clips: Path) -> None:
    folder = level.bundle.path
    by_folder = sertain.predict(clips / "even.wav", model=folder)
    by_model = sertain.predict(clips / "even.wav", model=level)
    assert by_folder == by_model == sertain.load(folder).predict(clips / "even.wav")
    with pytest.raises(BundleError):
        sertain.predict(clips / "even.wav", model="none such")


@pytest.mark.parametrize(
    "first", ["import sertain", "import sertain.predict", "from sertain import predict, load"]
)
def test_predict_can_be_called_whatever_was_imported_first(
    first: str, level: Model, clips: Path
) -> None:
    code = (
        f"{first}\nimport sertain\n"
        f"for _ in range(2):\n"
        f"    print(sertain.predict({str(clips / 'even.wav')!r}, "
        f"model={str(level.bundle.path)!r}).label)\n"
        "from sertain.predict import Prediction\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["angry", "angry"]


def test_the_package_names_what_it_offers_and_nothing_else() -> None:
    assert {"predict", "load", "Prediction"} <= set(dir(sertain))
    with pytest.raises(AttributeError, match="no attribute 'predictt'"):
        _ = sertain.predictt
