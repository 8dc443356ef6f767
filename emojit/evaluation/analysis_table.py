"""The analysis of a report as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from emojit.evaluation.analysis import Breakdown
from emojit.evaluation.errors.rules import CATEGORIES
from emojit.evaluation.markdown_text import cell
from emojit.evaluation.report import EvalReport

_UNKNOWN = "–"


def analysis_lines(report: EvalReport) -> list[str]:
    """Return intervals, breakdowns, calibration and errors; nothing for a report without them."""
    if not report.analysis.breakdowns:
        return []
    sections: tuple[Callable[[EvalReport], Iterator[str]], ...] = (
        _breakdowns,
        _bands,
        _calibration,
        _errors,
        _examples,
        _intervals,
    )
    return [line for section in sections for line in section(report)]


def _breakdowns(report: EvalReport) -> Iterator[str]:
    yield from ["", "## Where it is good and where not"]
    for breakdown in report.analysis.breakdowns:
        yield from [
            "",
            f"### {breakdown.title}",
            "",
            f"{breakdown.note} Mean Jaccard index; of the system with its interval.",
            "",
        ]
        yield from _table(
            ["group", "rows:", *(f"{cell(one.label)}:" for one in report.systems)], _group_rows(report, breakdown)
        )


def _group_rows(report: EvalReport, breakdown: Breakdown) -> Iterator[list[str]]:
    for group in breakdown.groups:
        cells = []
        for system in report.systems:
            score = group.scores.get(system.name)
            shown = _UNKNOWN if score is None else f"{score.jaccard.mean:.3f}"
            cells.append(str(score.jaccard) if score is not None and system.name == report.system else shown)
        yield [group.name, f"{group.rows:,}", *cells]


def _bands(report: EvalReport) -> Iterator[str]:
    bands = report.analysis.bands
    if not bands:
        return
    names = list(bands[0].recall)
    yield from ["", "### The gold's emoji by frequency", ""]
    yield "How often an emoji stands in the training split, and the share of its occurrences in the gold that was answered."
    yield ""
    yield from _table(
        ["in training", "emoji:", "in the gold:", *(f"{cell(report.find(name).label)}:" for name in names)],
        (
            [
                band.name,
                f"{band.emojis:,}",
                f"{band.occurrences:,}",
                *(
                    str(band.recall[name]) if name == report.system else f"{band.recall[name].mean:.3f}"
                    for name in names
                ),
            ]
            for band in bands
        ),
    )


def _calibration(report: EvalReport) -> Iterator[str]:
    if not report.analysis.calibration:
        return
    yield from ["", "## Calibration of the scores", ""]
    yield "What scores promise beside what came true. ECE is the expected calibration error over ten bins of about equally many promises."
    yield ""
    yield from _table(
        ["system", "expected Jaccard:", "observed:", "ECE:", "expected precision:", "observed:", "ECE:", "scores"],
        (
            [
                cell(report.find(one.system).label),
                *(
                    f"{value:.3f}"
                    for found in (one.jaccard, one.precision)
                    for value in (found.expected, found.observed, found.error)
                ),
                one.scores,
            ]
            for one in report.analysis.calibration
        ),
    )


def _errors(report: EvalReport) -> Iterator[str]:
    errors = report.analysis.errors
    yield from ["", "## Errors", ""]
    yield f"A row is low where its Jaccard index is below {errors.threshold:g}. Its category is that of the first rule that applies; the shares of a system add up to 100 %."
    yield ""
    yield from _table(
        ["category", *(f"{cell(report.find(one.system).label)}:" for one in errors.systems), "rule"],
        [
            ["low rows", *(f"{one.low:,} of {one.rows:,}" for one in errors.systems), ""],
            *(
                [
                    category.label,
                    *(
                        f"{100 * found.share.mean:.1f} %" if one.low else _UNKNOWN
                        for one in errors.systems
                        for found in one.categories
                        if found.name == category.name
                    ),
                    category.rule,
                ]
                for category in CATEGORIES
            ),
        ],
    )


def _examples(report: EvalReport) -> Iterator[str]:
    examples = report.analysis.errors.examples
    if not examples:
        return
    labels = {category.name: category.label for category in CATEGORIES}
    yield from ["", f"### {len(examples)} instructive rows", ""]
    yield "Each category gives rows in turn, first those on which another system did best."
    yield ""
    yield from _table(
        ["text", "gold", "answer", "Jaccard:", "category", "why", "better"],
        (
            [
                cell(row.text),
                " ".join(row.gold),
                " ".join(row.answer) or _UNKNOWN,
                f"{row.jaccard:.2f}",
                labels.get(row.category, row.category),
                cell(row.reason),
                _UNKNOWN
                if row.better is None
                else f"{cell(report.find(row.better).label)}: {' '.join(row.better_answer)} ({row.better_jaccard:.2f})",
            ]
            for row in examples
        ),
    )


def _intervals(report: EvalReport) -> Iterator[str]:
    system = report.find(report.system)
    known = report.analysis.intervals.get(system.name, {})
    yield from [
        "",
        "## All figures with intervals",
        "",
        f"Of {cell(system.label)}; those of the other systems stand in `eval_metrics.json`.",
        "",
    ]
    rows = []
    for module, figures in known.items():
        values = system.module(module)
        for name, found in figures.items():
            value = values.get(name)
            if value is not None:
                digits = 0 if isinstance(value, int) else 3
                ends = f"[{found.low:,.{digits}f}, {found.high:,.{digits}f}]"
                rows.append([f"`{module}`", f"`{name}`", f"{value:,.{digits}f}", ends])
    yield from _table(["module", "figure", "value:", "interval:"], rows)


def _table(head: Sequence[str], rows: Iterator[list[str]] | Sequence[list[str]]) -> Iterator[str]:
    """Yield a table; a heading that ends in a colon stands over a column of numbers."""
    yield f"| {' | '.join(name.removesuffix(':') for name in head)} |"
    yield f"|{'|'.join('---:' if name.endswith(':') else '---' for name in head)}|"
    for row in rows:
        yield f"| {' | '.join(row)} |"
