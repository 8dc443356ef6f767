"""Ridge regression with one output per emoji, solved once for all of them, and what it says about rows that it has not seen.

Rows that say the same in other words form a group; a group is held out as a whole. The scores of a held-out group follow from the one solution, so that
nothing is fitted twice: with the residuals r and the hat matrix H of a group they are y − (I − H)⁻¹ r, and in the dual y − ((A⁻¹)_gg)⁻¹ (A⁻¹ y)_g.

Sources: Hoerl & Kennard (1970), "Ridge regression: biased estimation for nonorthogonal problems"; Saunders et al. (1998), "Ridge regression learning algorithm in
dual variables"; Rifkin & Lippert (2007), "Notes on regularized least squares", for the held-out scores.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse import csr_matrix

_BLOCK = 2048
"""Rows worked on at once (count)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is to be solved. The rows of the held-out groups stand last, each group in one piece."""

    targets: csr_matrix
    """(rows, emoji) float32, 1 where the row has the emoji."""
    weights: np.ndarray
    """(rows,) float32, how much a row's error counts."""
    held_out: Sequence[int]
    """Sizes of the groups at the end (count of rows each), whose held-out scores are wanted."""
    alpha: float
    """Strength of the L2 penalty."""

    @property
    def held_out_rows(self) -> int:
        """Rows of the held-out groups (count)."""
        return sum(self.held_out)


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """What came out."""

    coefficients: np.ndarray
    """(rows or features, emoji) float32."""
    offset: np.ndarray
    """(emoji,) float32, added to every score: the share of the rows that have the emoji."""
    held_out: np.ndarray
    """(rows of the held-out groups, emoji) float32: the scores of each by a model that has not seen its group."""


def solve_dual(kernel: np.ndarray, problem: Problem) -> Solution:
    """Solve with one coefficient per row.

    Args:
        kernel: (rows, rows) float32; it is overwritten.
        problem: what is to be solved.
    """
    import numpy as np
    from scipy.linalg import cho_solve, cholesky

    rows = len(kernel)
    offset = _shares(problem)
    wanted = _centred(problem.targets, offset)
    kernel[np.diag_indices(rows)] += problem.alpha / problem.weights
    lower = cholesky(kernel, lower=True, overwrite_a=True, check_finite=False)
    dual = cho_solve((lower, True), wanted, check_finite=False)
    first = rows - problem.held_out_rows
    # The last block of the inverse follows from the last block of the factor alone.
    corner = lower[first:, first:]
    inverse = cho_solve((corner, True), np.eye(len(corner), dtype=np.float32), check_finite=False)
    held_out = wanted[first:] + offset
    for here in _slices(problem.held_out):
        held_out[here] -= np.linalg.solve(inverse[here, here], dual[first:][here])
    return Solution(coefficients=dual, offset=offset, held_out=held_out)


def solve_primal(blocks: Callable[[slice], np.ndarray | csr_matrix], problem: Problem) -> Solution:
    """Solve with one coefficient per feature; memory is features², however many rows there are.

    Args:
        blocks: gives the features of some rows (block, features) float32, dense or sparse.
        problem: what is to be solved.
    """
    import numpy as np
    from scipy.linalg import cho_solve, cholesky

    rows = problem.targets.shape[0]
    offset = _shares(problem)
    features = blocks(slice(0, 1)).shape[1]
    gram = np.zeros((features, features), dtype=np.float32)
    moved = np.zeros((features, len(offset)), dtype=np.float32)
    for start in range(0, rows, _BLOCK):
        here = slice(start, min(start + _BLOCK, rows))
        _add(blocks(here), problem.targets[here], problem.weights[here], offset, gram, moved)
    gram[np.diag_indices(features)] += problem.alpha
    lower = cholesky(gram, lower=True, overwrite_a=True, check_finite=False)
    coefficients = cho_solve((lower, True), moved, overwrite_b=True, check_finite=False)

    first = rows - problem.held_out_rows
    dense = _dense(blocks(slice(first, rows)))
    wanted = _centred(problem.targets[first:], offset)
    residuals = wanted - dense @ coefficients
    spread = cho_solve((lower, True), np.ascontiguousarray(dense.T), check_finite=False)  # (features, held out)
    held_out = wanted + offset
    for here in _slices(problem.held_out):
        hat = dense[here] @ spread[:, here] * problem.weights[first:][here]
        held_out[here] -= np.linalg.solve(np.eye(len(hat), dtype=np.float32) - hat, residuals[here])
    return Solution(coefficients=coefficients, offset=offset, held_out=held_out)


def _add(
    features: np.ndarray | csr_matrix,
    targets: csr_matrix,
    weights: np.ndarray,
    offset: np.ndarray,
    gram: np.ndarray,
    moved: np.ndarray,
) -> None:
    """Add a block of rows to the normal equations: features' products with each other and with the centred targets."""
    import numpy as np
    from scipy.sparse import diags

    if isinstance(features, np.ndarray):
        heavy = features * weights[:, None]
        gram += features.T @ heavy
        moved += (targets.T @ heavy).T - np.outer(heavy.sum(axis=0), offset)
        return
    heavy = diags(weights) @ features
    product = (features.T @ heavy).tocoo()
    gram[product.row, product.col] += product.data
    counted = (heavy.T @ targets).tocoo()
    moved[counted.row, counted.col] += counted.data
    moved -= np.outer(np.asarray(heavy.sum(axis=0)).ravel(), offset)


def _dense(features: np.ndarray | csr_matrix) -> np.ndarray:
    import numpy as np

    return features if isinstance(features, np.ndarray) else features.toarray()


def _shares(problem: Problem) -> np.ndarray:
    import numpy as np

    # By hand: an intercept inside the solution would need dense features. Float64, or 100,000 small numbers lose digits.
    weights = problem.weights.astype(np.float64)
    shares: np.ndarray = (np.asarray(problem.targets.T @ weights).ravel() / weights.sum()).astype(np.float32)
    return shares


def _centred(targets: csr_matrix, offset: np.ndarray) -> np.ndarray:
    dense: np.ndarray = targets.toarray()
    dense -= offset
    return dense


def _slices(sizes: Sequence[int]) -> list[slice]:
    found, start = [], 0
    for size in sizes:
        found.append(slice(start, start + size))
        start += size
    return found
