"""The parts of a recipe: what of a clip is heard, how clips are drawn, changed and learnt from."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from sertain.lab.augment.mixing import Mixup
from sertain.lab.augment.picture import Brightness, Resizing, Rotation, Zoom
from sertain.lab.augment.spectrogram import SpecAugment
from sertain.lab.augment.waveform import (
    Band,
    Gain,
    Noise,
    PeakNoise,
    Pitch,
    Room,
    Shift,
    Speed,
    Stretch,
    Telephone,
)
from sertain.lab.checked import LATER, Checked


class Part(Checked):
    """A front end or an architecture: the name of its module and its parameters."""

    name: str
    parameters: dict[str, Any] = Field(default_factory=dict)


class Cut(Checked):
    """What of a file is heard.

    First ``offset_s`` and ``duration_s`` cut it, as ``librosa.load`` does; a clip that is a part of
    a file with an end of its own is cut already.  Then ``cut`` keeps the part from the first to the
    last ``speech``, the whole ``file``, or what librosa's ``trim`` leaves at ``trim_db`` below the
    loudest frame.
    """

    cut: Literal["speech", "file", "trim"] = "speech"
    offset_s: float = Field(default=0.0, ge=0)
    duration_s: float | None = Field(default=None, gt=0)
    trim_db: float = Field(default=30.0, gt=0)


class Pretraining(Checked):
    """Other corpora, whose emotions the network learns first, all those that they have.

    It is trained on them as the recipe says, and begins with what it learnt but for its last layer.
    They test nothing.  ``weights`` is where that lies; an evaluation and ``sertain train`` find it
    themselves.
    """

    corpora: tuple[str, ...] = Field(min_length=1)
    weights: str | None = None


class Teacher(Checked):
    """How much of the loss is what larger networks answer (Hinton et al. 2015, arXiv 1503.02531).

    ``weight`` is its share, and that of the labels the rest.  Of ``temperature`` are the answers of
    both sides.  Who teaches is said where training starts.
    """

    weight: float = Field(default=0.7, ge=0, le=1)
    temperature: float = Field(default=2.0, gt=0)


class Augment(Checked):
    """What is done to training clips; a part that is left out is not done.

    Waveforms are changed as they are drawn, or, with ``variants``, beforehand: so many changed
    versions of every clip, beside the clip as it is, go through the front end once, and a draw
    takes one of them.  What the front end gives is then stored and cut to ``training.clip_s``.
    """

    speed: Speed | None = None
    noise: Noise | None = None
    band: Band | None = None
    peak_noise: Annotated[PeakNoise | None, LATER] = None
    stretch: Annotated[Stretch | None, LATER] = None
    pitch: Annotated[Pitch | None, LATER] = None
    gain: Annotated[Gain | None, LATER] = None
    shift: Annotated[Shift | None, LATER] = None
    room: Annotated[Room | None, LATER] = None
    telephone: Annotated[Telephone | None, LATER] = None
    variants: Annotated[int | None, Field(ge=0, le=50), LATER] = None
    spec_augment: SpecAugment | None = None
    mixup: Mixup | None = None
    rotation: Annotated[Rotation | None, LATER] = None
    zoom: Annotated[Zoom | None, LATER] = None
    brightness: Annotated[Brightness | None, LATER] = None
    sizes: Annotated[Resizing | None, LATER] = None

    @model_validator(mode="after")
    def _something_to_vary(self) -> Self:
        if self.variants is not None and bool(self.variants) != self.of_waveforms:
            raise ValueError(
                f"variants is {self.variants}, but "
                + ("nothing changes waveforms" if self.variants else "waveforms are changed")
            )
        return self

    @property
    def of_waveforms(self) -> bool:
        """Whether waveforms are changed."""
        return any(getattr(self, name) is not None for name in _OF_WAVEFORMS)

    def waveforms(self) -> dict[str, Any]:
        """Give what changes waveforms, as plain values."""
        return self.model_dump(mode="json", include=set(_OF_WAVEFORMS))

    @property
    def anything(self) -> bool:
        """Whether anything is done at all."""
        return any(getattr(self, name) is not None for name in type(self).model_fields)


_OF_WAVEFORMS = (
    "speed",
    "noise",
    "band",
    "peak_noise",
    "stretch",
    "pitch",
    "gain",
    "shift",
    "room",
    "telephone",
)


class Reference(Checked):
    """What the network knows of a voice beforehand, where ``normalise`` is ``voice``.

    In ``share`` of the draws a reference is made of training clips: by its own share (they sum to
    1) of all clips of the ``voice``, of all of its ``corpus``, of 2 to 64 ``mixed`` clips of the
    voice, or of as many of ``one_sided`` emotion.  Of a reference of s seconds
    s / (s + ``prior_s``) is believed, and of all training clips the rest.  In ``elsewhere`` of the
    draws without a reference the stored features are moved as far as voices of a corpus, and
    corpora, lie apart: what a stranger's voice and microphone do.
    """

    share: float = Field(default=0.5, ge=0, le=1)
    prior_s: float = Field(default=20.0, gt=0)
    voice: float = Field(default=0.35, ge=0, le=1)
    corpus: float = Field(default=0.20, ge=0, le=1)
    mixed: float = Field(default=0.30, ge=0, le=1)
    one_sided: float = Field(default=0.15, ge=0, le=1)
    elsewhere: Annotated[float, LATER] = Field(default=0.0, ge=0, le=1)

    @model_validator(mode="after")
    def _shares_of_one(self) -> Self:
        total = self.voice + self.corpus + self.mixed + self.one_sided
        if abs(total - 1) > 1e-6:
            raise ValueError(f"voice, corpus, mixed and one_sided sum to {total:g}, not to 1")
        return self


class Sampling(Checked):
    """How often clips are drawn.

    An epoch draws ``examples_per_epoch`` clips, or, where that is null, every training clip once
    in a random order.  ``weights`` is the share of draws that each corpus gets (they are scaled to
    sum 1); inside a corpus the labels are drawn alike when ``balance_labels``.
    """

    examples_per_epoch: int | None = Field(default=5000, ge=1)
    weights: dict[str, float] = Field(default_factory=dict)
    balance_labels: bool = True

    @model_validator(mode="after")
    def _drawn_by_weights(self) -> Self:
        if self.examples_per_epoch is None and self.weights:
            raise ValueError("weights need examples_per_epoch: else every clip is heard once")
        return self


class OneCycle(Checked):
    """Up to the learning rate in the first ``warm_up`` of all steps, then down to nothing.

    Smith and Topin 2018, with cosines.
    """

    name: Literal["one_cycle"] = "one_cycle"
    warm_up: float = Field(default=0.2, gt=0, lt=1)


class Plateau(Checked):
    """Times ``factor`` after ``patience`` epochs without a lower training loss, to ``floor``.

    As ``ReduceLROnPlateau`` of Keras counts.
    """

    name: Literal["plateau"]
    factor: float = Field(default=0.4, gt=0, lt=1)
    patience: int = Field(default=2, ge=1)
    floor: float = Field(default=1e-7, ge=0)


class Exponential(Checked):
    """Times ``decay`` after every ``every_epochs``, not below ``floor``."""

    name: Literal["exponential"]
    decay: float = Field(default=0.9, gt=0, le=1)
    every_epochs: int = Field(default=1, ge=1)
    floor: float = Field(default=0.0, ge=0)


class Constant(Checked):
    """The same learning rate throughout."""

    name: Literal["constant"]


Schedule = OneCycle | Plateau | Exponential | Constant


class Training(Checked):
    """Optimisation.

    ``clip_s`` is the length to which clips are cut or repeated, null for whole clips.  The epoch
    that is kept is the best by ``watch``: UAR, accuracy (WA) or loss of the validation clips, or
    the ``last`` one.  ``own_labels``: a clip learns among the labels of its own corpus and
    channel, or, where that is false as in most reports, among all of the recipe.
    After ``patience`` epochs without a better one training stops; null trains them all.
    ``average_decay`` is that of the running mean of the weights, 0 for none.
    ``validation_clips`` is the most clips of one corpus that are heard after an epoch;
    calibration hears them all.
    A gradient longer than ``gradient_norm`` is shortened to it; null leaves it as it is.
    """

    epochs: int = Field(default=20, ge=1)
    batch_size: int = Field(default=64, ge=2)
    optimiser: Annotated[Literal["adamw", "adam"], LATER] = "adamw"
    schedule: Annotated[Schedule, Field(discriminator="name"), LATER] = OneCycle()
    learning_rate: float = Field(default=2e-3, gt=0)
    weight_decay: float = Field(default=1e-2, ge=0)
    label_smoothing: float = Field(default=0.05, ge=0, lt=1)
    clip_s: float | None = Field(default=2.5, gt=0.2, le=30)
    average_decay: float = Field(default=0.998, ge=0, lt=1)
    patience: int | None = Field(default=10, ge=1)
    watch: Annotated[Literal["uar", "wa", "loss", "last"], LATER] = "uar"
    own_labels: Annotated[bool, LATER] = True
    precision: Literal["32", "bf16"] = "bf16"
    validation_clips: int = Field(default=300, ge=1)
    gradient_norm: Annotated[float | None, LATER] = Field(default=5.0, gt=0)

    @model_validator(mode="after")
    def _something_to_wait_for(self) -> Self:
        if self.watch == "last" and self.patience is not None:
            raise ValueError("patience needs a figure to watch: with the last epoch it is null")
        return self
