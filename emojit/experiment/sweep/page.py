"""`sweep.html`: the report as one page that asks for nothing else, with its curves, in the style of the report of a plan."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import emojit.experiment.page
from emojit.charts.plots import line_svg
from emojit.charts.style import page_style
from emojit.experiment.sweep.charts import charts
from emojit.experiment.sweep.facts import Sweep
from emojit.experiment.sweep.sections import sections

if TYPE_CHECKING:
    from jinja2 import Environment

PAGE = "sweep.html"

_STYLE = """
th:first-child { text-align: left; }
th[scope="row"] { min-width: min(10rem, 40vw); max-width: 18rem; overflow-wrap: break-word; }
"""
"""Names of checkpoints are longer than those of variants; with a column as narrow as a letter they would stand upright."""
_OWN = Path(__file__).parent / "templates"
_SHARED = Path(emojit.experiment.page.__file__).parent / "templates"


def render_page(report: Sweep) -> str:
    """Return the page as HTML; all text of the report is escaped, and the same report gives the same bytes."""
    drawn = charts(report)
    first, summary, *rest = sections(report)
    style = page_style() + _STYLE
    html = (
        _environment()
        .get_template(PAGE)
        .render(
            first=first,
            summary=summary,
            sections=rest,
            charts=[{"title": chart.title, "svg": line_svg(chart)} for chart in drawn.values()],
            averages=any(curve.averages for curve in report.curves),
            legend=next((chart.legend() for name, chart in drawn.items() if name == report.by), ()),
            style=style,
            style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii"),
        )
    )
    return html.rstrip("\n") + "\n"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader([_OWN, _SHARED], encoding="utf-8"),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
