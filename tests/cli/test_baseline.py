"""`predict --baseline` and `sertain baseline`: what they say where, and with which exit code."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.shell_completion import ShellComplete

from sertain import load
from sertain.cli.main import cli
from tests.cli.conftest import Run

ANNA = ("even.wav", "lively.flac", "slow-low.opus")
BEN = ("german.opus", "polish.opus", "fast-high.opus")


@pytest.fixture
def anna(clips: Path, tmp_path: Path) -> Path:
    """A folder with three recordings, 7.2 s of speech."""
    folder = tmp_path / "anna"
    folder.mkdir()
    for name in ANNA:
        shutil.copy(clips / name, folder)
    return folder


def answered(out: str) -> list[dict[str, Any]]:
    return list(json.loads(out))


def probabilities(model: str, known: Any, file: Path) -> dict[str, float]:
    """What Python answers, rounded as JSON is."""
    plain = load(model).with_baseline(known).predict(file).to_dict()
    return dict(plain["probabilities"])


def test_a_folder_and_files_are_a_baseline(run: Run, voice: str, anna: Path, clips: Path) -> None:
    take = clips / "german.opus"
    done = run("predict", "-m", voice, "-f", "json", str(take), "--baseline", str(anna))
    (found,) = answered(done.out)
    assert (done.code, done.err) == (0, "")
    assert found["probabilities"] == probabilities(voice, anna, take)
    assert found["baseline"]["name"] == str(anna)
    assert found["baseline"]["recordings"] == 3
    files = [word for name in ANNA for word in ("--baseline", str(anna / name))]
    again = run("predict", "-m", voice, "-f", "json", str(take), *files)
    assert answered(again.out)[0]["probabilities"] == found["probabilities"]
    alone = run("predict", "-m", voice, "-f", "json", str(take))
    assert answered(alone.out)[0]["baseline"] is None
    assert answered(alone.out)[0]["probabilities"] != found["probabilities"]


def test_the_batch_is_a_baseline_only_if_it_is_asked_for(run: Run, voice: str, anna: Path) -> None:
    known = answered(
        run("predict", "-m", voice, "-f", "json", str(anna), "--baseline", "batch").out
    )
    for each in known:
        assert each["baseline"]["name"] == "batch"
        assert each["probabilities"] == probabilities(voice, anna, Path(each["file"]))
    alone = answered(run("predict", "-m", voice, "-f", "json", str(anna)).out)
    one_by_one = [
        answered(run("predict", "-m", voice, "-f", "json", each["file"]).out)[0] for each in alone
    ]
    assert alone == one_by_one


def test_standard_input_is_part_of_the_batch(run: Run, voice: str, anna: Path) -> None:
    *files, last = sorted(anna.iterdir())
    given = [*map(str, files), "-", "--baseline", "batch"]
    done = run("predict", "-m", voice, "-f", "json", *given, stdin=last.read_bytes())
    *_, piped = answered(done.out)
    assert piped["file"] == "-"
    assert piped["probabilities"] == pytest.approx(probabilities(voice, anna, last), abs=1e-6)


def test_the_speakers_of_a_table_are_known_apart(
    run: Run, voice: str, clips: Path, tmp_path: Path
) -> None:
    rows = [f"{clips / name},anna" for name in ANNA] + [f"{clips / name},ben" for name in BEN]
    table = tmp_path / "calls.csv"
    table.write_text("\n".join(["file,agent", *rows, f"{clips}/two-voices.opus,"]))
    done = run("predict", "-m", voice, "-f", "json", str(table), "--baseline", "speaker=agent")
    *known, unsaid = answered(done.out)
    assert [each["baseline"]["name"] for each in known] == ["agent anna"] * 3 + ["agent ben"] * 3
    for each in known:
        whose = ANNA if each["baseline"]["name"] == "agent anna" else BEN
        expected = probabilities(voice, [clips / name for name in whose], Path(each["file"]))
        assert each["probabilities"] == expected
    assert unsaid["baseline"] is None
    assert unsaid["warnings"][-1] == "no baseline: it is not said whose voice this is"


def test_a_batch_with_too_little_speech_is_answered_and_says_so(
    run: Run, voice: str, clips: Path
) -> None:
    for word, said in (
        ("batch", "no baseline: the batch has 1.8 s of speech, less than 5 s"),
        ("self", "no baseline: the recording has 1.8 s of speech, less than 60 s"),
    ):
        done = run("predict", "-m", voice, str(clips / "even.wav"), "--baseline", word)
        assert done.code == 0
        assert said in done.out


def test_a_folder_with_too_little_speech_is_refused(run: Run, voice: str, clips: Path) -> None:
    path = str(clips / "even.wav")
    done = run("predict", "-m", voice, path, "--baseline", path)
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        f"sertain: the baseline {path} has 1.8 s of speech, less than 5 s; "
        "give more recordings of the voice\n"
    )


def test_a_broken_recording_of_a_baseline_is_named(
    run: Run, voice: str, anna: Path, clips: Path
) -> None:
    (anna / "z.wav").write_bytes(b"")
    done = run("predict", "-m", voice, str(clips / "german.opus"), "--baseline", str(anna))
    assert done.code == 0
    assert done.err.startswith("sertain: not in the baseline: ")
    assert "z.wav' is empty" in done.err


def test_a_baseline_is_made_shown_and_used(run: Run, voice: str, anna: Path) -> None:
    kept = anna.parent / "anna.json"
    made = run("baseline", "make", str(anna), "-o", str(kept), "-m", voice)
    assert made.code == 0
    assert made.out.startswith(f"{kept}, 7.2 s: ")
    assert "(3 recordings, voice 1.0)" in made.out
    shown = run("baseline", "show", str(kept), "-f", "json")
    plain = json.loads(shown.out)
    assert (plain["recordings"], plain["rows"], plain["model"]) == (3, 2, "voice 1.0")
    assert sum(plain["mix"].values()) == pytest.approx(1, abs=1e-3)
    assert "7.2 s in 3 recordings" in run("baseline", "show", str(kept)).out
    take = anna / ANNA[0]
    done = run("predict", "-m", voice, "-f", "json", str(take), "--baseline", str(kept))
    assert answered(done.out)[0]["probabilities"] == probabilities(voice, anna, take)
    assert answered(done.out)[0]["baseline"]["name"] == str(kept)


def test_what_cannot_be_made_or_read_is_one_line(
    run: Run, voice: str, model: str, anna: Path, clips: Path
) -> None:
    take, kept = str(clips / "even.wav"), anna.parent / "x.json"
    for arguments, said in (
        (("baseline", "make", take, "-o", str(kept), "-m", voice), "less than 5 s; give more"),
        (("baseline", "make", str(anna), "-o", str(kept), "-m", model), "takes no baseline"),
        (("baseline", "show", str(kept)), "cannot be read (No such file or directory)"),
        (("predict", take, "-m", model, "--baseline", "batch"), "level 1.0 takes no baseline"),
        (("predict", take, "-m", model, "--baseline", "self"), "level 1.0 takes no baseline"),
        (("predict", take, "-m", voice, "--baseline", str(kept)), "x.json cannot be read"),
        (("predict", "no.csv", "-m", voice, "--baseline", "speaker=x"), "there is no table no.csv"),
    ):
        done = run(*arguments)
        assert (done.code, done.out) == (1, ""), arguments
        assert done.err.startswith("sertain: ")
        assert said in done.err
        assert done.err.count("\n") == 1
    assert not kept.exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--baseline", "bach"], "there is no file or folder 'bach'; name recordings, or write"),
        (["--baseline", "batch", "--baseline", "self"], "batch stands alone"),
        (["--baseline", "a.json", "--baseline", "b.json"], "a.json stands alone"),
        (["--baseline", "speaker="], "speaker= lacks the name of a table's column"),
    ],
)
def test_what_makes_no_sense_is_wrong_usage(
    run: Run, voice: str, given: list[str], said: str
) -> None:
    done = run("predict", "-m", voice, "a.wav", *given)
    assert done.code == 2
    assert said in " ".join(done.err.split())


def test_the_baselines_file_ends_in_json_and_replaces_no_recording(
    run: Run, voice: str, anna: Path
) -> None:
    for output in (anna / ANNA[0], anna / "out"):
        done = run("baseline", "make", str(anna), "-o", str(output), "-m", voice)
        assert done.code == 2
        assert "does not end in .json" in " ".join(done.err.split())


def test_a_shell_completes_models_and_words() -> None:
    shell = ShellComplete(cli, {}, "sertain", "_SERTAIN_COMPLETE")
    given = shell.get_completions(["predict", "--baseline"], "s")
    assert [each.value for each in given if each.type == "plain"] == ["self", "speaker="]
    given = shell.get_completions(["predict", "--model"], "de")
    assert [each.value for each in given if each.type == "plain"] == ["default"]
