"""Runs and tables into one report."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import emojit
from emojit.errors import UsageError
from emojit.experiment.sweep.choosing import best_of, choice
from emojit.experiment.sweep.composite import COMPOSITE, STATED, compare_stated, composite, composite_metric
from emojit.experiment.sweep.csv_table import read_table
from emojit.experiment.sweep.domain_runs import METRICS as DOMAIN_METRICS
from emojit.experiment.sweep.domain_runs import check_same_words, domain_curve, is_domain_run
from emojit.experiment.sweep.facts import SCHEMA_VERSION, Checkpoint, Curve, Finding, Metric, Sweep
from emojit.experiment.sweep.findings import DEFAULT_TOLERANCE, finding
from emojit.experiment.sweep.metrics import DEFAULT, find_metrics, row_scores
from emojit.experiment.sweep.runs import ScoredRun, check_same_rows, is_seed, score_run
from emojit.student.record import FILE_NAME as RUN_RECORD


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """A report, and the runs that were scored for it."""

    sweep: Sweep
    """The report."""
    runs: tuple[ScoredRun, ...]
    """Without the tables."""


def sweep(
    sources: Sequence[Path],
    *,
    metrics: Sequence[str] | None = None,
    weights: Mapping[str, float] | None = None,
    by: str | None = None,
    tolerance: float = DEFAULT_TOLERANCE,
    average: int | None = None,
    take: str | None = None,
    quiet: bool = False,
) -> Swept:
    """Score the kept checkpoints of runs, read tables of others, and find where each run was best.

    Args:
        sources: run folders, and CSV files as `emojit.experiment.sweep.csv_table` reads them.
        metrics: what runs are scored by; None takes `emojit.experiment.sweep.metrics.DEFAULT`. What a weight or `by` names is measured as well.
        weights: of the composite score; None makes none.
        by: the metric that chooses; None takes the composite, else the Jaccard index, else the first of a table.
        tolerance: how much worse than the peak is still as good: points for shares, else per cent of the peak.
        average: also score the mean of every so many neighbours (count, at least 2).
        take: checkpoint or mean of the one run that is chosen whatever its score.
        quiet: no progress bars.

    Raises:
        UsageError: a source is neither, a metric or checkpoint does not exist, runs were scored on different rows, or `metrics` or `average` is given
            without a run to score.
        StudentError: a run is not finished, kept no checkpoint, or its model cannot be loaded.
    """
    if average is not None and average < 2:
        raise UsageError(f"--average {average}: a mean needs 2 neighbours at least", hint="for example --average 3")
    if tolerance < 0:
        raise UsageError(f"--tolerance {tolerance}: must be >= 0", hint="for example --tolerance 0.5")
    if take is not None and len(sources) != 1:
        raise UsageError("--take chooses a checkpoint of one run", hint="give one run")
    folders = [path for path in sources if path.is_dir()]
    names = dict(zip(folders, _names(folders), strict=True))
    for folder in folders:
        if not (folder / RUN_RECORD).is_file() and not (folder / "config.yaml").is_file():
            raise UsageError(f"{folder}: no run folder", hint="give what `emojit train` wrote, or a CSV file")
    domains = {path: domain_curve(path, names[path]) for path in folders if is_domain_run(path)}
    check_same_words(list(domains.values()))
    if domains and average is not None:
        raise UsageError(
            f"--average: {next(iter(domains))} is a domain run, which measured its checkpoints while it trained; nobody measured their means",
            hint="leave --average out",
        )
    tables = {path: read_table(path) for path in sources if not path.is_dir()}
    given = (*(DOMAIN_METRICS if domains else ()), *(one for table in tables.values() for one in table.metrics))
    students = [path for path in folders if path not in domains]
    if not students:
        _check_nothing_to_score(metrics, average)
    measured = _measured(metrics, weights, by, given) if students else ()
    runs = [score_run(path, measured, average=average, name=names[path], quiet=quiet) for path in students]
    check_same_rows(runs)
    by_path = {run.folder: (run.curve,) for run in runs} | {path: (one.curve,) for path, one in domains.items()}
    curves = [curve for path in sources for curve in (by_path[path] if path in by_path else tables[path].curves)]
    _check_names(curves)
    every = tuple({one.name: one for one in (*measured, *given)}.values())
    stated = None
    if weights is not None:
        curves, every = _with_composite(curves, every, weights)
        stated = compare_stated(curves, max((table.digits for table in tables.values()), default=0))
    chooser = _chooser(by, every)
    report = Sweep(
        schema_version=SCHEMA_VERSION,
        metrics=every,
        weights=None if weights is None else dict(weights),
        by=chooser.name,
        tolerance=tolerance,
        average=average,
        curves=tuple(curves),
        findings=_findings(curves, every, tolerance, {run.curve.run: run for run in runs}, weights),
        choices=(),
        best=None,
        composite=stated,
        emojit=emojit.__version__,
    )
    return Swept(sweep=_chosen(report, chooser, take), runs=tuple(runs))


def _check_nothing_to_score(metrics: Sequence[str] | None, average: int | None) -> None:
    """Refuse what only a run whose checkpoints are scored here can do: a table and a domain run have the figures that they have."""
    if metrics is not None:
        raise UsageError(
            f"--metrics {','.join(metrics)}: tables and domain runs were measured before, nothing is scored here",
            hint="leave it out; --by chooses one of their metrics",
        )
    if average is not None:
        raise UsageError(
            f"--average {average}: a table has no weights to average", hint="leave it out, or give a run folder"
        )


def _measured(
    metrics: Sequence[str] | None, weights: Mapping[str, float] | None, by: str | None, given: Sequence[Metric]
) -> tuple[Metric, ...]:
    """Return what runs are scored by; a name that only a table or a log knows is none of theirs."""
    theirs = {metric.name for metric in given} | {COMPOSITE, STATED}
    besides = [name for name in (*(weights or ()), *([by] if by else [])) if name not in theirs]
    return find_metrics([*(metrics or DEFAULT), *besides])


def _names(folders: Sequence[Path]) -> list[str]:
    """Return names that tell the folders apart: as many of their last parts as that needs, and one more of a `seed-<n>`, which is in every variant of a plan."""
    parts = [folder.resolve().parts for folder in folders]
    for count in range(1, max(map(len, parts), default=0) + 1):
        names = ["/".join(part[-count - is_seed(part[-1]) :]).lstrip("/") for part in parts]
        if len(set(names)) == len(names):
            return names
    if folders:
        raise UsageError("a run stands there twice", hint="name every run once")
    return []


def _check_names(curves: Sequence[Curve]) -> None:
    names = [curve.run for curve in curves]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise UsageError(f"two runs are called {twice!r}", hint="rename one of them in its table")


def _with_composite(
    curves: Sequence[Curve], metrics: Sequence[Metric], weights: Mapping[str, float]
) -> tuple[list[Curve], tuple[Metric, ...]]:
    """Give every checkpoint the composite of the weights; a composite that a table states gets another name."""
    metrics = [
        dataclasses.replace(metric, name=STATED, label="composite as stated") if metric.name == COMPOSITE else metric
        for metric in metrics
    ]
    made = composite_metric(weights, metrics)

    def scored(one: Checkpoint) -> Checkpoint:
        scores = {STATED if name == COMPOSITE else name: value for name, value in one.scores.items()}
        value = composite(weights, scores, metrics)
        return dataclasses.replace(one, scores=scores if value is None else {COMPOSITE: value, **scores})

    return [
        dataclasses.replace(
            curve,
            checkpoints=tuple(scored(one) for one in curve.checkpoints),
            averages=tuple(scored(one) for one in curve.averages),
        )
        for curve in curves
    ], (made, *metrics)


def _chooser(by: str | None, metrics: Sequence[Metric]) -> Metric:
    known = {metric.name: metric for metric in metrics}
    if by is not None:
        if by not in known:
            raise UsageError(f"--by: no metric {by!r} here", hint=f"one of {', '.join(known)}")
        if known[by].better == "neither":
            raise UsageError(f"--by: {by} only describes: neither high nor low is good", hint="choose by another")
        return known[by]
    useful = [metric for metric in metrics if metric.better != "neither"]
    first = next((known[name] for name in (COMPOSITE, "jaccard") if name in known), next(iter(useful), None))
    if first is None:
        raise UsageError("none of the metrics can choose a checkpoint", hint="add --metrics jaccard")
    return first


def _findings(
    curves: Sequence[Curve],
    metrics: Sequence[Metric],
    tolerance: float,
    runs: Mapping[str, ScoredRun],
    weights: Mapping[str, float] | None,
) -> tuple[Finding, ...]:
    found = []
    for curve in curves:
        for metric in metrics:
            plain = finding(curve, metric, tolerance=tolerance)
            if plain is None:
                continue
            if curve.run in runs and plain.peak_step != plain.last_step:
                last = curve.scored(metric.name)[-1].name
                one, other = (_rows(runs[curve.run], name, metric, weights) for name in (plain.peak, last))
                if one is not None and other is not None:
                    gaps = [a - b for a, b in zip(one, other, strict=True)]
                    plain = finding(
                        curve, metric, tolerance=tolerance, differences=gaps, articles=runs[curve.run].articles
                    )
            if plain is not None:
                found.append(plain)
    return tuple(found)


def _rows(run: ScoredRun, name: str, metric: Metric, weights: Mapping[str, float] | None) -> list[float] | None:
    """Return the values of single rows; a composite has them where everything in it is a mean over rows."""
    answers = run.answers[name]
    if metric.name != COMPOSITE:
        return row_scores(metric.name, answers, run.gold)
    parts = [(weight, row_scores(one, answers, run.gold)) for one, weight in (weights or {}).items()]
    if any(values is None for _, values in parts):
        return None
    return [
        sum(weight * values[row] for weight, values in parts if values is not None) for row in range(len(run.gold))
    ]


def _chosen(report: Sweep, chooser: Metric, take: str | None) -> Sweep:
    choices = []
    for curve in report.curves:
        found = report.finding(curve.run)
        if found is None:
            continue
        if take is not None:
            known = [one.name for one in (*curve.checkpoints, *curve.averages) if chooser.name in one.scores]
            if take not in known:
                raise UsageError(f"--take {take}: no such checkpoint", hint=f"one of {', '.join(known)}")
        choices.append(choice(curve, chooser, found, take))
    return dataclasses.replace(report, choices=tuple(choices), best=best_of(choices, chooser))
