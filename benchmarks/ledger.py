"""The ledger of what was tried: one row a recipe, one change at a time, from evaluations.

    python -m benchmarks.ledger --changed "an encoder instead of log-mel" \\
        runs/evaluate/mine/luna5/results.json runs/evaluate/mine/loco_validation/results.json

A row is found by its recipe's hash: figures of another protocol join it, those of the same protocol
take the place of the earlier ones.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.measure import PROJECT
from sertain.errors import ProtocolError, SertainError
from sertain.lab.evaluation.outcome import write_whole
from sertain.lab.evaluation.pages import table

LEDGER = PROJECT / "results" / "ledger.json"
WITHIN, CHOOSING, ACROSS = "luna5", "loco_validation", "loco"
TOLD = ("batch", "voice")
_NOTE = (
    "What was tried, one change at a time. **Recipes are chosen by the columns marked "
    "validation**: `luna5` on validation speakers, who also chose the epoch, and "
    "`loco_validation` on a corpus that was left out beside the tested one. The other columns are "
    "of test clips and choose nothing. A change is kept where it helps one of the two and does "
    "not hurt the other. UAR, mean over seeds ± standard deviation; over corpora it is the mean: "
    "every clip by itself / told of the batch / told of all clips of each voice, without labels. "
    "Empty: not measured."
)


def row(held: Mapping[str, Any] | None, results: Mapping[str, Any], changed: str | None) -> Any:
    """Give the row of a recipe with the figures of one more evaluation.

    Parameters
    ----------
    held: the row so far, or ``None``.
    results: what ``results.json`` says.
    changed: what the recipe changes; a new row needs it.

    Raises
    ------
    ProtocolError
        The evaluation is of another protocol or of some folds only, or nobody said what changed.
    """
    name = results["protocol"]["name"]
    if name not in (WITHIN, CHOOSING, ACROSS):
        raise ProtocolError(
            f"the ledger has no column for {name}", f"name {WITHIN}, {CHOOSING} or {ACROSS}"
        )
    ran, whole = results["protocol"]["run"], results["protocol"]["folds"]
    if ran != whole:
        raise ProtocolError(f"{name} was run on {len(ran)} of {len(whole)} folds", "run them all")
    found = dict(held or {"recipe": results["recipe"]["name"], "hash": results["recipe"]["hash"]})
    found["changed"] = changed or found.get("changed")
    if not found["changed"]:
        raise ProtocolError(
            f"nobody said what {found['recipe']} ({found['hash']}) changes", "give --changed"
        )
    told = results.get("with_reference", {})
    figures = {
        "seeds": results["seeds"],
        "corpora": sorted(results["data"]["corpora"]),
        "uar": _uar(results),
        "validation": results.get("validation"),
        **{kind: _uar(told[kind]) for kind in TOLD if kind in told},
    }
    found["figures"] = {**found.get("figures", {}), name: figures}
    return found


def add(ledger: Path, paths: Sequence[Path], changed: str | None = None) -> list[dict[str, Any]]:
    """Add evaluations to a ledger, write it as JSON and as a page beside it, and give its rows."""
    rows: list[dict[str, Any]] = json.loads(ledger.read_text("utf-8")) if ledger.is_file() else []
    for path in paths:
        try:
            results = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise ProtocolError(
                f"cannot read {path} ({error})", "name a results.json of sertain evaluate"
            ) from None
        at = [one["hash"] for one in rows]
        digest = results["recipe"]["hash"]
        if digest in at:
            place = at.index(digest)
            rows[place] = row(rows[place], results, changed)
        else:
            rows.append(row(None, results, changed))
    write_whole(ledger, (json.dumps(rows, indent=1, ensure_ascii=False) + "\n").encode())
    write_whole(ledger.with_suffix(".md"), page(rows).encode())
    return rows


def page(rows: Sequence[Mapping[str, Any]]) -> str:
    """The page for people."""
    head = [
        "recipe",
        "what changed",
        "seeds",
        f"{WITHIN}, validation",
        f"{CHOOSING}: itself / batch / voice",
        f"{WITHIN}, test",
        f"{ACROSS}, test: itself / batch / voice",
    ]
    cells = [
        [
            f"{one['recipe']} ({one['hash']})",
            one["changed"],
            _seeds(one["figures"]),
            _figure(one["figures"].get(WITHIN, {}).get("validation")),
            _three(one["figures"].get(CHOOSING)),
            _figure(one["figures"].get(WITHIN, {}).get("uar")),
            _three(one["figures"].get(ACROSS)),
        ]
        for one in rows
    ]
    written = "Written by `python -m benchmarks.ledger`."
    return "\n\n".join(["# Ledger", _NOTE, table([head, *cells]), written]) + "\n"


def _uar(figures: Mapping[str, Any]) -> Any:
    """Give the figure that stands for all folds."""
    pooled = figures["pooled"]
    return (pooled["figures"] if pooled else figures["mean_of_folds"])["uar"]


def _figure(one: Mapping[str, Any] | None) -> str:
    if one is None:
        return ""
    return f"{one['mean']:.3f}" + ("" if one["sd"] is None else f" ± {one['sd']:.3f}")


def _three(figures: Mapping[str, Any] | None) -> str:
    if figures is None:
        return ""
    return " / ".join(_figure(figures.get(kind)) or "–" for kind in ("uar", *TOLD))


def _seeds(figures: Mapping[str, Mapping[str, Any]]) -> str:
    counts = {name: len(one["seeds"]) for name, one in figures.items()}
    if len(set(counts.values())) == 1:
        return str(next(iter(counts.values())))
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def main(arguments: Sequence[str] | None = None) -> None:
    """Add evaluations and write ``results/ledger.json`` and ``.md``."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("results", type=Path, nargs="+", help="results.json of evaluations")
    given.add_argument("--changed", help="what the recipe changes, in words")
    given.add_argument("--ledger", type=Path, default=LEDGER)
    wanted = given.parse_args(arguments)
    print(page(add(wanted.ledger, wanted.results, wanted.changed)))


if __name__ == "__main__":
    try:
        main()
    except SertainError as error:
        sys.exit(f"benchmarks.ledger: {error}")
