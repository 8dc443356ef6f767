"""The files of a report on several runs, as they lie in a plan's folder and in a Space, and what ties them together."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

TABLE = "comparison.json"
"""All that a report says, as data."""
MARKDOWN = "report.md"
"""The report for reading as text."""
PAGE = "report.html"
"""The report as a page, in a plan's folder."""
INDEX = "index.html"
"""The same page in a Space, which shows it by this name."""

_DIGEST = re.compile(r'<meta name="emojit:comparison" content="([0-9a-f]{64})">')
_HEAD = 10_000  # characters of a page in which its digest stands


def table_digest(table: Mapping[str, object]) -> str:
    """Return the sha256 of a comparison's content, however its file is laid out; the page that was made of it names it."""
    text = json.dumps(table, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).hexdigest()


def stated_digest(page: Path) -> str | None:
    """Return the digest of the comparison that a page says it was made of; None where it says nothing."""
    with page.open(encoding="utf-8", errors="replace") as file:
        found = _DIGEST.search(file.read(_HEAD))
    return found[1] if found else None


def is_report(folder: Path) -> bool:
    """Whether a Space is a report that emojit laid out."""
    return (folder / TABLE).is_file() and (folder / INDEX).is_file()
