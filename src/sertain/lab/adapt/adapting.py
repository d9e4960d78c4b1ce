"""From any bundle and a user's labelled clips to a new bundle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from sertain import __version__, corpora
from sertain.bundle import (
    Bundle,
    Check,
    Conformal,
    DataSource,
    Graph,
    Score,
    check_waveform,
    verify,
    write,
)
from sertain.corpora.meter import Meter
from sertain.errors import BundleError
from sertain.lab.adapt import held_out
from sertain.lab.adapt.card import card
from sertain.lab.adapt.clips import Labelled, Vocabulary, check, spelt, vocabulary
from sertain.lab.adapt.fitting import Choice, Lesson, fit, folds
from sertain.lab.adapt.head import Head, Prior
from sertain.lab.adapt.hearing import Heard, Ints, Rows, hear, rows_of, run, windows
from sertain.lab.adapt.surgery import graft
from sertain.lab.terms import CHECK_SEED, COVERAGE, PUBLISHED_LICENCE, TOLERANCE, licence_of

LEAST_CLIPS = 5
"""Clips that a label needs.  Fewer than one a fold could not be held out at all."""


@dataclass(frozen=True)
class Adapted:
    """What came of it.

    Attributes
    ----------
    bundle: the new one.
    choice: how the clips pulled.
    measured: its figures on held-out speakers.
    words: the labels, and the words that they stand for.
    cautions: lines that the user should read.
    heard: the clips it learnt from, and what became of the others.
    """

    bundle: Bundle
    choice: Choice
    measured: held_out.Measured
    words: Vocabulary
    cautions: tuple[str, ...]
    heard: Heard


def adapt(
    base: Bundle,
    clips: Sequence[Labelled],
    folder: Path,
    *,
    corpus: str,
    meter: Meter,
    labels: Sequence[str] | None = None,
    rank: int | None = None,
    speakers: bool = True,
    name: str | None = None,
    cache: Path | None = None,
) -> Adapted:
    """Adapt a bundle to labelled clips and write the new one.

    Parameters
    ----------
    base: any bundle.
    clips: the user's, some hundred.
    folder: where the new bundle goes; an older one there is replaced.
    corpus: what to call the clips in the card.
    meter: is told of progress.
    labels: of the new model, see :func:`~sertain.lab.adapt.clips.vocabulary`.
    rank: along how many directions the clips may move answers; ``None``: any.
    speakers: hold speakers out; ``False``: clips, which leaks and is said.
    name: of the new model; by default the folder's.
    cache: where heard clips are kept.

    Raises
    ------
    CorpusError: too few clips of a label or too few speakers; LabelError: of the labels;
    LeakageError: one sound of two speakers; BundleError: the base cannot be opened or changed.
    """
    words = vocabulary([clip.word for clip in clips], base.spec.labels, labels)
    chosen = [clip for clip in clips if spelt(clip.word) in words.of_word]
    check(_said(chosen, words), LEAST_CLIPS, speakers=speakers)
    graph = verify(base)
    heard = hear(base, graph, chosen, meter=meter, folder=cache)
    cautions = check(_said(heard.clips, words), LEAST_CLIPS, speakers=speakers)
    lesson = teach(base, heard.clips, heard.rows, words, rank=rank, speakers=speakers)
    meter.start("fitting", int(folds(lesson.groups).max()) + 2)
    answers = held_out.answers(lesson, lambda: meter.advance(1))
    learnt = held_out.calibrate(lesson, answers)
    named = [clip.speaker if speakers else None for clip in heard.clips]
    measured = held_out.measure(lesson, answers, words.labels, named)
    fitted, choice = fit(lesson)
    meter.advance(1)
    head = held_out.calibrated(fitted, learnt)
    new = graft(base.model_path.read_bytes(), head)
    source = DataSource(
        corpus=corpus,
        licence=licence_of(corpus),
        clips=len(heard.clips),
        speakers=len({clip.speaker for clip in heard.clips} - {None}),
        hash=heard.hash,
    )
    protocol = f"{corpus}, {'speakers' if speakers else 'clips (leak: same voices)'} held out"
    licence, terms = _licence(base, corpus)
    spec = replace(
        base.spec,
        name=name or folder.resolve().name,
        version=__version__,
        labels=words.labels,
        uncertain_below=round(learnt.uncertain_below, 4),
        sha256={},
        licence=licence,
        created_by=f"sertain {__version__}",
        recipe=f"adapted from {base.spec.name} {base.spec.version}"
        f" ({base.spec.sha256['model.onnx'][:10]})",
        data=(*base.spec.data, source),
        scores=tuple(
            Score(
                protocol,
                metric,
                round(figure.value, 6),
                (round(figure.within.low, 6), round(figure.within.high, 6)),
                seeds=1,
            )
            for metric, figure in (("UAR", measured.adapted), ("WA", measured.accuracy))
        ),
        check=_check(base, graph, new, head, heard.clips),
        conformal=Conformal(COVERAGE, round(learnt.set_threshold, 6)),
        # Its thresholds with a reference were of the other head.
        unfamiliar_above=None,  # what it was taught is no longer unfamiliar
        reference=base.spec.reference
        and replace(base.spec.reference, uncertain_below=None, conformal=None),
        speed=None,
    )
    left_out = Counter(clip.word for clip in clips if clip.word not in words.of_word)
    cautions = [
        *_cautions(base, corpus, heard, measured, left_out, words, speakers=speakers),
        *cautions,
    ]
    text = card(base, spec, words, choice, learnt, measured, heard, cautions, rank=rank)
    bundle = write(folder, new, spec, text, licence_text=terms)
    return Adapted(bundle, choice, measured, words, tuple(cautions), heard)


def teach(
    base: Bundle,
    clips: Sequence[Labelled],
    rows: Rows,
    words: Vocabulary,
    *,
    rank: int | None = None,
    speakers: bool = True,
) -> Lesson:
    """Make a lesson of heard clips.

    Parameters
    ----------
    base: the bundle that heard them.
    clips, rows: what was heard, in the same order.
    words: the labels; every clip's word is among them.
    rank, speakers: as for :func:`adapt`.
    """
    places = [place for place, old in enumerate(words.old) if old is not None]
    prior = Prior(
        columns=tuple(base.spec.labels.index(str(words.old[place])) for place in places),
        places=tuple(places),
        labels=len(words.labels),
    )
    # Parts of one file stay together, since they are of one voice.
    whose = [str(clip.speaker if speakers else clip.path) for clip in clips]
    return Lesson(
        rows=rows,
        targets=np.array([words.labels.index(words.of_word[clip.word]) for clip in clips]),
        groups=_numbered(whose),
        prior=prior,
        rank=rank,
    )


def _licence(base: Bundle, corpus: str) -> tuple[str, str]:
    """The strictest terms of base and clips, and their text."""
    text = (base.path / "LICENSE").read_text(encoding="utf-8")
    if corpus not in corpora.names() or base.spec.licence == PUBLISHED_LICENCE:
        return base.spec.licence, text
    head = (
        f"{PUBLISHED_LICENCE}: https://creativecommons.org/licenses/by-nc-sa/4.0/legalcode\n\n"
        f"after the strictest terms of what it learnt from, named in README.md.\n\n"
        f"The terms of {base.spec.name}, which it was adapted from:\n\n"
    )
    return PUBLISHED_LICENCE, head + text


def _numbered(names: Sequence[str]) -> Ints:
    _, numbers = np.unique(np.array(names), return_inverse=True)
    return np.asarray(numbers, dtype=np.int64)


def _said(clips: Sequence[Labelled], words: Vocabulary) -> list[tuple[str, str | None]]:
    return [(words.of_word[clip.word], clip.speaker) for clip in clips]


def _cautions(
    base: Bundle,
    corpus: str,
    heard: Heard,
    measured: held_out.Measured,
    left_out: Counter[str],
    words: Vocabulary,
    *,
    speakers: bool,
) -> list[str]:
    """What a reader of the figures has to know, a line each."""
    lines = []
    if not speakers:
        lines.append(
            "leak: no speaker was held out, the same voices taught and tested; on other voices the "
            "figures are lower"
        )
    if corpus in {source.corpus for source in base.spec.data}:
        lines.append(
            f"leak: {base.spec.name} itself learnt from {corpus}; on other recordings the "
            "figures are lower"
        )
    new = [label for label, old in zip(words.labels, words.old, strict=True) if old is None]
    if new:
        lines.append(
            f"{base.spec.name} did not know {', '.join(new)} and misses every clip of it, so the "
            "gain is not of better hearing alone"
        )
    if left_out:
        counts = ", ".join(f"{count} {word}" for word, count in sorted(left_out.items()))
        lines.append(f"clips left out, their labels are not wanted: {counts}")
    for what, names in (
        ("no speech or too little", heard.silent),
        ("the same sound as another's", heard.twice),
        ("cannot be read", heard.broken),
    ):
        # The card travels: it counts the user's files and does not name them.
        if names:
            lines.append(f"clips left out, {what}: {len(names)}")
    if measured.gain.within.low <= 0:
        lines.append(
            "the gain may be none (its interval reaches 0): label more clips, of more speakers"
        )
    return lines


def _check(base: Bundle, graph: Graph, new: bytes, head: Head, clips: Sequence[Labelled]) -> Check:
    """Compare the new graph with numpy on noise and real sound; give its known answer.

    Raises
    ------
    BundleError: they are more than 1e-4 apart.
    """
    import onnxruntime  # noqa: PLC0415

    some = clips[:: max(1, len(clips) // 8)]
    waves = [check_waveform(CHECK_SEED)]
    waves += [wave for clip in some for wave in windows(clip, base.spec.window_s)]
    expected = head.probabilities(rows_of([[run(base, graph, wave)] for wave in waves], base))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(new, options, providers=["CPUExecutionProvider"])
    found = [
        session.run(["probabilities"], {"waveform": wave[None], "lengths": np.array([len(wave)])})
        for wave in waves
    ]
    apart = float(np.abs(np.concatenate([np.asarray(one[0]) for one in found]) - expected).max())
    if not apart <= TOLERANCE:
        raise BundleError(
            f"the new graph answers {apart:.2g} away from what was learnt, "
            f"{TOLERANCE:g} is allowed",
            "report this with the base bundle",
        )
    return Check(CHECK_SEED, tuple(expected[0].tolist()))
