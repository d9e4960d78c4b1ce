"""Pretrained encoders of speech: waveform in, the states of every block out.

One file per family.  :func:`~sertain.lab.encoders.loading.load` finds one by folder or hub name.
"""

from sertain.lab.encoders.encoder import Encoder
from sertain.lab.encoders.loading import keep, load

__all__ = ["Encoder", "keep", "load"]
