"""The report as Markdown, for people and for stdout, with a summary in Japanese on top."""

from __future__ import annotations

from collections.abc import Sequence

from emojit.evaluation.rating.agreement import ONE_RATER, Agreement
from emojit.evaluation.rating.report import RatingReport
from emojit.evaluation.rating.scores import Gap, Mean, Pair
from emojit.evaluation.rating.summary import summary

_DASH = "–"


def markdown(report: RatingReport) -> str:
    """Return the whole report."""
    counts = f"{_counted(len(report.raters), 'rater')}, {_counted(report.items, 'text')}"
    parts = [
        "# Human rating",
        summary(report),
        "## Systems",
        f"{counts}; mean ± standard deviation (n in the denominator) and {report.confidence:.0%} intervals over texts.",
        _table(
            ("system", "semantic match (0–4)", "naturalness (0–4)", "misleading", "preferred", "ratings"),
            [
                (
                    one.system,
                    _scale(one.semantic),
                    _scale(one.naturalness),
                    _share(one.misleading),
                    _preferred(one.preferred, one.shared),
                    str(one.ratings),
                )
                for one in report.systems
            ],
        ),
    ]
    if report.ties is not None:
        parts.append(f"No preference: {report.ties}.")
    parts += [
        "## Agreement",
        _agreement(report.agreement),
        "## Differences",
        _table(
            ("systems", "semantic", "texts needed", "naturalness", "texts needed", "preferred"),
            [_pair(one) for one in report.pairs],
        )
        if report.pairs
        else "Fewer than two systems were rated for the same texts.",
        f"Texts needed: at which a difference of this size is found with a chance of {report.power:.0%} (two-sided, 5 %), with as many raters as here.",
        "## Raters",
        _table(
            ("rater", "texts", "semantic", "naturalness", "misleading", "to the others", "remarks"),
            [
                (
                    f"`{one.rater}`",
                    str(one.items),
                    f"{one.semantic:.2f}",
                    f"{one.naturalness:.2f}",
                    f"{one.misleading:.0%}",
                    _DASH if one.shift is None else f"{one.shift:+.2f}",
                    "; ".join(one.remarks) or _DASH,
                )
                for one in report.raters
            ],
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _agreement(found: Sequence[Agreement]) -> str:
    if all(one.why == ONE_RATER for one in found):
        return f"Krippendorff's α and Cohen's κ: {ONE_RATER}."
    return _table(
        ("question", "Krippendorff's α", "Cohen's κ, mean (range)", "answers rated by two or more"),
        [
            (
                f"{one.question} ({one.level})",
                one.why or f"{_number(one.alpha)}{_span(one.low, one.high)}",
                _DASH
                if one.kappa is None
                else f"{one.kappa:.2f} ({_number(one.kappa_low)} to {_number(one.kappa_high)}, {one.pairs} pairs)",
                str(one.units),
            )
            for one in found
        ],
    )


def _pair(pair: Pair) -> tuple[str, ...]:
    cells = [f"{pair.first} − {pair.second}"]
    for gap in pair.gaps:
        cells += [_gap(gap), _DASH if gap.needed is None else f"{gap.needed:,}"]
    return (*cells, f"{pair.prefer_first} : {pair.prefer_second} ({pair.undecided} undecided)")


def _gap(gap: Gap) -> str:
    return f"{gap.mean:+.2f}{_span(gap.low, gap.high, sign='+')}{' *' if gap.is_clear else ''}"


def _scale(mean: Mean) -> str:
    return f"{mean.mean:.2f} ± {mean.sd:.2f}{_span(mean.low, mean.high)}"


def _share(mean: Mean) -> str:
    span = "" if mean.low is None or mean.high is None else f" [{mean.low:.0%}, {mean.high:.0%}]"
    return f"{mean.mean:.0%}{span}"


def _preferred(count: int | None, shared: int) -> str:
    if count is None:
        return _DASH
    return f"{count} ({shared} shared)" if shared else str(count)


def _span(low: float | None, high: float | None, sign: str = "") -> str:
    return "" if low is None or high is None else f" [{low:{sign}.2f}, {high:{sign}.2f}]"


def _number(value: float | None) -> str:
    return _DASH if value is None else f"{value:.2f}"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
