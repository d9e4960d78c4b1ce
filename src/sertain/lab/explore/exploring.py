"""A look at corpora, from clips to one page, its figures and a table of features."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final, TypeVar

from sertain.corpora.clip import Clip
from sertain.corpora.meter import Meter
from sertain.errors import AudioError, CorpusError
from sertain.lab.explore import augmented, counts, features, listening, sounds
from sertain.lab.explore.counts import Contents
from sertain.lab.explore.features import Format
from sertain.lab.explore.listening import Samples
from sertain.lab.report import page
from sertain.lab.report.drawing import Picture
from sertain.labels import Emotion

PAGE: Final = "explore.html"

Value = TypeVar("Value")


@dataclass(frozen=True)
class Explored:
    """What was written, and by its key what is wrong with each clip that cannot be heard."""

    page: Path
    table: Path | None
    rows: int
    broken: dict[str, str]


def explore(
    clips: Sequence[Clip],
    folder: Path,
    meter: Meter,
    *,
    columns: str = "davies_chen2024",
    form: Format | None = "csv",
) -> Explored:
    """Count, draw and measure clips into a folder: a page, ``figures`` and ``features.csv``.

    Parameters
    ----------
    clips: at least one, of one or several corpora.
    folder: is made where it is missing.
    meter: is told of every clip.
    columns: one of :data:`~sertain.lab.explore.features.SETS`.
    form: of the table; ``None`` leaves it out.

    Raises
    ------
    CorpusError
        Not a single clip can be heard.
    """
    broken: dict[str, str] = {}
    meter.start("lengths", len(clips))
    lengths = {
        clip.key: seconds for clip, seconds in _each(clips, listening.length_s, broken, meter)
    }
    if not lengths:
        first = next(iter(broken.values()))
        raise CorpusError(f"none of {len(clips):,} clips can be heard, the first: {first}")
    contents = [
        Contents(corpus, own, {c.key: lengths[c.key] for c in own if c.key in lengths})
        for corpus, group in groupby(sorted(clips, key=lambda c: c.corpus), lambda c: c.corpus)
        for own in [tuple(group)]
    ]
    folder.mkdir(parents=True, exist_ok=True)
    table, rows = None, 0
    if form is not None:
        table = folder / f"features.{form}"
        meter.start("features", len(lengths))
        known = [clip for clip in clips if clip.key in lengths]
        heard = _each(known, listening.heard, broken, meter)
        config = features.config(columns)
        found = features.rows(heard, config)
        rows = features.write(table, found, features.names(config), form)
    written = _page(folder, contents, _first_of_each(clips, broken), meter, broken, table)
    return Explored(written, table, rows, broken)


def _each(
    clips: Sequence[Clip], what: Callable[[Clip], Value], broken: dict[str, str], meter: Meter
) -> Iterator[tuple[Clip, Value]]:
    """Do it with every clip, side by side and in order; one that fails is put to ``broken``."""

    def tried(clip: Clip) -> Value | AudioError:
        try:
            return what(clip)
        except AudioError as error:
            return error

    size = 8 * (os.cpu_count() or 1)  # no more of them are held at once
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in range(0, len(clips), size):
            part = clips[start : start + size]
            for clip, value in zip(part, pool.map(tried, part), strict=True):
                meter.advance(1)
                if isinstance(value, AudioError):
                    broken[clip.key] = str(value)
                else:
                    yield clip, value


def _first_of_each(
    clips: Sequence[Clip], broken: dict[str, str]
) -> dict[Emotion, tuple[Clip, Samples]]:
    """The first clip of each emotion that can be heard, in the order of the emotions."""
    found: dict[Emotion, tuple[Clip, Samples]] = {}
    for clip in clips:
        if clip.emotion not in found and clip.key not in broken:
            try:
                found[clip.emotion] = clip, listening.heard(clip)
            except AudioError as error:
                broken[clip.key] = str(error)
    return {emotion: found[emotion] for emotion in Emotion if emotion in found}


def _page(
    folder: Path,
    contents: Sequence[Contents],
    first: dict[Emotion, tuple[Clip, Samples]],
    meter: Meter,
    broken: dict[str, str],
    table: Path | None,
) -> Path:
    meter.start("figures", len(contents) + 2)
    parts = [
        page.table("Corpora", counts.summary(contents)),
        page.table("Clips of each emotion", counts.by_emotion(contents)),
    ]
    drawn: list[Picture] = []
    for one in contents:
        drawn += (own := one.pictures())
        speakers = page.table(f"Clips of each speaker of {one.corpus}", counts.by_speaker(one))
        parts.append(
            page.section(one.corpus, page.shown(own), page.folded("Speakers as a table", speakers))
        )
        meter.advance(1)
    if first:
        drawn += (own := sounds.of_emotions(first))
        note = "The first clip of each emotion, whole, mixed to one channel, at 16 kHz."
        parts.append(page.section("Emotions", page.words(note), page.shown(own)))
        meter.advance(1)
        clip, samples = next(iter(first.values()))
        other_clip, other = list(first.values())[-1]
        drawn += (own := list(augmented.pictures(samples, other)))
        note = (
            f"{clip.key} after each augmentation that a recipe can ask for, at its default and the"
            f" strong end of what is drawn; mixup mixes it with {other_clip.key}."
        )
        parts.append(page.section("Augmentation", page.words(note), page.shown(own)))
        meter.advance(1)
    if table is not None:
        note = f"{table.name} beside this page has a row for each clip."
        parts.append(page.section("Features", page.words(note)))
    if broken:
        rows = [("clip", "what is wrong"), *broken.items()]
        parts.append(page.section("Left out", page.table("Clips that cannot be heard", rows)))
    title = f"A look at {', '.join(one.corpus for one in contents)}"
    return page.write(folder, PAGE, title, parts, drawn)
