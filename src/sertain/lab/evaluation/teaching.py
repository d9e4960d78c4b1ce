"""Who teaches the network of a fold: those of the same fold, which did not hear its test either."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sertain.corpora.clip import Clip
from sertain.errors import LeakageError, ProtocolError
from sertain.lab.evaluation import outcome
from sertain.lab.evaluation.folds import Sets
from sertain.lab.recipes.parts import Teacher as Teaching
from sertain.lab.training import teachers
from sertain.lab.training.summary import Record
from sertain.lab.training.teachers import Teacher


def of_fold(
    folders: Sequence[Path],
    sets: Sets,
    validation: Sequence[Clip],
    seed: int,
    clips: Sequence[Clip],
    sounds: Mapping[str, str],
) -> tuple[Teacher, ...]:
    """Give those who may teach the network of one fold and seed.

    Each of ``folders`` holds an evaluation by the same protocol.  All its networks of the fold,
    whatever their seed, teach, but for those that learnt from a validation speaker of this seed:
    other seeds have other ones.

    Parameters
    ----------
    folders:
        Where evaluations are kept.
    sets, validation, seed:
        The fold, the validation clips of the student, and its seed.
    clips:
        All clips at hand.
    sounds:
        By clip key, the hash of its sound.

    Raises
    ------
    ProtocolError
        A folder holds no finished fold, or one of another protocol.
    LeakageError
        One heard what the student is tested on, or all learnt from who validates it.
    """
    found: list[Teacher] = []
    for folder in folders:
        own = _read(folder, sets)
        for teacher in own:
            teachers.check_tested(teacher, clips, sets.test, sounds)
        by_clip = ("training", "validation") in sets.shared_speakers
        learnt = [
            teachers.learnt_from(teacher, clips, validation, by_clip=by_clip) for teacher in own
        ]
        if all(learnt):
            raise LeakageError(
                f"every teacher of fold {sets.fold} in {folder} learnt from who validates the"
                f" student of seed {seed}, the first from {learnt[0]}",
                f"evaluate the teacher with seed {seed}, too (--seeds {seed + 1})",
            )
        found += [teacher for teacher, what in zip(own, learnt, strict=True) if what is None]
    return tuple(found)


def _read(folder: Path, sets: Sets) -> list[Teacher]:
    """Read the finished networks of a fold."""
    found = []
    for place in sorted(folder.glob(f"fold-{sets.fold}-seed-*")):
        path = place / outcome.FILE
        if not path.is_file():
            continue
        identity = json.loads(path.read_text("utf-8"))["identity"]
        if identity["protocol"] != sets.protocol:
            raise ProtocolError(
                f"{folder} holds an evaluation by {identity['protocol']}, and this one is by"
                f" {sets.protocol}",
                f"evaluate the teacher by {sets.protocol}",
            )
        found.append(teachers.read(place / "fit").named(identity["recipe_hash"]))
    if not found:
        raise ProtocolError(
            f"{folder} holds no finished fold {sets.fold} ({sets.name}) whose network could teach",
            f"finish it: sertain evaluate RECIPE --protocol {sets.protocol} --out {folder}",
        )
    return found


def identity(taught_by: Sequence[Teacher]) -> str:
    """Give ten hexadecimal digits that change with the weights of any teacher; none without one."""
    if not taught_by:
        return ""
    weights = sorted(teacher.record.weights for teacher in taught_by)
    return hashlib.sha256("\n".join(weights).encode()).hexdigest()[:10]


def told(teaching: Teaching | None, runs: Mapping[str, Sequence[Teacher]]) -> dict[str, Any]:
    """Give what results say of teachers, from those of each fold and seed; nothing without any."""
    if teaching is None:
        return {}
    records = {of.record.weights: of.record for own in runs.values() for of in own}
    recipes: dict[tuple[str, str], list[Record]] = {}
    for record in records.values():
        recipes.setdefault((record.recipe, record.recipe_hash), []).append(record)
    return {
        "weight": teaching.weight,
        "temperature": teaching.temperature,
        "each": sorted({len(own) for own in runs.values()}),
        "teachers": [
            {
                "recipe": name,
                "recipe_hash": recipe_hash,
                "seeds": sorted({one.seed for one in own}),
                "networks": len(own),
                "parameters": max(one.parameters for one in own),
                "corpora": sorted({corpus for one in own for corpus in one.corpora}),
            }
            for (name, recipe_hash), own in sorted(recipes.items())
        ],
        "runs": {place: [one.record.weights for one in own] for place, own in runs.items()},
    }


def words(told_of: Mapping[str, Any]) -> str:
    """Say who taught, in one sentence without its full stop."""
    each = " or ".join(str(count) for count in told_of["each"])
    return (
        "taught by "
        + ", ".join(
            f"{one['recipe']} ({one['recipe_hash']}, seeds {', '.join(map(str, one['seeds']))},"
            f" {one['parameters']:,} parameters)"
            for one in told_of["teachers"]
        )
        + f": each network by {each} of the same fold, none of which heard its test; weight"
        f" {told_of['weight']:g} at temperature {told_of['temperature']:g}"
    )
