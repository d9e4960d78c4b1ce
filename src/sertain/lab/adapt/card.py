"""The card of an adapted bundle: what it is made of and worth, then the base's own card."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sertain.bundle import Bundle, BundleSpec
from sertain.lab.adapt.clips import Vocabulary
from sertain.lab.adapt.fitting import Choice
from sertain.lab.adapt.hearing import Heard
from sertain.lab.adapt.held_out import Calibration, Figure, Measured

_OVER = {
    "speakers": "by bootstrap over the speakers",
    "clips within speaker": "by bootstrap over clips within each speaker, since fewer than 5 "
    "speakers cannot tell how others differ",
    "clips": "by bootstrap over clips, and of the same voices: they say nothing of others",
}


def card(
    base: Bundle,
    spec: BundleSpec,
    words: Vocabulary,
    choice: Choice,
    learnt: Calibration,
    measured: Measured,
    heard: Heard,
    cautions: Sequence[str],
    *,
    rank: int | None,
) -> str:
    """Write the card in Markdown."""
    old = base.spec
    source = spec.data[-1]
    parts = [
        f"# {spec.name} {spec.version}",
        f"Names one of: {', '.join(spec.labels)}. It is {old.name} {old.version}"
        f" (sha256 {old.sha256['model.onnx'][:16]}) with a new last part, learnt from"
        f" {source.clips:,} labelled clips.",
        f"Licence of the weights: {spec.licence}, carried on from {old.name}; the clips are"
        f" {source.licence}.",
        "## Learnt from",
        _learnt(words, choice, heard, rank),
        "## Measured",
        _measured(old, spec, words, measured),
        *(["## Read this", "\n".join(f"- {line}" for line in cautions)] if cautions else []),
        "## Calibrated",
        f"Temperature {learnt.temperature:.3f}, learnt on the held-out answers; below a confidence"
        f" of {spec.uncertain_below:.2f} an answer is called uncertain. The figures above use, for"
        " each fold, what the other folds taught.",
        "## Limits",
        f"It knows recordings like these {source.clips:,}, and labels as they were given here."
        f" The figures of {old.name} below are of its own last part and not of this model; what it"
        " learnt from, its limits, and what it must not be used for hold here too.",
        f"## The card of {old.name} {old.version}",
        _lower(base.card()),
    ]
    return "\n\n".join(parts) + "\n"


def _learnt(words: Vocabulary, choice: Choice, heard: Heard, rank: int | None) -> str:
    counts = dict.fromkeys(words.labels, 0)
    voices: dict[str, set[str | None]] = {label: set() for label in words.labels}
    for clip in heard.clips:
        label = words.of_word[clip.word]
        counts[label] += 1
        voices[label].add(clip.speaker)
    rows = [
        f"| {label} | {counts[label]:,} |"
        f" {len(voices[label] - {None}) or ('?' if counts[label] else 0)} |"
        f" {old or 'new'} | {', '.join(words.merged.get(label, [label]))} |"
        for label, old in zip(words.labels, words.old, strict=True)
    ]
    speakers = len({clip.speaker for clip in heard.clips} - {None})
    pull = (
        "The clips did not improve on the old answers, which stand as they were."
        if choice.strength == 0
        else f"Their strength against the old answers is {choice.strength:g}, chosen by"
        " cross-validation over speakers"
        + ("; mean and deviation of the features are used besides" if choice.statistics else "")
        + (f"; of rank {rank} at most" if rank else "")
        + "."
    )
    return "\n".join(
        [
            f"{len(heard.clips):,} clips of {speakers or 'unnamed'} speakers, hash {heard.hash}."
            f" {pull} Labels count alike, whatever their number of clips.",
            "",
            "| label | clips | speakers | begins as | words |",
            "| --- | --- | --- | --- | --- |",
            *rows,
        ]
    )


def _measured(old: BundleSpec, spec: BundleSpec, words: Vocabulary, measured: Measured) -> str:
    who = "clips" if measured.over == "clips" else "speakers"
    # A guess falls on any label of the model, also on one that no clip has.
    chance = 1 / len(spec.labels)
    new = [label for label, before in zip(words.labels, words.old, strict=True) if before is None]
    lacking = f", not knowing {', '.join(new)}" if new else ""
    lines = [
        f"Every clip is answered by a model that was chosen and fitted without its"
        f" {who[:-1]} ({measured.folds} folds, {measured.clips:,} clips). Intervals are 95 %,"
        f" {_OVER[measured.over]}.",
        "",
        "| measure | value | 95 % interval |",
        "| --- | --- | --- |",
        f"| UAR ({_counted(spec, measured)}, chance {chance:.3f}) {_cells(measured.adapted)}",
        f"| UAR of {old.name} as it was, among these labels{lacking} {_cells(measured.base)}",
        f"| gain {_cells(measured.gain)}",
        f"| accuracy (WA) {_cells(measured.accuracy)}",
        f"| calibration error (ECE) | {measured.ece:.3f} | |",
        f"| sets of 90 % that hold the truth | {measured.held:.1%} | |",
        f"| labels a set | {measured.size:.2f} | |",
        f"| answers called certain | {measured.certain:.0%}, of these"
        f" {measured.certain_right or 0:.0%} right | |",
    ]
    if measured.lowest is not None and measured.highest is not None:
        lines.append(
            f"| UAR of the lowest and the highest speaker | {measured.lowest:.2f} and"
            f" {measured.highest:.2f} | |"
        )
    recalls = ", ".join(f"{label} {recall:.2f}" for label, recall in measured.recalls.items())
    return "\n".join([*lines, "", f"Recall: {recalls}."])


def _counted(spec: BundleSpec, measured: Measured) -> str:
    spoken, all_ = len(measured.recalls), len(spec.labels)
    return (
        f"{all_} labels" if spoken == all_ else f"{spoken} of {all_} labels, others have no clips"
    )


def _cells(figure: Figure) -> str:
    return f"| {figure.value:.3f} | {figure.within.low:.3f} to {figure.within.high:.3f} |"


def _lower(text: str) -> str:
    """The same Markdown with every heading a level lower, and no title."""
    body = re.sub(r"\A# .*\n+", "", text.strip())
    return re.sub(r"(?m)^(#{1,5}) ", r"#\1 ", body)
