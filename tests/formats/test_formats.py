"""Each format says the same of answers and failures, in its own words."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from sertain import Prediction, formats
from sertain.bundle import Conformal
from sertain.formats.table import answer
from sertain.predict import Failure, Known, Outcome

LABELS = ("neutral", "angry", "disgust")


def said(name: str, angry: float, disgust: float) -> Prediction:
    return Prediction(
        file=name,
        duration_s=4.0,
        speech_s=3.25,
        label="angry",
        confidence=angry,
        probabilities={"neutral": 1 - angry - disgust, "angry": angry, "disgust": disgust},
        model="level 1.0",
        uncertain_below=0.5,
    )


CERTAIN = said("a b.wav", 0.75, 0.125)
UNCERTAIN = said('the "best", take.wav', 0.375, 0.3125)
SILENT = Prediction(
    "silent.wav", 3725.0, 0.0, "no speech", None, None, "level 1.0", 0.5, ("cut off", "clipped")
)
BROKEN = Failure("broken.wav", "'broken.wav' is not audio; convert it")
ALL: list[Outcome] = [CERTAIN, UNCERTAIN, SILENT, BROKEN]


def written(name: str, outcomes: list[Outcome]) -> str:
    out = io.StringIO()
    formats.get(name).write(outcomes, out, labels=LABELS)
    return out.getvalue()


def test_there_are_four_formats_and_a_suffix_chooses_one() -> None:
    assert formats.names() == ("csv", "json", "jsonl", "table")
    assert formats.for_suffix(".CSV") == "csv"
    assert formats.for_suffix(".jsonl") == "jsonl"
    assert formats.for_suffix(".json") == "json"
    assert formats.for_suffix(".wav") is None


def test_json_is_a_list_of_objects() -> None:
    assert json.loads(written("json", ALL)) == [
        {
            "file": "a b.wav",
            "duration_s": 4.0,
            "speech_s": 3.25,
            "label": "angry",
            "confidence": 0.75,
            "certain": True,
            "probabilities": {"neutral": 0.125, "angry": 0.75, "disgust": 0.125},
            "set": None,
            "set_coverage": None,
            "model": "level 1.0",
            "baseline": None,
            "warnings": [],
        },
        {
            "file": 'the "best", take.wav',
            "duration_s": 4.0,
            "speech_s": 3.25,
            "label": "angry",
            "confidence": 0.375,
            "certain": False,
            "probabilities": {"neutral": 0.3125, "angry": 0.375, "disgust": 0.3125},
            "set": None,
            "set_coverage": None,
            "model": "level 1.0",
            "baseline": None,
            "warnings": [],
        },
        {
            "file": "silent.wav",
            "duration_s": 3725.0,
            "speech_s": 0.0,
            "label": "no speech",
            "confidence": None,
            "certain": False,
            "probabilities": None,
            "set": None,
            "set_coverage": None,
            "model": "level 1.0",
            "baseline": None,
            "warnings": ["cut off", "clipped"],
        },
        {"file": "broken.wav", "error": "'broken.wav' is not audio; convert it"},
    ]


SETS: list[Outcome] = [
    replace(outcome, conformal=Conformal(coverage=0.9, threshold=0.3))
    if isinstance(outcome, Prediction)
    else outcome
    for outcome in ALL
]


def test_every_format_says_the_set_and_its_coverage() -> None:
    first, second, silent, broken = json.loads(written("json", SETS))
    assert (first["set"], first["set_coverage"]) == (["angry"], 0.9)
    assert second["set"] == ["angry", "neutral", "disgust"]
    assert silent["set"] is None
    assert "set" not in broken
    rows = list(csv.DictReader(io.StringIO(written("csv", SETS))))
    assert [row["set"] for row in rows] == ["angry", "angry neutral disgust", "", ""]
    assert [row["set_coverage"] for row in rows] == ["0.9", "0.9", "0.9", ""]
    lines = written("table", SETS).splitlines()
    assert "one of (90%)" in lines[0]
    assert "angry, neutral, disgust" in lines[3]
    assert "one of" not in written("table", ALL)


ANNA = Known("anna", 64.25, 20, {"neutral": 0.25, "angry": 0.5, "disgust": 0.25})
KNOWN: list[Outcome] = [replace(CERTAIN, baseline=ANNA), UNCERTAIN, BROKEN]


def test_every_format_says_which_baseline_how_long_and_its_mix() -> None:
    first, second, broken = json.loads(written("json", KNOWN))
    assert first["baseline"] == {
        "name": "anna",
        "seconds": 64.25,
        "recordings": 20,
        "mix": {"neutral": 0.25, "angry": 0.5, "disgust": 0.25},
    }
    assert second["baseline"] is None
    assert "baseline" not in broken
    rows = list(csv.DictReader(io.StringIO(written("csv", KNOWN))))
    assert [row["baseline"] for row in rows] == ["anna", "", ""]
    assert [row["baseline_s"] for row in rows] == ["64.25", "", ""]
    assert [row["baseline_recordings"] for row in rows] == ["20", "", ""]
    assert rows[0]["baseline_mix"] == "neutral=0.25 angry=0.5 disgust=0.25"
    lines = written("table", KNOWN).splitlines()
    assert lines[0].split() == ["file", "answer", "speech", "length", "baseline", "note"]
    assert "anna, 64.2 s: angry 50%, neutral 25%, disgust 25%" in lines[2]
    assert "baseline" not in written("table", ALL)


def test_json_of_nothing_is_an_empty_list() -> None:
    assert json.loads(written("json", [])) == []


def test_jsonl_gives_jsons_objects_a_line_each() -> None:
    lines = written("jsonl", ALL).splitlines()
    assert [json.loads(line) for line in lines] == json.loads(written("json", ALL))


def test_jsonl_writes_each_line_before_it_asks_for_the_next() -> None:
    out = io.StringIO()
    seen: list[int] = []

    def one_by_one() -> Iterator[Outcome]:
        for outcome in ALL:
            seen.append(len(out.getvalue().splitlines()))
            yield outcome

    formats.get("jsonl").write(one_by_one(), out, labels=LABELS)
    assert seen == [0, 1, 2, 3]


def test_csv_has_a_column_for_each_label() -> None:
    rows = list(csv.DictReader(io.StringIO(written("csv", ALL))))
    columns = "file duration_s speech_s label confidence certain p_neutral p_angry p_disgust"
    after = [
        *["set", "set_coverage", "model", "baseline", "baseline_s", "baseline_recordings"],
        *["baseline_mix", "warnings", "error"],
    ]
    assert list(rows[0]) == [*columns.split(), *after]
    values = ["a b.wav", "4.0", "3.25", "angry", "0.75", "true", "0.125", "0.75", "0.125"]
    assert list(rows[0].values()) == [*values, "", "", "level 1.0", "", "", "", "", "", ""]
    assert rows[1]["file"] == 'the "best", take.wav'
    assert rows[1]["certain"] == "false"
    assert (rows[2]["label"], rows[2]["confidence"], rows[2]["p_angry"]) == ("no speech", "", "")
    assert rows[2]["warnings"] == "cut off; clipped"
    assert rows[3]["error"] == "'broken.wav' is not audio; convert it"
    assert rows[3]["label"] == ""


def test_the_table_names_an_answer_with_its_confidence() -> None:
    assert answer(CERTAIN) == "angry 0.75"
    assert answer(UNCERTAIN) == "uncertain (angry 0.38, neutral 0.31)"
    assert answer(SILENT) == "no speech"


def test_the_table_has_a_row_for_each_recording_in_one_piece() -> None:
    long_name = "a/" * 200 + "take.wav"
    lines = written("table", [*ALL, said(long_name, 0.9, 0.05)]).splitlines()
    assert lines[0].split() == ["file", "answer", "speech", "length", "note"]
    assert [line.strip() for line in lines[2].split("  ") if line.strip()] == [
        "a b.wav",
        "angry 0.75",
        "3.2 s",
        "4.0 s",
    ]
    assert lines[4].split()[-4:] == ["1:02:05", "cut", "off;", "clipped"]
    assert "failed" in lines[5]
    assert lines[5].rstrip().endswith("'broken.wav' is not audio; convert it")
    assert lines[6].startswith(long_name)


def test_the_table_has_no_column_of_notes_without_one() -> None:
    assert "note" not in written("table", [CERTAIN])


@pytest.mark.parametrize("name", ["[bold]x[/bold].wav", "x[red].wav"])
def test_the_table_shows_brackets_of_a_name_as_they_are(name: str) -> None:
    assert name in written("table", [said(name, 0.9, 0.05)])
