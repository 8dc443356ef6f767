"""The report as lines for a terminal."""

from __future__ import annotations

from emojit.experiment.comparison.absent import went
from emojit.experiment.comparison.facts import Baseline, Comparison, Variant
from emojit.experiment.comparison.words import between, count, gap

_VERDICTS = {"better": "better", "worse": "worse", "undecided": "undecided", "equal": "the same"}


def plain(comparison: Comparison) -> str:
    """Return the scores of all systems and then what was found."""
    systems: list[Variant | Baseline] = [*comparison.variants, *comparison.baselines]
    without = {row.name: went(comparison, row) for row in comparison.variants if row.jaccard is None}
    rows = [
        (
            row.name,
            without[row.name] if row.jaccard is None else between(row.jaccard),
            "" if row.difference is None else f"{gap(row.difference.jaccard)}  {_VERDICTS[row.difference.verdict]}",
        )
        for row in systems
    ]
    width, wide = (max(len(row[place]) for row in rows) for place in (0, 1))
    on = (
        ""
        if comparison.test is None
        else f" on {count(comparison.test.rows, 'test row')} of {comparison.test.dataset}"
    )
    lines = [
        f"mean Jaccard{on}, and the difference to {comparison.base} (95 % intervals, verdicts after Holm's correction)"
    ]
    lines += [f"  {name:<{width}}  {jaccard:<{wide}}  {difference}".rstrip() for name, jaccard, difference in rows]
    return "\n".join([*lines, "", *(finding.english for finding in comparison.findings)])
