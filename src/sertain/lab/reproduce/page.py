"""The table as one HTML page that asks for nothing else: no script, no font, no other file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from sertain.lab.reproduce import words
from sertain.lab.reproduce.words import Values

_HEAD = (
    "row",
    "published accuracy",
    "ours, same protocol",
    "unseen speakers: UAR",
    "unseen speakers: WA",
    "parameters",
    "training of a run",
    "speed, × real time",
    "figures of",
)
_OUTSIDE = ("recipe", "tested on", "UAR", "WA", "chance", "labels", "clips", "interval over")


def written(values: Values) -> str:
    """Give the page."""
    first, *rest = [text.replace("**", "") for text in words.introduction(values)]
    parts = [
        f"<h1>{escape(words.title(values))}</h1>",
        f"<p{' class=quick' if values['quick'] else ''}>{escape(first)}</p>",
        *(f"<p>{escape(text)}</p>" for text in rest),
    ]
    for system, report in values["systems"].items():
        rows = [row for row in values["rows"] if row["system"] == system]
        if rows:
            name = f"{system}: {report}" if len(system) == 1 else report
            parts.append(_section(f"{name[0].upper()}{name[1:]}", _HEAD, map(_row, rows)))
    parts += [f"<p>{escape(text)}</p>" for text in words.compared(values)]
    if values["outside"]:
        heading = "Corpora that a system never heard"
        parts.append(_section(heading, _OUTSIDE, map(_outside, values["outside"])))
    if values["failed"]:
        lines = "".join(
            f"<li>{escape(each['recipe'])}, {escape(each['protocol'])}: {escape(reason)}</li>"
            for each in values["failed"]
            for reason in each["reasons"]
        )
        parts.append(f'<h2>What failed</h2><ul class="failed">{lines}</ul>')
    notes = "".join(f"<p>{escape(text)}</p>" for text in words.footnotes(values))
    style = Path(__file__).with_name("page.css").read_text("utf-8")
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(words.title(values))}</title>\n<style>\n{style}</style>\n"
        f'<main>\n{"".join(parts)}\n<div class="notes"><h2>Notes</h2>{notes}</div>\n'
        "</main>\n</html>\n"
    )


def _section(heading: str, head: Sequence[str], rows: Iterable[str]) -> str:
    columns = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "\n".join(rows)
    return (
        f'<h2>{escape(heading)}</h2>\n<div class="scroll" tabindex="0" role="region" '
        f'aria-label="{escape(heading)}"><table><thead><tr>{columns}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div>\n"
    )


def _row(row: Values) -> str:
    own = row["under_published"]
    beside = "".join(f"<small>{escape(text)}</small>" for text in words.told(row))
    name = f"{escape(row['row'])}<small><code>{escape(row['recipe'])}</code></small>{beside}"
    links = "<br>".join(
        f'<a href="{escape(place)}">{escape(name.partition("/")[0])}</a>'
        for name, place in words.links(row)
    )
    cells = [
        escape(words.published(row)),
        _value(words.ours(row), own) + _apart(row) + _seeds(own) + _leak(own),
        *(
            _value(words.unseen(row, name), row["unseen"]) + _seeds(row["unseen"])
            for name in ("uar", "wa")
        ),
        escape(words.parameters(row)),
        escape(words.training(row)),
        escape(words.speed(row)),
        links or words.NOTHING,
    ]
    return f'<tr><th scope="row">{name}</th>{_cells(_HEAD[1:], cells)}</tr>'


def _outside(line: Values) -> str:
    found = words.outside(line)
    trained = ", ".join(line["trained"])
    name = f"<code>{escape(line['recipe'])}</code><small>trained on {escape(trained)}</small>"
    cells = [
        escape(line["tested"]),
        _value(found["uar"], line["cell"]) + _seeds(line["cell"]),
        *(escape(found[key]) for key in ("wa", "chance", "labels", "clips", "over")),
    ]
    return f'<tr><th scope="row">{name}</th>{_cells(_OUTSIDE[1:], cells)}</tr>'


def _cells(head: Sequence[str], cells: Sequence[str]) -> str:
    return "".join(
        f'<td data-column="{escape(name)}"><div>{cell}</div></td>'
        for name, cell in zip(head, cells, strict=True)
    )


def _value(text: str, cell: Values) -> str:
    """Set the figure in bold and what follows it below, or say why there is none."""
    if cell["state"] != "done":
        kind = "failed" if cell["state"] == "failed" else "none"
        return f'<span class="{kind}">{escape(text)}</span>'
    text = text.removesuffix(f", {words.seeds(cell)}")
    figure, bracket, bounds = text.partition(" [")
    rest = f"<small>{escape(bracket.strip() + bounds)}</small>" if bounds else ""
    return f"<b>{escape(figure)}</b>{rest}"


def _apart(row: Values) -> str:
    cell = row["under_published"]
    if "difference" not in cell:
        return ""
    kind = "reached" if cell["reached"] else "short"
    return f' <span class="{kind}">({escape(words.difference(row))})</span>'


def _seeds(cell: Values) -> str:
    return f"<small>{words.seeds(cell)}</small>" if cell["state"] == "done" else ""


def _leak(cell: Values) -> str:
    return f"<small>{escape(cell['leak'])}</small>" if cell["leak"] else ""
