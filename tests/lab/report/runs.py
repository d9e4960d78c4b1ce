"""Folders of runs as training and evaluation write them, with figures worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

METRICS = """epoch,step,train/loss,train/accuracy,val/loss,val/accuracy,val/uar,val/uar_savee
0,7,,,1.5,0.25,0.2,0.2
0,7,2.0,0.125,,,,
1,15,,,1.25,0.5,0.4,0.4
1,15,1.0,0.5,,,,
"""

CONFUSION = [[6.0, 2.0, 0.0], [3.0, 9.0, 0.0], [4.0, 0.0, 0.0]]
"""happy, sad, calm: recalls 6/8, 9/12, 0/4; precisions 6/13, 9/11, none."""


def training(folder: Path) -> Path:
    """A finished training of two epochs, the second one kept."""
    (folder / "csv").mkdir(parents=True)
    (folder / "csv" / "metrics.csv").write_text(METRICS)
    run = {
        "recipe": {
            "name": "mine",
            "about": "tones <& pitches>",
            "corpora": ["savee"],
            "labels": ["happy", "sad", "calm"],
        },
        "hash": "0123456789",
        "seed": 3,
        "train": ["a"] * 1200,
        "validation": ["b"] * 24,
    }
    (folder / "run.json").write_text(json.dumps(run))
    summary = {
        "parameters": 1234567,
        "epochs": 2,
        "best_epoch": 2,
        "validation_uar": 0.5,
        "train_s": 90.0,
    }
    (folder / "summary.json").write_text(json.dumps(summary))
    rows = [
        f"savee/{truth}{answer}{number},savee,speech,savee/DC,{labels[truth]},{labels[answer]},1,,"
        for labels in [("happy", "sad", "calm")]
        for truth, line in enumerate(CONFUSION)
        for answer, count in enumerate(line)
        for number in range(int(count))
    ]
    head = "clip,corpus,channel,speaker,label,predicted,p_happy,p_sad,p_calm"
    (folder / "validation.csv").write_text("\n".join([head, *rows, ""]))
    return folder


def evaluation(folder: Path, *, pooled: bool = True, leak: str | None = None) -> Path:
    """An evaluation of two folds, each with the epochs of a training."""
    figure = {"mean": 0.5, "sd": None, "low": 0.4, "high": 0.6}
    pool = {
        "labels": ["happy", "sad", "calm"],
        "confusion": CONFUSION,
        "figures": {"uar": figure, "wa": {**figure, "low": None, "high": None, "sd": 0.0125}},
    }
    values: dict[str, Any] = {
        "protocol": {
            "name": "savee4",
            "title": "SAVEE, four men",
            "leak": leak,
            "folds": ["DC", "JE/x", "JK", "KL"],
            "run": ["DC", "JE/x"],
        },
        "recipe": {"name": "mine", "hash": "0123456789"},
        "seeds": [0],
        "pooled": pool if pooled else None,
        "pools": {"DC": pool, "JE/x": pool},
        "hardware": {"cores": 2},
        "created": "2026-01-01T00:00:00+00:00",
        "runs": [
            {
                "fold": fold,
                "name": name,
                "seed": 0,
                "train_clips": 1000,
                "validation_clips": 20,
                "test_clips": 24,
                "parameters": 1234567,
                "epochs": 2,
                "train_s": 90.0,
                "scores": {"uar": 0.5, "wa": 0.625},
            }
            for fold, name in enumerate(["DC", "JE/x"])
        ],
    }
    folder.mkdir(parents=True)
    (folder / "results.json").write_text(json.dumps(values))
    for fold in range(2):
        logs = folder / f"fold-{fold}-seed-0" / "fit" / "csv"
        logs.mkdir(parents=True)
        (logs / "metrics.csv").write_text(METRICS if fold else METRICS.replace("1.25", "1.75"))
    return folder


def outside(folder: Path) -> Path:
    """What `sertain evaluate --bundle` writes, as far as the report reads it."""
    folder.mkdir(parents=True)
    values = {
        "bundle": {"name": "mine", "version": "1.0", "recipe": "mine 0123456789"},
        "clips_from": ["trailer.csv"],
        "labels": ["happy", "sad", "calm"],
        "confusion": CONFUSION,
        "figures": {"uar": {"value": 0.5, "low": 0.4, "high": 0.6}},
        "counts": {"given": 30, "scored": 24},
    }
    (folder / "results.json").write_text(json.dumps(values))
    return folder
