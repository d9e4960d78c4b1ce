"""How many clips of which emotion, from whom, and how long they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import matplotlib
import numpy as np

from sertain.corpora.clip import Clip
from sertain.lab.report.drawing import (
    BLUE,
    INK,
    ORANGE,
    Picture,
    drawn_in_style,
    figure,
    picture,
    readable_on,
)
from sertain.labels import Emotion

_NAMED_SPEAKERS: Final = 100
"""More rows than these have no room for their names; the table has them all."""


@dataclass(frozen=True)
class Contents:
    """The clips of one corpus with the length of each.

    Attributes
    ----------
    corpus: name.
    clips: at least one.
    lengths_s: by a clip's key its seconds; those that cannot be read are missing.
    """

    corpus: str
    clips: tuple[Clip, ...]
    lengths_s: Mapping[str, float]

    @cached_property
    def emotions(self) -> dict[Emotion, int]:
        """Clips of each emotion that occurs."""
        counted = Counter(clip.emotion for clip in self.clips)
        return {emotion: counted[emotion] for emotion in Emotion if counted[emotion]}

    @cached_property
    def speakers(self) -> dict[str, Counter[Emotion]]:
        """By speaker, clips of each emotion."""
        found: dict[str, Counter[Emotion]] = {}
        for clip in self.clips:
            found.setdefault(clip.speaker, Counter())[clip.emotion] += 1
        return dict(sorted(found.items()))

    @property
    def seconds(self) -> list[float]:
        """The lengths that are known."""
        return sorted(self.lengths_s.values())

    def pictures(self) -> list[Picture]:
        """Draw clips an emotion, clips a speaker and emotion, and lengths."""
        with drawn_in_style():
            drawn = [self._classes(), self._by_speaker()]
            return [*drawn, self._lengths()] if self.seconds else drawn

    def _classes(self) -> Picture:
        names = [str(emotion) for emotion in self.emotions]
        values = list(self.emotions.values())
        paper = figure(5.2, 1.2 + 0.32 * len(names))
        axes = paper.subplots()
        bars = axes.barh(names, values, color=BLUE, height=0.7)
        axes.bar_label(bars, [f"{value:,}" for value in values], padding=3)
        axes.invert_yaxis()
        axes.margins(x=0.15)
        axes.set(xlabel="clips", ylabel="emotion")
        said = ", ".join(f"{name} {value:,}" for name, value in zip(names, values, strict=True))
        return picture(
            paper,
            f"{self.corpus}-classes",
            f"{self.corpus}: clips of each emotion",
            f"{self.corpus} has {len(self.clips):,} clips: {said}.",
        )

    def _by_speaker(self) -> Picture:
        columns, rows = list(self.emotions), list(self.speakers)
        counts = np.array([[self.speakers[who][what] for what in columns] for who in rows], float)
        named = len(rows) <= _NAMED_SPEAKERS
        paper = figure(2.4 + 0.55 * len(columns), 1.6 + 0.2 * min(len(rows), _NAMED_SPEAKERS))
        axes = paper.subplots()
        most = float(counts.max())
        colours = matplotlib.colormaps["cividis"]
        mesh = axes.pcolormesh(counts, cmap=colours, vmin=0, vmax=most, rasterized=not named)
        if named:
            for row, column in np.ndindex(counts.shape):
                value = float(counts[row, column])
                colour = readable_on(colours(value / most))
                axes.text(column + 0.5, row + 0.5, f"{value:.0f}", ha="center", va="center",
                          fontsize=7.5, color=colour)  # fmt: skip
            short = [who.removeprefix(f"{self.corpus}/") for who in rows]
            axes.set_yticks(np.arange(len(rows)) + 0.5, short, fontsize=8)
        else:
            axes.set_yticks([])
        axes.set_xticks(np.arange(len(columns)) + 0.5, [str(each) for each in columns],
                        rotation=45, ha="right", rotation_mode="anchor")  # fmt: skip
        axes.tick_params(length=0)
        axes.invert_yaxis()
        axes.set(xlabel="emotion", ylabel=f"speaker ({len(rows):,})")
        axes.spines[:].set_visible(False)
        paper.colorbar(mesh, ax=axes, label="clips", shrink=0.7).outline.set_visible(False)
        each = counts.sum(axis=1)
        return picture(
            paper,
            f"{self.corpus}-speakers",
            f"{self.corpus}: clips of each speaker and emotion",
            f"{self.corpus} has {len(rows):,} speakers with {each.min():.0f} to {each.max():.0f} "
            f"clips each; of one emotion a speaker has {counts.min():.0f} to {most:.0f}.",
        )

    def _lengths(self) -> Picture:
        seconds = self.seconds
        middle = float(np.median(seconds))
        paper = figure(5.2, 3.4)
        axes = paper.subplots()
        axes.grid(True, axis="y")
        axes.hist(seconds, bins=40, color=BLUE, edgecolor=INK, linewidth=0.4)
        axes.axvline(
            middle, color=ORANGE, linestyle="--", label=f"half are shorter than {middle:.2f} s"
        )
        axes.set(xlabel="length of a clip (s)", ylabel="clips")
        axes.legend(loc="best")
        return picture(
            paper,
            f"{self.corpus}-lengths",
            f"{self.corpus}: lengths of clips",
            f"Clips of {self.corpus} last {seconds[0]:.2f} to {seconds[-1]:.2f} s, half of them "
            f"less than {middle:.2f} s; {sum(seconds) / 3600:.2f} hours all together.",
        )


def summary(contents: Sequence[Contents]) -> list[Sequence[str]]:
    """Give a row for each corpus: clips, speakers, sexes, channels, hours, lengths."""
    rows: list[Sequence[str]] = [
        ("corpus", "clips", "speakers (f, m)", "emotions", "channels", "hours", "seconds a clip")
    ]
    for one in contents:
        sexes = Counter(sex for _, sex in {(clip.speaker, clip.sex) for clip in one.clips})
        channels = Counter(clip.channel for clip in one.clips)
        seconds = one.seconds
        rows.append(
            (
                one.corpus,
                f"{len(one.clips):,}",
                f"{len(one.speakers):,} ({sexes['female']}, {sexes['male']})",
                str(len(one.emotions)),
                ", ".join(f"{name} {count:,}" for name, count in sorted(channels.items())),
                f"{sum(seconds) / 3600:.2f}",
                f"{seconds[0]:.2f} to {seconds[-1]:.2f}, mean {np.mean(seconds):.2f}"
                if seconds
                else "–",
            )
        )
    return rows


def by_emotion(contents: Sequence[Contents]) -> list[Sequence[str]]:
    """Give a row for each emotion: clips in each corpus and in all of them."""
    rows: list[Sequence[str]] = [("emotion", *(one.corpus for one in contents), "all")]
    for emotion in Emotion:
        counted = [one.emotions.get(emotion, 0) for one in contents]
        if any(counted):
            rows.append((str(emotion), *(f"{n:,}" for n in counted), f"{sum(counted):,}"))
    return rows


def by_speaker(one: Contents) -> list[Sequence[str]]:
    """Give a row for each speaker: clips of each emotion and all together."""
    columns = list(one.emotions)
    return [
        ("speaker", *map(str, columns), "all"),
        *(
            (who, *(str(counts[what]) for what in columns), f"{counts.total():,}")
            for who, counts in one.speakers.items()
        ),
    ]
