"""The cells of the table in words, the same for Markdown and for the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sertain.lab.reproduce.rows import OWN

Values = Mapping[str, Any]

QUICK: Final = "quick: not a result"
NOTHING: Final = "–"


def title(values: Values) -> str:
    """Give the heading."""
    return "The reports made again" + (f" ({QUICK})" if values["quick"] else "")


def introduction(values: Values) -> list[str]:
    """Say what the table shows and how it is to be read, a paragraph each."""
    told = [
        "Each row is a system of a report, trained from its recipe: what the report published, "
        "what it earns here under the report's own protocol, and what it earns on speakers that "
        "it never heard. Figures are in percent, the mean of the seeds that are named beside "
        "them, ± their standard deviation where there are several; in brackets the 95 % interval "
        "over speakers. UAR is the mean recall of the classes, WA the share of right answers.",
        "Figures under a report's protocol do not tell how unseen speakers are heard: what "
        "stands on both sides is said beside each.",
    ]
    if values["quick"]:
        told.insert(
            0,
            f"**{QUICK}.** Few epochs, few clips and one fold: this shows that everything "
            "runs, and nothing else.",
        )
    return told


def published(row: Values) -> str:
    """``76.02, F1 76.97``."""
    accuracy, f1 = row["published"]["accuracy"], row["published"]["f1"]
    if accuracy is None:
        return NOTHING
    return f"{accuracy:g}" + (f", F1 {f1:g}" if f1 is not None else "")


def ours(row: Values) -> str:
    """``75.8 ± 0.4 (−0.2)``, and macro F1 where the report has an F1."""
    cell = row["under_published"]
    if cell["state"] != "done":
        return missing(cell)
    text = measure(cell, "wa")
    if row["published"]["f1"] is not None:
        text += f", F1 {100 * cell['figures']['macro_f1']['mean']:.1f}"
    return f"{text}{_marked(cell)}, {seeds(cell)}"


def difference(row: Values) -> str:
    """``+0.4``, or ``−4.1, not reached`` beyond the margin."""
    cell = row["under_published"]
    if "difference" not in cell:
        return NOTHING
    points = f"{cell['difference']:+.1f}".replace("-", "−")
    return (points if cell["reached"] else f"{points}, not reached") + _marked(cell)


def unseen(row: Values, name: str) -> str:
    """``52.1 ± 0.8 [47.0, 57.3]``."""
    cell = row["unseen"]
    return _bounded(cell, name) if cell["state"] == "done" else missing(cell)


def seeds(cell: Values) -> str:
    """``3 seeds``, or ``1 of 3 seeds`` where the others are not whole yet."""
    count, wanted = len(cell["seeds"]), cell["of_seeds"]
    part = "" if count == wanted else f"{count} of "
    return f"{part}{wanted} seed{'s' * (wanted > 1)}"


def _bounded(cell: Values, name: str) -> str:
    return f"{measure(cell, name, bounds=True)}{_marked(cell)}, {seeds(cell)}"


def _marked(cell: Values) -> str:
    """Mark a figure of a recipe that was not trained whole."""
    return " (budget)" if cell["budget"] else ""


def limits(found: Values) -> str:
    """``25 of 200 epochs, 64 × 64 pixels of 128 × 128``: what is trained of a recipe."""
    parts = [f"{found['epochs']:,} of {found['of_epochs']:,} epochs"]
    if found["examples"]:
        parts.append(f"{found['examples']:,} clips an epoch")
    if found["size"]:
        (height, width), (of_height, of_width) = found["size"], found["of_size"]
        parts.append(f"{height} × {width} pixels of {of_height} × {of_width}")
    return ", ".join(parts) + (", its pretraining alike" if found["pretraining"] else "")


def budget(cell: Values) -> str:
    """``budget: 25 of 200 epochs, 64 × 64 pixels of 128 × 128, on a core of …``."""
    return f"budget: {limits(cell['budget'])}, on {cell['hardware']}"


def measure(cell: Values, name: str, *, bounds: bool = False) -> str:
    """Give a measure in percent, with its deviation over seeds and its interval."""
    figure = cell["figures"][name]
    text = f"{100 * figure['mean']:.1f}"
    if figure["sd"] is not None:
        text += f" ± {100 * figure['sd']:.1f}"
    if bounds and figure["low"] is not None:
        text += f" [{100 * figure['low']:.1f}, {100 * figure['high']:.1f}]"
    return text


def missing(cell: Values) -> str:
    """Say why there is no figure."""
    if cell["state"] == "left out":
        return NOTHING
    if cell["state"] == "empty":
        return "empty"
    return f"failed: {cell['reason']}" if cell["state"] == "failed" else str(cell["reason"])


def told(row: Values) -> list[str]:
    """Say what is to be known of a row: that no report has it, what was tried, why it is empty."""
    found = [row["beside"]] if row["beside"] else []
    if row["tried"] and row["under_published"].get("reached") is False:
        found.append(f"not reached, tried: {row['tried']}")
    return [*found, *([f"empty, because {row['empty']}"] if row["empty"] else [])]


def compared(values: Values) -> list[str]:
    """Say how our own network and the best row of each report do under the same protocol."""
    done = [row for row in values["rows"] if row["under_published"]["state"] == "done"]
    found = []
    for own in (row for row in done if row["system"] == OWN):
        same = own["under_published"]["protocol"]
        rows = [
            row
            for row in done
            if row["system"] != OWN and row["under_published"]["protocol"] == same
        ]
        if rows and not values["quick"]:
            best = max(rows, key=_accuracy)
            word = "beats" if _accuracy(own) > _accuracy(best) else "does not beat"
            found.append(
                f"Under the protocol of {best['system']} our network {word} the best row that is "
                f"done: {measure(own['under_published'], 'wa')} against "
                f"{measure(best['under_published'], 'wa')} of {best['row']}."
            )
    return found


def _accuracy(row: Values) -> float:
    return float(row["under_published"]["figures"]["wa"]["mean"])


def parameters(row: Values) -> str:
    """``703,752``."""
    return NOTHING if row["parameters"] is None else f"{row['parameters']:,}"


def training(row: Values) -> str:
    """``41 s: 50 epochs of 5,760 clips, 128 × 128; budget: …``, for one run."""
    cell = next((row[c] for c in ("under_published", "unseen") if row[c]["state"] == "done"), None)
    if cell is None:
        return NOTHING
    low, high = cell["epochs"]
    epochs = f"{low}" if low == high else f"{low} to {high}"
    said = f"{duration(cell['train_s'])}: {epochs} epoch{'s' * (high != 1)}"
    said += f" of {cell['train_clips']:,} clips"
    said += f", {row['size']}" if row["size"] else ""
    return said + (f"; {budget(cell)}" if cell["budget"] else "")


def speed(row: Values) -> str:
    """``820 × real time``, and how that compares to the embedded model in the same minute."""
    found = row["speed"]
    if found is None:
        return NOTHING
    if "failed" in found:
        return f"failed: {found['failed']}"
    share = found["times_real_time"] / found["default_times_real_time"]
    return f"{found['times_real_time']:,.0f} × ({share:.2g} × the embedded model's)"


def duration(seconds: float) -> str:
    """``9.5 s``, ``12 min``, ``3.4 h``."""
    if seconds < 90:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def machines(values: Values) -> list[str]:
    """Name what the shown runs were trained on, each once."""
    cells = [row[c] for row in values["rows"] for c in ("under_published", "unseen")]
    cells += [line["cell"] for line in values["outside"]]
    return sorted({cell["hardware"] for cell in cells if cell["state"] == "done"})


def footnotes(values: Values) -> list[str]:
    """Say on what, how long and when."""
    ran = ", ".join(f"{name} {version}" for name, version in values["versions"].items())
    after = "" if values["wall_s"] is None else f" after {duration(values['wall_s'])}"
    return [
        f"“Not reached” is more than {values['margin']:g} points below the published accuracy.",
        "Training is the mean of a run under the published protocol, on one thread or one card: "
        + ("; ".join(machines(values)) or "nothing yet")
        + ". Speed is that of the exported model on ONNX Runtime, one thread, on 4 s of sound.",
        *_budgets(values),
        *_took(values),
        f"Written {values['created']}{after} with {ran}.",
    ]


def _took(values: Values) -> list[str]:
    """Say what all runs took that the figures rest on, wherever and whenever they were made."""
    shown = values["shown"]
    if not shown["runs"]:
        return []
    return [
        f"The figures rest on {shown['runs']:,} run{'s' * (shown['runs'] != 1)}, which took "
        f"{duration(shown['wall_s'])} of one core, or one card, all together: training and answers."
    ]


def _budgets(values: Values) -> list[str]:
    """Name the recipes that were not trained whole, and how far each was."""
    lines = [*values["rows"], *({**each, "row": each["recipe"]} for each in values["outside"])]
    found: dict[str, list[str]] = {}
    for line in lines:
        for name in ("under_published", "unseen", "cell"):
            cell = line.get(name)
            if cell and cell["state"] == "done" and cell["budget"]:
                names = found.setdefault(budget(cell), [])
                names.extend([line["row"]] if line["row"] not in names else [])
    if not found:
        return []
    told = [f"{', '.join(names)}: {said}" for said, names in found.items()]
    return [
        "“(budget)” marks a recipe that is too heavy for a processor and was trained there only in "
        "part; it is no figure of the whole recipe. " + "; ".join(told) + "."
    ]


def links(row: Values) -> list[tuple[str, str]]:
    """Name the pages of the runs, or their records where the runs are elsewhere: relative paths."""
    cells = (row["under_published"], row["unseen"])
    return [
        (cell["protocol"], cell.get("page", cell["record"]))
        for cell in cells
        if cell["state"] == "done"
    ]


def outside(line: Values) -> dict[str, str]:
    """Give the cells of a line of the second table."""
    cell = line["cell"]
    done = cell["state"] == "done"
    return {
        "clips": f"{cell['clips']:,}" if done else NOTHING,
        "labels": str(len(cell["labels"])) if done else NOTHING,
        "chance": f"{100 * cell['chance']:.1f}" if done else NOTHING,
        "uar": _bounded(cell, "uar") if done else _absent(cell),
        "wa": _bounded(cell, "wa") if done else NOTHING,
        "over": cell["interval_over"] if done else NOTHING,
    }


def _absent(cell: Values) -> str:
    """Say why a line of the second table has no figure."""
    return f"empty: {cell['reason']}" if cell["state"] == "empty" else missing(cell)
