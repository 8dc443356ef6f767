"""The report as Markdown (`results.md`) and as lines for a terminal."""

from __future__ import annotations

from emojit.evaluation.report import EvalReport


def markdown(report: EvalReport) -> str:
    """Return the whole report as a Markdown page."""
    data = report.dataset
    where = f"`{data.name}`" + (f" at `{data.revision or data.commit}`" if data.revision or data.commit else "")
    percent = f"{100 * report.confidence:.0f} %"
    lines = [
        f"# Evaluation of `{report.source.name}`",
        "",
        report.verdict,
        "",
        f"{data.rows:,} rows of the split `{data.split}` of {where}, column `{data.input_column}`;",
        f"the baselines were fitted on the {data.train_rows:,} rows of `train`.",
        f"Brackets are {percent} bootstrap intervals over rows ({report.resamples:,} resamples, seed {report.seed}).",
        "",
        "| system | Jaccard | exact match | F1 micro | F1 macro | without emoji | emoji per text | rows |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for system in report.systems:
        overlap = system.overlap
        lines.append(
            f"| {system.label} | {system.jaccard} | {overlap['exact_match']:.3f} | {overlap['f1_micro']:.3f} | "
            f"{overlap['f1_macro']:.3f} | {overlap['empty_predictions']:.3f} | {system.emojis_per_text:.2f} | {system.rows:,} |"
        )
    lines += [
        "",
        "## Against the trivial answers",
        "",
        "Differences of the Jaccard index row by row; clearly better where the whole interval is above zero.",
        "",
        "| compared | difference |",
        "|---|---|",
    ]
    for difference in report.differences:
        label = report.find(difference.against).label
        gap = difference.jaccard
        lines.append(
            f"| {report.find(difference.system).label} − {label} | {gap.mean:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}] |"
        )
    lines += [
        "",
        "## Variety",
        "",
        "No merit by itself: the closer to the references, the better, and only next to the Jaccard index.",
        "",
        "| system | outside the top 5 | distinct emoji | entropy (bits) |",
        "|---|---:|---:|---:|",
    ]
    for system in report.systems:
        found = system.diversity
        lines.append(
            f"| {system.label} | {found['outside_top']:.3f} | {found['distinct']:.0f} | {found['entropy_bits']:.2f} |"
        )
    first = report.systems[0].diversity
    lines.append(
        f"| the references | {first['reference_outside_top']:.3f} | {first['reference_distinct']:.0f} | "
        f"{first['reference_entropy_bits']:.2f} |"
    )
    lines += [
        "",
        "Scores by "
        + ", ".join(f"{metric.name} ({metric.source}, {metric.digest[:12]})" for metric in report.metrics)
        + ".",
        "",
    ]
    return "\n".join(lines)


def plain(report: EvalReport) -> str:
    """Return the scores and the verdict as lines for a terminal."""
    width = max(len(system.label) for system in report.systems)
    data, percent = report.dataset, f"{100 * report.confidence:.0f} %"
    lines = [f"mean Jaccard on {data.rows:,} rows of {data.name}, split {data.split} ({percent} interval)"]
    for system in report.systems:
        fewer = f"   {system.rows:,} rows" if system.rows != data.rows else ""
        lines.append(f"  {system.label:<{width}}  {system.jaccard}{fewer}")
    return "\n".join([*lines, "", report.verdict])


def scores(report: EvalReport) -> dict[str, dict[str, float]]:
    """Return the short form for `--json`: name of each system → jaccard, low, high, rows (count)."""
    return {
        system.name: {
            "jaccard": system.jaccard.mean,
            "low": system.jaccard.low,
            "high": system.jaccard.high,
            "rows": system.rows,
        }
        for system in report.systems
    }
