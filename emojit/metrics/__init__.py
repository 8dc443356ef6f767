"""Scores of predicted emoji against the teacher's, as pure functions: no input or output, nothing heavy imported.

`overlap` compares sets of emoji row by row, `diversity` says how varied they are as a whole, `concentration` how unequally
they are used, `intervals` how far a mean can be trusted; `consensus` makes one answer of several, and `fields` reads emoji
out of a field in any spelling. The `evaluate` modules under `eval_modules/` are generated from these files by
`scripts/build_eval_modules.py`, so there is one source of truth for every formula.
"""

from __future__ import annotations

from emojit.metrics.concentration import gini, top_share
from emojit.metrics.consensus import consensus
from emojit.metrics.diversity import Diversity, Variety, diversity, most_common, variety
from emojit.metrics.fields import read_field
from emojit.metrics.intervals import bootstrap_interval
from emojit.metrics.overlap import (
    PrecisionRecallF1,
    RowScores,
    empty_share,
    exact_match,
    jaccard,
    jaccard_scores,
    precision_recall_f1,
    row_scores,
)

__all__ = [
    "Diversity",
    "PrecisionRecallF1",
    "RowScores",
    "Variety",
    "bootstrap_interval",
    "consensus",
    "diversity",
    "empty_share",
    "exact_match",
    "gini",
    "jaccard",
    "jaccard_scores",
    "most_common",
    "precision_recall_f1",
    "read_field",
    "row_scores",
    "top_share",
    "variety",
]
