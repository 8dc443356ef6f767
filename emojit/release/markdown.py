"""Text from data in Markdown: cells and code blocks that no content can break out of, and one way to write each kind of number."""

from __future__ import annotations

import re
from collections.abc import Callable

_SPECIAL = re.compile(r"([\\`*_\[\]|#~$])")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def cell(text: object) -> str:
    """Return text for a table cell or a running line: one line, nothing in it is markup."""
    line = " ".join(str(text).split())
    return _SPECIAL.sub(r"\\\1", line).translate(_ENTITIES)


def fence(text: object, language: str = "text") -> str:
    """Return a fenced code block, its fence longer than any run of backticks inside."""
    content = str(text).rstrip("\n")
    longest = max((len(run) for run in re.findall(r"`+", content)), default=0)
    ticks = "`" * max(3, longest + 1)
    return f"{ticks}{language}\n{content}\n{ticks}"


def code(text: object) -> str:
    """Return inline code on one line, as CommonMark wants it where the text itself holds backticks."""
    line = " ".join(str(text).split())
    longest = max((len(run) for run in re.findall(r"`+", line)), default=0)
    ticks = "`" * (longest + 1)
    pad = " " if "`" in line else ""
    return f"{ticks}{pad}{line}{pad}{ticks}".replace("|", r"\|")


def bibtex(text: object) -> str:
    """Return text for a braced BibTeX field: one line, LaTeX's own characters escaped, braces taken out."""
    line = " ".join(str(text).split()).replace("{", "").replace("}", "").replace("\\", "/")
    return re.sub(r"([&%$#_])", r"\\\1", line)


def count(number: int) -> str:
    """Return a whole number with thousands separators."""
    return f"{number:,}"


def percent(share: float) -> str:
    """Return a fraction in [0, 1] as per cent with one decimal."""
    return f"{100 * share:.1f} %"


def score(number: float) -> str:
    """Return a score in [0, 1] with three decimals."""
    return f"{number:.3f}"


FILTERS: dict[str, Callable[..., str]] = {
    "cell": cell,
    "fence": fence,
    "code": code,
    "count": count,
    "percent": percent,
    "score": score,
}
"""The filters that the card templates use, by name."""
