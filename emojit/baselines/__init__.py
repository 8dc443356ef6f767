"""The trivial answers that every score stands next to: constants, names of emoji, neighbours, linear models.

They are fitted on the training split in seconds, need no GPU, and answer with 1–5 distinct emoji like a student. Whoever does not beat them has learned
nothing. Each can be saved, loaded and published as a model of its own.
"""

from __future__ import annotations

from emojit.baselines.base import Baseline, Example, examples

__all__ = ["Baseline", "Example", "examples"]
