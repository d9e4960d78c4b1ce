"""One page of HTML that needs nothing but itself: figures, tables and style are inside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Final

from sertain.lab.report.drawing import Picture

FIGURES: Final = "figures"

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1f2933; --paper: #fff; --line: #767676; --link: #005a8d; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ec; --paper: #14181c; --line: #8f969d; --link: #7cc4f2; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 76rem; margin: 0 auto; padding: 1rem 1.25rem 3rem; }
h1 { font-size: 1.6rem; margin: .5rem 0; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 2rem 0 .5rem; border-bottom: 1px solid var(--line); }
a { color: var(--link); }
p { max-width: 50rem; }
.figures { display: flex; flex-wrap: wrap; gap: 1.5rem; align-items: flex-start; }
figure { margin: 0; flex: 0 1 auto; max-width: 100%; }
figure svg { display: block; width: 100%; height: auto; }
figcaption { font-weight: 600; margin-bottom: .25rem; }
.scroll { overflow-x: auto; margin: .75rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding-bottom: .25rem; }
th, td { padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); text-align: right;
  vertical-align: top; }
th:first-child, td:first-child, table.facts td { text-align: left; }
th { font-weight: 600; }
tbody th { font-weight: 400; white-space: nowrap; }
table.facts td { overflow-wrap: anywhere; }
summary { cursor: pointer; padding: .25rem 0; }
.leak { border-left: 4px solid #d55e00; padding-left: .75rem; }
.scroll:focus-visible, summary:focus-visible, a:focus-visible { outline: 3px solid var(--link); }
"""
_NOTHING_FROM_OUTSIDE: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def write(
    folder: Path, name: str, title: str, parts: Iterable[str], drawn: Sequence[Picture]
) -> Path:
    """Write a page into a folder and its figures as SVG and PNG into ``figures`` beside it."""
    figures = folder / FIGURES
    figures.mkdir(parents=True, exist_ok=True)
    for picture in drawn:
        picture.write(figures)
    body = "\n".join(parts)
    html = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_NOTHING_FROM_OUTSIDE}">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{escape(title)}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    )
    (folder / name).write_text(html, "utf-8", errors="replace")
    return folder / name


def section(title: str, *parts: str) -> str:
    """Give a part of the page under a heading."""
    return f"<section>\n<h2>{escape(title)}</h2>\n" + "\n".join(parts) + "\n</section>"


def words(text: str, kind: str = "") -> str:
    """Give a paragraph; ``kind`` may be ``"leak"``."""
    marked = f' class="{kind}"' if kind else ""
    return f"<p{marked}>{escape(text)}</p>"


def shown(drawn: Iterable[Picture]) -> str:
    """Give figures side by side where there is room, each at most as wide as it was drawn."""
    return '<div class="figures">' + "\n".join(map(_figure, drawn)) + "</div>"


def _figure(picture: Picture) -> str:
    caption = f"<figcaption>{escape(picture.title)}</figcaption>"
    return f'<figure style="width:{picture.width}px">{caption}{picture.svg}</figure>'


def table(caption: str, rows: Sequence[Sequence[str]]) -> str:
    """Give a table whose first row is its head and whose first column names its rows."""
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in rows[0])
    body = "\n".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows[1:]
    )
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>\n"
        f"<tbody>{body}</tbody></table></div>"
    )


def facts(rows: Iterable[tuple[str, str]]) -> str:
    """Give what is said of a run: a name and a value a row."""
    body = "\n".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>'
        for name, value in rows
    )
    return f'<div class="scroll"><table class="facts"><tbody>{body}</tbody></table></div>'


def folded(summary: str, content: str) -> str:
    """Give content that is closed until somebody opens it."""
    return f"<details><summary>{escape(summary)}</summary>{content}</details>"
