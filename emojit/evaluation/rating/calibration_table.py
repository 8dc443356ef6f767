"""The comparison of judge, automatic figures and people as Markdown, with a summary in Japanese on top."""

from __future__ import annotations

from emojit.evaluation.rating.calibration import Calibration, JudgeCheck
from emojit.evaluation.rating.calibration_summary import summary
from emojit.evaluation.rating.correlation import Interval


def markdown(found: Calibration) -> str:
    """Return the whole comparison."""
    parts = ["# Judge and automatic figures against people", summary(found), "## What follows people best"]
    for lead in found.leads:
        verdict = "which is more than chance" if lead.is_clear else "which may be chance"
        alone = "" if lead.follows else "; but no figure follows people beyond chance here"
        parts.append(
            f"**{lead.target}** is followed best by **{lead.best}** (Spearman {_span(lead.spearman)}), by {_span(lead.by)} more than {lead.next}, {verdict}{alone}."
        )
    parts += [f"> Warning: {warning}." for warning in found.warnings]
    if found.figures:
        lines = [
            "| target | figure | Spearman |",
            "| --- | --- | --- |",
            *(f"| {one.target} | {one.name} | {_span(one.spearman)} |" for one in found.figures),
        ]
        parts += [f"## Figures, over the same {found.answers} answers without the references", "\n".join(lines)]
    if found.constant:
        parts.append(
            f"One value for all of these {found.answers} answers, so no correlation: {', '.join(found.constant)}."
        )
    for check in found.judge:
        parts += [f"## Judge on {check.question}", _check(check)]
    return "\n\n".join(parts) + "\n"


def _check(check: JudgeCheck) -> str:
    alpha = "not available: all values are equal" if check.alpha is None else f"{check.alpha:.2f}"
    spearman = "not available: one value alone" if check.spearman is None else _span(check.spearman)
    names = [str(place) for place in range(len(check.confusion))] if len(check.confusion) > 2 else ["no", "yes"]
    lines = [
        f"{check.answers} answers; Spearman {spearman}; α {alpha}; judge minus people {_span(check.bias, sign='+')}.",
        "",
        f"| people ↓ judge → | {' | '.join(names)} |",
        f"| --- |{' --- |' * len(names)}",
        *(f"| {name} | {' | '.join(map(str, row))} |" for name, row in zip(names, check.confusion, strict=True)),
    ]
    return "\n".join(lines)


def _span(one: Interval | None, sign: str = "") -> str:
    if one is None:
        return "–"
    ends = "" if one.low is None or one.high is None else f" [{one.low:{sign}.2f}, {one.high:{sign}.2f}]"
    return f"{one.value:{sign}.2f}{ends}"
