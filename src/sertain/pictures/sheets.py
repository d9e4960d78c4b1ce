"""The three pictures of a recording: axes with numbers, detected speech, the answer above."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sertain.pictures.axes import clock, span, times
from sertain.pictures.canvas import PAPER, Canvas, Colour, font
from sertain.pictures.columns import Overview
from sertain.pictures.spectra import (
    BANDS,
    HOP,
    RANGE_DB,
    RATE,
    coloured,
    decibels,
    mel_edges,
    mel_filters,
    palette,
)

WIDTH: Final = 1200
HEIGHT: Final = 460
SILENT_BELOW: Final = 1e-4
"""A recording whose samples all lie within this, -80 dB of full scale, is called silent."""

_SILENT: Final = "silent: no sample above 0.0001 of full scale (−80 dB)"

_LEFT, _TOP, _RIGHT, _BOTTOM = 104, 112, WIDTH - 96, HEIGHT - 66
_ACROSS, _DOWN = _RIGHT - _LEFT, _BOTTOM - _TOP
_STRIP: Final = 12
_WAVE: Final[Colour] = (0, 114, 178)
_SPEECH: Final[Colour] = (213, 94, 0)
_LINE: Final[Colour] = (118, 118, 118)
_PALE: Final[Colour] = (226, 229, 232)

Ticks = Iterable[tuple[float, str]]
"""Places in pixels from the left or from the bottom of the plot, and what stands there."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A picture: its name, e.g. ``"waveform"``, and the bytes of its PNG."""

    name: str
    png: bytes


def draw(overview: Overview, *, title: str, name: str | None = None) -> list[Sheet]:
    """Draw a recording: waveform, spectrogram and the output of its mel filters.

    Parameters
    ----------
    overview: what was heard.
    title: stands above, e.g. the answer.
    name: what the recording is called; by default as it was opened.
    """
    shown = name or overview.name
    sheets = []
    for kind, paint in PICTURES.items():
        paper = Canvas(WIDTH, HEIGHT)
        said = paint(paper, overview)
        _heading(paper, overview, title, f"{kind.replace('-', ' ')} of {shown}")
        _frame(paper)
        _time_axis(paper, overview)
        _speech(paper, overview)
        told = f"{title}. {said} of {shown}, {_facts(overview)}."
        sheets.append(Sheet(kind, paper.png(Title=f"{title}: {shown}", Description=told)))
    return sheets


def _waveform(paper: Canvas, overview: Overview) -> str:
    most = span(overview.peak)
    for share in (-0.5, 0.0, 0.5):
        y = round(_TOP + _DOWN * (0.5 - share / 2))
        paper.fill(_LEFT, y, _RIGHT, y + 1, _PALE)
    paper.ink(_LEFT, _TOP, _wave_cover(overview, most), _WAVE)
    ticks = [(_DOWN * (share + 1) / 2, f"{share * most:g}".replace("-", "−"))
             for share in (-1.0, -0.5, 0.0, 0.5, 1.0)]  # fmt: skip
    _height_axis(paper, ticks, "amplitude (1 = full scale)")
    if overview.peak < SILENT_BELOW:
        paper.text((_LEFT + _RIGHT) // 2, _TOP + _DOWN * 3 // 8, _SILENT, align="middle")
    return f"Waveform, highest peak {overview.peak:.2g} of 1"


def _spectrogram(paper: Canvas, overview: Overview) -> str:
    power = overview.power[:-1]
    rows = _means(power, _DOWN, axis=0)
    paper.image(_LEFT, _TOP, coloured(_across(overview, decibels(rows))[::-1]))
    highest = RATE // 2000
    _height_axis(
        paper, [(_DOWN * khz / highest, str(khz)) for khz in range(highest + 1)], "frequency (kHz)"
    )
    _scale(paper, silent=overview.peak < SILENT_BELOW)
    return f"Spectrogram from 0 to {highest} kHz"


def _mel_bands(paper: Canvas, overview: Overview) -> str:
    levels = decibels(mel_filters() @ overview.power)
    rows = np.repeat(
        np.arange(BANDS), np.diff(np.linspace(0, _DOWN, BANDS + 1).round().astype(int))
    )
    paper.image(_LEFT, _TOP, coloured(_across(overview, levels)[rows][::-1]))
    middles = mel_edges()[1:-1]
    marked = [250, 500, 1000, 2000, 4000]
    at = (np.interp(marked, middles, np.arange(BANDS)) + 0.5) * _DOWN / BANDS
    _height_axis(
        paper,
        [(float(y), f"{hz / 1000:g}") for y, hz in zip(at, marked, strict=True)],
        f"middle of {BANDS} mel bands (kHz)",
    )
    _scale(paper, silent=overview.peak < SILENT_BELOW)
    return f"Output of {BANDS} mel filters from 0 to {RATE // 2000} kHz"


PICTURES: Final[Mapping[str, Callable[[Canvas, Overview], str]]] = {
    "waveform": _waveform,
    "spectrogram": _spectrogram,
    "mel-filter-bank": _mel_bands,
}
"""What is drawn, by name; each paints its plot and says in words what it shows."""


def _heading(paper: Canvas, overview: Overview, title: str, below: str) -> None:
    room = WIDTH - 48
    paper.text(24, 28, font("title").fitting(title, room), size="title")
    facts = _facts(overview)
    letters = font("text")
    paper.text(24, 56, letters.fitting(below, room - letters.width(f", {facts}")) + f", {facts}")


def _facts(overview: Overview) -> str:
    spoken = sum(each.duration_s for each in overview.speech)
    heard = f"{clock(spoken)} of speech" if overview.speech else "no speech detected"
    return f"{clock(overview.duration_s)}, {heard}"


def _frame(paper: Canvas) -> None:
    paper.fill(_LEFT - 1, _TOP, _LEFT, _BOTTOM + 1, _LINE)
    paper.fill(_LEFT - 1, _BOTTOM, _RIGHT, _BOTTOM + 1, _LINE)


def _time_axis(paper: Canvas, overview: Overview) -> None:
    ticks, name = times(overview.duration_s)
    for at_s, words in ticks:
        x = _LEFT + round(_ACROSS * at_s / overview.duration_s)
        paper.fill(min(x, _RIGHT - 1), _BOTTOM, min(x, _RIGHT - 1) + 1, _BOTTOM + 6, _LINE)
        paper.text(x, _BOTTOM + 19, words, align="middle")
    paper.text((_LEFT + _RIGHT) // 2, _BOTTOM + 44, name, align="middle")


def _height_axis(paper: Canvas, ticks: Ticks, name: str) -> None:
    for up, words in ticks:
        y = min(_BOTTOM - 1, _BOTTOM - round(up))
        paper.fill(_LEFT - 6, y, _LEFT, y + 1, _LINE)
        paper.text(_LEFT - 10, y, words, align="right")
    paper.text(20, (_TOP + _BOTTOM) // 2, name, upward=True)


def _speech(paper: Canvas, overview: Overview) -> None:
    """A strip above the plot, filled where somebody speaks."""
    bottom = _TOP - 14
    paper.fill(_LEFT, bottom - _STRIP, _RIGHT, bottom, _PALE)
    for segment in overview.speech:
        start, end = (
            _LEFT + round(_ACROSS * min(1.0, at_s / overview.duration_s))
            for at_s in (segment.start_s, segment.end_s)
        )
        paper.fill(start, bottom - _STRIP, max(start + 1, end), bottom, _SPEECH)
    paper.text(_LEFT - 10, bottom - _STRIP // 2, "speech", align="right")


def _scale(paper: Canvas, *, silent: bool) -> None:
    """What the colours stand for, at the right; a word where there is nothing but darkness."""
    left = _RIGHT + 18
    bar = palette()[np.linspace(255, 0, _DOWN).astype(int)]
    paper.image(left, _TOP, np.repeat(bar[:, None], 14, axis=1))
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        level = f"{-share * RANGE_DB:g}".replace("-", "−") if share else "0 dB"
        paper.text(left + 20, round(_TOP + share * (_DOWN - 1)), level)
    if silent:
        middle = (_LEFT + _RIGHT) // 2
        paper.text(middle, (_TOP + _BOTTOM) // 2, _SILENT, align="middle", colour=PAPER)


def _across(overview: Overview, levels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bring columns to the pixels of the plot: means of many, or straight lines between few.

    Frames are centred on their place, so the first one stands at the very left.
    """
    columns = levels.shape[1]
    each_s = overview.frames_each * HOP / RATE
    middles = (np.arange(columns) + (0.5 if overview.frames_each > 1 else 0.0)) * each_s
    pixels = (np.arange(_ACROSS) + 0.5) / _ACROSS * overview.duration_s
    at = np.interp(pixels, middles, np.arange(columns))
    before = np.minimum(at.astype(int), max(columns - 2, 0))
    part = (at - before).astype(np.float32)
    after = np.minimum(before + 1, columns - 1)
    return np.asarray(levels[:, before] * (1 - part) + levels[:, after] * part, dtype=np.float32)


def _means(values: NDArray[np.float32], count: int, axis: int) -> NDArray[np.float32]:
    """Average neighbours along an axis until ``count`` are left."""
    edges = np.linspace(0, values.shape[axis], count + 1).astype(int)
    sums = np.add.reduceat(values, edges[:-1], axis=axis)
    shape = [-1 if at == axis else 1 for at in range(values.ndim)]
    return np.asarray(sums / np.diff(edges).reshape(shape), dtype=np.float32)


def _wave_cover(overview: Overview, most: float) -> NDArray[np.float32]:
    """How much of each pixel of the plot the wave covers, float32 (height, width) in 0..1."""
    # How many columns the recording fills; the last one may be filled in part.
    filled = overview.duration_s * RATE / overview.samples_each
    starts = np.minimum((np.arange(_ACROSS) * filled / _ACROSS).astype(int), len(overview.low) - 1)
    low = np.minimum.reduceat(overview.low, starts)
    high = np.maximum.reduceat(overview.high, starts)
    # From one pixel to the next the wave is a line without gaps.
    low[1:], high[1:] = np.minimum(low[1:], high[:-1]), np.maximum(high[1:], low[:-1])
    top, bottom = ((1 - edge / most) / 2 * _DOWN for edge in (high, low))
    thin = np.maximum(1.2 - (bottom - top), 0) / 2
    rows = np.arange(_DOWN)[:, None]
    cover = np.minimum(rows + 1, bottom + thin) - np.maximum(rows, top - thin)
    return np.asarray(np.clip(cover, 0, 1), dtype=np.float32)
