"""The style of reports that are pages: light and dark, readable on a phone, without a request."""

from __future__ import annotations

from pathlib import Path

from emojit.charts.drawing import style_sheet


def page_style() -> str:
    """Return the rules for a page and for the pictures on it."""
    return style_sheet() + (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
