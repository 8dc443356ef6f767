"""Predictions to report: a student beside the trivial answers, on the same rows, with intervals.

`emojit.evaluation.run` is the way in; `emojit.evaluation.report` is the schema of `eval_metrics.json`.
"""

from __future__ import annotations
