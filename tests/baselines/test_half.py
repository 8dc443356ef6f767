"""Rounding to the digits of float16 is numpy's, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest

from emojit.baselines.half import with_digits_of_float16

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize(
    "values",
    [
        RANDOM.normal(size=(300, 400))
        * 10.0 ** RANDOM.integers(-12, 4, size=(300, 400)),  # of every size, in two blocks
        np.arange(-5000, 5000) * 2.0**-26,  # the smallest, and what lies between two of them
        (1 + np.arange(0, 5000) * 2.0**-12) * 2.0**3,  # halfway between two
        np.array([0.0, -0.0, 65503.9, 65504.0, 65519.9, 65520.0, -1e30, np.inf, -np.inf, 1.0]),
        np.array([np.nan, 1e-30]),
        np.empty((0, 3)),
        np.asfortranarray(RANDOM.normal(size=(7, 5))),
        RANDOM.normal(size=(7, 5)).astype(np.float32)[::2, 1:],
    ],
    ids=["every size", "smallest", "ties", "largest", "no number", "none", "by columns", "with gaps"],
)
def test_it_is_what_numpy_rounds_to(values):
    given = values.astype(np.float32, copy=False)
    with np.errstate(over="ignore"):
        wanted = given.astype(np.float16).astype(np.float32)
        found = with_digits_of_float16(given)

    assert (found.shape, found.strides) == (wanted.shape, wanted.strides)
    assert np.array_equal(found.view(np.uint32), wanted.view(np.uint32))
