"""Write the figures of README.md from the files in results/.

Everything between the two marks is replaced; a test holds that the page equals the files.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.ledger import CHOOSING
from benchmarks.measure import PROJECT, Row, number, target

START, END = "<!-- figures -->", "<!-- end of figures -->"
ORDER = ("startup", "one_clip", "folder", "one_hour", "install", "demo", "page")
_CLEAN = "none"
_TOLD = ("batch", "voice")


def evaluation_row(record: dict[str, Any], page: str) -> str:
    """Give one evaluation as a row; the mean of the folds where they cannot be pooled."""
    pooled = record["pooled"]
    figures = pooled["figures"] if pooled else record["mean_of_folds"]
    cells = [
        f"[{record['protocol']['name']}]({page})",
        record["recipe"]["name"],
        str(len(record["seeds"])),
        f"{pooled['clips']:,}" if pooled else "mean of folds",
        figure(figures["uar"]),
        *(told(record, kind) for kind in _TOLD),
        *(figure(figures[name]) for name in ("wa", "ece")),
        figure(figures["half_error"]) if "half_error" in figures else "–",
        record["protocol"]["leak"] or _CLEAN,
    ]
    return f"| {' | '.join(cells)} |"


def told(record: dict[str, Any], kind: str) -> str:
    """Give the UAR with a reference of this kind, a dash where the network knows no voices."""
    found = record.get("with_reference", {}).get(kind)
    if found is None:
        return "–"
    pooled = found["pooled"]
    return figure((pooled["figures"] if pooled else found["mean_of_folds"])["uar"])


def figure(values: dict[str, float | None]) -> str:
    """Write a measure with its interval, e.g. ``"0.681 (0.642 to 0.715)"``."""
    if values["low"] is None or values["high"] is None:
        return f"{values['mean']:.3f}"
    return f"{values['mean']:.3f} ({values['low']:.3f} to {values['high']:.3f})"


def evaluations(results: Path) -> list[str]:
    """Give the table of all committed evaluations but for those that chose something."""
    found = sorted(results.rglob("results.json"))
    if not found:
        return []
    rows = []
    for path in found:
        page = path.with_suffix(".md").relative_to(results.parent).as_posix()
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["protocol"]["name"] != CHOOSING:
            rows.append(evaluation_row(record, page))
    return [
        "In brackets the 95 % interval of a bootstrap over speakers. UAR and WA are of every clip "
        "by itself, but for two columns: there the same networks were told, without labels, of all "
        "test clips together, or of all of the speaker's. ECE is measured after "
        "calibration on held-out speakers of the training folds. A leak is part of a protocol that "
        "others published with; such figures do not tell how unseen speakers are heard.",
        "",
        "| protocol | recipe | seeds | clips | UAR | told of the batch | told of the voice | WA "
        "| ECE | error of the surer half | leak |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        *rows,
        "",
    ]


def benchmark_rows(path: Path, results: Path) -> list[str]:
    """Give the rows of one benchmark that have a target."""
    record = json.loads(path.read_text(encoding="utf-8"))
    page = path.with_suffix(".md").relative_to(results.parent).as_posix()
    rows = []
    for values in record["rows"]:
        met = values.pop("met")
        row = Row(**values)
        if met is not None:
            rows.append(
                f"| [{record['title']}]({page}) | {row.what} | {number(row.value, row.unit)} "
                f"| {target(row)} | {'yes' if met else 'no'} |"
            )
    return rows


def benchmarks(results: Path) -> list[str]:
    """Give the table of all committed benchmarks, and the machine they ran on."""
    found = [path for name in ORDER if (path := results / "benchmarks" / f"{name}.json").exists()]
    if not found:
        return []
    machine = json.loads(found[0].read_text(encoding="utf-8"))["hardware"]
    return [
        f"Speed and size, measured on {machine['cores']} cores of {machine['processor']}:",
        "",
        "| benchmark | what | measured | target | met |",
        "| --- | --- | --- | --- | --- |",
        *(row for path in found for row in benchmark_rows(path, results)),
        "",
    ]


def figures(results: Path) -> str:
    """Give the block between the marks."""
    lines = evaluations(results) + benchmarks(results)
    return "\n".join(lines or ["None measured yet.", ""])


def filled(page: str, results: Path) -> str:
    """Give `page` with its figures written anew."""
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n{figures(results)}{END}{after}"


def main() -> None:
    """Rewrite README.md."""
    page = PROJECT / "README.md"
    text = filled(page.read_text(encoding="utf-8"), PROJECT / "results")
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
