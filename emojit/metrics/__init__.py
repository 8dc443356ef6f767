"""Scores of predicted emoji against the teacher's, as pure functions: no input or output, nothing heavy imported.

`overlap` compares sets of emoji row by row, `votes` with several references per text, `category` by kind of emoji; `diversity` says how
varied they are as a whole, `distribution` how far their frequencies are from the references', `length` how many there are, `validity`
whether answers keep the rules, `concentration` how unequally emoji are used, `intervals` how far a mean can be trusted; `consensus` makes one
answer of several, `fields` reads emoji out of a field in any spelling, and `figures` answers as a metric module does. The `evaluate` modules
under `eval_modules/` are generated from these files by `scripts/build_eval_modules.py`, so there is one source of truth for every formula;
docs/metrics.md has them all.
"""

from __future__ import annotations

from emojit.metrics.category import CategoryMatch, category_match
from emojit.metrics.concentration import gini, top_share
from emojit.metrics.consensus import consensus
from emojit.metrics.distribution import DistributionDistance, distribution_distance
from emojit.metrics.diversity import Diversity, Variety, diversity, most_common, variety
from emojit.metrics.fields import has_text, read_field, read_rows
from emojit.metrics.figures import MODULE_FIGURES, module_figures
from emojit.metrics.intervals import bootstrap_interval
from emojit.metrics.length import Length, length
from emojit.metrics.overlap import (
    PrecisionRecallF1,
    RowScores,
    ScoreColumns,
    empty_share,
    exact_match,
    jaccard,
    jaccard_scores,
    precision_recall_f1,
    row_scores,
    score_columns,
)
from emojit.metrics.validity import Validity, validity
from emojit.metrics.votes import VoteFigures, VoteScores, ceiling_scores, vote_figures, vote_scores

__all__ = [
    "MODULE_FIGURES",
    "CategoryMatch",
    "DistributionDistance",
    "Diversity",
    "Length",
    "PrecisionRecallF1",
    "RowScores",
    "ScoreColumns",
    "Validity",
    "Variety",
    "VoteFigures",
    "VoteScores",
    "bootstrap_interval",
    "category_match",
    "ceiling_scores",
    "consensus",
    "distribution_distance",
    "diversity",
    "empty_share",
    "exact_match",
    "gini",
    "has_text",
    "jaccard",
    "jaccard_scores",
    "length",
    "module_figures",
    "most_common",
    "precision_recall_f1",
    "read_field",
    "read_rows",
    "row_scores",
    "score_columns",
    "top_share",
    "validity",
    "variety",
    "vote_figures",
    "vote_scores",
]
