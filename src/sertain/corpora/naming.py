"""What a file's name alone says of the emotion in it."""

from __future__ import annotations

from pathlib import Path

from sertain.corpora.clip import Clip
from sertain.corpora.registry import get, names


def recognise(path: str | Path) -> list[Clip]:
    """Read a file's name by the scheme of every known corpus; the file is not opened.

    Only the last part of the path counts.  Schemes overlap: most names of RAVDESS are names of
    BanglaSER too, with other emotions, and nothing in the name tells which was meant.  Such a
    name gives a clip for each corpus, in the order of :func:`~sertain.corpora.names`.

    >>> [(clip.corpus, str(clip.emotion)) for clip in recognise("03-01-06-01-02-01-12.wav")]
    [('ravdess', 'fearful')]
    >>> [(clip.corpus, str(clip.emotion)) for clip in recognise("03-01-05-01-02-01-12.wav")]
    [('ravdess', 'angry'), ('banglaser', 'neutral')]
    >>> recognise("interview.wav")
    []
    """
    name = Path(Path(path).name)
    read = (get(corpus).read(name) for corpus in names())
    return [clip for clip in read if clip is not None]
