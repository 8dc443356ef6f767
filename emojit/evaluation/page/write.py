"""`results.html` and the plots of the calibration: the report as a page that asks for nothing else, neither a file nor a script nor a server."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from emojit.charts.plots import line_svg
from emojit.charts.style import page_style
from emojit.dataset.folder import write_text
from emojit.evaluation.errors.rules import CATEGORIES
from emojit.evaluation.page.view import calibration_charts, page_of
from emojit.evaluation.page.wording import FILTERS
from emojit.evaluation.report import EvalReport

if TYPE_CHECKING:
    from jinja2 import Environment

FILE_NAME = "results.html"
PLOTS = ("plots/calibration-jaccard.svg", "plots/calibration-precision.svg")
"""The charts of the calibration, where a system gives scores."""

_TEMPLATES = Path(__file__).parent / "templates"


def write_page(report: EvalReport, folder: Path) -> None:
    """Write the page and its plots into a folder; the same report gives the same bytes.

    Raises:
        OSError: the folder cannot be written.
    """
    write_text(folder / FILE_NAME, render_page(report))
    charts = calibration_charts(report)
    for name, chart in zip(PLOTS, charts, strict=False):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_text(folder / name, line_svg(chart, standalone=True) + "\n")
    if not charts:
        for name in PLOTS:  # of an earlier evaluation
            (folder / name).unlink(missing_ok=True)


def render_page(report: EvalReport) -> str:
    """Return the page as HTML; all text of the report is escaped, and a fact that the template lacks is an error."""
    style = page_style() + (_TEMPLATES / "results.css").read_text(encoding="utf-8")
    html = (
        _environment()
        .get_template("results.html")
        .render(
            report=report,
            analysis=report.analysis,
            page=page_of(report),
            labels={system.name: system.label for system in report.systems},
            categories=CATEGORIES,
            style=style,
            style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii"),
        )
    )
    return html.rstrip("\n") + "\n"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES, encoding="utf-8"),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(FILTERS)
    return environment
