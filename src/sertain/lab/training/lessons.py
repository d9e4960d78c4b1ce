"""What teachers answer to training clips, computed once and kept beside the decoded clips.

The key is that of the clip and, as the file's name, a hash of the teacher's weights and of its
front end, so that every student of a teacher finds its answers, whatever temperature it asks for.
Answers to changed versions of the clips lie in files of their own, named by what changes them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress
from torch import Tensor

from sertain.errors import RecipeError
from sertain.lab.recipes import Recipe
from sertain.lab.recipes.parts import Teacher as Teaching
from sertain.lab.training import features, store
from sertain.lab.training.batches import pad
from sertain.lab.training.cache import Waves, default_folder
from sertain.lab.training.extraction import Version
from sertain.lab.training.network import SpeechNetwork, load
from sertain.lab.training.plan import Plan
from sertain.lab.training.precision import half
from sertain.lab.training.teachers import Teacher
from sertain.labels import Emotion

Answers = NDArray[np.float32]


@dataclass(frozen=True)
class Entry(store.Placed):
    """Where the answer to a clip lies: first number and count."""

    labels: int


def shared_labels(recipe: Recipe, teachers: Sequence[Teacher]) -> list[Emotion]:
    """Give the student's labels that every teacher has, of which there must be two.

    Raises
    ------
    RecipeError
        There are fewer.
    """
    shared = [
        label for label in recipe.labels if all(label in one.recipe.labels for one in teachers)
    ]
    if len(shared) < 2:
        raise RecipeError(
            f"of the labels of {recipe.name} its teachers all know {len(shared)}"
            f" ({', '.join(shared) or 'none'})",
            "name teachers with two of them or more",
        )
    return shared


def check(recipe: Recipe, taught_by: Sequence[Teacher]) -> None:
    """Refuse a recipe without the teachers that it asks for, or the other way round.

    Raises
    ------
    RecipeError
        There are none, none are asked for, or they share fewer than two labels with it.
    """
    if recipe.teacher and not taught_by:
        raise RecipeError(
            f"{recipe.name} is taught by trained networks, and 0 are named",
            "name one with --teacher DIR, or write teacher: null",
        )
    if taught_by and not recipe.teacher:
        raise RecipeError(
            f"{recipe.name} does not say how much of a teacher it learns ({len(taught_by)} named)",
            "add teacher: {weight: 0.7, temperature: 2} to it, or leave --teacher out",
        )
    if taught_by:
        shared_labels(recipe, taught_by)


def prepare(plan: Plan, teaching: Teaching) -> Answers:
    """Give what the plan's teachers say of its training clips: (versions, clips, labels).

    They are log probabilities at the temperature of ``teaching``, -inf for a label that some
    teacher does not have.  First of the clips as they are, then of their stored versions; where
    waveforms are changed as they are drawn, of the clips as they are alone.  A teacher hears what
    the student hears of a clip, and is told of no voice; nothing moves its features.

    Of several teachers it is the mean of the probabilities: whoever minimises the mean of the
    divergences from each of them minimises that from this mean, where they disagree it is less
    sure, and a mean of log probabilities would let one teacher alone rule out a label.
    """
    recipe, waves = plan.recipe, plan.waves(plan.train)
    labels = shared_labels(recipe, plan.teachers)
    numbers = range((recipe.augment.variants or 0) + 1)
    found = np.full((len(numbers), len(waves), len(recipe.labels)), -np.inf, np.float32)
    columns = [recipe.labels.index(label) for label in labels]
    each = np.array([_logits(plan, one, waves, numbers, labels) for one in plan.teachers])
    found[:, :, columns] = mean_of(torch.from_numpy(each), teaching.temperature).numpy()
    return found


def mean_of(logits: Tensor, temperature: float) -> Tensor:
    """Give the log of the mean of the teachers' probabilities; ``logits`` (teachers, …, labels)."""
    each = torch.log_softmax(logits.double() / temperature, dim=-1)
    return (torch.logsumexp(each, dim=0) - math.log(len(logits))).float()


def _logits(
    plan: Plan, teacher: Teacher, waves: Waves, numbers: range, labels: Sequence[Emotion]
) -> Answers:
    """Give the logits of one teacher for some labels: (versions, clips, labels)."""
    network = load(teacher.folder, teacher.recipe).eval()
    network.to("cuda" if torch.cuda.is_available() else "cpu")
    columns = [teacher.recipe.labels.index(label) for label in labels]
    short = half(teacher.recipe) and network.coarse
    versions = [
        Version(plan.recipe.augment, number, short) if number else None for number in numbers
    ]
    return np.array(
        [_stored(plan, teacher, network, waves, version)[:, columns] for version in versions]
    )


def _stored(
    plan: Plan, teacher: Teacher, network: SpeechNetwork, waves: Waves, version: Version | None
) -> Answers:
    """Compute what is not yet stored of a teacher's answers and give them all: (clips, labels).

    They are stored batch by batch, so that a killed run goes on with the batches that it would
    have had, and so to the same last bit.
    """
    place = (plan.cache_folder or default_folder()) / "answers"
    place.mkdir(parents=True, exist_ok=True)
    name = f"{teacher.record.weights}-{features.identity(network)}"
    if version is not None:
        name += f"-{version.identity}"
    data, index = place / f"{name}.f32", place / f"{name}.jsonl"
    with store.locked(place / f"{name}.lock"):
        known = store.read(index, Entry)
        missing = {e.key: n for n, e in enumerate(waves.entries) if e.key not in known}
        for batch in _asked(plan, network, waves.some(list(missing.values())), version):
            made = (
                (own, lambda at, key=key, own=own: Entry(key, at, len(own))) for key, own in batch
            )
            known |= store.append(data, index, made, bytes_each=4)
    numbers = np.fromfile(data, np.float32)
    entries = [known[entry.key] for entry in waves.entries]
    return np.array([numbers[entry.offset : entry.offset + entry.labels] for entry in entries])


def _asked(
    plan: Plan, network: SpeechNetwork, waves: Waves, version: Version | None
) -> Iterator[list[tuple[str, Answers]]]:
    """Ask a network about clips, batch by batch of like length: keys and logits."""
    if not len(waves):
        return
    if version is None:
        heard = features.sounds(network, waves, plan.cache_folder, plan.quiet)
    else:
        heard = features.prepare(network, waves, plan.cache_folder, plan.quiet, version)
    device = next(network.parameters()).device
    shown = Console(stderr=True)
    off = plan.quiet or not shown.is_terminal
    with Progress(console=shown, disable=off, transient=True) as progress:
        task = progress.add_task("asking a teacher", total=len(heard))
        for numbers in features.batches(heard):
            sound, lengths = pad([heard[number] for number in numbers])
            with torch.inference_mode():
                logits, _embedding = network(sound.to(device), lengths.to(device))
            keys = [waves.entries[number].key for number in numbers]
            yield list(zip(keys, logits.float().cpu().numpy(), strict=True))
            progress.advance(task, len(numbers))
