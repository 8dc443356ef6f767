"""The report as Markdown (`results.md`) and as lines for a terminal."""

from __future__ import annotations

from emojit.evaluation.analysis_table import analysis_lines
from emojit.evaluation.markdown_text import cell
from emojit.evaluation.report import EvalReport


def markdown(report: EvalReport) -> str:
    """Return the whole report as a Markdown page."""
    data = report.dataset
    where = cell(data.name) + (f" at {cell(data.revision or data.commit)}" if data.revision or data.commit else "")
    percent = f"{100 * report.confidence:.0f} %"
    lines = [
        f"# Evaluation of {cell(report.source.name)}",
        "",
        cell(report.verdict),
        "",
        *(["## 要約", "", cell(report.analysis.summary_ja), ""] if report.analysis.summary_ja else []),
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
            f"| {cell(system.label)} | {system.jaccard} | {overlap['exact_match']:.3f} | {overlap['f1_micro']:.3f} | "
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
        label = cell(report.find(difference.against).label)
        gap = difference.jaccard
        lines.append(
            f"| {cell(report.find(difference.system).label)} − {label} | {gap.mean:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}] |"
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
            f"| {cell(system.label)} | {found['outside_top']:.3f} | {found['distinct']:.0f} | {found['entropy_bits']:.2f} |"
        )
    first = report.systems[0].diversity
    lines.append(
        f"| the references | {first['reference_outside_top']:.3f} | {first['reference_distinct']:.0f} | "
        f"{first['reference_entropy_bits']:.2f} |"
    )
    lines += _further(report)
    lines += analysis_lines(report)
    lines += [
        "",
        "Scores by "
        + ", ".join(f"{cell(metric.name)} ({cell(metric.source)}, {metric.digest[:12]})" for metric in report.metrics)
        + ".",
        "",
    ]
    return "\n".join(lines)


def _further(report: EvalReport) -> list[str]:
    """Return the tables of length, category, distribution, validity and votes; nothing for a report without them."""
    systems = [system for system in report.systems if system.length]
    if not systems:
        return []
    lines = [
        "",
        "## Length, kinds and rules",
        "",
        "Numbers of emoji per text (mean ± standard deviation), their largest difference as distributions (Kolmogorov–Smirnov) and correlation with",
        "the references'; agreement by Unicode group, beside what chance would give, and by subgroup; Jensen–Shannon divergence of the frequencies;",
        "share of the answers that keep all rules. The formulas are in emojit's `docs/metrics.md`.",
        "",
        "| system | emoji per text | KS | correlation | group | by chance | subgroup | near miss | divergence (bits) | valid |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for system in systems:
        size, kind = system.length, system.category
        figures = (size["ks_statistic"], size["correlation"], kind["group_jaccard"], kind["group_by_chance"])
        more = (kind["subgroup_jaccard"], kind["near_miss"], system.distribution["jensen_shannon"])
        cells = " | ".join(_number(value) for value in (*figures, *more, system.validity["valid"]))
        lines.append(f"| {cell(system.label)} | {_number(size['mean'], 2)} ± {_number(size['sd'], 2)} | {cells} |")
    first = systems[0].length
    lines.append(
        f"| the references | {_number(first['reference_mean'], 2)} ± {_number(first['reference_sd'], 2)} "
        "| | | | | | | | |"
    )
    voted = [system for system in systems if system.votes.get("compared_texts")]
    if not voted:
        return lines
    found = voted[0].votes
    lines += [
        "",
        "## Against several votes",
        "",
        f"On the {_number(found['compared_texts'], 0)} texts with two votes or more, one vote left out at a time: the Jaccard index with the best of the others and",
        "their mean. The last line is what a vote reaches against the others, the ceiling. A consensus of the votes may lie above it.",
        "",
        "| system | best vote | mean |",
        "|---|---:|---:|",
    ]
    for system in voted:
        lines.append(
            f"| {cell(system.label)} | {_number(system.votes['compared_best'])} | {_number(system.votes['compared_mean'])} |"
        )
    return [*lines, f"| a vote | {_number(found['ceiling_best'])} | {_number(found['ceiling_mean'])} |"]


def _number(value: float | None, places: int = 3) -> str:
    return "–" if value is None else f"{value:,.{places}f}"


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
