"""A small encoder with a head learns to be told of voices, and answers so from its bundle."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from pydantic import ValidationError

import sertain
from sertain import bundle as bundles
from sertain.corpora.clip import Clip
from sertain.errors import RecipeError
from sertain.lab.calibrate import COVERAGE, calibrate
from sertain.lab.evaluation import calibration
from sertain.lab.evaluation.knowing import ask_to_calibrate
from sertain.lab.export import CalibratedNetwork, export, graph, largest_difference
from sertain.lab.recipes import Recipe
from sertain.lab.report.card import card
from sertain.lab.training import Fit, cache, features, fit
from tests.lab import tones
from tests.lab.encoders import tiny as encoders

pytestmark = [
    pytest.mark.train,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]

SPEECH = Path(__file__).parents[2] / "examples/clips/even.wav"
STRIDE, ROWS = 2, 2 * encoders.WIDTH


def _recipe(folder: Path) -> dict[str, object]:
    front = {"encoder": str(folder), "blocks": 1, "stride": STRIDE}
    model = {"channels": 8, "attention": 4, "embedding": 8}
    return {
        "name": "knowing",
        "corpora": ["ravdess"],
        "labels": list(tones.PITCH_HZ),
        "normalise": "voice",
        "reference": {"prior_s": 5.0},
        "strangeness": 2.0,
        "frontend": {"name": "encoder", "parameters": front},
        "model": {"name": "tdnn_asp", "parameters": model},
        "augment": {"speed": {}, "room": {"probability": 0.5}, "mixup": {}, "variants": 2},
        "sampling": {"examples_per_epoch": 48},
        "training": {
            "epochs": 3,
            "batch_size": 16,
            "clip_s": 0.3,
            "watch": "last",
            "patience": None,
            "average_decay": 0.9,
            "precision": "32",
        },
    }


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("encoder")
    encoders.write("whisper", folder)
    return folder


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Clip], list[Clip]]:
    made = tones.make(tmp_path_factory.mktemp("tones"))
    made = [clip if n % 3 else replace(clip, end_s=0.4) for n, clip in enumerate(made)]
    held = ("ravdess/03", "ravdess/04")
    return [c for c in made if c.speaker not in held], [c for c in made if c.speaker in held]


@pytest.fixture(scope="module")
def done(
    encoder: Path,
    clips: tuple[list[Clip], list[Clip]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Fit:
    torch.set_num_threads(1)
    recipe = Recipe.model_validate(_recipe(encoder))
    folder = tmp_path_factory.mktemp("run")
    return fit(recipe, *clips, seed=0, folder=folder / "run", cache_folder=folder / "c", quiet=True)


@pytest.fixture(scope="module")
def network(done: Fit) -> CalibratedNetwork:
    with torch.no_grad():  # answers as far apart as a trained network's
        done.network.model.head[1].weight.mul_(20)
    return CalibratedNetwork(done.network, 1.5, 0.7).eval()


@pytest.fixture(scope="module")
def model(network: CalibratedNetwork) -> bytes:
    return graph(network)


@pytest.fixture(scope="module")
def session(model: bytes) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])


@pytest.fixture(scope="module")
def exported(
    done: Fit,
    network: CalibratedNetwork,
    clips: tuple[list[Clip], list[Clip]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """Its bundle, of the weights that answer far apart."""
    assert network.network is done.network
    folder = tmp_path_factory.mktemp("exported") / "bundle"
    export(done, *clips, folder, name="knowing")
    return folder


def _sounds(done: Fit, clips: list[Clip]) -> list[np.ndarray]:
    waves = cache.prepare(clips, done.cache_folder, quiet=True)
    return [waves[number] for number in range(len(waves))]


def _padded(rows: list[np.ndarray]) -> dict[str, np.ndarray]:
    lengths = np.array([len(row) for row in rows])
    padded = np.zeros((len(rows), lengths.max()), dtype=np.float32)
    for number, row in enumerate(rows):
        padded[number, : len(row)] = row
    return {"waveform": padded, "lengths": lengths}


def _states(done: Fit, sound: np.ndarray) -> np.ndarray:
    """What the front end gives of a sound, float64 (rows, frames)."""
    with torch.inference_mode():
        heard, frames = done.network.heard(
            torch.from_numpy(sound)[None], torch.tensor([len(sound)])
        )
    return heard[0, :, : int(frames)].numpy().astype(np.float64)


def _softened(done: Fit, states: np.ndarray) -> float:
    """What divides the logits of a clip as strange as this one."""
    learnt = done.network.strangeness
    assert learnt is not None
    centre, deviation, usual = (
        part.numpy().astype(np.float64)
        for part in (learnt.centres[0], learnt.deviation, learnt.usual)
    )
    distance = np.sqrt((((states.mean(1) - centre) / deviation) ** 2).mean())
    return float(np.exp(2.0 * max(0.0, distance - float(usual))))


def test_strange_clips_are_answered_alike_and_less_surely(
    done: Fit, clips: tuple[list[Clip], list[Clip]]
) -> None:
    sound = _sounds(done, clips[1])[0]
    loud = np.sin(np.arange(len(sound)) * 0.9).astype(np.float32)  # a tone like no other here
    learnt = done.network.strangeness
    assert learnt is not None
    frames = np.stack([_states(done, one).mean(1) for one in _sounds(done, clips[0])])
    np.testing.assert_allclose(learnt.centres[0], frames.mean(0), rtol=0.02, atol=0.02)
    for wave in (sound, loud):
        with torch.inference_mode():
            given = torch.from_numpy(wave)[None], torch.tensor([len(wave)])
            features, mask = done.network.features(*given)
            plain, _ = done.network.model(features, mask)
            found, _ = done.network(*given)
        factor = _softened(done, _states(done, wave))
        np.testing.assert_allclose(found.numpy() * factor, plain.numpy(), rtol=1e-3, atol=1e-4)
    assert factor > 1.5


def test_the_prior_is_of_the_training_clips_as_they_are_drawn(
    done: Fit, clips: tuple[list[Clip], list[Clip]]
) -> None:
    # Speakers, emotions and takes are alike here, so that every clip is drawn alike.
    frames = np.concatenate([_states(done, sound) for sound in _sounds(done, clips[0])], axis=1)
    np.testing.assert_allclose(done.network.standard.mean, frames.mean(1), rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(done.network.standard.deviation, frames.std(1), rtol=1e-3)


def test_stored_states_are_near_enough(done: Fit, clips: tuple[list[Clip], list[Clip]]) -> None:
    waves = cache.prepare(clips[1], done.cache_folder, quiet=True)
    stored = features.prepare(done.network, waves, done.cache_folder, quiet=True)
    for number, sound in enumerate(_sounds(done, clips[1])):
        exact = _states(done, sound)
        wide = exact.max(1) - exact.min(1)
        assert (np.abs(stored[number] - exact).max(1) <= wide / 255).all()


def test_references_are_of_the_clips_that_were_named(
    done: Fit, clips: tuple[list[Clip], list[Clip]]
) -> None:
    sounds = _sounds(done, clips[1])
    (found,) = done.voices(clips[1], [[2, 5, 11]])
    frames = np.concatenate([_states(done, sounds[number]) for number in (2, 5, 11)], axis=1)
    np.testing.assert_allclose(found.statistics[0], frames.mean(1), rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(found.statistics[1], frames.std(1), rtol=1e-3)
    assert found.seconds == pytest.approx(sum(len(sounds[n]) for n in (2, 5, 11)) / 16000)
    voices = [found] * len(clips[1])
    told = done.logits(clips[1], voices)
    assert np.abs(told - done.logits(clips[1])).max() > 1e-3
    nobody = [replace(voice, seconds=0.0) for voice in voices]
    np.testing.assert_allclose(done.logits(clips[1], nobody), done.logits(clips[1]), atol=1e-6)


def test_the_graph_gives_what_torch_gives_told_and_untold(
    done: Fit,
    network: CalibratedNetwork,
    model: bytes,
    session: onnxruntime.InferenceSession,
    clips: tuple[list[Clip], list[Clip]],
) -> None:
    sounds = _sounds(done, clips[1])
    noise = 0.1 * np.random.default_rng(0).standard_normal(33000).astype(np.float32)
    reference = done.voices(clips[1], [range(9)])[0].statistics
    told = {"reference": reference, "reference_s": np.array(12.5, dtype=np.float32)}
    answers = []
    for rows in (sounds[:1], [noise, *sounds[:3]]):
        for known in ({}, told):
            given = {**_padded(rows), **known}
            ours = session.run(None, given)
            with torch.inference_mode():
                theirs = network(*(torch.from_numpy(np.asarray(v)) for v in given.values()))
            for one, other in zip(ours, theirs, strict=True):
                np.testing.assert_allclose(one, other, atol=1e-4, rtol=1e-4)
            answers.append(ours)
    alone, alone_told, together, together_told = answers
    np.testing.assert_allclose(together[0][1], alone[0][0], atol=1e-4)
    np.testing.assert_allclose(together_told[0][1], alone_told[0][0], atol=1e-4)
    assert np.abs(alone[0] - alone_told[0]).max() > 0.02
    np.testing.assert_allclose(alone[2], alone_told[2], atol=1e-5)
    assert largest_difference(network, model, [*sounds[:2], noise]) <= 1e-4


def test_the_graph_believes_a_voice_by_the_formula(
    done: Fit,
    session: onnxruntime.InferenceSession,
    clips: tuple[list[Clip], list[Clip]],
) -> None:
    sound = _sounds(done, clips[1])[4]
    states = _states(done, sound)
    generator = np.random.default_rng(0)
    reference = np.stack([generator.normal(0, 1, ROWS), generator.uniform(0.5, 2, ROWS)])
    standard = done.network.standard
    prior, spread = (
        part.numpy().astype(np.float64) for part in (standard.mean, standard.deviation)
    )
    for seconds, temperature in ((0.0, 1.5), (3.0, 0.7), (600.0, 0.7)):
        share = seconds / (seconds + 5.0)
        mean = share * reference[0] + (1 - share) * prior
        deviation = share * reference[1] + (1 - share) * spread
        even = ((states - mean[:, None]) / deviation[:, None]).astype(np.float32)
        with torch.inference_mode():
            logits, _ = done.network.model(torch.from_numpy(even)[None], None)
        expected = torch.softmax(logits / temperature / _softened(done, states), 1)[0].numpy()
        given = {
            **_padded([sound]),
            "reference": reference.astype(np.float32),
            "reference_s": np.array(seconds, dtype=np.float32),
        }
        probabilities, statistics = session.run(["probabilities", "statistics"], given)
        np.testing.assert_allclose(np.asarray(probabilities)[0], expected, atol=2e-4)
        moments = np.stack([states.mean(1), (states**2).mean(1)])
        np.testing.assert_allclose(np.asarray(statistics)[0], moments, rtol=1e-3, atol=1e-4)


def test_a_bundle_says_that_it_may_be_told(
    done: Fit, clips: tuple[list[Clip], list[Clip]], exported: Path
) -> None:
    learnt = calibrate(done, clips[1])
    assert learnt.knowing_temperature is not None
    assert learnt.knowing is not None
    assert learnt.knowing.by_corpus["ravdess"][0] == 4 * len(clips[1])
    bundle = bundles.read(exported)
    reference = bundle.spec.reference
    assert reference is not None
    assert (reference.rows, reference.prior_s) == (ROWS, 5.0)
    assert reference.uncertain_below == pytest.approx(learnt.knowing.uncertain_below, abs=1e-4)
    assert reference.conformal is not None
    assert reference.conformal.coverage == COVERAGE
    assert reference.conformal.threshold == pytest.approx(learnt.knowing.set_threshold, abs=1e-6)
    bundles.verify(bundle)
    text = (exported / "README.md").read_text("utf-8")
    assert f"Told of a voice, the temperature is {learnt.knowing_temperature:.3f}" in text


@pytest.mark.parametrize(("pooled", "of_what"), [(True, "all folds"), (False, "the mean of the")])
def test_its_card_says_what_references_were_worth(
    done: Fit,
    clips: tuple[list[Clip], list[Clip]],
    exported: Path,
    tmp_path: Path,
    pooled: bool,
    of_what: str,
) -> None:
    def held(uar: float, ece: float) -> dict[str, object]:
        figures = {
            name: {"mean": mean, "sd": None, "low": mean - 0.03, "high": mean + 0.04}
            for name, mean in {
                "uar": uar,
                "wa": 0.5,
                "macro_f1": 0.5,
                "ece": ece,
                "brier": 0.4,
            }.items()
        }
        pool = {
            "labels": ["happy", "sad"],
            "chance": 0.5,
            "clips": 40,
            "figures": figures,
            "speakers": {"lowest": 0.4, "highest": 0.9},
            "certain": {"coverage": 0.5, "accuracy": 0.8},
            "recalls": {"happy": {"mean": 0.7}, "sad": {"mean": 0.6}},
        }
        return {"pooled": pool if pooled else None, "pools": {"a": pool}, "mean_of_folds": figures}

    results = {
        "protocol": {"name": "mine", "title": "my folds", "leak": None},
        "seeds": [0],
        **held(0.611, 0.071),
    }
    told = {
        "voice": {"reference": "all clips of the voice", **held(0.727, 0.052)},
        "60 s mixed": {"reference": "60 s of the voice", **held(0.683, 0.061)},
    }
    spec, learnt = bundles.read(exported).spec, calibrate(done, clips[1])
    cards = []
    for written in (results, {**results, "with_reference": told}):
        (tmp_path / "results.json").write_text(json.dumps(written), "utf-8")
        cards.append(card(spec, done, learnt, [tmp_path / "results.json"]))
    alone, said = cards
    assert "told of the voices" not in alone
    assert (
        f"told of the voices by test clips without their labels (`--baseline`); {of_what}" in said
    )
    assert "| voice | all clips of the voice | 0.727 | 0.697 to 0.767 | 0.052 |" in said
    assert "| 60 s mixed | 60 s of the voice | 0.683 | 0.653 to 0.723 | 0.061 |" in said


def test_a_bundle_says_how_strange_a_recording_sounds(
    done: Fit, clips: tuple[list[Clip], list[Clip]], exported: Path
) -> None:
    model = sertain.load(exported)
    spec = model.bundle.spec
    held = np.array([_softened(done, _states(done, one)) for one in _sounds(done, clips[1])])
    # One in twenty of the held-out clips is stranger.
    rank = math.ceil(0.95 * len(held))
    assert spec.unfamiliar_above == pytest.approx(np.sort(held)[rank - 1], rel=1e-3)
    graph_ = bundles.verify(model.bundle)
    sounds = _sounds(done, clips[1])[:3]
    given = _padded(sounds)
    probabilities, strangeness = graph_.strangeness(**given)
    expected = [_softened(done, _states(done, one)) for one in sounds]
    np.testing.assert_allclose(strangeness, expected, rtol=1e-3)
    np.testing.assert_array_equal(probabilities, graph_.run(**given)[0])


def test_an_unfamiliar_recording_is_answered_with_a_warning(exported: Path) -> None:
    answer = sertain.predict(SPEECH, model=exported)  # it learnt from tones alone
    (warning,) = [one for one in answer.warnings if one.startswith("unfamiliar: ")]
    factor = float(warning.partition("so the answer is ")[2].split(" ")[0])
    assert factor > 1.5
    spec = sertain.load(exported).bundle.spec
    assert spec.unfamiliar_above is not None
    assert warning.endswith(f"times less sure (usual: up to {spec.unfamiliar_above:.1f})")
    assert answer.probabilities is not None
    assert sum(answer.probabilities.values()) == pytest.approx(1)
    known = sertain.load(exported).with_baseline([SPEECH] * 3).predict(SPEECH)
    assert any(one.startswith("unfamiliar: ") for one in known.warnings)


def test_what_is_learnt_with_references_is_learnt_on_every_kind_of_them(
    done: Fit, clips: tuple[list[Clip], list[Clip]]
) -> None:
    held = clips[1]
    told = ask_to_calibrate(done, held)
    assert list(told) == ["voice", "60 s mixed", "15 s mixed", "60 s one emotion"]
    logits = np.concatenate(list(told.values()))
    columns = [str(label) for label in done.labels]
    targets = np.array([columns.index(clip.emotion) for clip in held] * 4)
    every = np.ones(logits.shape, dtype=bool)
    learnt = calibrate(done, held).knowing
    assert learnt is not None
    assert learnt.temperature == pytest.approx(calibration.temperature(logits, targets, every))
    printed = calibration.probabilities(logits, every, learnt.temperature)
    # Nine in ten of these answers have their truth in the set.
    held_in = printed[np.arange(len(targets)), targets] >= learnt.set_threshold
    assert COVERAGE <= held_in.mean() <= COVERAGE + 0.1


def test_a_bundle_in_8_bits_may_be_told_too(
    done: Fit, clips: tuple[list[Clip], list[Clip]], tmp_path: Path
) -> None:
    export(done, *clips, tmp_path / "bundle", name="small", int8=True)
    bundle = bundles.read(tmp_path / "bundle")
    graph_ = bundles.verify(bundle)
    assert "stored in 8 bits" in (tmp_path / "bundle/README.md").read_text("utf-8")
    given = _padded(_sounds(done, clips[1])[:2])
    (voice,) = done.voices(clips[1], [range(9)])
    network = CalibratedNetwork(done.network, *_temperatures(done, clips[1])).eval()
    with torch.inference_mode():
        told = torch.from_numpy(voice.statistics), torch.tensor(voice.seconds)
        expected = network(*(torch.from_numpy(part) for part in given.values()), *told)[0]
    found, _ = graph_.run(**given, reference=voice.statistics, reference_s=voice.seconds)
    np.testing.assert_allclose(found, expected, atol=0.1)
    assert np.abs(found - graph_.run(**given)[0]).max() > 1e-3


def _temperatures(done: Fit, clips: list[Clip]) -> tuple[float, float | None]:
    learnt = calibrate(done, clips)
    return learnt.temperature, learnt.knowing_temperature


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"normalise": "columns"}, "reference is for normalise: voice"),
        ({"normalise": "clip", "reference": {}}, "strangeness is for normalise: voice or columns"),
        ({"reference": {"voice": 0.5}}, "sum to 1.15, not to 1"),
        ({"augment": {"variants": 2}}, "variants is 2, but nothing changes waveforms"),
        ({"augment": {"speed": {}, "variants": 0}}, "variants is 0, but waveforms are changed"),
        ({"normalise": "speaker"}, "normalise"),
    ],
)
def test_what_does_not_fit_together_is_refused(
    encoder: Path, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        Recipe.model_validate({**_recipe(encoder), **changes})


def test_who_knows_no_voices_says_so(
    encoder: Path, done: Fit, clips: tuple[list[Clip], list[Clip]], tmp_path: Path
) -> None:
    plain = {**_recipe(encoder), "normalise": "columns", "reference": {}}
    other = replace(done, recipe=Recipe.model_validate(plain))
    with pytest.raises(RecipeError, match="knows no voices"):
        other.voices(clips[1], [[0]])
    tuned = _recipe(encoder)
    tuned["frontend"]["parameters"]["tuning"] = {"upper_blocks": 1}  # type: ignore[index]
    with pytest.raises(RecipeError, match="trains its front end"):
        fit(Recipe.model_validate(tuned), *clips, seed=0, folder=tmp_path / "t", quiet=True)
