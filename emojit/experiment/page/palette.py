"""Which variant gets which colour and dash: the same on every picture of a page."""

from __future__ import annotations

from emojit.charts.drawing import STYLES
from emojit.experiment.comparison.facts import Comparison


def palette(comparison: Comparison) -> dict[str, int | None]:
    """Give the base the colour of the text, and the others with the highest Jaccard index one each; the rest stays quiet in the background.

    Returns:
        Name of the variant → number of its style, or None; in the order of the table. A variant without a run in the figures has no entry.
    """
    scored = [(one.scores.jaccard, one.name) for one in comparison.variants if one.scores and not one.is_base]
    shown = {name for _, name in sorted(scored, key=lambda pair: -pair[0])[: STYLES - 1]}
    styles: dict[str, int | None] = {}
    used = 0
    for variant in comparison.variants:
        if variant.is_base and variant.scores is not None:
            styles[variant.name] = 0
        elif variant.name in shown:
            used += 1
            styles[variant.name] = used
        elif variant.scores is not None:
            styles[variant.name] = None
    return styles
