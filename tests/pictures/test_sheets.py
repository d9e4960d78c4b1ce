"""The three pictures, read back by Pillow: sizes, places, colours, words."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from PIL import Image

from sertain.pictures import Sheet, draw, overview
from sertain.pictures.axes import round_steps, span, times
from sertain.pictures.canvas import INK, Canvas, font, shortened
from sertain.pictures.sheets import HEIGHT, WIDTH

CLIPS = Path(__file__).parents[2] / "examples" / "clips"
SPEECH = (213, 94, 0)
LEFT, TOP, RIGHT, BOTTOM = 104, 112, WIDTH - 96, HEIGHT - 66


def image(sheet: Sheet) -> Image.Image:
    return Image.open(io.BytesIO(sheet.png))


def pixels(sheet: Sheet) -> NDArray[np.uint8]:
    return np.asarray(image(sheet).convert("RGB"))


def tone(folder: Path, hz: float, seconds: float = 3.0, amplitude: float = 0.5) -> Path:
    at = np.arange(round(16_000 * seconds)) / 16_000
    path = folder / f"tone-{hz:g}.wav"
    soundfile.write(path, amplitude * np.sin(2 * np.pi * hz * at), 16_000, subtype="FLOAT")
    return path


def test_there_are_three_and_they_say_what_they_show() -> None:
    sheets = draw(overview(CLIPS / "even.wav"), title="neutral 0.50", name="even.wav")
    assert [sheet.name for sheet in sheets] == ["waveform", "spectrogram", "mel-filter-bank"]
    for sheet in sheets:
        opened = image(sheet)
        assert (opened.format, opened.size) == ("PNG", (WIDTH, HEIGHT))
        assert opened.text["Title"] == "neutral 0.50: even.wav"
        assert "2.0 s, 1.8 s of speech" in opened.text["Description"]


@pytest.mark.parametrize(("hz", "share"), [(1000, 1 / 8), (6000, 6 / 8)])
def test_a_tone_stands_at_its_frequency(tmp_path: Path, hz: float, share: float) -> None:
    sheet = draw(overview(tone(tmp_path, hz)), title="x")[1]
    column = pixels(sheet)[TOP:BOTTOM, (LEFT + RIGHT) // 2].astype(int).sum(axis=1)
    brightest = (BOTTOM - TOP) - int(column.argmax())
    assert brightest == pytest.approx(share * (BOTTOM - TOP), abs=2)


def test_a_tone_stands_at_its_mel_band(tmp_path: Path) -> None:
    sheet = draw(overview(tone(tmp_path, 1000)), title="x")[2]
    column = pixels(sheet)[TOP:BOTTOM, (LEFT + RIGHT) // 2].astype(int).sum(axis=1)
    brightest = np.flatnonzero(column == column.max()).mean() / (BOTTOM - TOP)
    # 1 kHz is 15 mel of 45.245 that 8 kHz is, by Slaney; bands lie evenly between.
    assert 1 - brightest == pytest.approx(15 / 45.245, abs=1.5 / 64)


def test_the_wave_reaches_its_peak_and_no_further(tmp_path: Path) -> None:
    # Peak 0.1 of an axis up to 0.1: full height; silence afterwards: a thin line.
    samples = np.zeros(32_000, np.float32)
    samples[:16_000:2], samples[1:16_000:2] = 0.1, -0.1
    soundfile.write(tmp_path / "half.wav", samples, 16_000, subtype="FLOAT")
    sheet = draw(overview(tmp_path / "half.wav"), title="x")[0]
    blue = (pixels(sheet)[TOP:BOTTOM, LEFT:RIGHT] == (0, 114, 178)).all(axis=2)
    heights = blue.sum(axis=0)
    middle = (RIGHT - LEFT) // 2
    assert (heights[: middle - 2] >= BOTTOM - TOP - 1).all()
    assert (heights[middle + 2 :] <= 2).all()


def test_detected_speech_is_marked_where_it_is() -> None:
    found = overview(CLIPS / "long-pause.opus")
    strip = pixels(draw(found, title="x")[0])[TOP - 20, LEFT:RIGHT]
    marked = (strip == SPEECH).all(axis=1)
    seconds = (np.arange(RIGHT - LEFT) + 0.5) / (RIGHT - LEFT) * found.duration_s
    spoken = np.zeros(len(seconds), bool)
    for segment in found.speech:
        spoken |= (seconds >= segment.start_s) & (seconds < segment.end_s)
    assert (marked != spoken).sum() <= 2 * len(found.speech)
    assert 0 < marked.sum() < len(marked)


def test_a_silent_recording_says_so() -> None:
    silent = overview(CLIPS / "silence.flac")
    waveform, spectrogram, mel = draw(silent, title="no speech")
    assert "no speech detected" in image(waveform).text["Description"]
    centre = pixels(waveform)[TOP + 90 : TOP + 125, LEFT + 200 : RIGHT - 200]
    assert (centre == INK).all(axis=2).any()
    for sheet in (spectrogram, mel):
        plot = pixels(sheet)[TOP:BOTTOM, LEFT:RIGHT]
        assert (plot[10] == (68, 1, 84)).all()
        assert (plot == (255, 255, 255)).all(axis=2).any()  # its words


def test_a_long_title_stays_on_the_paper() -> None:
    sheet = draw(overview(CLIPS / "even.wav"), title="m" * 500, name="n" * 500)[0]
    assert (pixels(sheet)[:80, -20:] == 255).all()
    assert shortened("abcdefghij", 4) == "ab…ij"


def test_letters_of_any_script_leave_a_mark() -> None:
    for letter in "aÄłŚя中":
        paper = Canvas(40, 40)
        paper.text(20, 20, letter, align="middle")
        assert (paper.pixels < 128).any(), letter
    assert font("text").place("中") == font("text").place("□")


@pytest.mark.parametrize(
    ("seconds", "last", "unit"),
    [
        (0.1, "0.1", "time (s)"),
        (3.0, "3", "time (s)"),
        (59.0, "50", "time (s)"),
        (61.0, "1:00", "time (min:s)"),
        (600.0, "10:00", "time (min:s)"),
        (3600.0, "1:00", "time (h:min)"),
        (6 * 3600.0, "6:00", "time (h:min)"),
        (40 * 3600.0, "36:00", "time (h:min)"),
    ],
)
def test_the_time_axis_has_few_round_numbers_at_any_length(
    seconds: float, last: str, unit: str
) -> None:
    ticks, name = times(seconds)
    assert (ticks[-1][1], name) == (last, unit)
    assert 2 <= len(ticks) <= 11
    assert all(at <= seconds + 1e-6 for at, _ in ticks)


def test_round_steps_are_1_2_or_5() -> None:
    assert [round_steps(value, 10) for value in (1, 11, 49, 0.07)] == [0.1, 2, 5, 0.01]
    assert [span(peak) for peak in (0.02, 0.3, 1.7)] == [0.02, 0.5, 1.0]
