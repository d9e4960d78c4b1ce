"""Which corpora there are, where they lie, and how their clips are loaded."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from sertain.corpora.audformat import HEADER, from_audformat
from sertain.corpora.banglaser import BANGLASER
from sertain.corpora.clip import Clip
from sertain.corpora.corpus import Corpus
from sertain.corpora.cremad import CREMA_D
from sertain.corpora.emodb import EMODB
from sertain.corpora.folder import from_folder
from sertain.corpora.nemo import NEMO
from sertain.corpora.ravdess import RAVDESS
from sertain.corpora.savee import SAVEE
from sertain.corpora.table import from_table
from sertain.corpora.tess import TESS
from sertain.corpora.turev import TUREV
from sertain.errors import CorpusError

_CORPORA = {
    corpus.name: corpus for corpus in (RAVDESS, SAVEE, TESS, CREMA_D, EMODB, NEMO, TUREV, BANGLASER)
}
ROOT = "SERTAIN_CORPORA"
"""Environment variable that names the folder of all corpora."""


def names() -> list[str]:
    """Names of the corpora that are known, e.g. ``"ravdess"``."""
    return list(_CORPORA)


def get(name: str) -> Corpus:
    """The corpus of that name; raises :class:`CorpusError` naming the nearest known one."""
    for corpus in _CORPORA.values():
        if _plain(corpus.name) == _plain(name):
            return corpus
    near = difflib.get_close_matches(name.lower(), _CORPORA, n=1, cutoff=0.5)
    raise CorpusError(
        f"'{name}' is no known corpus",
        f"did you mean '{near[0]}'?" if near else f"known are {', '.join(_CORPORA)}",
    )


def locate(name: str, *, root: Path | None = None, named: Mapping[str, Path] | None = None) -> Path:
    """The folder where a corpus lies.

    Looked for in this order: ``named[name]``; the corpus' folder under ``root``; the same under
    the folder named by the environment variable ``SERTAIN_CORPORA``. The folder may be written
    as the corpus is (``CREMA-D``, ``emo_db``): case and punctuation do not count.

    Raises
    ------
    CorpusError: there is no such folder; the remedy says how to get the corpus.
    """
    corpus = get(name)
    for given, path in (named or {}).items():
        if _plain(given) == _plain(corpus.name):
            if not path.is_dir():
                raise CorpusError(f"the folder named for {corpus.name}, {path}, does not exist")
            return path
    if root is None and os.environ.get(ROOT):
        root = Path(os.environ[ROOT])
    if root is None:
        raise CorpusError(
            f"it is not said where {corpus.name} lies",
            f"give --corpora DIR, --corpus {corpus.name}=DIR or set {ROOT}",
        )
    if not root.is_dir():
        raise CorpusError(f"the folder of corpora {root} does not exist")
    if (root / corpus.name).is_dir():
        return root / corpus.name
    for path in sorted(root.iterdir()):
        if path.is_dir() and _plain(path.name) == _plain(corpus.name):
            return path
    raise CorpusError(
        f"{corpus.name} does not lie in {root}",
        f"see how to get it: sertain corpora show {corpus.name}",
    )


def load(
    names: Sequence[str],
    root: Path | None = None,
    named: Mapping[str, Path] | None = None,
) -> list[Clip]:
    """All clips of these corpora, sorted by key.

    A name in ``named`` that is none of the known corpora is a user's own: a folder with a
    sub-folder per emotion, an audformat database, or a table.

    Raises
    ------
    CorpusError: a corpus is unknown, is not there or holds no clip.
    """
    clips: list[Clip] = []
    for name in dict.fromkeys(names):
        if name in (named or {}) and not any(_plain(name) == _plain(own) for own in _CORPORA):
            clips += open_own((named or {})[name], name)
        else:
            clips += get(name).clips(locate(name, root=root, named=named))
    return sorted(clips, key=lambda clip: clip.key)


def open_own(path: Path, name: str) -> list[Clip]:
    """Clips of a user's own corpus, sorted by key: a table, a database or a folder.

    A file is read by :func:`~sertain.corpora.table.from_table`, a folder with a ``db.yaml`` by
    :func:`~sertain.corpora.audformat.from_audformat`, any other by
    :func:`~sertain.corpora.folder.from_folder`.
    """
    if path.is_file():
        return from_table(path, name)
    if (path / HEADER).is_file():
        return from_audformat(path, name)
    return from_folder(path, name)


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())
