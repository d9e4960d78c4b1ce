"""Two passes over a batch: whose voice is known, what is answered without, and what is kept."""

from __future__ import annotations

import io
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sertain import Model, Prediction, audio, load
from sertain.batch import Recording, answers, knowing, knowing_itself, plan, pooled
from sertain.batch.abreast import abreast
from sertain.errors import BaselineError
from sertain.predict import Failure
from sertain.predict.baseline import ONE_SIDED
from tests.bundle.bundles import level_bundle
from tests.bundle.voices import voice_bundle

CLIPS = Path(__file__).parents[2] / "examples" / "clips"
ANNA = ("even.wav", "lively.flac", "slow-low.opus")
BEN = ("german.opus", "polish.opus", "fast-high.opus")


@pytest.fixture(scope="module")
def voice(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return load(voice_bundle(tmp_path_factory.mktemp("models") / "voice").path)


def planned(*names: str) -> list[Recording | Failure]:
    return plan([str(CLIPS / name) for name in names], stdin=io.BytesIO())


def test_each_group_is_answered_by_the_model_that_knows_it(voice: Model) -> None:
    everything = planned(*ANNA, *BEN)
    groups = ["anna"] * 3 + ["ben"] * 3
    pools, failures = pooled(voice, everything, groups, max_duration_s=None, workers=2)
    assert failures == []
    choose = knowing(voice, pools, groups)
    found = list(answers(voice, everything, max_duration_s=None, choose=choose))
    for name, clips in (("anna", ANNA), ("ben", BEN)):
        model = voice.with_baseline([CLIPS / clip for clip in clips], name=name)
        expected = [model.predict(CLIPS / clip) for clip in clips]
        assert [each for each in found if each.file in {one.file for one in expected}] == expected


def test_the_pools_are_the_same_with_any_number_of_workers(voice: Model) -> None:
    everything = planned(*ANNA, *BEN)
    one, two = (
        pooled(voice, everything, ["batch"] * 6, max_duration_s=None, workers=workers)[0]["batch"]
        for workers in (1, 3)
    )
    first, second = (pool.baseline(voice.bundle, "batch") for pool in (one, two))
    assert first.to_json() == second.to_json()


def test_a_group_with_too_little_speech_is_answered_without_and_says_so(voice: Model) -> None:
    everything = planned(*ANNA, "german.opus", "silence.flac")
    groups = ["anna", "anna", "anna", "ben", "ben"]
    pools, _ = pooled(voice, everything, groups, max_duration_s=None)
    choose = knowing(voice, pools, groups)
    *_, german, silence = answers(voice, everything, max_duration_s=None, choose=choose)
    assert isinstance(german, Prediction)
    assert german.baseline is None
    assert german.warnings[-1] == "no baseline: ben has 2.0 s of speech, less than 5 s"
    alone = voice.predict(CLIPS / "german.opus")
    assert german.probabilities == alone.probabilities
    assert isinstance(silence, Prediction)
    assert silence.warnings == ()


def test_whose_voice_is_not_said_is_answered_without_and_counts_for_nobody(voice: Model) -> None:
    everything = planned(*ANNA, "german.opus")
    groups = ["anna", "anna", "anna", None]
    pools, _ = pooled(voice, everything, groups, max_duration_s=None)
    assert pools["anna"].recordings == 3
    choose = knowing(voice, pools, groups)
    *_, german = answers(voice, everything, max_duration_s=None, choose=choose)
    assert isinstance(german, Prediction)
    assert german.warnings[-1] == "no baseline: it is not said whose voice this is"


def test_a_broken_recording_is_named_and_the_others_are_known(voice: Model, tmp_path: Path) -> None:
    (tmp_path / "broken.wav").write_bytes(b"RIFF not at all")
    everything = [*planned(*ANNA), *plan([str(tmp_path), "gone/*"], stdin=io.BytesIO())]
    pools, failures = pooled(voice, everything, ["batch"] * 5, max_duration_s=None)
    assert [failure.file for failure in failures] == [str(tmp_path / "broken.wav"), "gone/*"]
    assert pools["batch"].recordings == 3


def test_standard_input_is_heard_twice(voice: Model) -> None:
    content = io.BytesIO((CLIPS / "slow-low.opus").read_bytes())
    everything = [*planned("even.wav", "lively.flac"), *plan(["-"], stdin=content)]
    pools, _ = pooled(voice, everything, ["batch"] * 3, max_duration_s=None)
    choose = knowing(voice, pools, ["batch"] * 3)
    *_, piped = answers(voice, everything, max_duration_s=None, choose=choose)
    model = voice.with_baseline([CLIPS / name for name in ANNA])
    assert isinstance(piped, Prediction)
    expected = model.predict(CLIPS / "slow-low.opus").probabilities
    assert piped.probabilities == pytest.approx(expected, abs=1e-6)


def test_a_long_recording_is_its_own_and_a_short_one_is_not(voice: Model, tmp_path: Path) -> None:
    samples = audio.load(CLIPS / "even.wav", sample_rate=16_000).samples[0]
    gains = np.linspace(0.3, 1.0, 36, dtype=np.float32)
    long = tmp_path / "long.wav"
    soundfile.write(long, np.concatenate([gain * samples for gain in gains]), 16_000, "FLOAT")
    everything = plan([str(long), str(CLIPS / "even.wav")], stdin=io.BytesIO())
    # One clip again and again is of one mood, which has to be wanted.
    choose = knowing_itself(voice, max_duration_s=None, one_sided=True)
    first, second = answers(voice, everything, max_duration_s=None, choose=choose)
    assert first == voice.with_baseline(long, name="self", one_sided=True).predict(long)
    assert isinstance(first, Prediction)
    assert first.baseline is not None
    assert first.baseline.seconds > 60
    assert isinstance(second, Prediction)
    assert second.baseline is None
    assert second.warnings[-1] == "no baseline: the recording has 1.8 s of speech, less than 60 s"


def test_who_is_in_one_mood_is_answered_without_and_says_so(voice: Model) -> None:
    everything = planned(*["even.wav"] * 4, *ANNA)
    groups = ["ben"] * 4 + ["anna"] * 3
    pools, _ = pooled(voice, everything, groups, max_duration_s=None)
    alone = voice.predict(CLIPS / "even.wav")
    assert alone.probabilities is not None
    label, share = max(alone.probabilities.items(), key=lambda pair: pair[1])
    assert share >= ONE_SIDED

    first, *_, last = answers(
        voice, everything, max_duration_s=None, choose=knowing(voice, pools, groups)
    )
    assert isinstance(first, Prediction)
    assert first.baseline is None
    assert first.warnings[-1] == (
        f"no baseline: ben sounds {label} to {share:.0%}, which would be taken for the voice"
    )
    assert first.probabilities == alone.probabilities
    assert isinstance(last, Prediction)
    assert last.baseline is not None, "the other speaker is known"

    wanted = knowing(voice, pools, groups, one_sided=True)
    believed, *_ = answers(voice, everything, max_duration_s=None, choose=wanted)
    assert isinstance(believed, Prediction)
    assert believed.baseline is not None
    assert f"one-sided baseline: {share:.0%} of it sounds {label}" in believed.warnings


def test_a_model_that_takes_none_is_refused_before_anything_is_heard(tmp_path: Path) -> None:
    level = load(level_bundle(tmp_path / "level").path)
    with pytest.raises(BaselineError, match="takes no baseline"):
        pooled(level, planned("even.wav"), ["batch"], max_duration_s=None)
    with pytest.raises(BaselineError, match="takes no baseline"):
        knowing_itself(level, max_duration_s=None)


def test_a_meter_is_told_of_each(voice: Model) -> None:
    told: list[object] = []

    class Told:
        def start(self, what: str, total: int | None) -> None:
            told.append((what, total))

        def advance(self, units: int) -> None:
            told.append(units)

    pooled(voice, planned(*ANNA), ["batch"] * 3, max_duration_s=None, meter=Told())
    assert told == [("getting to know", 3), 1, 1, 1]


def test_no_more_results_are_kept_than_said() -> None:
    first_may_end = threading.Event()
    begun: list[int] = []

    def work(number: int) -> int:
        begun.append(number)
        if number == 0:
            # Everything else that may begin does so while the first is waited for.
            while len(begun) < 4:
                first_may_end.wait(0.001)
            first_may_end.wait(0.05)
            assert len(begun) == 4
        return 10 * number

    assert list(abreast(work, range(9), workers=2, ahead=4)) == [10 * n for n in range(9)]
