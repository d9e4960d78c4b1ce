"""The card of a bundle, written from its run and its measured figures, never by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sertain import corpora
from sertain.bundle import BundleSpec
from sertain.lab.calibrate import Calibration
from sertain.lab.evaluation.teaching import words
from sertain.lab.recipes.parts import Cut
from sertain.lab.terms import encoder_of
from sertain.lab.training import Fit

_EIGHT_BITS = (
    "The graph is stored in 8 bits: on a dozen clips of held-out speakers, alone and in a batch, a "
    "probability differs by at most {:.3f} from that of the network measured above."
)
_LIMITS = """\
## What it must not be used for

- **Inferring emotions of employees or of pupils and students.** In the European Union that is
  forbidden (Regulation (EU) 2024/1689, the AI Act, Article 5(1)(f)), save for medical or safety
  reasons. Other uses of emotion recognition count as high-risk there, and the people concerned
  have to be told.
- Decisions about a person: hiring, credit, insurance, care, police, courts, border control.
- Detecting lies, intent, illness or a state of mind. A voice is not a mind.

## Limits

- **Acted speech is not life.** The corpora hold actors who read given sentences with given
  emotions. On other recordings the figures are lower; how much lower nobody knows before
  measuring it on labelled clips of their own (`sertain evaluate`).
- **Scores differ between speakers**; the table gives the lowest and the highest. Few voices,
  mostly of adults from North America and Europe, taught it; children, old people, other accents
  and languages were heard little or not at all.
- The labels are those of the corpora. What a corpus calls calm, or how strongly it plays fear,
  is its own.
- An answer below the threshold is called uncertain. It is meant to be taken so.
"""


def card(
    spec: BundleSpec,
    fit: Fit,
    learnt: Calibration,
    results: Sequence[Path],
    lost: float | None = None,
) -> str:
    """Write the card in Markdown.

    ``results`` are the JSON files of evaluations of the same recipe.  ``lost`` is how far the
    probabilities of a graph in 8 bits are from the network's on held-out clips, at most.
    """
    read = [json.loads(path.read_text("utf-8")) for path in results]
    parts = [
        f"# {spec.name} {spec.version}",
        f"Names the emotion in speech: {', '.join(spec.labels)}. One ONNX graph from a 16 kHz"
        f" waveform to calibrated probabilities, {fit.parameters:,} trained parameters.",
        f"Licence of the weights: {spec.licence}, after the strictest terms of the corpora below."
        " The code of sertain is Apache-2.0.",
        "## Trained on",
        _data(spec),
        f"Recipe {spec.recipe}, seed {fit.summary.seed}, {fit.epochs} epochs, weights of epoch"
        f" {fit.summary.best_epoch}, {fit.train_s / 60:.0f} minutes.",
        *_encoder(fit),
        *_taught(fit),
        *_cut(fit.recipe.clip),
        "## Measured",
        *(_measured(result) for result in read),
        *([] if read else ["Nothing was measured by a protocol."]),
        *([] if lost is None else [_EIGHT_BITS.format(lost)]),
        "## Calibrated",
        _calibrated(spec, learnt),
        _LIMITS.rstrip(),
        "## Sources",
        _sources(spec),
    ]
    return "\n\n".join(parts) + "\n"


def _encoder(fit: Fit) -> list[str]:
    """Name the pretrained encoder, its size, what it heard and its terms."""
    name = fit.recipe.frontend.parameters.get("encoder")
    if name is None:
        return []
    numbers = sum(each.numel() for each in fit.network.frontend.parameters())
    known = encoder_of(name)
    if known is None:
        what = f"{name}, whose makers say what it heard; its terms hold for these weights, too"
    else:
        what = f"{known.origin}, which heard {known.heard}; licence: {known.licence}"
    return [
        f"Its front end is a pretrained encoder of {numbers:,} parameters: {what}. Nobody can"
        " rule out that it heard a speaker of these corpora."
    ]


def _taught(fit: Fit) -> list[str]:
    """Say which networks taught this one, and how much of it they are."""
    teaching, teachers = fit.recipe.teacher, fit.summary.teachers
    if teaching is None:
        return []
    each = "; ".join(
        f"{one.recipe} {one.recipe_hash}, seed {one.seed}, {one.parameters:,} parameters, which"
        f" heard {', '.join(one.corpora)}"
        for one in teachers
    )
    return [
        f"Taught by {len(teachers)} network{'s' if len(teachers) > 1 else ''} ({each}): of the loss"
        f" {teaching.weight:.0%} {'are their' if len(teachers) > 1 else 'is its'} answers at"
        f" temperature {teaching.temperature:g}, and the rest the labels."
    ]


def _cut(heard: Cut) -> list[str]:
    """Say that answers are given to less than was learnt from, where that is so."""
    if heard == Cut():
        return []
    what = "whole files" if heard.cut == "file" else "files without the silence at their ends"
    if heard.offset_s or heard.duration_s is not None:
        last = "the end" if heard.duration_s is None else f"{heard.offset_s + heard.duration_s:g} s"
        what += f", from {heard.offset_s:g} s to {last}"
    return [
        f"It learnt from {what}, and the figures below are of such. In a recording `sertain`"
        " gives it the part from the first to the last speech, which may be heard otherwise."
    ]


def _data(spec: BundleSpec) -> str:
    rows = [
        f"| {source.corpus} | {source.clips:,} | {source.speakers} | {source.licence} |"
        for source in spec.data
    ]
    head = "| corpus | clips | speakers | licence |\n| --- | --- | --- | --- |"
    return "\n".join([head, *rows]) + (
        "\n\nThe clips include those of the speakers who were held out for choosing and"
        " calibrating, from whom no weight was learnt."
    )


def _measured(result: Mapping[str, Any]) -> str:
    protocol, seeds = result["protocol"], len(result["seeds"])
    leak = protocol["leak"] or "none, no speaker, file or copy stands on both sides"
    head = (
        f"Protocol **{protocol['name']}** ({protocol['title']}), {seeds} seed"
        f"{'s' if seeds > 1 else ''}, a network trained for each fold; leak: {leak}. Intervals are"
        " 95 %, by bootstrap over speakers."
    )
    if result.get("taught_by"):
        head += f" These networks were {words(result['taught_by'])}."
    rows = _pooled(result["pooled"]) if result["pooled"] else _folds(result)
    return "\n".join([head, "", *rows, *_told(result)])


def _told(result: Mapping[str, Any]) -> list[str]:
    """Give a row a kind of reference, where the networks were told of voices."""
    told = result.get("with_reference")
    if not told:
        return []
    rows = []
    for kind, one in told.items():
        figures = one["pooled"]["figures"] if one["pooled"] else one["mean_of_folds"]
        rows.append(
            f"| {kind} | {one['reference']} | {figures['uar']['mean']:.3f} |"
            f" {_interval(figures['uar'])} | {figures['ece']['mean']:.3f} |"
        )
    return [
        "",
        "The same networks, told of the voices by test clips without their labels (`--baseline`);"
        f" {'all folds' if result['pooled'] else 'the mean of the folds'}, and every reference is"
        " believed, which `sertain predict` does not where one sounds like a single emotion:",
        "",
        "| reference | of what | UAR | 95 % interval | ECE |",
        "| --- | --- | --- | --- | --- |",
        *rows,
    ]


def _folds(result: Mapping[str, Any]) -> list[str]:
    """Give a row a fold, for folds that score different labels and so cannot be pooled."""
    mean = result["mean_of_folds"]["uar"]
    return [
        "| fold | clips | labels, chance | UAR | 95 % interval | ECE |",
        "| --- | --- | --- | --- | --- | --- |",
        *(
            f"| {name} | {pool['clips']:,} | {len(pool['labels'])}, {pool['chance']:.3f} |"
            f" {pool['figures']['uar']['mean']:.3f} | {_interval(pool['figures']['uar'])} |"
            f" {pool['figures']['ece']['mean']:.3f} |"
            for name, pool in result["pools"].items()
        ),
        f"| mean of folds | | | {mean['mean']:.3f} | {_interval(mean)} | |",
    ]


def _pooled(pooled: Mapping[str, Any]) -> list[str]:
    figures, spread = pooled["figures"], pooled["speakers"]
    lines = [
        "| measure | value | 95 % interval |",
        "| --- | --- | --- |",
    ]
    for name, title in (
        ("uar", f"UAR ({len(pooled['labels'])} labels, chance {pooled['chance']:.3f})"),
        ("wa", "accuracy (WA)"),
        ("macro_f1", "macro F1"),
        ("ece", "calibration error (ECE)"),
        ("brier", "Brier score"),
    ):
        lines.append(f"| {title} | {figures[name]['mean']:.3f} | {_interval(figures[name])} |")
    lines += [
        f"| UAR of the lowest and the highest speaker | {spread['lowest']:.2f} and"
        f" {spread['highest']:.2f} | |",
        f"| answers called certain | {pooled['certain']['coverage']:.0%}, of these"
        f" {pooled['certain']['accuracy'] or 0:.0%} right | |",
        "",
        "Recall: "
        + ", ".join(f"{label} {one['mean']:.2f}" for label, one in pooled["recalls"].items())
        + ".",
    ]
    return lines


def _interval(figure: Mapping[str, Any]) -> str:
    return "" if figure["low"] is None else f"{figure['low']:.3f} to {figure['high']:.3f}"


def _calibrated(spec: BundleSpec, learnt: Calibration) -> str:
    lines = [
        f"Temperature {learnt.temperature:.3f}, learnt on held-out speakers, every corpus"
        f" counting alike; below a confidence of {spec.uncertain_below:.2f} an answer is called"
        " uncertain. On these same speakers, over the labels of their corpus (they chose the"
        " weights, too, so these figures flatter):",
        "",
        *_by_corpus(learnt.by_corpus),
    ]
    if learnt.unfamiliar_above is not None:
        lines += [
            "",
            "Answers to recordings unlike all of the training data are less sure: their logits are"
            f" divided by up to {learnt.unfamiliar_above:.1f} in 95 of 100 clips of these speakers,"
            " and by more with a warning that the recording is unfamiliar.",
        ]
    if learnt.knowing is not None:
        lines += [
            "",
            f"Told of a voice, the temperature is {learnt.knowing.temperature:.3f}, and below a"
            f" confidence of {spec.uncertain_below_told:.2f} an answer is called uncertain. On the"
            " same speakers, each clip once with a reference of each kind, without labels (all"
            " held-out clips of its voice; 60 s of them; 15 s; 60 s in one emotion):",
            "",
            *_by_corpus(learnt.knowing.by_corpus),
        ]
    return "\n".join(lines)


def _by_corpus(figures: Mapping[str, tuple[int, float, float]]) -> list[str]:
    return [
        "| corpus | clips | UAR | ECE |",
        "| --- | --- | --- | --- |",
        *(
            f"| {name} | {clips:,} | {uar:.3f} | {ece:.3f} |"
            for name, (clips, uar, ece) in figures.items()
        ),
    ]


def _sources(spec: BundleSpec) -> str:
    known = set(corpora.names())
    return "\n".join(
        f"- {source.corpus}: {corpora.get(source.corpus).citation}"
        for source in spec.data
        if source.corpus in known
    )
