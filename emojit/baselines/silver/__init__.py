"""Silver rows: texts that a baseline labels, with a score per emoji, so that a student learns from far more texts than a teacher was asked about."""

from emojit.baselines.silver.making import SilverCounts, make_silver

__all__ = ["SilverCounts", "make_silver"]
