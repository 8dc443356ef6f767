"""A report laid out as a static Space: the page as `index.html`, the text, the figures, and a card."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emojit.dataset.folder import CARD, write_text
from emojit.errors import PublishError
from emojit.experiment.comparison.facts import Comparison
from emojit.experiment.comparison.files import read_comparison
from emojit.release.contents import require_folder
from emojit.release.report_files import INDEX, MARKDOWN, PAGE, TABLE, stated_digest, table_digest
from emojit.release.templates import front_matter, render

_TEMPLATE = "experiment/page/templates/README.md.jinja"
_AGAIN = "write it with `emojit experiment table`"


@contextmanager
def report_to_push(folder: Path) -> Iterator[Path]:
    """Give the folder of a static Space that shows the report of a plan's folder, byte for byte as it lies there.

    Args:
        folder: holds `report.html`, `report.md` and `comparison.json`.

    Raises:
        UsageError: there is no such folder.
        PublishError: a file is missing, or the page was made of other figures than lie beside it.
        DatasetError: `comparison.json` cannot be read.
    """
    require_folder(folder)
    for name in (TABLE, MARKDOWN, PAGE):
        if not (folder / name).is_file():
            raise PublishError(f"{folder}: no report here ({name} is missing)", hint=_AGAIN)
    comparison = read_comparison(folder)
    # The file's own content: what an older version wrote lacks the fields that came later.
    if stated_digest(folder / PAGE) != table_digest(json.loads((folder / TABLE).read_text(encoding="utf-8"))):
        raise PublishError(f"{folder / PAGE} was not made of the {TABLE} beside it", hint=_AGAIN)
    with tempfile.TemporaryDirectory(prefix="emojit-report-") as scratch:
        out = Path(scratch)
        for name, published in ((PAGE, INDEX), (MARKDOWN, MARKDOWN), (TABLE, TABLE)):
            shutil.copyfile(folder / name, out / published)
        write_text(out / CARD, _card(comparison))
        yield out


def _card(comparison: Comparison) -> str:
    test = comparison.test
    published = test is not None and "/" in test.dataset
    fields = {
        "title": comparison.name,
        "emoji": "📊",
        "colorFrom": "blue",
        "colorTo": "green",
        "sdk": "static",
        "app_file": INDEX,
        "pinned": False,
        "language": ["en", "ja"],
        "datasets": [test.dataset] if test is not None and published else None,
        "tags": ["emoji", "japanese", "emojit", "report"],
        "short_description": "Which change of a training helped, and how sure it is",
    }
    return render(_TEMPLATE, {"front_matter": front_matter(fields), "comparison": comparison})
