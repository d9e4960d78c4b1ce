"""The corpora: from file names to labelled clips.

>>> from sertain import corpora
>>> corpora.names()
['ravdess', 'savee', 'tess', 'crema-d', 'emodb', 'nemo', 'turev', 'banglaser']
>>> [str(emotion) for emotion in corpora.get("turev").labels]
['calm', 'happy', 'sad', 'angry']
"""

from __future__ import annotations

from sertain.corpora.audformat import from_audformat
from sertain.corpora.clip import Clip
from sertain.corpora.corpus import Corpus, Published, Scan
from sertain.corpora.folder import from_folder
from sertain.corpora.naming import recognise
from sertain.corpora.registry import get, load, locate, names, open_own
from sertain.corpora.table import from_table

__all__ = [
    "Clip",
    "Corpus",
    "Published",
    "Scan",
    "from_audformat",
    "from_folder",
    "from_table",
    "get",
    "load",
    "locate",
    "names",
    "open_own",
    "recognise",
]
