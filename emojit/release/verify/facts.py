"""The build's own files against each other: manifest, statistics and recipe must tell the same story."""

from __future__ import annotations

import hashlib
from typing import Any

from emojit.dataset.folder import MANIFEST, RECIPE, STATISTICS
from emojit.release.verify.findings import Findings
from emojit.release.verify.subject import Subject

_SAME = {
    "name": "name",
    "rows": "rows",
    "inputs": "inputs",
    "prompt_id": "teacher.prompt_id",
    "counts.candidates": "corpus.candidates",
    "counts.kept": "corpus.kept",
    "counts.replies": "teacher.replies",
    "bill.tokens": "teacher.tokens",
    "bill.cost_usd": "teacher.cost_usd",
    "bill.billed": "teacher.billed",
    "bill.cost_by_price_usd": "teacher.cost_by_price_usd",
    "bill.providers": "teacher.providers",
}
"""Key of the manifest to the key of the statistics that says the same."""

_ABSENT = object()


def check_facts(subject: Subject, findings: Findings) -> None:
    """Compare what manifest, statistics and recipe all say."""
    manifest, statistics, recipe = subject.manifest, subject.statistics, subject.recipe
    if manifest is None:
        return
    if recipe is not None:
        digest = hashlib.sha256((subject.folder / RECIPE).read_bytes()).hexdigest()
        _compare(findings, f"{MANIFEST}: recipe_sha256", manifest.get("recipe_sha256", _ABSENT), digest)
        _compare(findings, f"{MANIFEST}: name", manifest.get("name", _ABSENT), recipe.name)
        _compare(findings, f"{MANIFEST}: seed", manifest.get("seed", _ABSENT), recipe.seed)
    if statistics is not None:
        for ours, theirs in _SAME.items():
            said = look_up(statistics, theirs)
            if said is not _ABSENT:
                _compare(findings, f"{MANIFEST}: {ours}, {STATISTICS}: {theirs}", look_up(manifest, ours), said)
        rejected = statistics.get("rejected")
        if isinstance(rejected, dict) and all(isinstance(reasons, dict) for reasons in rejected.values()):
            total = sum(n for reasons in rejected.values() for n in reasons.values() if isinstance(n, int))
            _compare(findings, f"{MANIFEST}: counts.rejected", look_up(manifest, "counts.rejected"), total)
        findings.checked.append(f"{MANIFEST} against {STATISTICS} and {RECIPE}")


def look_up(table: dict[str, Any], key: str) -> Any:
    """Return the value under a dotted key, or a mark that equals nothing."""
    value: Any = table
    for name in key.split("."):
        if not isinstance(value, dict) or name not in value:
            return _ABSENT
        value = value[name]
    return value


def _compare(findings: Findings, where: str, found: object, expected: object) -> None:
    if found is not _ABSENT and found != expected:  # what an older build did not record is no contradiction
        findings.wrong("facts", "two files disagree", where, expected=expected, found=found)
