"""References are drawn among training clips, of every size and mix, by formulas of numpy."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from sertain.corpora.clip import Clip
from sertain.lab.recipes import Recipe
from sertain.lab.recipes.parts import Reference
from sertain.lab.training.data import TrainingFeatures
from sertain.lab.training.moments import moments
from sertain.lab.training.voice import VoiceDraws, known
from sertain.labels import Emotion

pytestmark = pytest.mark.train

ROWS = 3


def _clips() -> list[Clip]:
    """Two speakers of one corpus, one of whom also sings, and one of another corpus."""
    found = []
    for corpus, speaker, channel in (
        ("ravdess", "01", "speech"),
        ("ravdess", "01", "song"),
        ("ravdess", "02", "speech"),
        ("tess", "01", "speech"),
    ):
        for emotion in (Emotion.HAPPY, Emotion.SAD, Emotion.ANGRY):
            for take in range(4):
                name = f"{speaker}-{channel}-{emotion}-{take}"
                found.append(
                    Clip(corpus, name, Path(name), emotion, f"{corpus}/{speaker}", channel=channel)
                )
    return found


CLIPS = _clips()
STATES = [
    np.random.default_rng(number)
    .normal(number, 1 + number, (ROWS, 2 + number % 5))
    .astype(np.float32)
    for number in range(len(CLIPS))
]
SECONDS = np.array([states.shape[1] / 25 for states in STATES])


def _draws(**shares: float) -> VoiceDraws:
    none = {"share": 1.0, "voice": 0.0, "corpus": 0.0, "mixed": 0.0, "one_sided": 0.0}
    return VoiceDraws(CLIPS, moments(STATES), SECONDS, Reference(**{**none, **shares}))


def _told(members: list[int]) -> tuple[np.ndarray, float]:
    frames = np.concatenate([STATES[number] for number in members], 1).astype(np.float64)
    return np.stack([frames.mean(1), frames.std(1)]), frames.shape[1] / 25


def _number(corpus: str, speaker: str, channel: str = "speech") -> list[int]:
    return [
        n
        for n, clip in enumerate(CLIPS)
        if (clip.corpus, clip.speaker, clip.channel) == (corpus, f"{corpus}/{speaker}", channel)
    ]


@pytest.mark.parametrize(
    ("kind", "members"),
    [
        ("voice", _number("ravdess", "01")),
        ("corpus", [*_number("ravdess", "01"), *_number("ravdess", "02")]),
    ],
)
def test_all_clips_of_a_voice_or_corpus_are_one_row_of_frames(
    kind: str, members: list[int]
) -> None:
    drawn = _draws(**{kind: 1.0}).draw(members[3], np.random.default_rng(0))
    statistics, seconds = _told(members)
    np.testing.assert_allclose(drawn.statistics, statistics, rtol=1e-5)
    assert drawn.statistics.dtype == np.float32
    assert drawn.seconds == pytest.approx(seconds)


def _members(seconds: float, statistics: np.ndarray, among: list[int]) -> set[int] | None:
    """Find whose frames a reference is of, of clips whose means are far apart."""
    weights = {n: STATES[n].shape[1] for n in among}
    for mask in range(1, 2 ** len(among)):
        chosen = [n for place, n in enumerate(among) if mask >> place & 1]
        if abs(sum(weights[n] for n in chosen) / 25 - seconds) > 1e-6:
            continue
        if np.allclose(_told(chosen)[0], statistics, rtol=1e-5):
            return set(chosen)
    return None


@pytest.mark.parametrize("kind", ["mixed", "one_sided"])
def test_a_part_of_a_voice_is_never_of_another_one(kind: str) -> None:
    among = _number("ravdess", "02")
    draws, sizes = _draws(**{kind: 1.0}), Counter[int]()
    for seed in range(40):
        drawn = draws.draw(among[0], np.random.default_rng(seed))
        members = _members(drawn.seconds, drawn.statistics, among)
        assert members is not None
        sizes[len(members)] += 1
        if kind == "one_sided":
            assert len({CLIPS[number].emotion for number in members}) == 1
    assert min(sizes) == 2
    assert max(sizes) == (12 if kind == "mixed" else 4), "never more than there are"


def test_draws_have_their_shares_and_come_again_with_their_generator() -> None:
    draws = VoiceDraws(CLIPS, moments(STATES), SECONDS, Reference())
    found = [draws.draw(0, np.random.default_rng(seed)) for seed in range(2000)]
    again = [draws.draw(0, np.random.default_rng(seed)) for seed in range(2000)]
    for one, other in zip(found, again, strict=True):
        np.testing.assert_array_equal(one.statistics, other.statistics)
    unknown = [voice for voice in found if voice.seconds == 0]
    assert 900 < len(unknown) < 1100
    assert not np.any([voice.statistics for voice in unknown])
    whole = _told(_number("ravdess", "01"))[1]
    corpus = _told([*_number("ravdess", "01"), *_number("ravdess", "02")])[1]
    lengths = [voice.seconds for voice in found]
    assert 150 < sum(abs(seconds - corpus) < 1e-6 for seconds in lengths) < 250
    assert sum(abs(seconds - whole) < 1e-6 for seconds in lengths) > 300


def test_a_clip_is_moved_as_voices_and_corpora_lie_apart() -> None:
    """Every move is u · (a voice - its corpus) + 0.7 · v · (a corpus - the clip's own)."""
    draws = _draws(voice=1.0, elsewhere=1.0)
    mean = {
        group: _told([n for n, c in enumerate(CLIPS) if (c.corpus, c.channel) == group])[0][0]
        for group in {(clip.corpus, clip.channel) for clip in CLIPS}
    }
    ways = []
    for voice in sorted({(clip.corpus, clip.speaker, clip.channel) for clip in CLIPS}):
        members = [n for n, c in enumerate(CLIPS) if (c.corpus, c.speaker, c.channel) == voice]
        ways.append(_told(members)[0][0] - mean[voice[0], voice[2]])
    home = mean[CLIPS[0].corpus, CLIPS[0].channel]
    for seed in range(50):
        moved = draws.elsewhere(0, np.random.default_rng(seed))
        assert moved is not None
        found = []
        for way in ways:
            for corpus in mean.values():
                sides = np.stack([way, corpus - home], 1)
                parts, *_ = np.linalg.lstsq(sides, moved.astype(np.float64), rcond=None)
                near = np.abs(sides @ parts - moved).max() < 1e-4 * np.abs(moved).max() + 1e-5
                found.append(near and -1e-4 <= parts[0] <= 1 and -1e-4 <= parts[1] <= 0.7001)
        assert any(found)
    assert _draws(voice=1.0).elsewhere(0, np.random.default_rng(0)) is None
    few = _draws(voice=1.0, elsewhere=0.3)
    share = [few.elsewhere(0, np.random.default_rng(s)) for s in range(500)]
    assert 110 < sum(moved is not None for moved in share) < 190


def test_what_is_known_is_the_same_however_it_is_asked() -> None:
    members = np.array([4, 20, 30])
    found = known(moments(STATES).some(members), SECONDS[members])
    np.testing.assert_allclose(found.statistics, _told(members.tolist())[0], rtol=1e-5)


class _Stored:
    """Features whose first number says whose they are and of which version."""

    def __init__(self, version: int) -> None:
        self.version, self.rows = version, ROWS
        self.sizes = [states.shape[1] for states in STATES]

    def __len__(self) -> int:
        return len(self.sizes)

    def part(self, index: int, first: int, frames: int) -> np.ndarray:
        found = np.tile(np.arange(first, first + frames, dtype=np.float32), (ROWS, 1))
        found[0], found[1] = index, self.version
        return found


def test_who_is_known_is_heard_as_recorded_and_others_in_all_versions(tiny: Recipe) -> None:
    versions = [_Stored(version) for version in range(3)]
    voices = VoiceDraws(CLIPS, moments(STATES), SECONDS, Reference())
    heard = TrainingFeatures(CLIPS, versions, tiny, 5, voices, frames=3)  # type: ignore[arg-type]
    counts: Counter[tuple[bool, int]] = Counter()
    starts = set()
    for number in range(900):
        item = heard[4, number]  # of 6 frames
        assert item.sound[0, 0] == 4
        assert item.sound.shape == (ROWS, 3)
        counts[item.voice.seconds > 0, int(item.sound[1, 0])] += 1
        starts.add(int(item.sound[2, 0]))
    assert set(counts) == {(True, 0), (False, 0), (False, 1), (False, 2)}
    assert min(counts.values()) > 100
    assert starts == {0, 1, 2, 3}
    short = heard[0, 0].sound  # of 2 frames
    assert short.shape == (ROWS, 2)
    again = TrainingFeatures(CLIPS, versions, tiny, 5, voices, frames=3)  # type: ignore[arg-type]
    np.testing.assert_array_equal(again[4, 17].sound, heard[4, 17].sound)
    np.testing.assert_array_equal(again[4, 17].voice.statistics, heard[4, 17].voice.statistics)
