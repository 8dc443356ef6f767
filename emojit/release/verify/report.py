"""A report as a static Space: its page was made of the figures beside it, and runs nothing."""

from __future__ import annotations

import re
from pathlib import Path

from emojit.release.report_files import INDEX, TABLE, stated_digest, table_digest
from emojit.release.statement import read_table
from emojit.release.verify.findings import Findings

_SCRIPT = re.compile("<script", re.IGNORECASE)  # of a text it would be escaped


def check_report(folder: Path, findings: Findings) -> None:
    """Compare the page of a report with the figures that it says it was made of."""
    stated = stated_digest(folder / INDEX)
    if stated is None:
        findings.unchecked.append(f"{INDEX} against {TABLE}: the page does not say what it was made of")
        return
    table = read_table(folder, TABLE)
    if table is None:
        findings.wrong("report", "cannot be read", TABLE, expected="a JSON object", found="something else")
        return
    try:
        found = table_digest(table)
    except ValueError as exc:  # not a number, which JSON does not know
        findings.wrong("report", "cannot be read", TABLE, expected="numbers", found=exc)
        return
    if found != stated:
        findings.wrong("report", "was made of other figures", f"{INDEX}: {TABLE}", expected=stated, found=found)
    if _SCRIPT.search((folder / INDEX).read_text(encoding="utf-8", errors="replace")):
        findings.wrong("report", "holds a script", INDEX, expected="a page without", found="a script")
    findings.checked.append(f"{INDEX}: made of {TABLE} (sha256 {stated[:12]} of its content), without a script")
