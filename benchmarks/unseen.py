"""What `sertain predict` says of the recordings of a corpus that the bundle never heard.

The command answers the corpus' files, every one by itself and with `--baseline batch`, as anybody's
folder of recordings from one place; then the answers are compared with the labels.

    python -m benchmarks.unseen --corpus emodb --bundle runs/without-emodb/bundle

A bundle that heard the corpus is refused.  `--program` names another `sertain`, such as that of a
base install, which has no torch.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.measure import PROGRAM, RESULTS
from sertain import corpora
from sertain.bundle import BundleSpec, find
from sertain.corpora.clip import Clip
from sertain.errors import ProtocolError, SertainError
from sertain.lab.evaluation import metrics
from sertain.lab.evaluation.environment import versions
from sertain.lab.evaluation.intervals import bootstrap, interval
from sertain.lab.evaluation.pages import table

TRAINING = ("torch", "transformers", "lightning")
KINDS = {"every file by itself": (), "--baseline batch": ("--baseline", "batch")}


@dataclass(frozen=True)
class Row:
    """The figures of one way to ask; the interval is 95 % over speakers.

    UAR and ECE are over the labels that corpus and bundle share.  ``unanswered`` files were found
    without speech, which UAR counts as wrong; ``certain`` is the share of the answers that are not
    called uncertain, ``accuracy_of_certain`` the share of these that are right as they were said,
    ``unfamiliar`` the share with that warning.
    """

    way: str
    uar: float
    low: float
    high: float
    ece: float
    unanswered: int
    certain: float
    accuracy_of_certain: float
    unfamiliar: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and write ``results/benchmarks/unseen.json`` and ``.md``."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--corpus", required=True, help="name of the corpus that was left out")
    given.add_argument("--bundle", required=True, help="a bundle that never heard it")
    given.add_argument("--program", default=str(PROGRAM), help="the `sertain` that answers")
    asked = given.parse_args(arguments)
    spec = find(asked.bundle).spec
    if asked.corpus in {source.corpus for source in spec.data}:
        raise ProtocolError(
            f"{spec.name} learnt from {asked.corpus}, so the figures would leak",
            "train a bundle without it",
        )
    clips = [
        clip
        for clip in corpora.load([asked.corpus])
        if clip.channel == "speech" and clip.emotion in spec.labels
    ]
    rows = [
        measured(way, spec, clips, answered(asked.program, asked.bundle, clips, more))
        for way, more in KINDS.items()
    ]
    found = {
        "bundle": f"{spec.name} {spec.version}",
        "recipe": spec.recipe,
        "sha256": spec.sha256["model.onnx"],
        "learnt from": [source.corpus for source in spec.data],
        "labels": sorted({str(clip.emotion) for clip in clips}),
        "clips": len(clips),
        "speakers": len({clip.speaker for clip in clips}),
        "training libraries": training_libraries(asked.program),
        "rows": [asdict(row) for row in rows],
        "versions": versions(),
    }
    file = RESULTS / "unseen.json"
    known = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    known[asked.corpus] = found
    file.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    (RESULTS / "unseen.md").write_text(page(known), encoding="utf-8")
    print(page(known))


def training_libraries(program: str) -> list[str]:
    """Name the training libraries that stand beside the command; a base install has none."""
    look = (
        "import importlib.util as u, json;"
        f"print(json.dumps([name for name in {TRAINING!r} if u.find_spec(name)]))"
    )
    python = Path(program).with_name("python")
    said = subprocess.run([python, "-c", look], check=True, stdout=subprocess.PIPE, text=True)
    found: list[str] = json.loads(said.stdout)
    return found


def answered(
    program: str, bundle: str, clips: Sequence[Clip], more: Sequence[str]
) -> list[dict[str, object]]:
    """Ask the command for all files at once; its answers in the order of the clips."""
    with tempfile.TemporaryDirectory() as folder:
        # A folder of links holds the clips that count and nothing else.
        for number, clip in enumerate(clips):
            (Path(folder) / f"{number:05}{clip.path.suffix}").symlink_to(clip.path.resolve())
        command = [program, "predict", "-m", bundle, "-f", "jsonl", *more, folder]
        said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    found = [json.loads(line) for line in said.splitlines()]
    by_number = {int(Path(str(each["file"])).stem): each for each in found}
    return [by_number[number] for number in range(len(clips))]


def measured(
    way: str, spec: BundleSpec, clips: Sequence[Clip], said: Sequence[dict[str, object]]
) -> Row:
    """Compare answers with the labels of their clips."""
    shared = [label for label in spec.labels if label in {clip.emotion for clip in clips}]
    targets = np.array([shared.index(str(clip.emotion)) for clip in clips])
    spoken = np.array([each["probabilities"] is not None for each in said])
    chances = np.zeros((len(clips), len(shared)))
    for number, each in enumerate(said):
        if isinstance(each["probabilities"], dict):
            chances[number] = [each["probabilities"][label] for label in shared]
    chances[spoken] /= chances[spoken].sum(axis=1, keepdims=True)
    predicted = chances.argmax(axis=1)
    # No answer is a wrong one.
    predicted[~spoken] = (targets[~spoken] + 1) % len(shared)
    speakers = [clip.speaker for clip in clips]
    drawn = interval(bootstrap(targets, [predicted], speakers, shared).draws["uar"])
    certain = np.array([bool(each["certain"]) for each in said]) & spoken
    right = np.array(
        [each["label"] == str(clip.emotion) for each, clip in zip(said, clips, strict=True)]
    )
    warned = [
        any(str(one).startswith("unfamiliar") for one in list(each["warnings"]))  # type: ignore[call-overload]
        for each in said
    ]
    recall = [float((predicted[targets == k] == k).mean()) for k in range(len(shared))]
    return Row(
        way=way,
        uar=float(np.mean(recall)),
        low=drawn.low,
        high=drawn.high,
        ece=metrics.score(targets[spoken], chances[spoken]).ece,
        unanswered=int((~spoken).sum()),
        certain=float(certain.sum() / spoken.sum()),
        accuracy_of_certain=float(right[certain].mean()) if certain.any() else float("nan"),
        unfamiliar=float(np.mean(warned)),
    )


def page(known: dict[str, dict[str, object]]) -> str:
    """The page of all corpora that were measured."""
    parts = [
        "# Recordings of a corpus that the bundle never heard",
        "What `sertain predict` says of a folder of them, every file by itself and with "
        "`--baseline batch`, which tells the model, without labels, how all of them sound "
        "together. UAR and ECE are over the labels that corpus and bundle share, in brackets the "
        "95 % interval over speakers (over clips within them where there are fewer than five); a "
        "file without an answer counts as wrong. Certain answers are those not called uncertain, "
        "right as they were said, over all labels of the bundle.",
    ]
    for corpus, found in sorted(known.items()):
        rows, labels, learnt = found["rows"], found["labels"], found["learnt from"]
        assert isinstance(rows, list)
        assert isinstance(labels, list)
        assert isinstance(learnt, list)
        parts += [
            f"## {corpus}",
            f"{found['clips']:,} clips, {found['speakers']} speakers, {len(labels)} labels (chance "
            f"{1 / len(labels):.3f}); {found['recipe']}, one seed, sha256 "
            f"{str(found['sha256'])[:16]}, learnt from {', '.join(learnt)}."
            + _beside(found.get("training libraries")),
            table(
                [
                    ["asked", "UAR", "ECE", "no answer", "certain", "of these right", "unfamiliar"],
                    *(
                        [
                            row["way"],
                            f"{row['uar']:.3f} [{row['low']:.3f}, {row['high']:.3f}]",
                            f"{row['ece']:.3f}",
                            f"{row['unanswered']}",
                            f"{row['certain']:.1%}",
                            f"{row['accuracy_of_certain']:.1%}",
                            f"{row['unfamiliar']:.1%}",
                        ]
                        for row in rows
                    ),
                ]
            ),
        ]
    parts.append("Written by `benchmarks/unseen.py`.")
    return "\n\n".join(parts) + "\n"


def _beside(libraries: object) -> str:
    """Say what the command was installed with; ``None`` where nobody noted it."""
    if libraries is None:
        return ""
    assert isinstance(libraries, list)
    named = f"with {' and '.join(libraries)} beside it" if libraries else "a base install"
    return f" Asked: {named}."


if __name__ == "__main__":
    try:
        main()
    except SertainError as error:
        sys.exit(f"benchmarks.unseen: {error}")
