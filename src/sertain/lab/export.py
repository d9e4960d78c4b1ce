"""From a finished run to a bundle: one ONNX graph, calibrated, with its card."""

from __future__ import annotations

import copy
import hashlib
import json
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sertain import __version__
from sertain.bundle import (
    Bundle,
    BundleSpec,
    Check,
    Conformal,
    DataSource,
    Reference,
    Score,
    check_waveform,
    write,
)
from sertain.corpora.clip import Clip
from sertain.errors import BundleError
from sertain.lab.calibrate import Calibration, calibrate
from sertain.lab.encoders.tuning import merge
from sertain.lab.frontends.normalise import frame_mask, row_moments
from sertain.lab.quantise import quantise
from sertain.lab.quiet import quiet
from sertain.lab.report.card import card
from sertain.lab.terms import (
    CHECK_SEED,
    COVERAGE,
    OWN_LICENCE,
    PUBLISHED_LICENCE,
    TOLERANCE,
    encoder_of,
    licence_of,
)
from sertain.lab.training import Fit, cache
from sertain.lab.training.network import SpeechNetwork

OPSET = 18
MIN_SPEECH_S = 0.25
WINDOW_S = 8.0
_TERMS = """\
The weights in this folder (model.onnx) are licensed under the Creative Commons
Attribution-NonCommercial-ShareAlike 4.0 International licence:
https://creativecommons.org/licenses/by-nc-sa/4.0/legalcode

They were trained on corpora of emotional speech, whose terms they carry on; README.md in this
folder names each corpus, its licence and the paper to cite. No recording is part of them.
"""


class CalibratedNetwork(nn.Module):
    """A network whose logits are divided by a temperature and made probabilities.

    A network that may be told of a voice has another temperature for that.
    """

    def __init__(
        self, network: SpeechNetwork, temperature: float, knowing_temperature: float | None = None
    ) -> None:
        super().__init__()
        self.network = network
        self.temperature = temperature
        self.knowing_temperature = knowing_temperature or temperature

    @property
    def knows_voices(self) -> bool:
        """Whether it may be told of a voice."""
        return self.network.standard.kind == "voice"

    @property
    def rows(self) -> int:
        """Rows of the features."""
        return int(self.network.frontend.rows)

    @property
    def outputs(self) -> list[str]:
        """The names of what it gives."""
        more = ["statistics"] if self.knows_voices else []
        more += [] if self.network.strangeness is None else ["strangeness"]
        return ["probabilities", "embedding", *more]

    def forward(
        self,
        waveform: Tensor,
        lengths: Tensor,
        reference: Tensor | None = None,
        reference_s: Tensor | None = None,
    ) -> tuple[Tensor, ...]:
        """Map waveforms (batch, samples) to probabilities (batch, labels) and embedding.

        A network that knows voices gives the statistics, too: mean and mean square (batch, 2,
        rows) of the features over each clip's own frames.  ``reference`` (2, rows), the mean and
        deviation of a voice, and its seconds hold for the whole batch.  One that tells how strange
        a clip sounds gives by what its logits were divided, (batch,).
        """
        features, frames = self.network.heard(waveform, lengths)
        mask = frame_mask(frames, features.shape[2])
        strange = self.network.strangeness
        more = () if strange is None else (strange(features, mask),)
        if not self.knows_voices:
            logits, embedding = self.network(features, frames)
            return torch.softmax(logits / self.temperature, dim=1), embedding, *more
        temperature: float | Tensor = self.temperature
        told = []
        if reference is not None and reference_s is not None:
            told = [reference[None], reference_s[None]]
            known = reference_s.new_tensor(self.knowing_temperature)
            temperature = torch.where(reference_s > 0, known, self.temperature)
        logits, embedding = self.network(features, frames, *told)
        statistics = row_moments(features, mask)
        return torch.softmax(logits / temperature, dim=1), embedding, statistics, *more


def graph(network: CalibratedNetwork) -> bytes:
    """Export to ONNX: ``waveform`` and ``lengths`` in, ``probabilities`` and ``embedding`` out.

    A network that knows voices takes ``reference`` (2, rows) and ``reference_s`` besides, and gives
    ``statistics``.  Both have values already, zeros for nobody, so who knows nothing gives nothing.
    One that tells how strange a clip sounds gives ``strangeness``.
    """
    network = network.cpu().eval()
    batch, samples = torch.export.Dim("batch"), torch.export.Dim("samples")
    example: dict[str, Tensor] = {
        "waveform": torch.zeros(2, 24000),
        "lengths": torch.tensor([24000, 16000]),
    }
    shapes: dict[str, Any] = {"waveform": {0: batch, 1: samples}, "lengths": {0: batch}}
    if network.knows_voices:
        example |= {"reference": torch.zeros(2, network.rows), "reference_s": torch.tensor(0.0)}
        shapes |= {"reference": None, "reference_s": None}
    with tempfile.TemporaryDirectory() as scratch, _hushed():
        program = torch.onnx.export(
            network,
            tuple(example.values()),
            dynamo=True,
            input_names=list(example),
            output_names=network.outputs,
            dynamic_shapes=shapes,
            opset_version=OPSET,
            verbose=False,
        )
        assert program is not None
        path = Path(scratch) / "model.onnx"
        program.save(path, external_data=False)
        model = onnx.load(path)
    for name in list(example)[2:]:
        nobody = onnx.numpy_helper.from_array(example[name].numpy(), name)
        model.graph.initializer.append(nobody)
    # The exporter writes the paths of the source files into the graph.
    for node in model.graph.node:
        node.ClearField("doc_string")
        node.ClearField("metadata_props")
    for value in model.graph.value_info:
        value.ClearField("metadata_props")
    model.graph.ClearField("metadata_props")
    model.producer_name, model.producer_version = "sertain", __version__
    return bytes(model.SerializeToString())


def largest_difference(
    network: CalibratedNetwork, model: bytes, waves: Sequence[NDArray[np.float32]]
) -> float:
    """Compare graph and torch on real sound, alone and in padded batches.

    Gives the largest difference of a probability; of a network that knows voices also with the
    first of the sounds as a reference.
    """
    session = _session(model)
    apart = 0.0
    for told in _references(network, waves[0]):
        for rows in [*([wave] for wave in waves), list(waves)]:
            lengths = np.array([len(row) for row in rows], dtype=np.int64)
            padded = np.zeros((len(rows), lengths.max()), dtype=np.float32)
            for number, row in enumerate(rows):
                padded[number, : len(row)] = row
            given = {"waveform": padded, "lengths": lengths, **told}
            ours = session.run(["probabilities"], given)[0]
            with torch.inference_mode():
                theirs = network(*(torch.from_numpy(np.asarray(part)) for part in given.values()))
            apart = max(apart, float(np.abs(np.asarray(ours) - theirs[0].numpy()).max()))
    return apart


def _references(
    network: CalibratedNetwork, wave: NDArray[np.float32]
) -> list[dict[str, NDArray[np.float32]]]:
    """Give what a graph is told: nothing, and what the network hears in a sound."""
    if not network.knows_voices:
        return [{}]
    with torch.inference_mode():
        heard = network(torch.from_numpy(wave)[None], torch.tensor([len(wave)]))[2][0].numpy()
    mean, square = heard.astype(np.float64)
    reference = np.stack([mean, np.sqrt(np.maximum(square - mean**2, 0.0))]).astype(np.float32)
    seconds = np.array(len(wave) / cache.SAMPLE_RATE, dtype=np.float32)
    return [{}, {"reference": reference, "reference_s": seconds}]


def data_sources(clips: Sequence[Clip]) -> tuple[DataSource, ...]:
    """Say of each corpus how many clips and speakers were used, and which, by a hash."""
    own: dict[str, list[Clip]] = {}
    for clip in sorted(clips, key=lambda clip: clip.key):
        own.setdefault(clip.corpus, []).append(clip)
    return tuple(
        DataSource(
            corpus=name,
            licence=licence_of(name),
            clips=len(members),
            speakers=len({clip.speaker for clip in members}),
            hash=hashlib.sha256("\n".join(c.key for c in members).encode()).hexdigest()[:16],
        )
        for name, members in own.items()
    )


def read_scores(path: Path, recipe_hash: str) -> tuple[Score, ...]:
    """Read UAR and accuracy, with interval and seeds, from an evaluation's JSON."""
    try:
        results = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BundleError(
            f"cannot read the results {path} ({error})", "name a JSON of evaluate"
        ) from None
    if results["recipe"]["hash"] != recipe_hash:
        raise BundleError(
            f"{path} is of the recipe {results['recipe']['name']} {results['recipe']['hash']},"
            f" the run is of {recipe_hash}",
            "evaluate the recipe of the run",
        )
    # Folds that score different labels have no pooled figures; then the folds' mean counts.
    figures = results["pooled"]["figures"] if results["pooled"] else results["mean_of_folds"]
    return tuple(
        Score(
            protocol=results["protocol"]["name"],
            metric=metric.upper(),
            value=figures[metric]["mean"],
            interval=(figures[metric]["low"], figures[metric]["high"]),
            seeds=len(results["seeds"]),
        )
        for metric in ("uar", "wa")
    )


def export(
    fit: Fit,
    train: Sequence[Clip],
    validation: Sequence[Clip],
    folder: Path,
    *,
    name: str,
    version: str = __version__,
    results: Sequence[Path] = (),
    int8: bool = False,
) -> Bundle:
    """Calibrate a run on its validation clips and write it as a bundle.

    Parameters
    ----------
    fit:
        The finished run.
    train, validation:
        The clips it was trained on, and the held-out ones.
    folder:
        Where the bundle goes; an older bundle there is replaced.
    results:
        JSON files that ``sertain evaluate`` wrote of the same recipe; their figures go into the
        bundle and its card.
    int8:
        Whether to store the graph in 8 bits, judged on training clips; the card says how far its
        answers are from those of the network.

    Raises
    ------
    BundleError
        The graph answers more than 1e-4 away from torch before that, or a result is of another
        recipe.
    """
    learnt = calibrate(fit, validation)
    # Adapters become part of the weights that they stand beside; the run's own stay as they are.
    merged = copy.deepcopy(fit.network)
    merge(merged)
    network = CalibratedNetwork(merged, learnt.temperature, learnt.knowing_temperature).eval()
    model = graph(network)
    heard = _some(fit, validation)
    apart = largest_difference(network, model, heard)
    if apart > TOLERANCE:
        raise BundleError(
            f"the exported graph answers {apart:.2g} away from torch, {TOLERANCE:g} is allowed",
            "report this with the recipe",
        )
    lost = None
    if int8:
        model = quantise(model, _some(fit, train))
        lost = largest_difference(network, model, heard)
    known = _known_answer(model)
    sources = data_sources([*train, *validation])
    indirect = {corpus for one in fit.summary.teachers for corpus in one.corpora}
    licences = {source.licence for source in sources} | {licence_of(corpus) for corpus in indirect}
    own = licences == {OWN_LICENCE}
    spec = BundleSpec(
        name=name,
        version=version,
        labels=tuple(str(label) for label in fit.labels),
        min_speech_s=MIN_SPEECH_S,
        window_s=WINDOW_S,
        uncertain_below=round(learnt.uncertain_below, 4),
        sha256={},
        licence=OWN_LICENCE if own else PUBLISHED_LICENCE,
        created_by=f"sertain {__version__}",
        recipe=f"{fit.recipe.name} {fit.recipe.hash}",
        data=sources,
        scores=tuple(score for path in results for score in read_scores(path, fit.recipe.hash)),
        check=Check(CHECK_SEED, tuple(known)),
        conformal=Conformal(COVERAGE, round(learnt.set_threshold, 6)),
        reference=_reference(fit, network, learnt),
        unfamiliar_above=_rounded(learnt.unfamiliar_above),
    )
    text = card(spec, fit, learnt, results, lost)
    return write(folder, model, spec, text, licence_text=_licence(fit, own))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _licence(fit: Fit, own: bool) -> str | None:
    """Give the terms of the weights, and the notice of an encoder that is part of them."""
    encoder = encoder_of(fit.recipe.frontend.parameters.get("encoder", ""))
    if encoder is None:
        return None if own else _TERMS
    terms = f"{OWN_LICENCE}\n" if own else _TERMS
    return f"{terms}\n{encoder.notice}"


def _reference(fit: Fit, network: CalibratedNetwork, learnt: Calibration) -> Reference | None:
    if learnt.knowing is None:
        return None
    return Reference(
        network.rows,
        fit.recipe.reference.prior_s,
        round(learnt.knowing.uncertain_below, 4),
        Conformal(COVERAGE, round(learnt.knowing.set_threshold, 6)),
    )


def _some(fit: Fit, clips: Sequence[Clip]) -> list[NDArray[np.float32]]:
    """Give a dozen sounds of ``clips``, evenly spread."""
    waves = cache.prepare(
        list(clips[:: max(1, len(clips) // 12)]), fit.cache_folder, how=fit.recipe.clip
    )
    return [waves[number] for number in range(len(waves))]


def _known_answer(model: bytes) -> list[float]:
    """Give the probabilities of the sound by which a bundle is checked when it is opened."""
    session = _session(model)
    noise = check_waveform(CHECK_SEED)[None]
    lengths = np.array([noise.shape[1]], dtype=np.int64)
    (answer,) = session.run(["probabilities"], {"waveform": noise, "lengths": lengths})
    return [float(value) for value in np.asarray(answer)[0]]


def _session(model: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # it warns of inputs that have values already, as ours should
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


@contextmanager
def _hushed() -> Iterator[None]:
    """Keep the exporter's notes on missing libraries and its own deprecations to itself."""
    with quiet("torch.onnx"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
