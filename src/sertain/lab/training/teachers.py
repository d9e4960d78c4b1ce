"""Networks that teach another one: who they are, and whom they heard."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from sertain.corpora.clip import Clip
from sertain.errors import LeakageError, RecipeError
from sertain.lab.recipes import Recipe
from sertain.lab.training import summary
from sertain.lab.training.summary import SUMMARY, WEIGHTS, Record


@dataclass(frozen=True)
class Heard:
    """The keys of clips that a network was made of, its own teachers' included.

    ``learnt`` taught weights, ``chose`` chose among them, and of the corpora ``pretrained``, all
    clips are taken as learnt.
    """

    learnt: frozenset[str]
    chose: frozenset[str]
    pretrained: frozenset[str]

    def and_of(self, others: Collection[Heard]) -> Heard:
        """Give what this network and others were made of."""
        every = (self, *others)
        return Heard(
            frozenset().union(*(one.learnt for one in every)),
            frozenset().union(*(one.chose for one in every)),
            frozenset().union(*(one.pretrained for one in every)),
        )

    def plain(self) -> dict[str, list[str]]:
        """Give it for a file."""
        return {name: sorted(keys) for name, keys in asdict(self).items()}


NOTHING = Heard(frozenset(), frozenset(), frozenset())


@dataclass(frozen=True)
class Teacher:
    """A finished run whose answers are learnt."""

    folder: Path
    recipe: Recipe
    record: Record
    heard: Heard

    def named(self, recipe_hash: str) -> Teacher:
        """Give it under the recipe of its evaluation, of which a fold trains a part."""
        return replace(self, record=replace(self.record, recipe_hash=recipe_hash))


def read(folder: Path) -> Teacher:
    """Read who a finished run is and whom it heard, from its own records.

    Raises
    ------
    RecipeError
        The folder holds no finished run.
    """
    if not (folder / SUMMARY).is_file():
        raise RecipeError(
            f"{folder} holds no finished run that could teach",
            f"finish it: sertain train RECIPE --out {folder}",
        )
    claim = json.loads((folder / "run.json").read_text("utf-8"))
    recipe = Recipe.model_validate(claim["recipe"])
    before = recipe.pretraining.corpora if recipe.pretraining else ()
    own = Heard(frozenset(claim["train"]), frozenset(claim["validation"]), frozenset(before))
    heard = own.and_of([_heard(claim["heard_by_teachers"])] if "teachers" in claim else [])
    corpora = {_corpus(key) for key in heard.learnt | heard.chose} | heard.pretrained
    record = Record(
        recipe.name,
        claim["hash"],
        claim["seed"],
        summary.read(folder).parameters,
        hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()[:16],
        tuple(sorted(corpora)),
    )
    return Teacher(folder, recipe, record, heard)


def papers(teachers: Sequence[Teacher]) -> dict[str, Any]:
    """Give what a student's ``run.json`` says of its teachers."""
    return {
        "teachers": [asdict(teacher.record) for teacher in teachers],
        "heard_by_teachers": NOTHING.and_of([teacher.heard for teacher in teachers]).plain(),
    }


def check_tested(
    teacher: Teacher,
    clips: Sequence[Clip],
    tested: Sequence[Clip],
    sounds: Mapping[str, str] | None = None,
) -> None:
    """Refuse a teacher that heard whom its student is tested on, be it only to choose an epoch.

    What it knows of a voice would reach the student with its answers.  The teacher's own records
    decide, which hold the keys of its clips.

    Parameters
    ----------
    teacher, tested:
        The teacher, and the student's test clips.
    clips:
        All clips at hand: they say whose voice a key is.  One of a tested corpus that is not among
        them is refused, since nobody can tell.
    sounds:
        By key a hash of the clip's sound, by which a copy under another name is found.

    Raises
    ------
    LeakageError
        Names the first such speaker, corpus or recording.
    """
    heard = teacher.heard
    found = _common(heard.learnt | heard.chose, heard.pretrained, clips, tested, sounds or {})
    if found:
        raise LeakageError(
            f"the teacher {teacher.folder} heard {found}, and the student is tested on that",
            "name one that did not, e.g. of an evaluation of its recipe by the same protocol",
        )


def learnt_from(
    teacher: Teacher,
    clips: Sequence[Clip],
    validation: Sequence[Clip],
    *,
    by_clip: bool = False,
) -> str | None:
    """Name the first of the student's validation speakers from whom the teacher learnt, or none.

    Through its answers they would make the student surer of them than of strangers, and it is by
    them that it is calibrated.  They may have chosen the teacher's epoch, as they choose the
    student's.  ``by_clip`` where a speaker both trains and validates by design: then clips are
    compared.
    """
    heard = teacher.heard
    if by_clip:
        both = heard.learnt & {clip.key for clip in validation}
        return min(both, default=None)
    return _common(heard.learnt, heard.pretrained, clips, validation, {})


def check_held_out(teacher: Teacher, clips: Sequence[Clip], validation: Sequence[Clip]) -> None:
    """Refuse a teacher that learnt from whom its student holds out.

    Raises
    ------
    LeakageError
        Names the first such speaker.
    """
    found = learnt_from(teacher, clips, validation)
    if found:
        raise LeakageError(
            f"the teacher {teacher.folder} learnt from {found}, which the student holds out to "
            "choose and to calibrate by",
            f"train the student with --seed {teacher.record.seed}, or another teacher: of the same "
            "corpora the same seed holds out the same speakers",
        )


def _common(
    keys: Collection[str],
    pretrained: Collection[str],
    clips: Sequence[Clip],
    members: Sequence[Clip],
    sounds: Mapping[str, str],
) -> str | None:
    """Name the first thing that both a teacher's clips, by their keys, and ``members`` have."""
    corpora = {clip.corpus for clip in members}
    if corpora & set(pretrained):
        return f"the corpus {min(corpora & set(pretrained))}"
    speakers = {clip.speaker for clip in members}
    known = {clip.key: clip for clip in clips}
    own = {sounds[clip.key]: clip.key for clip in members if sounds.get(clip.key)}
    for key in sorted(keys):
        # The copies that a recipe asks for are named by their clip, ~ and how they were made.
        clip = known.get(key) or known.get(key.rpartition("~")[0])
        if clip is None:
            if _corpus(key) in corpora:
                return f"{key}, which is not at hand so that nobody can tell whose voice it is"
        elif clip.speaker in speakers:
            return f"the speaker {clip.speaker}"
        elif sounds.get(key) in own:
            return f"{key}, an exact copy of {own[sounds[key]]}"
    return None


def _corpus(key: str) -> str:
    return key.partition("/")[0]


def _heard(plain: Mapping[str, Sequence[str]]) -> Heard:
    return Heard(**{name: frozenset(keys) for name, keys in plain.items()})
