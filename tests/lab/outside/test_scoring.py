"""A bundle's answers to labelled clips, counted by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, f1_score

from sertain.bundle import DataSource
from sertain.corpora.clip import Clip
from sertain.errors import CorpusError, LabelError
from sertain.lab.outside import scoring
from sertain.lab.outside.hearing import Heard
from sertain.labels import Emotion
from sertain.predict import Failure, Prediction
from tests.bundle.bundles import LABELS, level_spec

SPEC = level_spec()  # neutral, angry, sad


def clip(name: str, emotion: str, speaker: str = "anna", **more: str) -> Clip:
    corpus = more.pop("corpus", "trailer")
    path = Path("nowhere", f"{name}.wav")
    return Clip(corpus, name, path, Emotion(emotion), f"{corpus}/{speaker}", **more)  # type: ignore[arg-type]


def said(of: Clip, *probabilities: float, below: float = 0.5, warned: str = "") -> Heard:
    values = dict(zip(LABELS, probabilities, strict=True))
    label = max(values, key=values.__getitem__)
    warnings = (warned,) if warned else ()
    answer = Prediction(
        of.key, 2.5, 2.0, label, values[label], values, "level 1.0", below, warnings
    )
    return Heard(of, answer)


def silent(of: Clip) -> Heard:
    return Heard(of, Prediction(of.key, 2.0, 0.0, "no speech", None, None, "level 1.0", 0.5))


def broken(of: Clip) -> Heard:
    return Heard(of, Failure(of.key, "it is no audio"))


@pytest.fixture
def trailer() -> list[Heard]:
    """Neutral and angry: three of five right; a label that is not shared, silence, a broken one."""
    return [
        said(clip("a", "neutral"), 0.6, 0.3, 0.1),
        said(clip("b", "neutral"), 0.2, 0.1, 0.7),  # sad, which the trailer does not have
        said(clip("c", "neutral"), 0.3, 0.45, 0.25, warned="clipped: 9 %"),
        said(clip("d", "angry"), 0.1, 0.8, 0.1),
        said(clip("e", "angry"), 0.5, 0.4, 0.1),
        said(clip("f", "boredom"), 0.5, 0.4, 0.1),
        silent(clip("g", "angry")),
        broken(clip("h", "neutral")),
        silent(clip("i", "boredom")),
    ]


def test_labels_that_only_one_side_has_are_left_out(trailer: list[Heard]) -> None:
    result, chosen = scoring.score(SPEC, trailer)
    assert result.labels == ("neutral", "angry")
    assert result.chance == 0.5
    # b: 0.2 against 0.1 once sad is left out.
    assert chosen.probabilities[1] == pytest.approx([2 / 3, 1 / 3])
    assert chosen.probabilities.sum(axis=1) == pytest.approx(1)
    assert result.confusion == ((2, 1), (1, 1))
    assert result.figures["uar"].value == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert result.figures["wa"].value == pytest.approx(3 / 5)


def test_figures_agree_with_scikit_learn(trailer: list[Heard]) -> None:
    result, chosen = scoring.score(SPEC, trailer)
    truth, answers = chosen.targets, chosen.predicted
    assert result.figures["uar"].value == pytest.approx(balanced_accuracy_score(truth, answers))
    macro = f1_score(truth, answers, average="macro")
    assert result.figures["macro_f1"].value == pytest.approx(macro)
    each = f1_score(truth, answers, average=None)
    assert [own.f1 for own in result.emotions.values()] == pytest.approx(each.tolist())


def test_each_emotion_has_its_clips_recall_and_precision(trailer: list[Heard]) -> None:
    result, _ = scoring.score(SPEC, trailer)
    neutral, angry = result.emotions["neutral"], result.emotions["angry"]
    assert (neutral.clips, neutral.recall.value, neutral.precision) == (3, 2 / 3, 2 / 3)
    assert (angry.clips, angry.recall.value, angry.precision) == (2, 0.5, 0.5)
    assert angry.recall.low == 0  # both angry clips can be drawn as the wrong one
    assert angry.recall.high == 1


def test_what_is_not_scored_is_counted_apart(trailer: list[Heard]) -> None:
    counts = scoring.score(SPEC, trailer)[0].counts
    assert (counts.given, counts.scored) == (9, 5)
    assert counts.no_speech == {"angry": 1}
    assert counts.broken == {"trailer/h": "it is no audio"}
    assert counts.not_shared == {"boredom": 2}
    assert counts.alone == 0
    assert counts.warnings == {"clipped": 1}


def test_as_said_counts_all_labels_and_the_uncertain(trailer: list[Heard]) -> None:
    said_so = scoring.score(SPEC, trailer)[0].as_said
    assert said_so.accuracy == pytest.approx(2 / 5)  # a and d; b is called sad
    assert said_so.certain == pytest.approx(4 / 5)  # all but c reach 0.5
    assert said_so.accuracy_of_certain == pytest.approx(2 / 4)
    assert said_so.strange == pytest.approx(1 / 5)


def test_a_model_sure_of_a_label_that_is_not_shared_still_chooses(trailer: list[Heard]) -> None:
    sure = said(clip("z", "angry"), 0.0, 0.0, 1.0)
    _, chosen = scoring.score(SPEC, [*trailer, sure])
    assert chosen.probabilities[-1] == pytest.approx([0.5, 0.5])


def test_every_corpus_is_scored_over_its_own_labels() -> None:
    heard = [
        said(clip("a", "neutral"), 0.3, 0.2, 0.5),
        said(clip("b", "sad"), 0.3, 0.2, 0.5),
        said(clip("a", "angry", corpus="other"), 0.1, 0.2, 0.7),
        said(clip("b", "neutral", corpus="other"), 0.1, 0.2, 0.7),
        said(clip("c", "sad", corpus="alone"), 0.1, 0.2, 0.7),
    ]
    result, chosen = scoring.score(SPEC, heard)
    assert result.labels == ("neutral", "angry", "sad")
    assert chosen.probabilities[0] == pytest.approx([0.375, 0, 0.625])
    assert chosen.probabilities[2] == pytest.approx([1 / 3, 2 / 3, 0])
    assert result.counts.alone == 1


@pytest.mark.parametrize(
    ("speakers", "over", "units"),
    [
        (["unknown"] * 6, "clips", 6),
        (list("aabbcc"), "clips within speaker", 6),
        (list("abcdee"), "speakers", 5),
    ],
)
def test_the_interval_says_what_it_draws(speakers: list[str], over: str, units: int) -> None:
    heard = [
        said(clip(str(number), ("neutral", "angry")[number % 2], speaker), 0.6, 0.3, 0.1)
        for number, speaker in enumerate(speakers)
    ]
    result, _ = scoring.score(SPEC, heard)
    assert (result.interval_over, result.interval_units) == (over, units)
    assert (result.speakers == {}) == (over == "clips")


def test_a_corpus_that_trained_the_bundle_is_named(trailer: list[Heard]) -> None:
    spec = level_spec(data=(DataSource("trailer", "own", clips=9, speakers=1, hash="0"),))
    assert scoring.score(spec, trailer)[0].trained_on == ("trailer",)
    assert scoring.score(SPEC, trailer)[0].trained_on == ()


@pytest.mark.parametrize(
    ("emotions", "message"),
    [
        (["boredom", "happy"], "the clips have boredom, happy: they share no label"),
        (["boredom", "angry"], "the clips have angry, boredom: they share only 'angry'"),
    ],
)
def test_labels_that_are_not_shared_are_one_line(emotions: list[str], message: str) -> None:
    heard = [said(clip(word, word), 0.6, 0.3, 0.1) for word in emotions]
    with pytest.raises(LabelError, match=message) as caught:
        scoring.score(SPEC, heard)
    assert "\n" not in str(caught.value)


def test_clips_none_of_which_is_answered_are_one_line() -> None:
    heard = [silent(clip("a", "angry")), broken(clip("b", "sad"))]
    with pytest.raises(CorpusError, match="none of the 2 clips was answered"):
        scoring.score(SPEC, heard)


def test_the_hash_of_the_data_changes_with_a_label_and_a_recording(tmp_path: Path) -> None:
    def result(emotion: str, content: bytes) -> str:
        path = tmp_path / "a.wav"
        path.write_bytes(content)
        one = Clip("trailer", "a", path, Emotion(emotion), "trailer/anna")
        other = clip("b", "angry")
        heard = [said(one, 0.6, 0.3, 0.1), said(other, 0.6, 0.3, 0.1)]
        return scoring.score(SPEC, heard)[0].data_hash

    first = result("neutral", b"1")
    assert first == result("neutral", b"1")
    assert len({first, result("sad", b"1"), result("neutral", b"2")}) == 3


def test_probabilities_are_float64_and_nothing_divides_by_zero(trailer: list[Heard]) -> None:
    _, chosen = scoring.score(SPEC, trailer)
    assert chosen.probabilities.dtype == np.float64
    assert np.isfinite(chosen.probabilities).all()
