"""What the figures mean, in words that do not flatter."""

from __future__ import annotations

from collections.abc import Sequence

from emojit.evaluation.report import Difference, SystemReport


def verdict(system: SystemReport, baselines: Sequence[SystemReport], differences: Sequence[Difference]) -> str:
    """Say how the system stands against the best constant answer, and against the strongest baseline.

    Args:
        system: the system that is judged.
        baselines: the baselines, the constant among them.
        differences: system minus each baseline.
    """
    by_name = {difference.against: difference for difference in differences}
    strongest = max(baselines, key=lambda baseline: baseline.jaccard.mean)
    constant = next(baseline for baseline in baselines if baseline.name == "constant")
    sentences = [_compare(system, constant, by_name[constant.name])]
    if strongest.name != constant.name:
        sentences.append(_compare(system, strongest, by_name[strongest.name]))
    return " ".join(sentences)


def _compare(system: SystemReport, other: SystemReport, difference: Difference) -> str:
    gap = difference.jaccard
    if gap.low > 0:
        words = f"beats {other.label}"
    elif gap.high < 0:
        words = f"loses to {other.label}"
    elif gap.mean == gap.low == gap.high == 0:
        words = f"scores exactly as {other.label}"
    else:
        words = f"cannot be told apart from {other.label}"
    return (
        f"{system.label[:1].upper()}{system.label[1:]} (Jaccard {system.jaccard.mean:.3f}) {words} "
        f"({other.jaccard.mean:.3f}): difference {gap.mean:+.3f}, interval {gap.low:+.3f} to {gap.high:+.3f}."
    )
