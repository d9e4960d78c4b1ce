"""A missed target stands in the table like one that was met, and a missing figure says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.targets import Target

from benchmarks import targets


def _record(uar: float, ece: float = 0.03, half: float = 0.1, wa: float = 0.8) -> dict[str, Any]:
    """What an evaluation writes, as far as targets read it."""
    values = {"uar": uar, "ece": ece, "half_error": half, "wa": wa}
    figures = {name: {"mean": value, "low": None, "high": None} for name, value in values.items()}
    return {"pooled": {"figures": figures}}


def _evaluation() -> dict[str, Any]:
    """Two corpora; 0.70 by itself, 0.74 told of the voice, 0.67 and 0.71 of one emotion."""
    pools = {
        "emodb": {"chance": 0.2, "figures": _record(0.5, ece=0.04)["pooled"]["figures"]},
        "turev": {"chance": 0.25, "figures": _record(0.45, ece=0.12)["pooled"]["figures"]},
    }
    return {
        "recipe": {"name": "mine"},
        "seeds": [0, 1],
        "pools": pools,
        **_record(0.7, ece=0.03, half=0.12, wa=0.7),
        "with_reference": {
            "voice": _record(0.74, ece=0.05),
            "60 s one emotion: sad": _record(0.67, ece=0.02),
            "60 s one emotion: happy": _record(0.71, ece=0.01),
        },
    }


def _row(folder: Path, target: Target) -> list[str]:
    (folder / "mine.json").write_text(json.dumps(_evaluation()), "utf-8")
    (row,) = targets.rows(folder, [target])
    return row


def test_a_figure_at_its_target_meets_it_and_one_below_misses(tmp_path: Path) -> None:
    met = _row(tmp_path, Target("a", "mine.json", targets.evaluated("uar"), 0.7))
    missed = _row(tmp_path, Target("a", "mine.json", targets.evaluated("uar"), 0.71))
    assert met[:5] == ["a", "0.700", "≥ 0.70", "yes", "2"]
    assert missed[1:4] == ["0.700", "≥ 0.71", "**no**"]


def test_a_bound_from_above_turns_round(tmp_path: Path) -> None:
    target = Target("a", "mine.json", targets.evaluated("ece"), 0.03, above=False)
    assert _row(tmp_path, target)[1:4] == ["0.0300", "≤ 0.03", "yes"]


def test_gains_and_losses_are_told_against_each_clip_by_itself(tmp_path: Path) -> None:
    gain = _row(tmp_path, Target("a", "mine.json", targets.gained("voice"), 0.03))
    loss = _row(tmp_path, Target("a", "mine.json", targets.worst_loss, 0.01, above=False))
    assert gain[1:4] == ["0.0400", "≥ 0.03", "yes"]
    assert loss[1:4] == ["0.0300; only sad", "≤ 0.01", "**no**"]


def test_the_worst_of_several_is_named(tmp_path: Path) -> None:
    def found(read: Any) -> str:
        return _row(tmp_path, Target("a", "mine.json", read, 1.0))[1]

    assert found(targets.worst_ece) == "0.0500; voice"
    assert found(targets.worst_pair) == "0.120; turev, by itself"
    assert found(targets.least_over_chance) == "1.800; turev, 0.450"
    assert found(targets.half_error_share) == "0.400; 0.120 of 0.300"


def test_tables_of_their_own_name_their_worst_row_and_its_seeds(tmp_path: Path) -> None:
    def side(emotion: str, gain: float, seeds: list[int]) -> dict[str, Any]:
        interval = {"gain_low": gain - 0.01, "gain_high": gain + 0.02}
        name = f"60 s one emotion: {emotion}"
        return {"protocol": "mine", "reference": name, "gain": gain, "seeds": seeds, **interval}

    sides = [side("sad", -0.02, [0, 1]), side("angry", 0.01, [0, 1])]
    voice = {**side("", -0.5, [0]), "reference": "voice"}
    (tmp_path / "sides.json").write_text(json.dumps({"rows": [*sides, voice]}), "utf-8")
    bits = [
        {"protocol": name, "lost": lost, "lost_low": -0.01, "lost_high": 0.02, "seeds": [0]}
        for name, lost in (("mine", 0.004), ("other", -0.001))
    ]
    (tmp_path / "bits.json").write_text(json.dumps({"evaluations": bits}), "utf-8")
    answered, other, small = targets.rows(
        tmp_path,
        [
            Target("a", "sides.json", targets.worst_answer("mine"), 0.01, above=False),
            Target("b", "sides.json", targets.worst_answer("other"), 0.01, above=False),
            Target("c", "bits.json", targets.lost_by_eight_bits, 0.005, above=False),
        ],
    )
    assert answered[1:5] == ["0.0200 (0.000 to 0.030); only sad", "≤ 0.01", "**no**", "2"]
    assert other[1:4] == ["not measured", "≤ 0.01", "not measured"]
    assert small[1:5] == ["0.0040 (-0.010 to 0.020); mine", "≤ 0.005", "yes", "1"]


def test_the_worst_mix_of_a_reference_is_named_with_its_seconds(tmp_path: Path) -> None:
    def mix(reference: str, gain: float) -> dict[str, Any]:
        interval = {"gain_low": gain - 0.01, "gain_high": gain + 0.02}
        return {"reference": reference, "seconds": 29.6, "gain": gain, **interval}

    mixes = [mix("none", -1.0), mix("80% neutral", -0.02), mix("one emotion only: sad", 0.0)]
    record = [{"protocol": "mine", "seeds": [0], "by_mix": mixes}]
    (tmp_path / "worth.json").write_text(json.dumps(record), "utf-8")
    found, missing = targets.rows(
        tmp_path,
        [
            Target(name, "worth.json", targets.worst_mix(name), 0.01, above=False)
            for name in ("mine", "other")
        ],
    )
    assert found[1:5] == ["0.0200 (0.000 to 0.030); 80% neutral, 30 s", "≤ 0.01", "**no**", "1"]
    assert missing[1] == "not measured"


def test_corpora_that_chose_are_left_out_of_a_mean(tmp_path: Path) -> None:
    target = Target("a", "mine.json", targets.unchosen, 0.58)
    assert _row(tmp_path, target)[1:4] == ["0.450", "≥ 0.58", "**no**"]


def test_weights_in_float32_take_four_bytes_each(tmp_path: Path) -> None:
    runs = [{"parameters": 1_000_000}, {"parameters": 1_500_000}]
    (tmp_path / "run.json").write_text(json.dumps(_evaluation() | {"runs": runs}), "utf-8")
    target = Target("a", "run.json", targets.float32_mb, 8, above=False)
    (found,) = targets.rows(tmp_path, [target])
    assert found[1:4] == ["6.000; 1,500,000 parameters", "≤ 8.00", "yes"]


def test_what_nobody_measured_says_so_and_is_not_counted(tmp_path: Path) -> None:
    missing = Target("a", "gone.json", targets.evaluated("uar"), 0.7)
    published = Target("b", "mine.json", targets.evaluated("uar"), None)
    assert _row(tmp_path, published)[2:4] == ["published", "–"]
    assert targets.rows(tmp_path, [missing])[0][1:4] == ["not measured", "≥ 0.70", "not measured"]
    assert "0 met, 0 missed" in targets.page(tmp_path, [missing, published])


def test_the_committed_page_is_that_of_the_committed_results() -> None:
    written = (targets.RESULTS / "targets.md").read_text("utf-8")
    assert written == targets.page(targets.RESULTS)
