"""The page on which labels are listened to and decided: one file of HTML, nothing from outside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any, Final

from sertain.corpora.clip import Clip
from sertain.corpora.decisions import Decision
from sertain.lab.doctor import writing
from sertain.lab.doctor.diagnosis import Diagnosis
from sertain.lab.doctor.swaps import Pair

EXAMPLES: Final = 4
"""Clips of each label of a pair that seems swapped, to be heard before deciding for all."""

_KEYS: Final = (
    ("space", "play"),
    ("k", "keep the label"),
    ("c", "change to the chosen label"),
    ("1–9", "choose a label"),
    ("d", "drop the clip"),
    ("u", "take the decision back"),
    ("j / ↓, i / ↑", "next, previous"),
)


def html(found: Diagnosis, decided: Mapping[str, Decision]) -> str:
    """Give the page; ``decided`` are the decisions that were taken before."""
    here = Path(__file__)
    style = here.with_name("page.css").read_text("utf-8")
    script = here.with_name("page.js").read_text("utf-8")
    title = f"Labels of {found.name}"
    keys = "".join(f"<div><dt>{escape(k)}</dt><dd>{escape(does)}</dd></div>" for k, does in _KEYS)
    # A "<" could end the script's element or begin another, wherever it stands.
    data = json.dumps(_data(found, decided), ensure_ascii=False).replace("<", "\\u003c")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src '
        "'unsafe-inline'; script-src 'unsafe-inline'; img-src 'self' data:; media-src 'self'; "
        "connect-src 'self'\">\n"
        '<link rel="icon" href="data:,">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{escape(title)}</h1>\n"
        + "".join(f"<p>{escape(text)}</p>\n" for text in writing.sentences(found))
        + f'<details><summary>Keys</summary><dl class="keys">{keys}</dl></details>\n'
        '<p id="state" role="status" aria-live="polite"></p>\n'
        '<section id="swapped" aria-label="Labels that seem swapped"></section>\n'
        '<ol id="clips" aria-label="Clips to listen to"></ol>\n'
        f"<p class=how>{escape(found.rule)}.</p>\n</main>\n"
        f'<script type="application/json" id="data">{data}</script>\n'
        f"<script>\n{script}</script>\n</body>\n</html>\n"
    )


def _data(found: Diagnosis, decided: Mapping[str, Decision]) -> dict[str, Any]:
    numbers = {clip.key: number for number, clip in enumerate(found.clips)}
    labels: dict[str, list[str]] = {}
    for clip in found.clips:
        own = labels.setdefault(clip.channel, [])
        if clip.emotion not in own:
            own.append(clip.emotion)
    return {
        "labels": {channel: sorted(own) for channel, own in labels.items()},
        "clips": [
            {
                **_clip(one.clip, numbers),
                "probability": one.own_probability,
                "probable": one.probable,
                "probability_of_probable": one.probability,
                "twins": one.twins,
            }
            for one in found.suspects
        ],
        "swapped": [_pair(pair, found, numbers) for pair in found.swapped],
        "decided": {
            key: {"decision": row.choice, "new_label": row.new_label}
            for key, row in decided.items()
        },
    }


def _pair(pair: Pair, found: Diagnosis, numbers: Mapping[str, int]) -> dict[str, Any]:
    own = {
        str(label): [clip for clip in found.clips if clip.emotion == label] for label in pair.labels
    }
    return {
        "labels": pair.labels,
        "auc": pair.auc,
        "keys": {label: [clip.key for clip in clips] for label, clips in own.items()},
        "examples": {
            label: [_clip(clip, numbers) for clip in clips[:: max(1, len(clips) // EXAMPLES)]][
                :EXAMPLES
            ]
            for label, clips in own.items()
        },
    }


def _clip(clip: Clip, numbers: Mapping[str, int]) -> dict[str, Any]:
    return {
        "key": clip.key,
        "number": numbers[clip.key],
        "label": clip.emotion,
        "channel": clip.channel,
        "speaker": clip.speaker,
    }
