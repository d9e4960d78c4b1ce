"""An evaluation trains every fold once, resumes, calibrates on validation and adds up."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from sklearn import metrics as peer

from sertain.corpora.clip import Clip
from sertain.errors import LeakageError, ProtocolError
from sertain.lab.augment.copies import Copies
from sertain.lab.evaluation import writers
from sertain.lab.evaluation.runner import Evaluation, Step, evaluate
from sertain.lab.recipes import Recipe
from sertain.labels import Emotion
from tests.lab.evaluation.conftest import SEVEN
from tests.lab.evaluation.tones import Linear, fit_linear, recipe_of, tones

pytestmark = pytest.mark.train

MEN = ("DC", "JE", "JK", "KL")


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Decoded clips are kept for this module alone."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SERTAIN_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="module")
def savee(tmp_path_factory: pytest.TempPathFactory) -> list[Clip]:
    return tones(tmp_path_factory.mktemp("savee"), "savee", MEN, rotated=["KL"])


@pytest.fixture(scope="module")
def evaluated(
    savee: list[Clip], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Evaluation, Path]:
    folder = tmp_path_factory.mktemp("out")
    found = evaluate(
        recipe_of(("savee",)), "savee4", savee, folder=folder, seeds=(0, 1), fit=fit_linear
    )
    writers.write(found, folder)
    return found, folder


def rows(folder: Path) -> list[dict[str, str]]:
    text = gzip.decompress((folder / "predictions.csv.gz").read_bytes()).decode()
    return list(csv.DictReader(io.StringIO(text)))


def test_every_clip_is_answered_once_a_seed(
    evaluated: tuple[Evaluation, Path], savee: list[Clip]
) -> None:
    found = rows(evaluated[1])
    for seed in ("0", "1"):
        keys = [row["clip"] for row in found if row["seed"] == seed]
        assert sorted(keys) == sorted(clip.key for clip in savee)
    assert all(row["speaker"].endswith(MEN[int(row["fold"])]) for row in found)


def test_the_written_answers_give_the_written_figures(evaluated: tuple[Evaluation, Path]) -> None:
    figures = json.loads((evaluated[1] / "results.json").read_text())
    found = rows(evaluated[1])
    uars, accuracies, losses = [], [], []
    for seed in ("0", "1"):
        own = [row for row in found if row["seed"] == seed]
        truth, answers = [r["label"] for r in own], [r["predicted"] for r in own]
        uars.append(peer.balanced_accuracy_score(truth, answers))
        accuracies.append(peer.accuracy_score(truth, answers))
        table = np.array([[float(r[f"p_{label}"]) for label in sorted(SEVEN)] for r in own])
        assert table.sum(axis=1) == pytest.approx(np.ones(len(own)), abs=1e-4)
        chosen = [float(r[f"p_{r['label']}"]) for r in own]
        losses.append(-np.mean(np.log(chosen)))
    pooled = figures["pooled"]["figures"]
    assert pooled["uar"]["mean"] == pytest.approx(np.mean(uars))
    assert pooled["uar"]["sd"] == pytest.approx(np.std(uars, ddof=1))
    assert pooled["wa"]["mean"] == pytest.approx(np.mean(accuracies))
    assert pooled["nll"]["mean"] == pytest.approx(np.mean(losses), rel=1e-3)
    assert pooled["uar"]["low"] <= pooled["uar"]["mean"] <= pooled["uar"]["high"]
    sure = [row for row in found if row["certain"] == "1"]
    assert figures["pooled"]["certain"]["coverage"] == pytest.approx(len(sure) / len(found))


def test_the_mean_of_the_folds_stands_beside_the_pool(evaluated: tuple[Evaluation, Path]) -> None:
    results = evaluated[0].results
    by_seed = [[r.scores.uar for r in results.runs if r.seed == seed] for seed in (0, 1)]
    expected = [np.mean(values) for values in by_seed]
    assert results.mean_of_folds["uar"].mean == pytest.approx(np.mean(expected))
    assert results.mean_of_folds["uar"].sd == pytest.approx(np.std(expected, ddof=1))
    assert list(results.pools) == list(MEN)
    # KL says every label at the pitch of the next one.
    assert results.pools["KL"].figures["uar"].mean < 0.2 < results.pools["DC"].figures["uar"].mean


def test_results_say_what_a_figure_rests_on(evaluated: tuple[Evaluation, Path]) -> None:
    figures = json.loads((evaluated[1] / "results.json").read_text())
    recipe = recipe_of(("savee",))
    assert figures["recipe"] == {"name": recipe.name, "hash": recipe.hash}
    assert figures["data"]["corpora"] == {"savee": {"clips": 84, "speakers": 4}}
    assert figures["seeds"] == [0, 1]
    assert figures["protocol"]["run"] == figures["protocol"]["folds"] == list(MEN)
    assert figures["protocol"]["leak"] is None
    assert figures["pooled"]["interval_over"] == "clips within speaker"  # four speakers
    assert {"python", "torch", "sertain"} <= figures["versions"].keys()
    assert figures["hardware"]["cores"] >= 1
    assert all(run["calibrated_on"] == "21 clips of savee" for run in figures["runs"])
    text = (evaluated[1] / "results.md").read_text()
    assert "fewer than 5 speakers" in text
    assert "clips within speaker" in text
    assert f"{figures['pooled']['figures']['uar']['mean']:.3f} ±" in text


def test_temperature_and_threshold_come_from_validation_alone(
    evaluated: tuple[Evaluation, Path], savee: list[Clip], tmp_path: Path
) -> None:
    """The test speaker's labels are all changed: nothing that is chosen moves."""

    one = evaluated[0].results.runs[0]
    following = dict(zip(SEVEN, SEVEN[1:] + SEVEN[:1], strict=True))
    shuffled = [
        replace(clip, emotion=Emotion(following[clip.emotion]))
        if clip.speaker == "savee/DC"
        else clip
        for clip in savee
    ]
    again = evaluate(
        recipe_of(("savee",)), "savee4", shuffled, folder=tmp_path, only=(0,), fit=fit_linear
    ).results.runs[0]
    assert (again.temperature, again.uncertain_below) == (one.temperature, one.uncertain_below)
    assert again.scores.uar != one.scores.uar


class Counted:
    """Trains for real, counts it, and dies before the training numbered ``dies``."""

    def __init__(self, dies: int | None = None) -> None:
        self.seen: list[str] = []
        self.dies = dies

    def __call__(
        self,
        recipe: Recipe,
        train: Sequence[Clip],
        validation: Sequence[Clip],
        *,
        seed: int,
        folder: Path,
    ) -> Linear:
        if len(self.seen) == self.dies:
            raise KeyboardInterrupt
        self.seen.append(folder.parent.name)
        return fit_linear(recipe, train, validation, seed=seed, folder=folder)


def test_a_killed_evaluation_goes_on_to_the_same_figures(
    evaluated: tuple[Evaluation, Path], savee: list[Clip], tmp_path: Path
) -> None:
    recipe = recipe_of(("savee",))
    with pytest.raises(KeyboardInterrupt):
        evaluate(recipe, "savee4", savee, folder=tmp_path, seeds=(0, 1), fit=Counted(dies=5))
    rest = Counted()
    steps: list[Step] = []
    again = evaluate(
        recipe, "savee4", savee, folder=tmp_path, seeds=(0, 1), fit=rest, tell=steps.append
    )
    assert rest.seen == ["fold-2-seed-1", "fold-3-seed-0", "fold-3-seed-1"]
    assert [step.resumed for step in steps if step.uar is not None] == [True] * 5 + [False] * 3
    assert again.results.pooled == evaluated[0].results.pooled
    assert [run.scores for run in again.results.runs] == [
        run.scores for run in evaluated[0].results.runs
    ]


def test_a_half_written_outcome_is_not_taken_for_a_finished_one(
    evaluated: tuple[Evaluation, Path], savee: list[Clip], tmp_path: Path
) -> None:
    whole = (evaluated[1] / "fold-0-seed-0" / "outcome.json").read_bytes()
    folder = tmp_path / "fold-0-seed-0"
    folder.mkdir()
    (folder / ".outcome.json.17").write_bytes(whole[:1000])
    fit = Counted()
    evaluate(recipe_of(("savee",)), "savee4", savee, folder=tmp_path, only=(0,), fit=fit)
    assert fit.seen == ["fold-0-seed-0"]
    (folder / "outcome.json").write_bytes(whole[:1000])
    with pytest.raises(ProtocolError, match=r"outcome\.json is damaged"):
        evaluate(recipe_of(("savee",)), "savee4", savee, folder=tmp_path, only=(0,), fit=fit)


def test_folds_of_another_recipe_or_other_data_are_refused(
    savee: list[Clip], tmp_path: Path
) -> None:
    recipe = recipe_of(("savee",))
    evaluate(recipe, "savee4", savee, folder=tmp_path, only=(0,), fit=fit_linear)
    changed = recipe.model_copy(update={"level_rms": 0.06})
    with pytest.raises(ProtocolError, match="fold-0-seed-0 holds another recipe hash"):
        evaluate(changed, "savee4", savee, folder=tmp_path, only=(0,), fit=fit_linear)
    fewer = [clip for clip in savee if clip.key != savee[-1].key]
    with pytest.raises(ProtocolError, match="fold-0-seed-0 holds another data hash"):
        evaluate(recipe, "savee4", fewer, folder=tmp_path, only=(0,), fit=fit_linear)


def test_a_leak_ends_it_before_anything_trains(savee: list[Clip], tmp_path: Path) -> None:
    recipe = recipe_of(("savee",))
    fit = Counted()
    first = next(c for c in savee if c.speaker == "savee/DC")
    twin = replace(first, name="twin", speaker="savee/JE")
    with pytest.raises(LeakageError, match=f"the file {first.path.name} stands in"):
        evaluate(recipe, "savee4", [*savee, twin], folder=tmp_path, fit=fit)
    assert fit.seen == []
    assert list(tmp_path.iterdir()) == []


def test_one_corpus_out_scores_the_shared_labels_and_averages_the_corpora(
    savee: list[Clip], tmp_path: Path
) -> None:
    four = ("calm", "happy", "sad", "angry")
    turev = tones(
        tmp_path / "turev", "turev", ("1157", "1234", "1358", "1984", "6783", "7895"), four
    )
    tess = tones(tmp_path / "tess", "tess", ("OAF", "YAF"))
    recipe = recipe_of(("savee", "turev", "tess"), ("calm", *SEVEN))
    found = evaluate(
        recipe, "loco", [*savee, *turev, *tess], folder=tmp_path / "out", fit=fit_linear
    )
    results = found.results
    assert results.pooled is None
    assert {name: pool.labels for name, pool in results.pools.items()} == {
        "savee": SEVEN,
        "tess": SEVEN,
        "turev": ("happy", "sad", "angry"),  # nobody else is calm
    }
    assert results.pools["turev"].chance == pytest.approx(1 / 3)
    assert results.pools["turev"].clips == 6 * 3 * 3
    assert results.pools["turev"].interval_over == "speakers"
    each = [pool.figures["uar"] for pool in results.pools.values()]
    mean = results.mean_of_folds["uar"]
    assert mean.mean == pytest.approx(np.mean([figure.mean for figure in each]))
    # Three independent corpora: the mean's interval is narrower than the widest of theirs.
    assert mean.high - mean.low < max(figure.high - figure.low for figure in each)
    assert [run.calibrated_on for run in results.runs][2] == "21 clips of savee, 21 clips of tess"
    writers.write(found, tmp_path / "out")
    text = (tmp_path / "out" / "results.md").read_text()
    assert "loco, mean of 3 folds" in text
    row = next(r for r in rows(tmp_path / "out") if r["corpus"] == "turev")
    assert "p_calm" not in row
    assert row["p_neutral"] == row["p_disgust"] == ""
    assert sum(float(row[f"p_{label}"]) for label in four[1:]) == pytest.approx(1, abs=1e-4)


def test_a_label_that_a_fold_does_not_train_is_no_column_of_its_model(
    savee: list[Clip], tmp_path: Path
) -> None:
    four = ("calm", "happy", "sad", "angry")
    turev = tones(tmp_path / "turev", "turev", ("1157", "1234"), four)
    recipe = recipe_of(("savee", "turev"), ("calm", *SEVEN))
    seen: list[tuple[tuple[str, ...], tuple[str, ...]]] = []

    def noted(
        recipe: Recipe,
        train: Sequence[Clip],
        validation: Sequence[Clip],
        *,
        seed: int,
        folder: Path,
    ) -> Linear:
        seen.append((recipe.corpora, tuple(map(str, recipe.labels))))
        return fit_linear(recipe, train, validation, seed=seed, folder=folder)

    evaluate(recipe, "pairs", [*savee, *turev], folder=tmp_path / "out", fit=noted)
    assert seen == [(("savee",), SEVEN), (("turev",), four)]


def test_a_leak_by_design_is_printed(tmp_path: Path) -> None:
    tess = tones(tmp_path / "tess", "tess", ("OAF", "YAF"), each=4)
    recipe = recipe_of(("tess",))
    found = evaluate(recipe, "tess_random", tess, folder=tmp_path / "out", fit=fit_linear)
    assert found.results.protocol["leak"] == "speakers on both sides"
    text = writers.markdown(found.results)
    assert text.count("speakers on both sides") >= 3  # both rows of the table and below it
    assert found.results.pooled is not None
    assert found.results.pooled.clips == 2 * 7 * 4 // 4


@pytest.mark.parametrize(
    ("corpora", "labels", "protocol", "message"),
    [
        (("tess",), SEVEN, "savee4", "savee4 tests savee, which the recipe residual_asp"),
        (("savee",), SEVEN[:-1], "savee4", "savee4 scores 'surprised', which the recipe"),
        (("savee",), (*SEVEN, "boredom"), "savee4", "names 'boredom', of which no corpus"),
        (("savee",), SEVEN, "loco", "loco needs two corpora"),
    ],
)
def test_what_does_not_fit_is_said_before_anything_is_decoded(
    corpora: tuple[str, ...],
    labels: tuple[str, ...],
    protocol: str,
    message: str,
    savee: list[Clip],
    tmp_path: Path,
) -> None:
    recipe = recipe_of(corpora, labels)
    with pytest.raises(ProtocolError, match=message):
        evaluate(recipe, protocol, savee, folder=tmp_path, fit=fit_linear)
    assert list(tmp_path.iterdir()) == []


def test_copies_train_with_their_source_and_are_neither_validated_nor_tested(
    savee: list[Clip], tmp_path: Path
) -> None:
    copies = []
    for clip in savee:
        samples, rate = soundfile.read(clip.path)
        path = tmp_path / f"{clip.name}~quiet.wav"
        soundfile.write(path, 0.3 * samples[::-1], rate)
        copies.append(replace(clip, name=path.stem, path=path))
    sources = {copy.key: clip.key for copy, clip in zip(copies, savee, strict=True)}
    found = evaluate(
        recipe_of(("savee",)),
        "savee4",
        savee + copies,
        folder=tmp_path / "out",
        only=(0,),
        fit=fit_linear,
        sources=sources,
    )
    (run,) = found.results.runs
    # Four men of 21 clips: one tests, one validates, two train with a copy of each clip.
    assert (run.train_clips, run.validation_clips, run.test_clips) == (84, 21, 21)
    assert not {clip.key for clip in found.answers[0].clips} & sources.keys()


def test_the_copies_that_a_recipe_asks_for_are_made_and_follow_their_source(
    savee: list[Clip], tmp_path: Path
) -> None:
    recipe = recipe_of(("savee",)).model_copy(
        update={"copies": Copies(stretch=0.8, pitch=None, sample_rate=8000)}
    )
    heard: list[tuple[Sequence[Clip], Sequence[Clip]]] = []

    def noted(
        recipe: Recipe,
        train: Sequence[Clip],
        validation: Sequence[Clip],
        *,
        seed: int,
        folder: Path,
    ) -> Linear:
        heard.append((train, validation))
        return fit_linear(recipe, train, validation, seed=seed, folder=folder)

    found = evaluate(recipe, "savee4", savee, folder=tmp_path, only=(0,), fit=noted)
    ((train, validation),) = heard
    originals = [clip for clip in train if "~" not in clip.name]
    # Two men train, 21 clips each; noise and stretch are made of every clip.
    assert sorted(clip.name for clip in train) == sorted(
        f"{clip.name}{kind}" for clip in originals for kind in ("", "~noise", "~stretch")
    )
    assert len(originals) == 42
    slow = next(clip for clip in train if clip.name.endswith("~stretch"))
    assert len(soundfile.read(slow.path)[0]) == round(2000 / 0.8)
    assert not [clip for clip in (*validation, *found.answers[0].clips) if "~" in clip.name]
    assert found.results.data["corpora"] == {"savee": {"clips": 84, "speakers": 4, "copies": 168}}


def test_a_corpus_that_is_not_at_hand_stays_empty_in_the_table(tmp_path: Path) -> None:
    eight = ("calm", *SEVEN)
    actors = tuple(f"{number:02d}" for number in range(1, 7))
    clips = [
        replace(clip, sex="male" if int(clip.speaker[-2:]) % 2 else "female")
        for clip in tones(tmp_path / "ravdess", "ravdess", actors, eight)
    ]
    clips += tones(tmp_path / "savee", "savee", MEN)
    clips += tones(tmp_path / "tess", "tess", ("OAF", "YAF"))
    found = evaluate(
        recipe_of(("ravdess", "savee"), eight),
        "cross_davies",
        clips,
        folder=tmp_path / "out",
        fit=fit_linear,
    )
    assert found.results.protocol["absent"] == ["nemo", "banglaser"]
    assert found.results.protocol["folds"] == ["tess"]
    assert found.results.pools["tess"].clips == 42
    text = writers.markdown(found.results)
    assert "| cross_davies, banglaser | residual_asp" in text
    assert "| not at hand |" in text
    assert "Not at hand, so nothing was tested on it: nemo, banglaser." in text
