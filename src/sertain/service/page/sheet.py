"""What is shown of one recording, as HTML: the answer, facts, bars and pictures.

Plain HTML in one of Gradio's own parts: docs/decisions/0702-pictures-as-html.md.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape
from io import StringIO
from typing import Final, Literal

from sertain import formats
from sertain.pictures.spectra import BANDS, mel_edges
from sertain.predict import Failure, Prediction
from sertain.service.page import pictures, words
from sertain.service.page.hearing import Heard


def sheet(heard: Heard, *, heading: int = 2) -> str:
    """Everything about one recording."""
    outcome = heard.outcome
    if isinstance(outcome, Failure):
        return f'<div class="sheet failed">{_failure(outcome)}{_facts(heard)}</div>'
    parts = [
        f'<h{heading} class="answer">{escape(words.certainty(outcome))}</h{heading}>',
        *(f'<p class="warning"><b>Note:</b> {escape(said)}</p>' for said in outcome.warnings),
        _truth(heard, outcome),
        _bars(outcome),
        _facts(heard),
        _pictures(heard),
    ]
    return f'<div class="sheet">{"".join(parts)}</div>'


def summary(heard: Sequence[Heard]) -> str:
    """What stands above the table of several recordings."""
    failed = sum(isinstance(each.outcome, Failure) for each in heard)
    told = f"{len(heard)} recordings" + (f", {failed} of them failed" if failed else "")
    return f'<div class="sheet"><h2 class="answer">{told}</h2></div>'


def folded(heard: Iterable[Heard]) -> str:
    """A sheet for each recording, closed until somebody opens it."""
    return "".join(
        f"<details><summary>{escape(each.name)}: {escape(_in_short(each))}</summary>"
        f"{sheet(each, heading=3)}</details>"
        for each in heard
    )


def _in_short(heard: Heard) -> str:
    if isinstance(heard.outcome, Failure):
        return "failed"
    return words.certainty(heard.outcome)


def _failure(failure: Failure) -> str:
    return f'<p class="error" role="alert"><b>Failed:</b> {escape(failure.error)}</p>'


def _truth(heard: Heard, prediction: Prediction) -> str:
    if not heard.readings:
        return ""
    return _table(
        "Name and voice",
        ("true emotion (file name)", "predicted emotion", "compared"),
        [
            (
                words.truth(heard.readings),
                prediction.label,
                words.agreement(heard.readings, prediction),
            )
        ],
    )


def _facts(heard: Heard) -> str:
    columns, row = ["name", "size"], [heard.name, words.size(heard.size)]
    if isinstance(heard.outcome, Prediction):
        columns += ["length", "speech"]
        row += [words.length(heard.outcome.duration_s), words.length(heard.outcome.speech_s)]
    if heard.info is not None:
        columns += ["sample rate", "channels"]
        row += [f"{heard.info.sample_rate / 1000:g} kHz", str(heard.info.channels)]
    if isinstance(heard.outcome, Prediction):
        columns, row = [*columns, "model"], [*row, heard.outcome.model]
        if heard.outcome.baseline is not None:
            columns, row = [*columns, "baseline"], [*row, str(heard.outcome.baseline)]
    return _table("The recording", columns, [row])


def _table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    body = "".join(
        "<tr>"
        + "".join(
            f'<td data-column="{escape(column)}">{escape(cell)}</td>'
            for column, cell in zip(columns, row, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return (
        f'<table class="facts"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _bars(prediction: Prediction) -> str:
    """Every emotion with its probability, the most probable first."""
    if prediction.probabilities is None:
        return ""
    ranked = sorted(prediction.probabilities.items(), key=lambda pair: -pair[1])
    rows = "".join(
        f'<tr><th scope="row">{escape(label)}</th>'
        f'<td class="bar" aria-hidden="true"><span style="width:{100 * value:.2f}%"></span></td>'
        f"<td>{value:.2f}</td></tr>"
        for label, value in ranked
    )
    threshold = f"certain from {prediction.uncertain_below:.2f}"
    return (
        f'<table class="bars"><caption>Calibrated probabilities; {threshold}</caption>'
        f"<tbody>{rows}</tbody></table>"
    )


def _pictures(heard: Heard) -> str:
    drawing = heard.drawing
    if drawing is None:
        return ""
    seconds = drawing.duration_s
    whole = isinstance(heard.outcome, Prediction) and heard.outcome.duration_s <= seconds + 0.1
    part = "" if whole else f", the first {seconds:.0f} s"
    length = f"{seconds:.1f} s"
    peak = max(abs(float(drawing.low.min())), abs(float(drawing.high.max())))
    loudest = f"strongest near {drawing.loudest_hz / 1000:.1f} kHz"
    middle = f"{mel_edges()[BANDS // 2] / 1000:.1f}"
    return (
        '<div class="pictures">'
        + "".join(
            (
                _picture(
                    f"Waveform{part}",
                    pictures.wave_svg(drawing),
                    f"Waveform over {length}, highest peak {peak:.2f} of 1",
                    ("1", "0", "−1"),
                    seconds,
                ),
                _picture(
                    f"Spectrogram{part}, kHz",
                    _image(pictures.png(drawing.spectrogram)),
                    f"Spectrogram, 0 to 8 kHz over {length}, {loudest}",
                    ("8", "4", "0"),
                    seconds,
                ),
                _picture(
                    f"Mel filter bank{part}, {BANDS} bands, kHz",
                    _image(pictures.png(drawing.mel)),
                    f"Output of {BANDS} mel filters, 0 to 8 kHz over {length}",
                    ("8", middle, "0"),
                    seconds,
                ),
            )
        )
        + "</div><p class='legend'>Bright is loud, dark is 80 dB weaker or silent.</p>"
    )


def _image(png: bytes) -> str:
    return f'<img src="{pictures.data_uri(png)}" alt="">'


def _picture(
    title: str, drawn: str, said: str, heights: tuple[str, str, str], seconds: float
) -> str:
    """A picture between its axes; ``said`` is what a screen reader says of it."""
    across = ("0", f"{seconds / 2:.1f}", f"{seconds:.1f} s")
    scale = "".join(f"<span>{height}</span>" for height in heights)
    times = "".join(f"<span>{time}</span>" for time in across)
    return (
        f'<figure class="picture"><figcaption>{escape(title)}</figcaption>'
        f'<div class="scale" aria-hidden="true">{scale}</div>'
        f'<div class="drawn" role="img" aria-label="{escape(said)}">{drawn}</div>'
        f'<div class="times" aria-hidden="true">{times}</div></figure>'
    )


def downloads(heard: Sequence[Heard], labels: Sequence[str]) -> str:
    """Links that hold the answers as the command line writes them; no file lies on the server."""
    return (
        '<p class="downloads">Download the answers: '
        + " ".join(
            f'<a download="answers.{suffix}" href="data:{kind};charset=utf-8;base64,'
            f'{base64.b64encode(_written(heard, labels, suffix)).decode()}">{suffix.upper()}</a>'
            for suffix, kind in (("csv", "text/csv"), ("json", "application/json"))
        )
        + "</p>"
    )


def _written(heard: Sequence[Heard], labels: Sequence[str], format_name: str) -> bytes:
    out = StringIO(newline="")
    formats.get(format_name).write([each.outcome for each in heard], out, labels=labels)
    return out.getvalue().encode("utf-8", errors="backslashreplace")


_WIDTHS: Final = {
    "nr": 56,
    "file": 150,
    "predicted": 112,
    "true emotion": 200,
    "compared": 110,
    "confidence": 120,
    "in words": 260,
    "length": 90,
    "kHz": 70,
    "channels": 105,
    "size": 100,
    "note": 320,
}
COLUMNS: Final = tuple(_WIDTHS)
WIDTHS: Final = tuple(f"{width}px" for width in _WIDTHS.values())
_NUMBERS: Final = {"nr", "confidence", "length", "kHz", "channels"}
KINDS: Final[tuple[Literal["str", "number"], ...]] = tuple(
    "number" if column in _NUMBERS else "str" for column in COLUMNS
)

Cell = str | float | None


def rows(heard: Sequence[Heard]) -> list[list[Cell]]:
    """The table of several recordings: a row each, in the order of ``COLUMNS``."""
    return [[number, *_row(each)] for number, each in enumerate(heard, start=1)]


def sorted_rows(table: Sequence[Sequence[Cell]], column: str, backwards: bool) -> list[list[Cell]]:
    """The table sorted by one of ``COLUMNS``; cells without a value come last either way."""
    at = COLUMNS.index(column)
    empty = [list(row) for row in table if row[at] in {None, ""}]
    full = [list(row) for row in table if row[at] not in {None, ""}]

    def value(row: list[Cell]) -> tuple[float, str]:
        cell = row[at]
        return (float(cell or 0), "") if column in _NUMBERS else (0.0, str(cell).casefold())

    return sorted(full, key=value, reverse=backwards) + empty


def _row(heard: Heard) -> list[Cell]:
    outcome, info = heard.outcome, heard.info
    size, truth = words.size(heard.size), words.truth(heard.readings)
    if isinstance(outcome, Failure):
        return [heard.name, "failed", truth, "", None, "", None, None, None, size, outcome.error]
    return [
        heard.name,
        outcome.label,
        truth,
        words.agreement(heard.readings, outcome),
        None if outcome.confidence is None else round(outcome.confidence, 2),
        words.certainty(outcome),
        round(outcome.duration_s, 1),
        None if info is None else info.sample_rate / 1000,
        None if info is None else info.channels,
        size,
        "; ".join(outcome.warnings),
    ]
