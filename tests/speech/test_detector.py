"""Speech is found, at any level and in blocks of any size; what is no speech is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sertain import audio
from sertain.speech import (
    FRAME_SAMPLES,
    LOOKAHEAD_S,
    SAMPLE_RATE,
    SpeechDetector,
    detect,
    segments,
    speech_s,
)
from tests.speech.sounds import nobody_speaks

CLIPS = Path(__file__).resolve().parents[2] / "examples" / "clips"


def clip(name: str) -> NDArray[np.float32]:
    return audio.load(CLIPS / name, sample_rate=SAMPLE_RATE).samples[0]


def test_a_loud_voice_gets_what_silero_itself_says() -> None:
    """The peer: silero_vad.onnx of silero-vad 6.2.3, run frame by frame with its own state.

    At twice its level the clip is louder than what the detector raises, so the graphs hear the
    same samples.
    """
    wanted = [
        *(0.0046, 0.9651, 0.9987, 0.9958, 0.9930, 0.9998, 0.9997, 0.9760),
        *(1.0000, 1.0000, 1.0000, 0.9999, 1.0000, 0.1017, 0.0114, 0.0095),
    ]
    found = SpeechDetector().probabilities(2 * clip("even.wav"))
    np.testing.assert_allclose(found[::4], wanted, rtol=0, atol=2e-3)


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513, 5120, 16_000])
def test_one_probability_a_frame(size: int) -> None:
    found = SpeechDetector().probabilities(np.zeros(size, dtype=np.float32))
    assert found.shape == (-(-size // FRAME_SAMPLES),)
    assert found.dtype == np.float32


@pytest.mark.parametrize("size", [100, 512, 7_777, 16_000])
def test_blocks_of_any_size_give_the_same(size: int) -> None:
    samples = 0.1 * clip("two-voices.opus")
    detector = SpeechDetector()
    pieces = [detector.feed(samples[at : at + size]) for at in range(0, len(samples), size)]
    found = np.concatenate([*pieces, detector.finish()])
    np.testing.assert_allclose(found, SpeechDetector().probabilities(samples), rtol=0, atol=1e-6)


def test_probabilities_come_half_a_second_behind_the_sound() -> None:
    detector = SpeechDetector()
    assert pytest.approx(0.512) == LOOKAHEAD_S
    assert len(detector.feed(np.zeros(16 * FRAME_SAMPLES, dtype=np.float32))) == 0
    assert len(detector.feed(np.zeros(FRAME_SAMPLES, dtype=np.float32))) == 1
    assert len(detector.finish()) == 16
    assert len(detector.finish()) == 0


def test_a_detector_forgets_the_recording_before() -> None:
    detector = SpeechDetector()
    first = detector.probabilities(clip("even.wav"))
    detector.feed(clip("music.opus"))
    np.testing.assert_array_equal(detector.probabilities(clip("even.wav")), first)


@pytest.mark.parametrize(
    "name",
    ["even.wav", "lively.flac", "slow-low.opus", "fast-high.opus", "german.opus", "polish.opus"],
)
@pytest.mark.parametrize("quieter_db", [0, 20, 40])
def test_a_voice_is_heard_loud_and_quiet(name: str, quieter_db: int) -> None:
    samples = clip(name)
    found = detect(samples * np.float32(10 ** (-quieter_db / 20)))
    assert speech_s(found) > 0.5 * len(samples) / SAMPLE_RATE


def test_the_telephone_is_heard() -> None:
    assert speech_s(detect(clip("telephone.wav"))) > 1.0


def test_a_pause_between_two_sentences_is_no_speech() -> None:
    """The clip: a sentence, eight seconds of silence, a sentence."""
    samples = clip("long-pause.opus")
    loud = np.flatnonzero(np.abs(samples) > 0.01) / SAMPLE_RATE
    gap = int(np.diff(loud).argmax())
    first, second = detect(samples)
    assert first.end_s == pytest.approx(loud[gap], abs=0.4)
    assert second.start_s == pytest.approx(loud[gap + 1], abs=0.4)


def test_segments_end_with_the_recording() -> None:
    samples = clip("lively.flac")
    cut = samples[: len(samples) // 2]
    assert detect(cut)[-1].end_s <= len(cut) / SAMPLE_RATE


@pytest.mark.parametrize("level_db", [0, -20, -60])
@pytest.mark.parametrize("name", sorted(nobody_speaks(np.random.default_rng(0))))
def test_what_nobody_speaks_is_no_speech(
    name: str, level_db: int, rng: np.random.Generator
) -> None:
    sound = nobody_speaks(rng)[name] * np.float32(10 ** (level_db / 20))
    assert detect(sound) == []


@pytest.mark.parametrize("value", [0.0, 1 / 32768, 0.5])
def test_silence_is_no_speech(value: float) -> None:
    assert detect(np.full(5 * SAMPLE_RATE, value, dtype=np.float32)) == []


def test_music_by_itself_is_no_speech() -> None:
    assert detect(clip("music.opus")) == []
    assert detect(clip("silence.flac")) == []


@pytest.mark.slow
@pytest.mark.corpus
@pytest.mark.parametrize("quieter_db", [0, 40])
def test_hardly_a_real_clip_goes_unheard(quieter_db: int, corpora_root: Path) -> None:
    """One clip in fifty of each corpus; see docs/decisions/0102-speech-detection.md."""
    clips = [
        found
        for corpus in sorted(folder for folder in corpora_root.iterdir() if folder.is_dir())
        for found in audio.find_audio(corpus)[::50]
    ]
    gain = np.float32(10 ** (-quieter_db / 20))
    unheard = [
        path.name
        for path in clips
        if not detect(audio.load(path, sample_rate=SAMPLE_RATE).samples[0] * gain)
    ]
    assert len(unheard) < 0.01 * len(clips), unheard


def test_thresholds_are_the_callers_to_choose() -> None:
    probabilities = np.full(30, 0.4, dtype=np.float32)
    assert segments(probabilities) == []
    assert len(segments(probabilities, threshold=0.4)) == 1
