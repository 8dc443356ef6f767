"""How much of what was to be judged is missing from a report because no answer of the judge could be read."""

from __future__ import annotations

from emojit.evaluation.judge.records import WITHOUT_ANSWER
from emojit.evaluation.judge.schema import GuessReport, JudgeReport, PairsReport, ScoresReport

MUCH = 0.1
"""A share of lost judgements that a reader must know of: the rest may be the easy ones."""


def lost_share(stage: ScoresReport | PairsReport | GuessReport, report: JudgeReport) -> float:
    """Return the share of the judgements of a stage that are missing, in [0, 1]; answers that a system never gave are not among them."""
    systems = len(report.systems)
    answers = report.sample.texts * systems - stage.rejected.get(WITHOUT_ANSWER, 0) / report.judge.asks
    if isinstance(stage, PairsReport):
        # Every answer meets those of all other systems; a text that two systems left out is taken off once too often, which hides and never invents a loss.
        wanted = (answers - report.sample.texts * systems / 2) * (systems - 1)
        found = sum(rate.wins + rate.ties + rate.losses for rate in stage.win_rates) / report.judge.asks
    else:
        wanted, found = answers, float(sum(system.texts for system in stage.systems))
    return max(0.0, 1 - found / wanted) if wanted > 0 else 0.0
