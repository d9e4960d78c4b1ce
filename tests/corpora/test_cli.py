"""``sertain corpora`` as a user calls it."""

from __future__ import annotations

import json
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sertain import corpora
from sertain.cli.main import main
from sertain.corpora import registry
from sertain.corpora.sources import Archive
from tests.corpora.publisher import publisher
from tests.corpora.recordings import named, noise, tree, write
from tests.corpora.test_download import MD5, SOUNDS, packed
from tests.corpora.test_verify import savee_names


@pytest.fixture(autouse=True)
def _no_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SERTAIN_CORPORA", raising=False)


def called(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main(["corpora", *map(str, arguments)])
    out, err = capsys.readouterr()
    return code, out, err


def answered(capsys: pytest.CaptureFixture[str], *arguments: object) -> Any:
    code, out, err = called(capsys, *arguments, "--format", "json")
    assert (code, err) == (0, "")
    return json.loads(out)


def test_list_says_which_there_are_and_where(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "EmoDB").mkdir()

    rows = {row["name"]: row for row in answered(capsys, "list", "--corpora", tmp_path)}

    assert list(rows) == corpora.names()
    assert rows["emodb"]["folder"] == str(tmp_path / "EmoDB")
    assert rows["tess"]["folder"] is None
    assert (rows["crema-d"]["clips"], rows["crema-d"]["speakers"]) == (7442, 91)
    code, out, _ = called(capsys, "list", "--corpora", tmp_path)
    assert code == 0
    assert "7,442" in out
    assert out.count("not here") == 7


def test_show_tells_terms_oddities_and_how_to_get_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown = answered(capsys, "show", "ravdess")
    _, text, _ = called(capsys, "show", "savee")

    assert shown["licence"] == "CC BY-NC-SA 4.0"
    assert shown["emotions"]["disgust"] == 192
    assert shown["codes"]["08"] == "surprised"
    assert "the same recording: 03-01-03-01-02-01-07, 03-01-03-01-02-02-07" in shown["oddities"]
    assert "By request: fill the registration form" in text


def test_verify_of_a_whole_corpus_ends_with_0(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    tree(tmp_path / "savee", savee_names())

    code, out, _ = called(capsys, "verify", "savee", "--corpora", tmp_path)

    assert code == 0
    assert out == f"savee: 480 of 480 clips, whole ({tmp_path / 'savee'})\n"


def test_verify_of_what_is_missing_ends_with_1_and_says_what(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    named(tmp_path / "savee", savee_names()[1:])

    code, out, _ = called(capsys, "verify", "--quick", "--corpora", tmp_path)

    assert code == 1
    assert "savee: 479 of 480 clips, NOT WHOLE, names alone were compared" in out
    assert "missing (1): savee/DC neutral 29 of 30" in out
    assert "missing clips (1): DC_n01" in out


def test_verify_in_json_lists_all_that_are_here(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    named(tmp_path / "root" / "savee", savee_names())
    mine = tree(tmp_path / "mine", ["angry/a/1.wav", "sad/b/2.wav"])
    at = ["--corpora", tmp_path / "root", "--corpus", f"mine={mine}"]

    results = answered(capsys, "verify", "--quick", *at)

    assert [(each["corpus"], each["found"]) for each in results] == [("savee", 480), ("mine", 2)]


def test_stats_count_what_is_here(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    write(tmp_path / "03a01Wa.wav", noise(1, seconds=1.0))

    (counted,) = answered(capsys, "stats", "emodb", "--corpus", f"emodb={tmp_path}")
    _, table, _ = called(capsys, "stats", "emodb", "--corpus", f"emodb={tmp_path}")

    assert (counted["clips"], counted["duration_s"]) == (1, 1.0)
    assert "angry 1" in table


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "ravdes"], "'ravdes' is no known corpus; did you mean 'ravdess'?"),
        (["verify"], "it is not said where corpora lie; give --corpora DIR or set SERTAIN_CORPORA"),
        (["download", "emodb"], "it is not said where corpora lie; give --corpora DIR"),
        (["stats", "tess"], "it is not said where tess lies; give --corpora DIR, --corpus tess="),
    ],
)
def test_a_mistake_is_one_line_and_code_1(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    code, out, err = called(capsys, *arguments)

    assert (code, out) == (1, "")
    assert err.startswith(f"sertain: {message}")
    assert err.count("\n") == 1


def test_a_folder_without_corpora_is_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, _, err = called(capsys, "verify", "--corpora", tmp_path)

    assert code == 1
    assert err.startswith(f"sertain: no corpus lies in {tmp_path}; fetch one")


def test_a_misspelt_option_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = called(capsys, "list", "--corpus", "emodb")

    assert code == 2
    assert "'emodb' is not of the form NAME=DIR" in err


def served(monkeypatch: pytest.MonkeyPatch, url: str, md5: str | None) -> None:
    """Let emodb be published at another place: the real one is not to be asked by tests."""
    source = Archive(f"{url}/download.zip", md5=md5)
    moved = replace(corpora.get("emodb"), sources=(source,))
    monkeypatch.setitem(registry._CORPORA, "emodb", moved)


def test_download_fetches_and_counts(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with publisher() as server:
        server.files["/download.zip"] = packed(SOUNDS)
        served(monkeypatch, server.url, md5=None)

        code, out, err = called(capsys, "download", "emodb", "--corpora", tmp_path)

    assert code == 1  # two clips are not the 535 that were published
    assert f"emodb: 2 of 535 clips in {tmp_path / 'emodb'}; 1 files fetched" in out
    assert "no checksum of download.zip is published; counts alone say" in out
    assert "Berlin Database of Emotional Speech: free, cite" in err
    assert "533 of the published clips of emodb are missing" in err
    assert (tmp_path / "emodb" / "wav" / "03a01Wa.wav").read_bytes() == SOUNDS["wav/03a01Wa.wav"]


def test_download_of_a_wrong_sum_is_one_line_and_code_1(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with publisher() as server:
        server.files["/download.zip"] = packed({"wav/03a01Wa.wav": b"other"})
        served(monkeypatch, server.url, md5=MD5)

        code, _, err = called(capsys, "download", "emodb", "--corpora", tmp_path, "-f", "json")

    assert code == 1
    assert f"{MD5} was published; it was removed; download again" in err
    assert err.count("\n") == 1


def test_download_without_a_network_is_one_line_and_code_1(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    served(monkeypatch, url, md5=None)

    code, _, err = called(capsys, "download", "emodb", "--corpora", tmp_path, "-f", "json")

    assert code == 1
    assert "cannot be reached" in err
    assert err.count("\n") == 1


def test_download_of_what_has_to_be_asked_for_says_how(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, _, err = called(capsys, "download", "savee", "--corpora", tmp_path)

    assert code == 1
    assert "fill the registration form at http://kahlan.eps.surrey.ac.uk" in err
    assert not (tmp_path / "savee").exists()
