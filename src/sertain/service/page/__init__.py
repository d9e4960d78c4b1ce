"""The page: drop a recording, see the emotion and how sure it is.

Gradio is imported by the functions of this room when they are called, so that nothing else of the
package needs it.
"""

from __future__ import annotations

from sertain.service.page.server import DEFAULT_MAX_MB, DEFAULT_PORT, serve

__all__ = ["DEFAULT_MAX_MB", "DEFAULT_PORT", "serve"]
