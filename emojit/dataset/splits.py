"""Which split an article belongs to, for ever."""

from __future__ import annotations

import hashlib
from typing import Literal

from emojit.recipe import SplitConfig

Split = Literal["train", "validation", "test"]

SPLITS: tuple[Split, ...] = ("train", "validation", "test")
"""The splits in the order of every table and file list."""

# Constant for ever: another salt would move test articles into a later version's training rows.
_SALT = "emojit-split-v1"


def split_of(source: str, doc_id: str, config: SplitConfig) -> Split:
    """Return the split of an article: a hash of source and document gives u in [0, 1), and train comes first, then validation, then test.

    An article stays where it is when the data set grows. Test is the top end of the interval, so another share of validation never moves a test
    article.
    """
    digest = hashlib.sha256(f"{_SALT}\n{source}\n{doc_id}".encode()).digest()
    u = int.from_bytes(digest[:8], "big") / 2**64
    if u < 1 - config.validation - config.test:
        return "train"
    return "validation" if u < 1 - config.test else "test"
