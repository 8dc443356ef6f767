"""The trivial answers that every score stands next to: the best constant, the nearest neighbour, a linear model.

They are fitted on the training split in seconds, need no GPU, and answer with 1–5 distinct emoji like a student.
Whoever does not beat them has learned nothing.
"""

from __future__ import annotations

from emojit.baselines.base import Baseline
from emojit.baselines.constant import Constant
from emojit.baselines.linear import Linear
from emojit.baselines.neighbour import NearestNeighbour

__all__ = ["Baseline", "Constant", "Linear", "NearestNeighbour", "all_baselines"]


def all_baselines() -> tuple[Baseline, ...]:
    """Return one unfitted baseline of each kind, the simplest first."""
    return Constant(), NearestNeighbour(), Linear()
