"""Masks, draws and batches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sertain.corpora.clip import Clip
from sertain.lab.recipes import Recipe
from sertain.lab.training import cache
from sertain.lab.training.batches import by_length
from sertain.lab.training.data import (
    EpochSampler,
    Item,
    TrainingClips,
    collate,
    draw_weights,
    label_mask,
    targets_and_masks,
)
from sertain.lab.training.voice import Voice, nobody
from sertain.labels import Emotion
from tests.lab import tones

pytestmark = pytest.mark.train


def _clip(corpus: str, emotion: Emotion, name: str, channel: str = "speech") -> Clip:
    return Clip(corpus, name, Path(name), emotion, f"{corpus}/1", channel=channel)


def test_a_clip_is_masked_to_the_labels_of_its_corpus_and_channel() -> None:
    clips = [
        _clip("ravdess", Emotion.HAPPY, "a"),
        _clip("ravdess", Emotion.DISGUST, "b"),
        _clip("ravdess", Emotion.HAPPY, "c", channel="song"),
        _clip("turev", Emotion.SAD, "d"),
    ]
    targets, mask = label_mask(clips, (Emotion.HAPPY, Emotion.SAD, Emotion.DISGUST))
    assert targets.tolist() == [0, 2, 0, 1]
    assert mask.tolist() == [
        [True, False, True],
        [True, False, True],
        [True, False, False],
        [False, True, False],
    ]


def test_draws_follow_the_shares_of_corpora_and_are_even_over_labels(tiny: Recipe) -> None:
    recipe = tiny.model_copy(
        update={
            "corpora": ("ravdess", "tess"),
            "sampling": tiny.sampling.model_copy(update={"weights": {"ravdess": 3.0, "tess": 1.0}}),
        }
    )
    clips = [
        *(_clip("ravdess", Emotion.HAPPY, f"h{n}") for n in range(1)),
        *(_clip("ravdess", Emotion.SAD, f"s{n}") for n in range(3)),
        *(_clip("tess", Emotion.SAD, f"t{n}") for n in range(5)),
    ]
    weights = draw_weights(clips, recipe)
    assert weights[0] == pytest.approx(0.75 / 2)
    assert weights[1:4].tolist() == pytest.approx([0.75 / 2 / 3] * 3)
    assert weights[4:].tolist() == pytest.approx([0.25 / 5] * 5)


def test_without_shares_every_clip_is_drawn_alike(tiny: Recipe) -> None:
    sampling = tiny.sampling.model_copy(update={"balance_labels": False})
    clips = [_clip("ravdess", Emotion.HAPPY, "a"), *(_clip("tess", Emotion.SAD, n) for n in "bc")]
    weights = draw_weights(clips, tiny.model_copy(update={"sampling": sampling}))
    assert weights.tolist() == pytest.approx([1 / 3] * 3)


def test_an_epochs_draws_depend_on_seed_and_number_alone() -> None:
    def draws(epoch: int, seed: int = 1) -> list[tuple[int, int]]:
        sampler = EpochSampler(np.full(10, 0.1), 20, seed)
        sampler.set_epoch(epoch)
        return list(sampler)

    assert draws(3) == draws(3)
    assert draws(3) != draws(4)
    assert draws(3) != draws(3, seed=2)
    assert [number for _, number in draws(2)] == list(range(40, 60))


def test_a_draw_is_augmented_the_same_every_time_and_fits_the_length(
    tiny: Recipe, tmp_path: Path
) -> None:
    clips = tones.make(tmp_path, speakers=1)
    waves = cache.prepare(clips, tmp_path / "cache", quiet=True)
    dataset = TrainingClips(clips, waves, tiny, seed=5)
    first, target, mask, voice, lesson = dataset[2, 17]
    again = dataset[2, 17].sound
    other = dataset[2, 18].sound
    assert first.shape == (8000,)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.01
    assert tiny.labels[target] == clips[2].emotion
    assert mask.tolist() == [True] * 3
    assert voice.seconds == 0, "nothing is known of a voice unless asked"
    assert lesson.shape == (0,), "nobody teaches unless asked"


def test_an_epoch_without_weights_is_every_clip_once_in_a_new_order() -> None:
    sampler = EpochSampler(None, 10, seed=1)
    first = [clip for clip, _ in sampler]
    sampler.set_epoch(1)
    second = [clip for clip, _ in sampler]
    assert sorted(first) == sorted(second) == list(range(10))
    assert first != second
    assert [number for _, number in sampler] == list(range(10, 20))


def test_clips_that_learn_among_all_labels_have_no_mask(tiny: Recipe) -> None:
    clips = [_clip("ravdess", Emotion.HAPPY, "a"), _clip("tess", Emotion.SAD, "b")]
    assert targets_and_masks(clips, tiny)[1].tolist() == [
        [True, False, False],
        [False, True, False],
    ]
    every = tiny.training.model_copy(update={"own_labels": False})
    assert targets_and_masks(clips, tiny.model_copy(update={"training": every}))[1].all()


def test_batches_are_padded_at_the_right_and_hold_every_clip_once() -> None:
    sizes = [9600, 4800, *[9600] * 7]
    batches = by_length(sizes, most=3 * 9600 + 1)
    assert sorted(number for batch in batches for number in batch) == list(range(9))
    assert max(len(batch) for batch in batches) == 3
    assert batches[0][0] == 1, "the shortest first"
    assert len(by_length([1] * 1000, most=10**9)[0]) == 256
    none = np.ones(3, dtype=bool), nobody(2)
    waves = [
        Item(np.ones(6, dtype=np.float32), 1, *none),
        Item(np.ones(4, dtype=np.float32), 2, *none),
    ]
    waveform, lengths, targets, *_ = collate(waves)
    assert lengths.tolist() == [6, 4]
    assert waveform.tolist() == [[1.0] * 6, [1.0] * 4 + [0.0] * 2]
    assert targets.tolist() == [1, 2]
    rows = np.arange(6, dtype=np.float32).reshape(2, 3)
    known = Voice(np.array([[1, 2], [3, 4]], dtype=np.float32), 7.5)
    for order in ("C", "F"):  # frames apart, and one behind the other
        laid = np.array(rows, order=order)
        batch = collate(
            [Item(laid, 0, *none), Item(laid[:, :1], 0, none[0], known)],
        )
        assert batch.lengths.tolist() == [3, 1]
        assert batch.sound.tolist() == [[[0, 1, 2], [3, 4, 5]], [[0, 0, 0], [3, 0, 0]]]
        assert batch.reference.tolist() == [[[0, 0], [0, 0]], [[1, 2], [3, 4]]]
        assert batch.reference_s.tolist() == [0, 7.5]
