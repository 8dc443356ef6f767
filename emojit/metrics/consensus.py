"""One answer out of several independent ones."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from emojit.errors import MetricInputError
from emojit.metrics.inputs import check_rows

_MOST = 5


def consensus(votes: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return the answer that agrees best with several votes.

    All emoji of the votes are ranked: by how many votes hold them, then by their mean position in those votes, then by where they were seen
    first. Candidates are the votes themselves and the beginnings of the ranking, one to five emoji long. The candidate with the highest mean
    Jaccard index with the votes is the consensus, its emoji in the order of the ranking; of equally good ones the earliest vote, and a vote
    before a beginning of the ranking, of which the shorter comes first.

    Two votes cannot outvote each other: the consensus of one or two votes holds the emoji of the first. (For two sets A and B no set has a
    higher sum of Jaccard indices than A itself, 1 + J(A, B), because the Jaccard distance keeps the triangle inequality. The union reaches the
    same sum, so that without the votes as candidates two votes would mostly give five emoji.)

    Args:
        votes: N answers to the same question, each of one to five distinct emoji, the most fitting one first.

    Returns:
        One to five distinct emoji; with one vote, that vote.

    Raises:
        MetricInputError: there is no vote, or one of them is empty, longer than five, repeats an emoji or is a string.

    Source: our own; the medoid of the votes, widened by the ranking by approval. The exact median under the Jaccard distance is NP-hard
    (Chierichetti, Kumar, Pandey & Vassilvitskii (2010), "Finding the Jaccard median").

    Example:
        >>> consensus([["🎉", "😊"], ["🏆", "🎉"], ["🎉", "😊", "👏"]])
        ('🎉', '😊')
    """
    check_rows("votes", votes)
    for index, vote in enumerate(votes):
        if not 1 <= len(vote) <= _MOST or len(set(vote)) != len(vote):
            raise MetricInputError(f"votes[{index}] must hold one to {_MOST} distinct emoji, got {list(vote)!r}")
    places: dict[str, list[int]] = {}
    for vote in votes:
        for place, emoji in enumerate(vote):
            places.setdefault(emoji, []).append(place)
    # The sort is stable, so what ties stays in the order in which it was seen. Fractions, because rounding must not break a tie.
    ranking = sorted(places, key=lambda e: (-len(places[e]), Fraction(sum(places[e]), len(places[e]))))
    candidates = [*map(set, votes), *(set(ranking[:size]) for size in range(1, min(_MOST, len(ranking)) + 1))]
    best = max(candidates, key=lambda candidate: sum(_jaccard(candidate, set(vote)) for vote in votes))
    return tuple(emoji for emoji in ranking if emoji in best)


def _jaccard(first: set[str], second: set[str]) -> Fraction:
    return Fraction(len(first & second), len(first | second))
