"""The corpora: from file names to labelled clips.

>>> from sertain import corpora
>>> corpora.names()
['ravdess', 'savee', 'tess', 'crema-d', 'emodb', 'nemo', 'turev', 'banglaser']
>>> [str(emotion) for emotion in corpora.get("turev").labels]
['calm', 'happy', 'sad', 'angry']
"""

from __future__ import annotations

from sertain.corpora.clip import Clip
from sertain.corpora.corpus import Corpus, Published, Scan
from sertain.corpora.registry import get, load, locate, names

__all__ = ["Clip", "Corpus", "Published", "Scan", "get", "load", "locate", "names"]
