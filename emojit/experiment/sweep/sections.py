"""The report as sections of sentences and tables, from which Markdown and page are made alike."""

from __future__ import annotations

from collections.abc import Sequence

from emojit.experiment.articles import FEW_UNITS
from emojit.experiment.sweep.composite import COMPOSITE
from emojit.experiment.sweep.facts import Checkpoint, Curve, Finding, Metric, Sweep
from emojit.experiment.sweep.japanese import japanese
from emojit.experiment.sweep.section import Section, Sentence, Table
from emojit.experiment.sweep.side_by_side import by_length, equal_epochs
from emojit.experiment.sweep.words import epoch, gap, listed, number, score

_WITHOUT_INTERVAL = "Where a loss has no interval, the scores of single rows are not known: nobody can say here whether it is more than chance."


def sections(report: Sweep) -> tuple[Section, ...]:
    """Return the whole report, what was found first."""
    metric = report.metric(report.by)
    beside = (_equal(report, metric), _lengths(report, metric)) if len(report.curves) > 1 else ()
    every = (
        findings(report),
        japanese(report),
        _runs(report, metric),
        *(_curve(report, curve, metric) for curve in report.curves),
        *beside,
        _peaks(report),
        _how(report, metric),
    )
    return tuple(section for section in every if section is not None)


def findings(report: Sweep) -> Section:
    """Return what was found."""
    metric, best = report.metric(report.by), report.best
    if best is None:
        return Section(title="What was found", intro=f"No checkpoint has a value of {metric.label}.")
    several = (
        f"The best of all runs is {best.checkpoint} of {best.run}, {metric.label} {score(metric, best.score)}."
        if len(report.choices) > 1
        else ""
    )
    sentences = []
    unsure = False
    for one in report.choices:
        found = report.finding(one.run)
        unsure = unsure or (found is not None and found.lost > 0 and found.lost_low is None)
        curve = next(curve for curve in report.curves if curve.run == one.run)
        stopping = "" if found is None or len(curve.scored(metric.name)) == 1 else f" {_stopping(found, metric)}"
        sentences.append(
            Sentence(
                lead=f"{one.run}: take {one.checkpoint}",
                text=f" (epoch {epoch(one.epoch)}), {metric.label} {score(metric, one.score)}: {one.why}.{stopping}{_left_out(curve)}",
            )
        )
    return Section(
        title="What was found", intro=several, sentences=tuple(sentences), note=_WITHOUT_INTERVAL if unsure else ""
    )


def _left_out(curve: Curve) -> str:
    broken = sum(one.problem is not None for one in curve.checkpoints)
    return (
        f" {broken} of {len(curve.checkpoints)} checkpoints could not be scored; the table says why." if broken else ""
    )


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
    if found.lost_low is not None and found.lost_low <= 0:
        return f"{text} Worse from epoch {epoch(found.onset_epoch)} on, {gap(metric, found.lost)}{chance} by epoch {epoch(found.last_epoch)}, which may be chance."
    return f"{text} Overfitting from epoch {epoch(found.onset_epoch)} on: {gap(metric, found.lost)}{chance} lost by epoch {epoch(found.last_epoch)}."


def _runs(report: Sweep, metric: Metric) -> Section:
    header = (
        "run", "length", "checkpoints", "updates per epoch", "peak at epoch", metric.label, "as good from … to", "worse from", "last", "lost",
    )  # fmt: skip
    rows = []
    for curve in report.curves:
        found = report.finding(curve.run)
        facts = [curve.run, str(curve.length or ""), str(len(curve.checkpoints)), number(curve.steps_per_epoch)]
        if found is None:
            rows.append((*facts, "", "none could be scored", "", "", "", ""))
            continue
        rows.append(
            (
                *facts,
                epoch(found.peak_epoch),
                score(metric, found.peak_score),
                f"{epoch(found.plateau_from)} … {epoch(found.plateau_to)}",
                epoch(found.onset_epoch) or "–",
                score(metric, found.last_score),
                gap(metric, found.lost),
            )
        )
    return Section(title=f"Runs, by {metric.label}", table=Table(header=header, rows=tuple(rows)))


def _curve(report: Sweep, curve: Curve, metric: Metric) -> Section:
    found = report.finding(curve.run)
    every = (*curve.checkpoints, *curve.averages)
    shown = [one for one in report.metrics if any(one.name in row.scores for row in every)]
    rows = tuple(_row(one, shown, found) for one in every)
    strong = None
    if found is not None:
        place = next(place for place, one in enumerate(every) if one.name == found.peak)
        strong = (place, 4 + shown.index(metric))
    held = f"The run's model/ holds the weights of step {curve.holds}." if curve.holds is not None else ""
    header = ("checkpoint", "step", "epoch", "remark", *(one.label for one in shown))
    return Section(title=curve.run, table=Table(header=header, rows=rows, strong=strong), note=held)


def _row(one: Checkpoint, metrics: Sequence[Metric], found: Finding | None) -> tuple[str, ...]:
    remark = one.problem or ""
    if found is not None and one.name == found.peak:
        remark = "peak"
    elif found is not None and one.step == found.onset_step and len(one.members) == 1:
        remark = "worse from here"
    elif found is not None and one.name in found.plateau:
        remark = "as good"
    cells = (score(metric, one.scores.get(metric.name)) for metric in metrics)
    return (one.name, str(one.step), epoch(one.epoch), remark, *cells)


def _equal(report: Sweep, metric: Metric) -> Section:
    equal = equal_epochs(report.curves, metric)
    rows = [(epoch(row.epoch), *(score(metric, value) for value in row.values)) for row in equal]
    best = tuple(_at_best(report.finding(curve.run), metric) for curve in report.curves)
    return Section(
        title=f"Side by side: {metric.label} at equal epochs, and at their best",
        table=Table(header=("epoch", *(curve.run for curve in report.curves)), rows=(*rows, ("best", *best))),
    )


def _lengths(report: Sweep, metric: Metric) -> Section | None:
    lengths, rows = by_length(report)
    if not rows:
        return None
    return Section(
        title="Sequence lengths, at their best",
        table=Table(
            header=("runs", *(f"{length:,} tokens" for length in lengths)),
            rows=tuple((row.family, *(_at_best(one, metric) for one in row.best)) for row in rows),
        ),
    )


def _at_best(found: Finding | None, metric: Metric) -> str:
    return "" if found is None else f"{score(metric, found.peak_score)} (epoch {epoch(found.peak_epoch)})"


def _peaks(report: Sweep) -> Section | None:
    rows = []
    for found in report.findings:
        metric = report.metric(found.metric)
        values = (score(metric, found.peak_score), score(metric, found.last_score), gap(metric, found.lost))
        rows.append((found.run, metric.label, found.peak, epoch(found.peak_epoch), *values))
    header = ("run", "metric", "peak", "epoch", "value", "last", "lost")
    return Section(title="Every metric by itself", table=Table(header=header, rows=tuple(rows))) if rows else None


def _how(report: Sweep, metric: Metric) -> Section:
    lines = [f"{metric.label} chooses; {'low' if metric.better == 'lower' else 'high'} values are good."]
    if report.weights is not None:
        formula = " + ".join(f"{weight:g} × {_term(report.metric(name))}" for name, weight in report.weights.items())
        lines.append(f"composite = {formula}.")
    elif any(one.name == COMPOSITE for one in report.metrics):
        lines.append("composite is the column of the table; which weights made it, the table does not say.")
    if (same := report.composite) is not None:
        runs = f", for all of {listed(same.runs)}" if same.runs else ""
        lines.append(
            f"These weights give the composite that the table states for {same.equal} of {same.rows} checkpoints to its last digit{runs}; the furthest is "
            f"{same.furthest:.4f} away ({same.furthest_at})."
        )
    unit = "points (hundredths)" if metric.unit == "share" else "per cent of the peak"
    lines.append(f"As good as the peak is what is at most {report.tolerance:g} {unit} worse.")
    measured = next((curve for curve in report.curves if curve.source == "run"), None)
    if measured is not None:
        lines.append(
            f"Scored on the {measured.rows:,} validation rows of the run; the test rows were not looked at. The best of many checkpoints looks a little better on "
            "the rows that chose it than it is."
        )
        lines.append(_intervals(measured))
    logged = next((curve for curve in report.curves if curve.source == "log"), None)
    if logged is not None:
        lines.append(
            f"Hits and loss of {logged.run} are what the run measured while it trained, on {logged.rows:,} masked words of articles that it never read."
        )
    return Section(title="How this was measured", sentences=tuple(Sentence(lead="", text=line) for line in lines))


def _intervals(curve: Curve) -> str:
    if curve.articles is None:
        drawn, units = "rows; which are of one article the run does not say", curve.rows or 0
    else:
        drawn, units = f"{curve.articles:,} articles, each with all its rows", curve.articles
    few = f" {units} are few: such intervals are too narrow." if units < FEW_UNITS else ""
    return f"Intervals are of a paired bootstrap over {drawn}.{few}"


def _term(metric: Metric) -> str:
    return f"(−{metric.label})" if metric.better == "lower" else metric.label
