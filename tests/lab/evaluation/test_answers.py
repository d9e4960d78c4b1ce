"""Answers are calibrated on validation alone, over the labels of the clip's corpus."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.metrics import balanced_accuracy_score

from sertain.corpora.clip import Clip
from sertain.lab.evaluation import folds, protocol
from sertain.lab.evaluation.answers import Answers, answer
from sertain.lab.evaluation.folds import Sets
from sertain.lab.evaluation.outcome import Identity, Outcome
from sertain.labels import Emotion
from tests.lab.evaluation.conftest import EIGHT, SEVEN, SUNG, clips_of

pytestmark = pytest.mark.train


def outcome_of(sets: Sets, rng: np.random.Generator) -> Outcome:
    """Noisy logits that favour the truth; those of SAVEE are wrong and sure of it."""

    def logits(clips: tuple[Clip, ...]) -> np.ndarray:
        found = rng.normal(0, 3, (len(clips), 8))
        for row, clip in enumerate(clips):
            found[row, EIGHT.index(clip.emotion)] += -9 if clip.corpus == "savee" else 5
        return found.astype(np.float32)

    return Outcome(
        identity=Identity(sets.protocol, sets.fold, 0, "r", "h", "d", "s"),
        labels=EIGHT,
        test=tuple(clip.key for clip in sets.test),
        test_logits=logits(sets.test),
        validation=tuple(clip.key for clip in sets.validation),
        validation_logits=logits(sets.validation),
        parameters=1,
        epochs=1,
        train_s=0.0,
        wall_s=0.0,
    )


def answered(
    name: str, clips: list[Clip], rng: np.random.Generator
) -> tuple[Sets, Outcome, Answers]:
    sets = folds.sets(name, clips, 0, 0)
    outcome = outcome_of(sets, rng)
    return sets, outcome, answer(protocol.load(name), sets, clips, outcome)


def test_the_temperature_is_that_of_the_tested_corpus_own_validation(
    ravdess: list[Clip], savee: list[Clip], rng: np.random.Generator
) -> None:
    sets, outcome, found = answered("luna5", ravdess + savee, rng)
    own = [row for row, clip in enumerate(sets.validation) if clip.corpus == "ravdess"]
    assert 0 < len(own) < len(sets.validation)
    logits = outcome.validation_logits[own].astype(np.float64)
    truth = [EIGHT.index(sets.validation[row].emotion) for row in own]

    def loss(temperature: float) -> float:
        return float(-log_softmax(logits / temperature, axis=1)[range(len(own)), truth].sum())

    # What chooses between recipes is the recall on these same clips.
    expected_uar = balanced_accuracy_score(truth, logits.argmax(axis=1))
    assert found.validation_uar == pytest.approx(expected_uar)

    best = minimize_scalar(loss, bounds=(0.05, 20), method="bounded", options={"xatol": 1e-7})
    assert found.temperature == pytest.approx(best.x, rel=1e-4)
    assert found.temperature != pytest.approx(1.0, abs=0.05)
    assert found.calibrated_on == "32 clips of ravdess"  # four actors, eight emotions
    expected = softmax(outcome.test_logits.astype(np.float64) / best.x, axis=1)
    assert found.probabilities == pytest.approx(expected, abs=1e-4)
    assert found.uncalibrated == pytest.approx(softmax(outcome.test_logits, axis=1), abs=1e-5)


def test_a_corpus_that_is_left_out_is_calibrated_by_the_others(
    ravdess: list[Clip], savee: list[Clip], tess: list[Clip], rng: np.random.Generator
) -> None:
    sets, outcome, found = answered("loco", ravdess + savee + tess, rng)
    columns = [EIGHT.index(label) for label in SEVEN]
    said = np.array(columns)[outcome.validation_logits[:, columns].argmax(axis=1)]
    truth = np.array([EIGHT.index(clip.emotion) for clip in sets.validation])
    each = [
        balanced_accuracy_score(truth[own], said[own])
        for corpus in ("savee", "tess")
        for own in [[clip.corpus == corpus for clip in sets.validation]]
    ]
    assert each[0] < 0.2
    assert each[1] > 0.5
    assert found.validation_uar == pytest.approx(np.mean(each))
    assert found.calibrated_on == "14 clips of savee, 70 clips of tess"
    # Five times as many of SAVEE's clips would count as much as those of TESS.
    logits = outcome.validation_logits[:, columns].astype(np.float64)
    sure = softmax(logits / found.temperature, axis=1).max(axis=1)
    times = np.array([5 if clip.corpus == "savee" else 1 for clip in sets.validation])
    threshold = _half_the_risk(np.repeat(sure, times), np.repeat(said == truth, times))
    assert found.uncertain_below == pytest.approx(threshold)
    assert threshold != pytest.approx(_half_the_risk(sure, said == truth))


def _half_the_risk(confidence: np.ndarray, right: np.ndarray) -> float:
    """Give the least confidence from which on half as many answers are wrong as of all."""
    most = (~right).mean() / 2
    kept = [least for least in confidence if (~right[confidence >= least]).mean() <= most]
    return float(min(kept, default=confidence.max()))


def test_a_sung_clip_is_answered_among_the_sung_labels(
    ravdess: list[Clip], rng: np.random.Generator
) -> None:
    turev = clips_of("turev", dict.fromkeys(("1157", "1234")), ("calm", *SEVEN))
    _, _, found = answered("loco", ravdess + turev, rng)
    sung = np.array([clip.channel == "song" for clip in found.clips])
    missing = [found.labels.index(Emotion(label)) for label in EIGHT if label not in SUNG]
    assert sung.sum() == 23 * 6
    assert (found.probabilities[np.ix_(sung, missing)] == 0).all()
    assert (found.probabilities[np.ix_(~sung, missing)] > 0).all()
    assert found.probabilities.sum(axis=1) == pytest.approx(np.ones(len(sung)))


def test_targets_are_the_clips_labels(
    ravdess: list[Clip], savee: list[Clip], rng: np.random.Generator
) -> None:
    """The columns of a model that knows eight labels, scored over SAVEE's seven."""
    sets, _, found = answered("savee4", ravdess + savee, rng)
    assert found.labels == tuple(map(Emotion, SEVEN))
    assert [found.labels[at] for at in found.targets] == [clip.emotion for clip in sets.test]
    assert found.probabilities.sum(axis=1) == pytest.approx(np.ones(len(sets.test)))
    # What favours another label than the truth is answered wrongly.
    assert (found.predicted == found.targets).mean() < 0.2


def test_a_report_of_its_own_scores_every_clip_over_all_its_labels(
    ravdess: list[Clip], savee: list[Clip], rng: np.random.Generator
) -> None:
    """As the reports' networks answered: one of SAVEE may be called calm, which SAVEE has not."""
    clips = [clip for clip in ravdess if clip.channel == "speech"] + savee
    sets, outcome, found = answered("published/davies_chen2024", clips, rng)
    assert found.labels == tuple(map(Emotion, EIGHT))
    assert found.mask.all()
    expected = softmax(outcome.test_logits.astype(np.float64) / found.temperature, axis=1)
    assert found.probabilities == pytest.approx(expected, abs=1e-4)
    calm = outcome.test_logits.argmax(axis=1) == EIGHT.index("calm")
    of_savee = np.array([clip.corpus == "savee" for clip in sets.test])
    assert (calm & of_savee).any()
    assert (found.predicted == EIGHT.index("calm")).tolist() == calm.tolist()
