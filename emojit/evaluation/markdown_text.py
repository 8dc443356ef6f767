"""Text from data in Markdown: nothing in it is markup."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"([\\`*_\[\]|#~$])")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def cell(text: object) -> str:
    """Return text for a table cell or a running line: one line, nothing in it is markup."""
    line = " ".join(str(text).split())
    return _SPECIAL.sub(r"\\\1", line).translate(_ENTITIES)
