"""What is listed: labels that were changed, recordings under two labels, labels exchanged."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from sertain.corpora.folder import UNKNOWN_SPEAKER
from sertain.errors import CorpusError
from sertain.lab.doctor import answers, suspects, swaps
from sertain.labels import Emotion
from tests.lab.doctor import vectors

pytestmark = pytest.mark.train

WRONG = {
    "0-sad-3": Emotion.HAPPY,
    "2-angry-7": Emotion.NEUTRAL,
    "3-happy-0": Emotion.SAD,
    "5-neutral-9": Emotion.ANGRY,
}


def test_changed_labels_are_listed_with_the_label_they_had() -> None:
    own = vectors.relabelled(vectors.heard(), WRONG)
    listed = suspects.suspects(own, answers.answered(own))
    had = {f"mine/{name}": name.split("-")[1] for name in WRONG}
    assert {one.clip.key: str(one.probable) for one in listed} == had
    assert all(one.own_probability < 0.05 and one.probability > 0.5 for one in listed)
    assert [one.own_probability for one in listed] == sorted(o.own_probability for o in listed)


def test_nothing_is_listed_where_every_label_is_right() -> None:
    own = vectors.heard()
    assert suspects.suspects(own, answers.answered(own)) == ()


def test_what_was_decided_is_not_listed_again() -> None:
    own = vectors.relabelled(vectors.heard(), WRONG)
    listed = suspects.suspects(own, answers.answered(own), decided={"mine/0-sad-3"})
    assert len(listed) == len(WRONG) - 1


def test_one_recording_under_two_labels_is_listed_first_whatever_is_answered() -> None:
    own = vectors.heard()
    at = {clip.name: number for number, clip in enumerate(own.clips)}
    features, prints = own.features.copy(), list(own.prints)
    features[at["1-sad-0"]] = features[at["1-angry-0"]]
    prints[at["1-sad-0"]] = prints[at["1-angry-0"]]
    # The same recording under the same label is no question, and nor is silence.
    prints[at["2-sad-1"]] = prints[at["2-sad-2"]]
    prints[at["3-sad-1"]] = prints[at["3-angry-2"]] = ""
    own = replace(own, features=features, prints=tuple(prints))
    first, second, *others = suspects.suspects(own, answers.answered(own))
    assert {first.clip.key, second.clip.key} == {"mine/1-sad-0", "mine/1-angry-0"}
    assert (first.twins, second.twins) == ((second.clip.key,), (first.clip.key,))
    assert others == []


def test_no_speaker_is_answered_by_a_model_that_heard_him() -> None:
    """A speaker whose labels are all exchanged would look right to who had heard him."""
    own = vectors.heard(speakers=6)
    turned = {Emotion.SAD: Emotion.ANGRY, Emotion.ANGRY: Emotion.SAD}
    of_first = {
        clip.name: turned.get(clip.emotion, clip.emotion)
        for clip in own.clips
        if clip.speaker == "mine/0"
    }
    own = vectors.relabelled(own, of_first)
    found = answers.answered(own)
    assert (found.apart, found.folds) == ("speakers", 5)
    mine = [at for at, clip in enumerate(own.clips) if clip.name in of_first]
    mine = [at for at in mine if own.clips[at].emotion in turned]
    told = [found.labels[found.probabilities[at].argmax()] for at in mine]
    right = [turned[own.clips[at].emotion] == label for at, label in zip(mine, told, strict=True)]
    assert np.mean(right) > 0.9


def test_without_speakers_the_folds_are_of_clips() -> None:
    own = vectors.heard(speakers=1, takes=20)
    unknown = tuple(replace(c, speaker=f"mine/{UNKNOWN_SPEAKER}") for c in own.clips)
    found = answers.answered(replace(own, clips=unknown))
    assert found.apart == "clips"
    assert found.uar > 0.95


def test_a_label_that_one_speaker_alone_has_is_not_judged() -> None:
    own = vectors.heard(speakers=4)
    only = {c.name: Emotion.BOREDOM for c in own.clips if c.name.startswith("1-sad")}
    own = vectors.relabelled(own, only)
    found = answers.answered(own)
    assert {own.clips[at].name for at in np.flatnonzero(~found.judged)} == set(only)
    assert suspects.suspects(own, found) == ()


def test_answers_are_shared_among_the_labels_of_the_clips_own_channel() -> None:
    own = vectors.heard()
    clips = tuple(
        replace(c, channel="song" if c.emotion in (Emotion.HAPPY, Emotion.SAD) else "speech")
        for c in own.clips
    )
    own = replace(own, clips=clips)
    found = answers.answered(own)
    np.testing.assert_allclose(found.probabilities.sum(1), 1)
    song = np.array([clip.channel == "song" for clip in clips])
    outside = [found.labels.index(label) for label in (Emotion.NEUTRAL, Emotion.ANGRY)]
    assert (found.probabilities[np.ix_(song, outside)] == 0).all()


def test_a_voice_is_taken_out_and_a_short_acquaintance_counts_less() -> None:
    own = vectors.heard(speakers=3, takes=10)
    found = answers.standardised(own)
    voices = np.array([clip.speaker for clip in own.clips])
    # 40 clips against a prior of 10: a fifth of the way to the mean of all is left.
    part, mean, variance = (
        own.features[voices == "mine/1"],
        own.features.mean(0),
        own.features.var(0),
    )
    expected = (part - (0.8 * part.mean(0) + 0.2 * mean)) / np.sqrt(
        0.8 * part.var(0) + 0.2 * variance
    )
    np.testing.assert_allclose(found[voices == "mine/1"], expected, rtol=1e-4, atol=1e-4)


def test_clips_of_one_label_cannot_be_judged() -> None:
    own = vectors.heard(labels=(Emotion.SAD,))
    with pytest.raises(CorpusError, match="only the label 'sad'"):
        answers.answered(own)


@pytest.mark.parametrize("speakers", [2, 6])
def test_labels_exchanged_for_everyone_are_heard_by_other_corpora(speakers: int) -> None:
    others = [vectors.heard("one", seed=1), vectors.heard("other", seed=2)]
    own = vectors.heard(speakers=speakers)
    assert not any(pair.swapped for pair in swaps.swaps(own, others))
    wrong = vectors.exchanged(own, Emotion.SAD, Emotion.ANGRY)
    # Inside the corpus everything agrees.
    assert answers.answered(wrong).uar > 0.9
    found = [pair for pair in swaps.swaps(wrong, others) if pair.swapped]
    assert [pair.labels for pair in found] == [(Emotion.SAD, Emotion.ANGRY)]
    assert found[0].high < 0.5
    assert found[0].corpora == 2


def test_one_other_corpus_cannot_say_which_of_the_two_is_wrong() -> None:
    wrong = vectors.exchanged(vectors.heard(), Emotion.SAD, Emotion.ANGRY)
    worst = swaps.swaps(wrong, [vectors.heard("one", seed=1)])[0]
    assert worst.labels == (Emotion.SAD, Emotion.ANGRY)
    assert (worst.differs, worst.swapped) == (True, False)


def test_labels_that_others_lack_are_not_asked_about() -> None:
    others = [vectors.heard("one", labels=(Emotion.SAD, Emotion.HAPPY, Emotion.CALM), seed=1)]
    pairs = swaps.swaps(vectors.heard(), others)
    assert [pair.labels for pair in pairs] == [(Emotion.HAPPY, Emotion.SAD)]
    assert swaps.swaps(vectors.heard(), []) == ()


def test_auc_is_that_of_scikit_learn(rng: np.random.Generator) -> None:
    first, second = rng.integers(0, 6, 30) / 5, rng.integers(1, 8, 20) / 5
    expected = roc_auc_score(np.repeat([0, 1], [30, 20]), np.concatenate([first, second]))
    assert swaps.auc(first, second) == pytest.approx(expected)


def test_clips_are_drawn_from_all_speakers_alike() -> None:
    clips = vectors.heard(speakers=5, takes=10).clips
    drawn = swaps.drawn(clips, 12)
    counts = {
        (label, speaker): sum(c.emotion == label and c.speaker == f"mine/{speaker}" for c in drawn)
        for label, speaker in product(vectors.LABELS, range(5))
    }
    # 12 of each label over 5 speakers: two or three of each.
    assert len(drawn) == 48
    assert set(counts.values()) == {2, 3}
    assert swaps.drawn(clips, 12) == drawn
