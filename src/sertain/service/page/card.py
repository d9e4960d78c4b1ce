"""What a model says of itself on its tab: facts and scores, then its card."""

from __future__ import annotations

from typing import Final

from sertain.bundle import Bundle, Score

NO_SCORES: Final = "Nothing was measured by a protocol."
_DATA: Final = "## Trained on"
_DATA_HEAD: Final = ("| corpus | clips | speakers | licence |", "| --- | --- | --- | --- |")


def card(bundle: Bundle) -> str:
    """Markdown: licence, threshold, data and scores as the bundle's fields, then the card."""
    spec = bundle.spec
    text = bundle.card()
    data = [
        f"| {source.corpus} | {source.clips:,} | {source.speakers} | {source.licence} |"
        for source in spec.data
    ]
    if _DATA in text:  # a card that this program wrote has the same table
        data = []
    scores = [_score(score) for score in spec.scores]
    lines = [
        f"## {spec.name} {spec.version} in short",
        "",
        f"Weights under {spec.licence}. Answers below {spec.uncertain_below:.2f} are called"
        " uncertain.",
        "",
        *(_DATA_HEAD if data else []),
        *data,
        "",
        *(
            [
                "| protocol | measure | value | 95 % interval | seeds |",
                "| --- | --- | --- | --- | --- |",
            ]
            if scores
            else [NO_SCORES]
        ),
        *scores,
        "",
        _below(text),
    ]
    return "\n".join(lines)


def _score(score: Score) -> str:
    low, high = score.interval
    return (
        f"| {score.protocol} | {score.metric} | {score.value:.3f} | {low:.3f} to {high:.3f} "
        f"| {score.seeds} |"
    )


def _below(text: str) -> str:
    """The card with every heading one step lower, since the page has its own first heading."""
    return "\n".join("#" + line if line.startswith("#") else line for line in text.splitlines())
