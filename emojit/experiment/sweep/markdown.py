"""`sweep.md`: what was found first, then the tables."""

from __future__ import annotations

from collections.abc import Sequence

from emojit.experiment.sweep.composite import COMPOSITE
from emojit.experiment.sweep.facts import Checkpoint, Curve, Finding, Metric, Sweep
from emojit.experiment.sweep.side_by_side import by_length, equal_epochs
from emojit.experiment.sweep.words import epoch, gap, score


def markdown(report: Sweep) -> str:
    """Return the report as Markdown."""
    metric = report.metric(report.by)
    parts = ["# Checkpoint sweep", _summary(report, metric), _runs(report, metric)]
    parts += [_curve(report, curve, metric) for curve in report.curves]
    if len(report.curves) > 1:
        parts += [_equal(report, metric), _lengths(report, metric)]
    parts += [_peaks(report), _how(report, metric)]
    return "\n\n".join(part for part in parts if part) + "\n"


def summary(report: Sweep) -> str:
    """Return what was found as plain lines, for a terminal."""
    return _summary(report, report.metric(report.by)).replace("**", "")


def _summary(report: Sweep, metric: Metric) -> str:
    best = report.best
    if best is None:
        return f"No checkpoint has a value of {metric.label}."
    lines = []
    for one in report.choices:
        found = report.finding(one.run)
        stopping = "" if found is None else f" {_stopping(found, metric)}"
        lines.append(
            f"* **{_cell(one.run)}: take {one.checkpoint}** (epoch {epoch(one.epoch)}), {metric.label} {score(metric, one.score)}: "
            f"{one.why}.{stopping}"
        )
    first = f"The best of all runs is **{best.checkpoint} of {_cell(best.run)}**, {metric.label} {score(metric, best.score)}."
    return "\n".join([first, "", *lines] if len(report.choices) > 1 else lines)


def _stopping(found: Finding, metric: Metric) -> str:
    """Say what early stopping would have done, and whether the run overfitted."""
    if found.peak_step == found.last_step:
        return "Early stopping would have saved nothing."
    stop = (
        f"that patience would have stopped it at epoch {epoch(found.stops_at)}"
        if found.stops_at is not None
        else "the run would have been over before that patience ran out"
    )
    text = (
        f"Early stopping after epoch {epoch(found.peak_epoch)} would have done: {100 * found.spare:.0f} % of the updates came after it. It needs a patience of "
        f"{found.patience} {'checkpoint' if found.patience == 1 else 'checkpoints'} ({stop})."
    )
    chance = f" (95 % interval {found.lost_low:.2f} to {found.lost_high:.2f})" if found.lost_low is not None else ""
    if found.onset_epoch is None:
        below = f"{gap(metric, found.lost)}{chance} below the peak" if found.lost else "as good as the peak"
        return f"{text} No onset of overfitting: the last checkpoint is {below}."
    return f"{text} Overfitting from epoch {epoch(found.onset_epoch)} on: {gap(metric, found.lost)}{chance} lost by epoch {epoch(found.last_epoch)}."


def _runs(report: Sweep, metric: Metric) -> str:
    header = (
        "run", "length", "checkpoints", "updates per epoch", "peak at epoch", metric.label, "as good from … to", "overfitting from", "last",
        "lost",
    )  # fmt: skip
    rows = []
    for curve in report.curves:
        found = report.finding(curve.run)
        facts = [
            _cell(curve.run),
            str(curve.length or ""),
            str(len(curve.checkpoints)),
            _number(curve.steps_per_epoch),
        ]
        if found is None:
            rows.append([*facts, "", "none could be scored", "", "", "", ""])
            continue
        rows.append(
            [
                *facts,
                epoch(found.peak_epoch),
                score(metric, found.peak_score),
                f"{epoch(found.plateau_from)} … {epoch(found.plateau_to)}",
                epoch(found.onset_epoch) or "–",
                score(metric, found.last_score),
                gap(metric, found.lost),
            ]
        )
    return f"## Runs, by {metric.label}\n\n{_table(header, rows)}"


def _curve(report: Sweep, curve: Curve, metric: Metric) -> str:
    found = report.finding(curve.run)
    names = [
        one for one in report.metrics if any(one.name in row.scores for row in (*curve.checkpoints, *curve.averages))
    ]
    rows = [_row(one, names, found, metric) for one in (*curve.checkpoints, *curve.averages)]
    held = f"\n\nThe run's `model/` holds the weights of step {curve.holds}." if curve.holds is not None else ""
    table = _table(("checkpoint", "step", "epoch", *(one.label for one in names), ""), rows)
    return f"## {_cell(curve.run)}\n\n{table}{held}"


def _row(one: Checkpoint, metrics: Sequence[Metric], found: Finding | None, chooser: Metric) -> list[str]:
    peak = found is not None and one.name == found.peak
    remark = one.problem or ("peak" if peak else "")
    if found is not None and one.step == found.onset_step and len(one.members) == 1:
        remark = "overfitting from here on"
    elif found is not None and one.name in found.plateau and not peak:
        remark = "as good"
    cells = [score(metric, one.scores.get(metric.name)) for metric in metrics]
    marked = [
        f"**{cell}**" if peak and metric == chooser else cell for cell, metric in zip(cells, metrics, strict=True)
    ]
    return [_cell(one.name), str(one.step), epoch(one.epoch), *marked, _cell(remark)]


def _equal(report: Sweep, metric: Metric) -> str:
    equal = equal_epochs(report.curves, metric)
    rows = [[epoch(row.epoch), *(score(metric, value) for value in row.values)] for row in equal]
    found = [report.finding(curve.run) for curve in report.curves]
    at_best = [
        "" if one is None else f"{score(metric, one.peak_score)} (epoch {epoch(one.peak_epoch)})" for one in found
    ]
    header = ("epoch", *(_cell(curve.run) for curve in report.curves))
    return f"## Side by side: {metric.label} at equal epochs, and at their best\n\n{_table(header, [*rows, ['best', *at_best]])}"


def _lengths(report: Sweep, metric: Metric) -> str:
    lengths, rows = by_length(report)
    if not rows:
        return ""
    cells = [
        [
            _cell(row.family),
            *(
                "" if one is None else f"{score(metric, one.peak_score)} (epoch {epoch(one.peak_epoch)})"
                for one in row.best
            ),
        ]
        for row in rows
    ]
    header = ("runs", *(f"{length:,} tokens" for length in lengths))
    return f"## Sequence lengths, at their best\n\n{_table(header, cells)}"


def _peaks(report: Sweep) -> str:
    rows = [
        [
            _cell(found.run),
            report.metric(found.metric).label,
            found.peak,
            epoch(found.peak_epoch),
            score(report.metric(found.metric), found.peak_score),
            score(report.metric(found.metric), found.last_score),
            gap(report.metric(found.metric), found.lost),
        ]
        for found in report.findings
    ]
    header = ("run", "metric", "peak", "epoch", "value", "last", "lost")
    return f"## Every metric by itself\n\n{_table(header, rows)}" if rows else ""


def _how(report: Sweep, metric: Metric) -> str:
    lines = [f"* {metric.label} chooses; {'low' if metric.better == 'lower' else 'high'} values are good."]
    if report.weights is not None:
        formula = " + ".join(
            f"{weight:g} × {'(−' if report.metric(name).better == 'lower' else ''}{report.metric(name).label}"
            f"{')' if report.metric(name).better == 'lower' else ''}"
            for name, weight in report.weights.items()
        )
        lines.append(f"* composite = {formula}.")
    elif any(one.name == COMPOSITE for one in report.metrics):
        lines.append("* composite is the column of the table; which weights made it, the table does not say.")
    if (same := report.composite) is not None:
        runs = f", for all of {', '.join(map(_cell, same.runs))}" if same.runs else ""
        lines.append(
            f"* These weights give the composite that the table states for {same.equal} of {same.rows} checkpoints to its last digit{runs}; the furthest is "
            f"{same.furthest:.4f} away ({_cell(same.furthest_at)})."
        )
    unit = "points (hundredths)" if metric.unit == "share" else "per cent of the peak"
    lines.append(f"* As good as the peak is what is at most {report.tolerance:g} {unit} worse.")
    if any(curve.source == "run" for curve in report.curves):
        rows = next(curve.rows for curve in report.curves if curve.source == "run")
        lines.append(
            f"* Scored on the {rows:,} validation rows of the run; the test rows were not looked at. The best of many checkpoints looks a little better on the "
            "rows that chose it than it is."
        )
    return "## How this was measured\n\n" + "\n".join(lines)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(header)} |", f"|{'|'.join(' --- ' for _ in header)}|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}".removesuffix(".0")
