"""Labels that were made wrong on purpose: how many of them `sertain corpora doctor` finds.

Needs the corpora (``SERTAIN_CORPORA``) and the encoder (``SERTAIN_ENCODERS``); the first time some
minutes are spent on features.  Nothing of the rule by which clips are
listed was chosen on EMO-DB or RAVDESS.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from itertools import combinations

import numpy as np

from benchmarks.measure import RESULTS
from sertain import corpora
from sertain.corpora.clip import Clip
from sertain.lab.doctor import swaps
from sertain.lab.doctor.answers import Answers, answered, labels_of
from sertain.lab.doctor.diagnosis import OF_OTHERS
from sertain.lab.doctor.hearing import LOG_MEL, Heard, hear, usual_encoder
from sertain.lab.doctor.suspects import BELOW, suspects
from sertain.lab.evaluation.environment import hardware, versions
from sertain.lab.evaluation.pages import table
from sertain.labels import Emotion

TESTED = ("emodb", "ravdess")
OTHERS = ("savee", "tess", "crema-d", "nemo", "turev")
CHANGED = 0.05
SEEDS = (0, 1, 2)
DOUBLE = (
    ("1017_IWW_ANG_XX", "1017_IWW_FEA_XX"),
    ("1013_WSI_DIS_XX", "1013_WSI_SAD_XX"),
    ("1006_TIE_HAP_XX", "1006_TIE_NEU_XX"),
)


@dataclass(frozen=True)
class Found:
    """What was listed of labels that were changed; ``first`` as many clips as were changed.

    ``precision`` and ``recall`` are of the list, ``among_first`` of the least probable labels.
    """

    clips: int
    changed: int
    listed: int
    hits: int
    among_first: float
    uar: float

    @property
    def precision(self) -> float:
        """Share of the listed clips whose label was changed."""
        return self.hits / self.listed if self.listed else 0.0

    @property
    def recall(self) -> float:
        """Share of the changed clips that are listed."""
        return self.hits / self.changed if self.changed else 0.0


def main() -> None:
    """Measure, and write ``results/benchmarks/doctor.json`` and ``.md``."""
    encoder = usual_encoder()
    if encoder == LOG_MEL:
        raise SystemExit("the encoder is not at hand: set SERTAIN_ENCODERS")
    record: dict[str, object] = {"changed": [], "unchanged": [], "swapped": [], "double": []}
    heard: dict[str, Heard] = {}
    lists: list[list[object]] = []
    for by in (encoder, LOG_MEL):
        for name in TESTED:
            own = hear(_spoken(name), by)
            if by == encoder:
                heard[name] = own
            lists += _changed(name, by, own, record)
    pairs = _swapped(heard, encoder, record)
    twins = _double(encoder, record)
    _write(lists, pairs, twins, record)


def _spoken(name: str) -> list[Clip]:
    return [clip for clip in corpora.load([name]) if clip.channel == "speech"]


def _changed(name: str, by: str, heard: Heard, record: dict[str, object]) -> list[list[object]]:
    """Change labels, list, count; one row for all seeds and one for the labels as they are."""
    runs = [_found(heard, seed) for seed in SEEDS]
    plain = answered(heard)
    listed = [one.clip.key for one in suspects(heard, plain)]
    _add(record, "unchanged", {"corpus": name, "by": by, "listed": listed, "uar": plain.uar})
    for seed, run in zip(SEEDS, runs, strict=True):
        _add(record, "changed", {"corpus": name, "by": by, "seed": seed, **vars(run),
                                 "precision": run.precision, "recall": run.recall})  # fmt: skip
    first = runs[0]
    row: list[object] = [name, by, first.clips, first.changed, _mean([r.listed for r in runs], 0)]
    row += [
        _mean([getattr(run, figure) for run in runs], 2)
        for figure in ("precision", "recall", "among_first", "uar")
    ]
    print(*row, len(listed))
    return [[*row, len(listed)]]


def _found(heard: Heard, seed: int) -> Found:
    generator = np.random.default_rng(seed)
    labels = labels_of(heard.clips)
    count = round(CHANGED * len(heard.clips))
    chosen = {int(at) for at in generator.choice(len(heard.clips), count, replace=False)}
    clips = []
    for at, clip in enumerate(heard.clips):
        others = [label for label in labels if label != clip.emotion]
        emotion = others[generator.integers(len(others))] if at in chosen else clip.emotion
        clips.append(replace(clip, emotion=emotion))
    changed = {clips[at].key for at in chosen}
    spoiled = replace(heard, clips=tuple(clips))
    answers = answered(spoiled, seed)
    listed = {one.clip.key for one in suspects(spoiled, answers)}
    return Found(
        len(clips),
        count,
        len(listed),
        len(listed & changed),
        _among_first(spoiled, answers, changed),
        answers.uar,
    )


def _among_first(heard: Heard, answers: Answers, changed: set[str]) -> float:
    own = answers.probabilities[np.arange(len(heard.clips)), answers.targets]
    first = {heard.clips[int(at)].key for at in np.argsort(own)[: len(changed)]}
    return len(first & changed) / len(changed)


def _swapped(
    heard: dict[str, Heard], encoder: str, record: dict[str, object]
) -> list[list[object]]:
    """Swap two labels for everyone, and ask the other corpora; also with nothing swapped."""
    drawn = {name: hear(swaps.drawn(_spoken(name), OF_OTHERS), encoder) for name in OTHERS}
    few = {
        name: own.part([at for at, clip in enumerate(own.clips) if clip.key in kept])
        for name, own in heard.items()
        for kept in [{clip.key for clip in swaps.drawn(own.clips, OF_OTHERS)}]
    }
    every = few | drawn
    rows: list[list[object]] = []
    for name, own in every.items():
        others = [other for corpus, other in every.items() if corpus != name]
        pairs = swaps.swaps(heard.get(name, own), others)
        false = [" and ".join(pair.labels) for pair in pairs if pair.swapped]
        differ = [" and ".join(pair.labels) for pair in pairs if pair.differs]
        worst = pairs[0]
        rows.append([name, "nothing", len(pairs), ", ".join(false) or "none",
                     ", ".join(differ) or "none",
                     f"{' and '.join(worst.labels)} {worst.auc:.2f}"])  # fmt: skip
        _add(record, "swapped", {"corpus": name, "swapped": None, "found": false,
                                 "differ": differ})  # fmt: skip
        print(*rows[-1])
    for name in TESTED:
        others = [other for corpus, other in every.items() if corpus != name]
        known = {clip.emotion for other in others for clip in other.clips}
        labels = [label for label in labels_of(heard[name].clips) if label in known]
        asked = list(combinations(labels, 2)) if name == TESTED[0] else [
            (Emotion.SAD, Emotion.ANGRY)
        ]  # fmt: skip
        hits = 0
        for pair in asked:
            found = [p.labels for p in swaps.swaps(_exchanged(heard[name], pair), others)
                     if p.swapped]  # fmt: skip
            right = found == [pair] or found == [pair[::-1]]
            hits += right
            _add(record, "swapped", {"corpus": name, "swapped": pair, "found": found})
            if set(pair) == {Emotion.SAD, Emotion.ANGRY}:
                said = "; ".join(" and ".join(labels) for labels in found) or "none"
                rows.append([name, "sad and angry", 1, said, "", ""])
        if len(asked) > 1:
            rows.append([name, f"each of {len(asked)} pairs, one at a time", len(asked),
                         f"{hits} times that pair and no other", "", ""])  # fmt: skip
        print(name, hits, "of", len(asked))
    return rows


def _exchanged(heard: Heard, pair: tuple[Emotion, Emotion]) -> Heard:
    other = {pair[0]: pair[1], pair[1]: pair[0]}
    clips = tuple(
        replace(clip, emotion=other.get(clip.emotion, clip.emotion)) for clip in heard.clips
    )
    return replace(heard, clips=clips)


def _double(encoder: str, record: dict[str, object]) -> list[list[object]]:
    """The published recordings of CREMA-D that stand under two labels, among their actors'."""
    speakers = {f"crema-d/{pair[0][:4]}" for pair in DOUBLE}
    heard = hear([clip for clip in _spoken("crema-d") if clip.speaker in speakers], encoder)
    listed = {one.clip.key: one for one in suspects(heard, answered(heard))}
    rows: list[list[object]] = []
    for pair in DOUBLE:
        keys = [f"crema-d/{name}" for name in pair]
        both = all(
            key in listed and listed[key].twins == (other,) for key, other in (keys, keys[::-1])
        )
        said = [f"{listed[key].own_probability:.2f}" if key in listed else "" for key in keys]
        rows.append([" = ".join(pair), "yes" if both else "no", " and ".join(said)])
        _add(record, "double", {"clips": keys, "listed": both, "probabilities": said})
    print(*rows, sep="\n")
    return rows


def _add(record: dict[str, object], part: str, values: dict[str, object]) -> None:
    own = record[part]
    assert isinstance(own, list)
    own.append(values)


def _mean(values: Sequence[float], digits: int) -> str:
    return f"{np.mean(values):.{digits}f} ± {np.std(values, ddof=1):.{digits}f}"


def _write(
    lists: list[list[object]],
    pairs: list[list[object]],
    twins: list[list[object]],
    record: dict[str, object],
) -> None:
    told = versions() | {"cleanlab": metadata.version("cleanlab")}
    software = ", ".join(f"{name} {version}" for name, version in told.items())
    head = ["corpus", "heard by", "clips", "changed", "listed", "precision", "recall",
            "among the first", "UAR", "listed where nothing was changed"]  # fmt: skip
    page = [
        "# Labels that may be wrong",
        f"{CHANGED:.0%} of the labels were changed at random, each to another label of the corpus; "
        f"{len(SEEDS)} seeds (of the change and of the folds), mean ± standard deviation. Listed "
        "are the clips that both of cleanlab's prunings name and whose label gets less than "
        f"{BELOW:g} from a model that never heard their speaker; nothing of that was chosen on "
        "these two corpora. `among the first`: of as many clips with the least probable label as "
        "were changed, the share that was. UAR: of the answers against the labels as they then "
        "are. Clips listed where nothing was changed are the model's mistakes, or labels that "
        "people would doubt.",
        table([head, *lists]),
        "Labels exchanged for every clip of a corpus, as a wrong documentation would. A model of "
        "the other corpora is asked; a pair that only one other corpus has is said to differ, not "
        "to be swapped (a rule that was made after calm and sad of RAVDESS, which TurEV-DB alone "
        "teaches, had been called swapped).",
        table(
            [["corpus", "exchanged", "pairs", "seem swapped", "differ", "worst pair, AUC"], *pairs]
        ),
        "Recordings that CREMA-D publishes under two labels, among all clips of their actors.",
        table([["recording", "both listed", "probability of each label"], *twins]),
        f"Measured on {hardware()['processor']}; {software}. Written by `benchmarks/doctor.py`.",
    ]
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "doctor.md").write_text("\n\n".join(page) + "\n", encoding="utf-8")
    record |= {"versions": told, "hardware": hardware()}
    text = json.dumps(record, indent=1, ensure_ascii=False) + "\n"
    (RESULTS / "doctor.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
