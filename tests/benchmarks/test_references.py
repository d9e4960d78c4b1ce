"""What references are worth: which clips they are made of, and figures of real, tiny networks."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import references
from sertain.corpora.clip import Clip
from sertain.errors import ProtocolError
from sertain.lab.evaluation.knowing import MIXED, ONE_SIDED, VOICE
from sertain.labels import Emotion
from tests.benchmarks.conftest import Told

pytestmark = [
    pytest.mark.train,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]

FIVE = ("neutral", "angry", "sad", "happy", "fearful")


def _clip(speaker: str, emotion: str, number: int) -> Clip:
    name = f"{speaker}-{emotion}-{number}"
    return Clip("savee", name, Path(name), Emotion(emotion), f"savee/{speaker}")


CLIPS = [_clip(s, e, n) for s in ("DC", "JE") for e in FIVE for n in range(40)]
"""Two voices of 200 clips, of 2 s each: 400 s."""


def test_references_are_as_long_as_asked() -> None:
    found = references.by_seconds(CLIPS, [2.0] * len(CLIPS))
    lengths = {kind: [len(chosen) for _, chosen in groups] for kind, groups in found.items()}
    assert lengths == {
        "5 s": [2, 2],
        "15 s": [7, 7],
        "60 s": [30, 30],
        "300 s": [150, 150],
        "all of the voice": [200, 200],
    }
    for groups in found.values():
        for own, chosen in groups:
            assert set(chosen) <= set(own)


def test_references_are_mixed_as_said() -> None:
    found = references.by_mix(CLIPS, [2.0] * len(CLIPS))
    emotions = {
        kind: [[str(CLIPS[n].emotion) for n in chosen] for _, chosen in groups]
        for kind, groups in found.items()
    }
    for chosen in emotions["80% neutral or calm"]:
        assert len(chosen) == 30
        assert chosen.count("neutral") == 24
    for label in ("neutral", "angry", "sad", "happy"):
        for chosen in emotions[f"one emotion only: {label}"]:
            assert chosen == [label] * 30
    for own, members in found[references.TWO]:
        assert len(members) == 30
        assert len(set(members) & set(own)) == 15
        assert len({CLIPS[n].speaker for n in members}) == 2


def test_a_mostly_neutral_reference_is_shorter_where_little_is_neutral() -> None:
    few = [clip for clip in CLIPS if clip.emotion != "neutral" or clip.name.endswith("-3")]
    (_, chosen), _ = references.by_mix(few, [2.0] * len(few))["80% neutral or calm"]
    assert [str(few[n].emotion) for n in chosen].count("neutral") == 1
    assert len(chosen) == 2  # a part is at least one clip
    one = [clip for clip in few if clip.speaker == "savee/DC" and clip.emotion != "neutral"]
    kinds = references.by_mix(one, [2.0] * len(one))
    assert list(kinds) == ["all emotions", *(f"one emotion only: {e}" for e in FIVE[1:4])]


def test_the_figures_are_those_of_the_evaluation_where_it_has_them(
    told: Told, tmp_path: Path
) -> None:
    folder, clips, evaluation = told
    found = references.measure(folder, lambda _recipe, _name: clips)
    assert (found.protocol, found.seeds, found.folds) == ("savee4", (0,), ("DC", "JK"))
    results = evaluation.results
    assert results.pooled is not None
    assert found.clips == results.pooled.clips == 42
    alone, ours = results.pooled.figures, found.alone
    assert (ours.uar, ours.low, ours.high) == pytest.approx(
        (alone["uar"].mean, alone["uar"].low, alone["uar"].high)
    )
    assert ours.ece == pytest.approx(alone["ece"].mean)
    assert (ours.gain, ours.gain_low, ours.gain_high, ours.seconds) == (0, 0, 0, 0)
    rows = {row.reference: row for row in (*found.by_seconds, *found.by_mix)}
    for kind, theirs in (
        ("all of the voice", VOICE),
        ("60 s", MIXED),
        ("all emotions", MIXED),
        ("one emotion only: sad", f"{ONE_SIDED}: sad"),
    ):
        knowing = results.with_reference[theirs]
        assert knowing.pooled is not None
        figures, row = knowing.pooled.figures, rows[kind]
        assert (row.uar, row.low, row.high) == pytest.approx(
            (figures["uar"].mean, figures["uar"].low, figures["uar"].high)
        )
        assert row.ece == pytest.approx(figures["ece"].mean)
        assert row.gain == pytest.approx(figures["uar"].mean - alone["uar"].mean)
        assert row.gain_low <= row.gain <= row.gain_high
        assert (row.seconds, row.among) == pytest.approx((knowing.seconds[1], knowing.among))
    # A voice is 21 clips of a quarter of a second; a fold of one voice has no other.
    assert rows["5 s"].seconds == pytest.approx(5.0)
    assert references.TWO not in rows
    kept = tmp_path / "kept"
    other = replace(found, protocol="other")
    references.keep([replace(found, clips=1), other], kept)
    assert references.keep([found], kept) == [found, other]
    held = json.loads((kept / "references.json").read_text("utf-8"))
    assert [one["protocol"] for one in held] == ["savee4", "other"]
    text = (kept / "references.md").read_text("utf-8")
    assert "## savee4" in text
    assert "## other" in text
    assert f"| 5 s | {rows['5 s'].seconds:.0f} |" in text

    with pytest.raises(ProtocolError, match="other clips than are at hand"):
        references.measure(folder, lambda _recipe, _name: clips[:-1])
    with pytest.raises(ProtocolError, match="holds no finished fold"):
        references.measure(tmp_path, lambda _recipe, _name: clips)
