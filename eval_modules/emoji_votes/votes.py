# Generated from emojit/metrics/votes.py by scripts/build_eval_modules.py; do not edit.
"""Several references per text: how well an answer agrees with the best of them and with all, and how well they agree with each other.

A vote is what one annotator, or the teacher once, answered to a text. The agreement of votes with votes is the ceiling for anything that imitates
whoever gave them: an answer cannot be expected to agree better with a vote than another vote does. The best of several votes grows with their
number, so an answer is compared with a vote only against equally many others: `compared_best` leaves one vote out at a time, as `ceiling_best` must.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

from .errors import MetricInputError
from .inputs import check_lengths, check_rows
from .overlap import jaccard_scores

Votes = Sequence[Sequence[Sequence[str]]]
"""N texts, of each its votes, of each its emoji."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteScores:
    """Two scores of N texts, each a list of N Jaccard indices in [0, 1]."""

    best: list[float]
    """With the vote that agrees best."""
    mean: list[float]
    """With all votes, their mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteFigures:
    """How well predictions agree with several references per text, and those with each other; Jaccard indices in [0, 1]."""

    jaccard_best: float
    """Mean over the texts of the Jaccard index with the vote that agrees best."""
    jaccard_mean: float
    """Mean over the texts of the mean Jaccard index with the votes."""
    votes_per_text: float
    """Mean number of votes (count)."""
    compared_texts: int
    """Texts with two votes or more, on which the four figures below are taken (count)."""
    compared_best: float | None
    """As `jaccard_best`, one vote left out at a time, so that it is comparable with `ceiling_best`; None without such texts."""
    compared_mean: float | None
    """As `jaccard_mean`, on these texts."""
    ceiling_best: float | None
    """Mean over the texts and their votes of the Jaccard index of a vote with the other vote that agrees best."""
    ceiling_mean: float | None
    """Mean over the texts of the mean Jaccard index of two of their votes."""


def vote_figures(predictions: Sequence[Sequence[str]], votes: Votes) -> VoteFigures:
    """Return the scores of predictions against several references, and the ceiling.

    Args:
        predictions: N sequences of emoji.
        votes: N texts, of each one or more votes, aligned with `predictions`.

    Raises:
        MetricInputError: the lengths differ, there is no row, a text has no vote, or a row or vote is a string.

    Source: best and mean over several references as in Papineni, Roukos, Ward & Zhu (2002), "BLEU", and Lin (2004), "ROUGE" (section 2.1, which
    leaves one reference out at a time for the same reason); Jaccard (1912) for the index.

    Example:
        >>> found = vote_figures([["🎉"]], [[["🎉", "😊"], ["🎉"]]])
        >>> found.jaccard_best, found.jaccard_mean, found.compared_best, found.ceiling_mean
        (1.0, 0.75, 0.75, 0.5)
    """
    scores = _with_votes(predictions, votes)
    several = [row for row in scores if len(row) > 1]
    ceiling = ceiling_scores(votes) if several else None
    return VoteFigures(
        jaccard_best=_mean([max(row) for row in scores]),
        jaccard_mean=_mean([_mean(row) for row in scores]),
        votes_per_text=sum(map(len, scores)) / len(scores),
        compared_texts=len(several),
        compared_best=_mean([_best_of_one_less(row) for row in several]) if several else None,
        compared_mean=_mean([_mean(row) for row in several]) if several else None,
        ceiling_best=None if ceiling is None else _mean(ceiling.best),
        ceiling_mean=None if ceiling is None else _mean(ceiling.mean),
    )


def vote_scores(predictions: Sequence[Sequence[str]], votes: Votes) -> VoteScores:
    """Return for every text how well the prediction agrees with its votes; arguments and errors as in `vote_figures`."""
    scores = _with_votes(predictions, votes)
    return VoteScores(best=[max(row) for row in scores], mean=[_mean(row) for row in scores])


def ceiling_scores(votes: Votes) -> VoteScores:
    """Return for every text with two votes or more how well one of them agrees with the others, each in its turn.

    Args:
        votes: N texts, of each one or more votes.

    Returns:
        As many scores as there are texts with two votes or more, in their order; none at all where no text has.

    Raises:
        MetricInputError: there is no text, one has no vote, or a vote is a string.

    Example:
        >>> ceiling_scores([[["🎉"], ["🎉"], ["😊"]], [["📚"]]])
        VoteScores(best=[0.6666666666666666], mean=[0.3333333333333333])
    """
    check_votes(votes)
    best, mean = [], []
    for row in votes:
        if len(row) < 2:
            continue
        pairs = list(permutations(range(len(row)), 2))  # by vote, each with all others
        scores = jaccard_scores([row[i] for i, _ in pairs], [row[j] for _, j in pairs])
        others = len(row) - 1
        best.append(_mean([max(scores[start : start + others]) for start in range(0, len(scores), others)]))
        mean.append(_mean(scores))
    return VoteScores(best=best, mean=mean)


def check_votes(votes: Votes) -> None:
    """Refuse what are no votes.

    Raises:
        MetricInputError: there is no text, one has no vote, or what should hold votes or emoji is a string.
    """
    check_rows("references", votes)  # type: ignore[arg-type]  # one level deeper, the same mistakes
    for index, row in enumerate(votes):
        if len(row) == 0:
            raise MetricInputError(f"references[{index}] has no vote", hint="leave out the texts that nobody answered")
        check_rows(f"references[{index}]", row)


def _with_votes(predictions: Sequence[Sequence[str]], votes: Votes) -> list[list[float]]:
    check_lengths(predictions, votes)
    check_votes(votes)
    flat = jaccard_scores(
        [prediction for prediction, row in zip(predictions, votes, strict=True) for _ in row],
        [vote for row in votes for vote in row],
    )
    scores = iter(flat)
    return [[next(scores) for _ in row] for row in votes]


def _best_of_one_less(scores: list[float]) -> float:
    """Return the mean of the best score over all ways to leave one out: the second best where the best is left out, else the best."""
    second, first = sorted(scores)[-2:]
    return ((len(scores) - 1) * first + second) / len(scores)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
