"""The order-free loss "set": the emoji of an answer are a set, and whichever is still missing may come next.

With G the emoji of the answer, y_1 … y_{t−1} those that the decoder was fed, R_t the rest of G, v the emoji's weights and ε the smoothing:

    q_t(c) = v_c / Σ_{r in R_t} v_r  for c in R_t,      q_t(end) = 1 where R_t is empty
    loss_t = −Σ_c ((1 − ε)·q_t(c) + ε/A) log p_t(c)                                      (nats per position)

v is 1 for every emoji of G: the uniform distribution over what is missing. With `soft_votes` G grows by every emoji that some vote of the teacher holds, and
v is the share of the votes that do; the end still comes after as many emoji as the answer has.

λ·loss_t stands for loss_t at every position behind the first. There are several of them per answer, which all ask what is missing from it, and one first, which asks what
fits the text at all: with λ below 1 a small student learns more of the latter.

The minimum is not 0 but the entropy of q: log 2 nats at the first of two emoji. In which order the decoder is fed is not decided here: see
`emojit.student.changing_rows`. Over uniformly shuffled orders the loss is the mean of the ordinary cross entropy, with less noise.

Shapes: logits (N, A), loss (N,); M is the largest G of the batch. The target is never written out as (N, A): M log-probabilities per position are picked
from those that the cross entropy keeps too.

Source: our own form of "all that remain are right" as in Welleck et al. (2018), "Loss Functions for Multiset Prediction", with the uniform oracle; for sets
of labels also Qin et al. (2019), "Adapting RNN Sequence Prediction Model to Multi-label Set Prediction".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emojit.student.losses.positions import IGNORED, Criterion, Positions

if TYPE_CHECKING:
    from torch import Tensor


def order_free(*, label_smoothing: float, later: float = 1.0) -> Criterion:
    """Make the order-free loss.

    Args:
        label_smoothing: share ε of the probability spread over all tokens that an answer may hold, in [0, 1).
        later: weight λ of the positions behind the first, in (0, 1].
    """
    from torch.nn.functional import log_softmax

    def loss(logits: Tensor, positions: Positions) -> Tensor:
        wanted, shares = missing(positions, like=logits)  # (N, M)
        known = log_softmax(logits, dim=-1)  # (N, A); kept for the gradient, as the cross entropy keeps it
        value = -(known.gather(1, wanted) * shares).sum(dim=-1)
        if label_smoothing:
            value = (1 - label_smoothing) * value - label_smoothing * known.mean(dim=-1)
        return value if later == 1 else value.where(positions.steps == 0, later * value)

    return loss


def missing(positions: Positions, *, like: Tensor) -> tuple[Tensor, Tensor]:
    """Return what may come next at each position.

    Args:
        positions: of a batch; every answer ends with the end token.
        like: a tensor of the wanted device and type.

    Returns:
        (N, M) int64 columns and (N, M) their target probabilities, which sum to 1.
    """
    answers = positions.answers
    if positions.votes is None:
        candidates = answers.where(answers != positions.end, IGNORED)  # (B, M), M = T
        weights = (candidates != IGNORED).to(like)
    else:
        candidates, weights = positions.votes.columns, positions.votes.shares.to(like)
    place = answers.new_tensor(range(answers.shape[1]))  # (T,)
    fed = place[None] < positions.steps[:, None]  # (N, T): what the decoder has seen
    own = candidates[positions.rows]  # (N, M)
    used = ((answers[positions.rows][:, None] == own[..., None]) & fed[:, None]).any(dim=-1)  # (N, M)
    shares = weights[positions.rows].masked_fill(used, 0)
    ended = positions.columns == positions.end  # (N,)
    shares = shares / shares.sum(dim=-1, keepdim=True).clamp(min=like.new_tensor(1e-12))
    wanted = own.clamp(min=0)
    # Where the answer is complete, the first place of the row holds the end token.
    first = (place.new_tensor(range(own.shape[1])) == 0)[None]  # (1, M)
    wanted = wanted.masked_fill(ended[:, None] & first, positions.end)
    shares = shares.where(~ended[:, None], first.to(like))
    return wanted, shares
