"""Columns with a reference: whose clips tell of a voice, and that they say so."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from sertain.corpora.clip import Clip
from sertain.lab.evaluation import knowing, outcome, referenced, runner, writers
from sertain.lab.evaluation.knowing import BATCH, MIXED, ONE_SIDED, SHORT, VOICE
from sertain.lab.recipes import Recipe
from sertain.lab.training.voice import Voice
from sertain.labels import Emotion
from tests.lab.evaluation.conftest import SEVEN
from tests.lab.evaluation.tones import Linear, fit_linear, recipe_of, tones

pytestmark = pytest.mark.train

FOUR = ("neutral", "angry", "sad", "happy")


def _clip(speaker: str, emotion: str, number: int) -> Clip:
    name = f"{speaker}-{emotion}-{number}"
    return Clip("savee", name, Path(name), Emotion(emotion), f"savee/{speaker}")


CLIPS = [_clip(s, e, n) for s in ("DC", "JE") for e in (*FOUR, "fearful") for n in range(20)]


def test_references_are_of_the_batch_the_speaker_and_a_minute_of_it() -> None:
    seconds = [2.0] * 100 + [7.0] * 100
    found = knowing.kinds(CLIPS, seconds)
    assert list(found) == [BATCH, VOICE, MIXED, *(f"{ONE_SIDED}: {label}" for label in FOUR)]
    ((answered, batch),) = found[BATCH]
    assert answered == batch == list(range(200))
    assert [reference for _, reference in found[VOICE]] == [
        list(range(100)),
        list(range(100, 200)),
    ]
    for kind, groups in found.items():
        assert sorted(number for own, _ in groups for number in own) == list(range(200))
        if kind in (BATCH, VOICE):
            continue
        for (own, reference), each in zip(groups, (2.0, 7.0), strict=True):
            assert set(reference) <= set(own)
            full = min(60 // each, 20 if kind != MIXED else 100)
            assert len(reference) == full
            emotions = {CLIPS[number].emotion for number in reference}
            assert len(emotions) > 1 if kind == MIXED else emotions == {kind.split(": ")[1]}
    backwards = knowing.kinds(CLIPS[::-1], seconds[::-1])
    minute = {CLIPS[number].key for number in found[MIXED][0][1]}
    assert {CLIPS[::-1][n].key for n in backwards[MIXED][1][1]} == minute, "in any order"


def test_a_part_is_at_least_one_clip_and_a_side_is_of_all_voices_or_left_out() -> None:
    some = [clip for clip in CLIPS if clip.speaker == "savee/DC" or clip.emotion != "sad"]
    found = knowing.kinds(some, [100.0] * len(some))
    assert f"{ONE_SIDED}: sad" not in found
    assert [len(reference) for _, reference in found[MIXED]] == [1, 1]


@dataclass(frozen=True)
class Listening(Linear):
    """A linear model that is told how long a reference is, and errs less the longer it is."""

    def voices(self, clips: Sequence[Clip], members: Sequence[Sequence[int]]) -> list[Voice]:
        assert all(clip.path.is_file() for clip in clips)
        return [Voice(np.ones((2, 3), np.float32), 0.25 * len(own)) for own in members]

    def logits(
        self, clips: Sequence[Clip], references: Sequence[Voice] | None = None
    ) -> np.ndarray:
        found = super().logits(clips)
        if references is not None:
            for row, (clip, voice) in enumerate(zip(clips, references, strict=True)):
                found[row, self.labels.index(clip.emotion)] += voice.seconds
        return found


def _fit_listening(
    recipe: Recipe,
    train: Sequence[Clip],
    validation: Sequence[Clip],
    *,
    seed: int,
    folder: Path,
) -> Listening:
    plain = fit_linear(recipe, train, validation, seed=seed, folder=folder)
    return Listening(**plain.__dict__)


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory: pytest.TempPathFactory) -> runner.Evaluation:
    folder = tmp_path_factory.mktemp("savee")
    clips = tones(folder / "clips", "savee", ("DC", "JE", "JK", "KL"), SEVEN)
    recipe = recipe_of(("savee",)).model_copy(update={"normalise": "voice"})
    first = runner.evaluate(recipe, "savee4", clips, folder=folder, fit=_fit_listening)

    def never(*_: object, **__: object) -> Linear:
        raise AssertionError("a finished fold trains again")

    again = runner.evaluate(recipe, "savee4", clips, folder=folder, fit=never)
    assert again.results.with_reference == first.results.with_reference
    return first


def test_figures_with_a_reference_stand_beside_those_without(
    evaluation: runner.Evaluation,
) -> None:
    results = evaluation.results
    assert results.pooled is not None
    told = results.with_reference
    assert len(told) == 7
    for one in told.values():
        assert one.pooled is not None
        assert one.pooled.clips == results.pooled.clips == 84
        assert one.pooled.figures["uar"].mean >= results.pooled.figures["uar"].mean
    # A fold is one speaker of 21 clips of a quarter of a second.
    assert told[VOICE].seconds == told[BATCH].seconds == (5.25, 5.25, 5.25)
    assert told[VOICE].among == 1.0
    angry = told[f"{ONE_SIDED}: angry"]
    assert angry.seconds == (0.75, 0.75, 0.75)
    assert angry.among == pytest.approx(3 / 21)
    assert angry.reference.endswith("in one emotion, up to 60 s: angry")


def test_the_page_shows_the_worst_side_and_says_what_was_told(
    evaluation: runner.Evaluation,
) -> None:
    told = evaluation.results.with_reference
    sides = {kind: one for kind, one in told.items() if kind.startswith(ONE_SIDED)}
    figures = {kind: referenced.figure(one, "uar").mean for kind, one in sides.items()}
    worst = min(figures, key=lambda kind: figures[kind])
    page = writers.markdown(evaluation.results)
    assert "## With a reference" in page
    rows = [line for line in page.splitlines() if line.startswith(f"| {ONE_SIDED}")]
    (row,) = rows
    assert f"{worst}, the worst of 4" in row
    assert "| 14% |" in row
    assert f"{figures[worst]:.3f}" in row
    assert evaluation.results.pooled is not None
    (alone,) = [line for line in page.splitlines() if line.startswith("| none |")]
    for measure in ("uar", "ece"):
        assert f"{evaluation.results.pooled.figures[measure].mean:.3f}" in alone
    plain = replace(evaluation.results, with_reference={})
    assert "reference" not in writers.markdown(plain)


def test_an_outcome_of_a_model_that_knows_no_voices_is_read_as_before(tmp_path: Path) -> None:
    identity = outcome.Identity("p", 0, 0, "r", "h", "d", "s")
    one = np.array([[0.1, 0.2]], np.float32)
    done = outcome.Outcome(identity, ("a", "b"), ("x",), one, ("y",), one, 1, 1, 1.0, 1.0)
    outcome.write(tmp_path / "o.json", done)
    found = outcome.read(tmp_path / "o.json", identity)
    assert found is not None
    assert found.told == {}
    assert found.validation_told == {}


def test_an_earlier_outcome_holds_answers_told_of_whole_voices(tmp_path: Path) -> None:
    identity = outcome.Identity("p", 0, 0, "r", "h", "d", "s")
    one, two = np.array([[0.1, 0.2]], np.float32), np.array([[0.3, 0.4]], np.float32)
    made = outcome.Outcome(
        identity, ("a", "b"), ("x",), one, ("y",), one, 1, 1, 1.0, 1.0,
        validation_told={VOICE: two, MIXED: one},
    )  # fmt: skip
    outcome.write(tmp_path / "o.json", made)
    found = outcome.read(tmp_path / "o.json", identity)
    assert found is not None
    told = found.knowing(two)
    assert told.validation == ("y", "y")
    np.testing.assert_array_equal(told.validation_logits, np.concatenate([two, one]))
    np.testing.assert_array_equal(told.test_logits, two)
    plain = json.loads((tmp_path / "o.json").read_text("utf-8"))
    plain["validation_told"] = plain["validation_told"][VOICE]
    (tmp_path / "o.json").write_text(json.dumps(plain), "utf-8")
    earlier = outcome.read(tmp_path / "o.json", identity)
    assert earlier is not None
    np.testing.assert_array_equal(earlier.validation_told[VOICE], two)


def test_a_model_is_calibrated_on_references_of_every_kind() -> None:
    seconds = [2.0] * 100 + [7.0] * 100
    found = knowing.to_calibrate(CLIPS, seconds)
    assert list(found) == [VOICE, MIXED, SHORT, ONE_SIDED]
    for kind, groups in found.items():
        assert sorted(number for own, _ in groups for number in own) == list(range(200))
        emotions = [{CLIPS[number].emotion for number in members} for _, members in groups]
        if kind == ONE_SIDED:
            assert [len(own) for own in emotions] == [1, 1]
        else:
            assert min(len(own) for own in emotions) > 1
    # Fifteen seconds are seven clips of two, or two of seven.
    assert [len(members) for _, members in found[SHORT]] == [7, 2]
