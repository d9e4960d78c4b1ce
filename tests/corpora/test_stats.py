"""Clips, speakers, emotions and seconds are counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from sertain import corpora
from sertain.corpora import from_table
from sertain.corpora.stats import stats
from tests.corpora.recordings import noise, write


def test_counts_and_durations_add_up(tmp_path: Path) -> None:
    write(tmp_path / "03a01Wa.wav", noise(1, seconds=1.0))
    write(tmp_path / "08a01Fa.flac", noise(2, seconds=0.5))
    write(tmp_path / "08a01Wa.wav", noise(3, seconds=3.0))

    counted = stats("emodb", corpora.get("emodb").clips(tmp_path))

    assert (counted.clips, counted.speakers, counted.female, counted.male) == (3, 2, 1, 1)
    assert counted.emotions == {"happy": 1, "angry": 2}
    assert counted.channels == {"speech": 3}
    assert counted.duration_s == pytest.approx(4.5)
    assert counted.mean_s == pytest.approx(1.5)
    assert (counted.shortest_s, counted.longest_s) == (0.5, 3.0)
    assert counted.sample_rates == {8000: 3}


def test_a_part_of_a_file_counts_its_own_length(tmp_path: Path) -> None:
    write(tmp_path / "a.wav", noise(1, seconds=2.0))
    (tmp_path / "calls.csv").write_text(
        "file,emotion,start,end\na.wav,sad,0.5,1.0\na.wav,angry,1.5,\na.wav,happy,1.0,9.0\n",
        encoding="utf-8",
    )

    counted = stats("calls", from_table(tmp_path / "calls.csv"))

    assert counted.duration_s == pytest.approx(0.5 + 0.5 + 1.0)
    assert (counted.female, counted.male) == (0, 0)
