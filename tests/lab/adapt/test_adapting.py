"""From a bundle and recordings to a new bundle that any installation opens."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sertain import load
from sertain.bundle import Bundle, find, read, verify
from sertain.corpora.meter import Silence
from sertain.errors import CorpusError, LeakageError
from sertain.lab.adapt import clips, hearing
from sertain.lab.adapt.adapting import Adapted, adapt
from tests.bundle.bundles import level_bundle
from tests.bundle.voices import voice_bundle
from tests.lab.adapt.takes import CLIPS, record


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("adapt")


@pytest.fixture(scope="module")
def table(place: Path) -> Path:
    return record(place / "takes")


@pytest.fixture(scope="module")
def level(place: Path) -> Bundle:
    return level_bundle(place / "level")


@pytest.fixture(scope="module")
def made(place: Path, table: Path, level: Bundle) -> Adapted:
    return adapted(level, table, place / "new", place / "cache")


def adapted(base: Bundle, table: Path, out: Path, cache: Path, **more: bool) -> Adapted:
    labelled = clips.read(table)
    return adapt(base, labelled, out, corpus="takes", meter=Silence(), cache=cache, **more)


def test_a_model_that_hears_loudness_learns_loud_and_quiet(made: Adapted) -> None:
    spec = made.bundle.spec
    assert spec.labels == ("loud", "quiet")
    assert made.measured.adapted.value == 1.0
    assert made.measured.base.value == 0.5  # it had neither label: always the first is answered
    assert made.measured.over == "speakers"
    assert (spec.scores[0].protocol, spec.scores[0].value) == ("takes, speakers held out", 1.0)


def test_the_new_bundle_answers_what_was_learnt(made: Adapted, table: Path) -> None:
    model = load(made.bundle.path)
    for name in ("loud-anna-0", "quiet-finn-3"):
        answer = model.predict(table.parent / f"{name}.wav")
        assert answer.label == name.split("-")[0]
        assert sum((answer.probabilities or {}).values()) == pytest.approx(1)


def test_it_carries_on_licence_data_and_card_and_none_of_the_old_scores(
    made: Adapted, level: Bundle
) -> None:
    spec = made.bundle.spec
    assert spec.licence == level.spec.licence
    assert (made.bundle.path / "LICENSE").read_text() == (level.path / "LICENSE").read_text()
    assert spec.data[0] == level.spec.data[0]
    own = spec.data[1]
    assert (own.corpus, own.licence, own.clips, own.speakers) == (
        "takes",
        "the user's own",
        60,
        6,
    )
    assert {score.protocol for score in spec.scores} == {"takes, speakers held out"}
    card = made.bundle.card()
    assert "It is level 1.0" in card
    assert "| loud | 30 | 6 | new | loud |" in card
    assert "| UAR (2 labels, chance 0.500) | 1.000 | 1.000 to 1.000 |" in card
    assert "| UAR of level as it was, among these labels, not knowing loud, quiet |" in card
    assert "level did not know loud, quiet and misses every clip of it" in card
    assert "Hears how loud a voice is. For tests only." in card
    assert str(made.bundle.path.parent) not in card


def test_a_published_corpus_brings_its_own_terms(place: Path, table: Path, level: Bundle) -> None:
    labelled = clips.read(table)
    found = adapt(
        level, labelled, place / "p", corpus="savee", meter=Silence(), cache=place / "cache"
    )
    assert found.bundle.spec.licence == "CC-BY-NC-SA-4.0"
    terms = (found.bundle.path / "LICENSE").read_text()
    assert "by-nc-sa/4.0" in terms
    assert "CC0-1.0" in terms


def test_a_clip_is_heard_as_predict_hears_it(level: Bundle, table: Path, place: Path) -> None:
    """The level model's embedding is the root mean square of the stretch that it hears."""
    labelled = clips.read(table)[:3]
    heard = hearing.hear(level, verify(level), labelled, meter=Silence(), folder=place / "cache")
    for number, clip in enumerate(labelled):
        (wave,) = hearing.windows(clip, level.spec.window_s)
        expected = np.sqrt(np.mean(wave.astype(np.float64) ** 2))
        assert heard.rows.embedding[number, 0] == pytest.approx(expected, rel=1e-5)
        answer = load(level.path).predict(clip.path)
        assert list((answer.probabilities or {}).values()) == pytest.approx(
            heard.rows.answers[number], abs=1e-6
        )


def test_a_clip_of_several_windows_is_meant_by_their_length(level: Bundle, place: Path) -> None:
    """Speech, a long pause, and longer speech."""
    clip = clips.Labelled("long", CLIPS / "long-pause.opus", "loud", "anna")
    heard = hearing.hear(level, verify(level), [clip], meter=Silence(), folder=place / "cache")
    assert len(set(heard.rows.share)) > 1
    assert heard.rows.share.sum() == pytest.approx(1)
    answer = load(level.path).predict(clip.path)
    mean = heard.rows.mean(heard.rows.answers)[0]
    assert list((answer.probabilities or {}).values()) == pytest.approx(mean, abs=1e-6)
    plain = heard.rows.answers.mean(axis=0)
    assert np.abs(plain - mean).max() > 1e-4


def test_what_was_heard_is_not_heard_again_and_damage_is(
    level: Bundle, table: Path, tmp_path: Path
) -> None:
    labelled = clips.read(table)[:2]

    def heard() -> hearing.Rows:
        return hearing.hear(level, verify(level), labelled, meter=Silence(), folder=tmp_path).rows

    first = heard()
    kept = sorted(tmp_path.rglob("*.npy"))
    assert len(kept) == 2
    np.save(kept[0], np.load(kept[0]) + 1)  # so a value that was read can be told
    again = heard()
    assert np.isclose(again.embedding, first.embedding + 1).sum() == 1
    kept[0].write_bytes(kept[0].read_bytes()[:20])
    np.testing.assert_array_equal(heard().embedding, first.embedding)


def test_silence_twins_and_broken_files_are_left_out_and_counted(
    level: Bundle, table: Path, place: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "takes"
    shutil.copytree(table.parent, folder)
    shutil.copy(folder / "loud-anna-0.wav", folder / "twin.wav")
    (folder / "broken.wav").write_bytes(b"no sound at all")
    shutil.copy(CLIPS / "silence.flac", folder)
    lines = "twin.wav,loud,anna\nbroken.wav,loud,anna\nsilence.flac,quiet,ben\n"
    mine = folder / "takes.csv"
    mine.write_text(mine.read_text() + lines)
    found = adapted(level, mine, tmp_path / "new", place / "cache")
    assert list(found.heard.broken) == ["broken"]
    assert (found.heard.silent, found.heard.twice) == (("silence",), ("twin",))
    assert found.measured.clips == 60
    assert "- clips left out, no speech or too little: 1" in found.bundle.card()


def test_one_sound_of_two_speakers_or_labels_is_refused(
    level: Bundle, table: Path, place: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "takes"
    shutil.copytree(table.parent, folder)
    shutil.copy(folder / "loud-anna-0.wav", folder / "twin.wav")
    mine = folder / "takes.csv"
    text = mine.read_text()
    mine.write_text(text + "twin.wav,loud,ben\n")
    with pytest.raises(LeakageError, match="the same sound of two speakers, anna and ben"):
        adapted(level, mine, tmp_path / "new", place / "cache")
    mine.write_text(text + "twin.wav,quiet,anna\n")
    with pytest.raises(CorpusError, match="labelled loud and quiet"):
        adapted(level, mine, tmp_path / "new", place / "cache")


def test_without_speakers_the_leak_is_said(
    level: Bundle, table: Path, place: Path, tmp_path: Path
) -> None:
    mine = table.parent / "nameless.csv"
    rows = [line.rsplit(",", 1)[0] for line in table.read_text().splitlines()]
    mine.write_text("\n".join(rows) + "\n")
    with pytest.raises(CorpusError, match="60 of 60 clips name no speaker"):
        adapted(level, mine, tmp_path / "new", place / "cache")
    found = adapted(level, mine, tmp_path / "new", place / "cache", speakers=False)
    assert found.bundle.spec.scores[0].protocol == "takes, clips (leak: same voices) held out"
    assert found.measured.over == "clips"
    assert "no speaker was held out" in found.bundle.card()


def test_a_model_that_knows_voices_still_does(place: Path, table: Path) -> None:
    voice = voice_bundle(place / "voice")
    found = adapted(voice, table, place / "knowing", place / "cache")
    assert found.bundle.spec.reference == voice.spec.reference
    model = load(found.bundle.path)
    known = model.with_baseline(table.parent)
    assert known.predict(table.parent / "loud-anna-0.wav").baseline is not None
    assert found.measured.adapted.value > 0.9


def test_an_adapted_model_is_adapted_again(made: Adapted, place: Path, table: Path) -> None:
    labelled = [replace(clip, word={"loud": "shouted"}.get(clip.word, clip.word))
                for clip in clips.read(table)]  # fmt: skip
    found = adapt(
        made.bundle, labelled, place / "twice", corpus="more", meter=Silence(),
        cache=place / "cache",
    )  # fmt: skip
    assert found.bundle.spec.labels == ("quiet", "shouted")
    assert [source.corpus for source in found.bundle.spec.data] == ["none", "takes", "more"]
    assert found.measured.adapted.value == 1.0


def test_labels_without_clips_are_kept_and_not_measured(
    level: Bundle, place: Path, table: Path, tmp_path: Path
) -> None:
    labelled = [replace(clip, word={"loud": "angry", "quiet": "sad"}[clip.word])
                for clip in clips.read(table)]  # fmt: skip
    found = adapt(
        level, labelled, tmp_path / "new", corpus="takes", meter=Silence(),
        labels=["all"], cache=place / "cache",
    )  # fmt: skip
    assert found.bundle.spec.labels == ("neutral", "angry", "sad")
    assert set(found.measured.recalls) == {"angry", "sad"}
    card = found.bundle.card()
    assert "| UAR (2 of 3 labels, others have no clips, chance 0.333) |" in card
    assert "| neutral | 0 | 0 | neutral | neutral |" in card


def test_the_base_install_predicts_with_it(made: Adapted, table: Path) -> None:
    """In a process where nothing that trains can be imported."""
    take = table.parent / "loud-eva-1.wav"
    code = f"""
import sys
for name in ("torch", "onnx", "scipy", "sklearn", "pandas", "yaml", "pydantic"):
    sys.modules[name] = None
import sertain
print(sertain.predict({str(take)!r}, model={str(made.bundle.path)!r}).label)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "loud\n"


def test_it_is_learnt_without_torch(table: Path, place: Path, tmp_path: Path) -> None:
    words = ["adapt", str(table), "-o", str(tmp_path / "new"), "--bundle", str(place / "level")]
    code = f"""
import sys
for name in ("torch", "lightning", "sklearn", "pandas", "yaml", "pydantic"):
    sys.modules[name] = None
from sertain.cli.main import main
sys.exit(main({words!r}))
"""
    environment = {**os.environ, "SERTAIN_CACHE": str(place / "own-cache")}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("new: loud, quiet; 60 clips, strength ")
    assert read(tmp_path / "new").spec.labels == ("loud", "quiet")


@pytest.mark.corpus
def test_some_real_clips_of_six_speakers_make_a_model(corpora_root: Path, tmp_path: Path) -> None:
    from sertain import corpora  # noqa: PLC0415

    found = corpora.load(["crema-d"], corpora_root)
    speakers = sorted({clip.speaker for clip in found})[:6]
    words = ("angry", "sad", "neutral")
    own = [
        clips.of_clip(clip)
        for speaker in speakers
        for word in words
        for clip in [c for c in found if c.speaker == speaker and c.emotion == word][:4]
    ]
    made = adapt(
        find("default"), own, tmp_path / "new", corpus="crema-d", meter=Silence(),
        cache=tmp_path / "cache",
    )  # fmt: skip
    assert made.bundle.spec.labels == ("neutral", "sad", "angry")
    assert made.measured.adapted.value > 0.5
    assert made.cautions[0].startswith("leak: default itself learnt from crema-d")
