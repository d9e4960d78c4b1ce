"""The version, the name of the licence and the change log agree wherever they stand."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

import sertain

PROJECT = Path(__file__).resolve().parents[2]
CITATION = yaml.safe_load((PROJECT / "CITATION.cff").read_text(encoding="utf-8"))


def test_the_citation_names_the_version_of_the_package() -> None:
    assert CITATION["version"] == sertain.__version__


def test_the_citation_names_the_licence_of_the_code() -> None:
    assert CITATION["license"] == "Apache-2.0"
    text = (PROJECT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License\n                           Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_the_change_log_has_a_part_for_this_version() -> None:
    log = (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## {re.escape(sertain.__version__)}\b", log, flags=re.MULTILINE)
