"""`report.html`: a comparison as one page that asks for nothing else, neither a file nor a script nor a server."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from emojit.charts.style import page_style
from emojit.dataset.folder import write_text
from emojit.experiment.comparison.facts import Comparison
from emojit.experiment.page.view import page_of
from emojit.experiment.page.wording import FILTERS
from emojit.experiment.plan.conditions import IMPROVED
from emojit.release.report_files import PAGE, table_digest

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES = Path(__file__).parent / "templates"


def write_page(comparison: Comparison, folder: Path) -> Path:
    """Write `report.html`; the same comparison gives the same bytes.

    Args:
        comparison: all that it says.
        folder: where to, made where it does not exist.

    Returns:
        The path of the page.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / PAGE
    write_text(path, render_page(comparison))
    return path


def render_page(comparison: Comparison) -> str:
    """Return the page as HTML; all text of the comparison is escaped, and a fact that the template lacks is an error."""
    style = page_style()
    html = (
        _environment()
        .get_template("report.html")
        .render(
            comparison=comparison,
            page=page_of(comparison),
            improved=IMPROVED,
            digest=table_digest(comparison.as_dict()),
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
