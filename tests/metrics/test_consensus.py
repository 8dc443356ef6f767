"""The consensus of votes: values worked out by hand, and the laws it must keep."""

from __future__ import annotations

import itertools
import random
from statistics import fmean

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from emojit.errors import MetricInputError
from emojit.metrics import consensus, jaccard

vote = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=5, unique=True)
votes = st.lists(vote, min_size=1, max_size=7)


def test_what_most_votes_hold_stands_and_the_rest_does_not() -> None:
    # "a b": 1 + 1/3 + 2/3; "a c": 1/3 + 1 + 1/4; "b a d": 2/3 + 1/4 + 1; "a b c": 2/3 + 2/3 + 1/2
    assert consensus([["a", "b"], ["a", "c"], ["b", "a", "d"]]) == ("a", "b")


def test_a_beginning_of_the_ranking_can_be_better_than_every_vote() -> None:
    # "a b": four times 2/3; a vote: 1 and three times 1/2
    assert consensus([["a", "b", "c"], ["a", "b", "d"], ["a", "b", "e"], ["a", "b", "f"]]) == ("a", "b")


def test_two_votes_cannot_outvote_each_other_so_the_first_one_stands_with_what_they_share_in_front() -> None:
    assert consensus([["a", "b"], ["c"]]) == ("a", "b")
    assert consensus([["a", "b", "c"], ["c", "d"]]) == ("c", "a", "b")


def test_the_mean_position_decides_between_equally_frequent_emoji() -> None:
    assert consensus([["a", "b", "c"], ["b", "c", "a"], ["b", "a", "c"]]) == ("b", "a", "c")


@given(vote)
def test_one_vote_is_its_own_consensus(only: list[str]) -> None:
    assert consensus([only]) == tuple(only)


@given(votes)
def test_the_consensus_is_one_to_five_distinct_emoji_of_the_votes(given_votes: list[list[str]]) -> None:
    found = consensus(given_votes)

    assert 1 <= len(found) <= 5
    assert len(set(found)) == len(found)
    assert set(found) <= set(itertools.chain.from_iterable(given_votes))


@given(votes)
def test_neither_a_vote_nor_a_beginning_of_the_ranking_agrees_better(given_votes: list[list[str]]) -> None:
    found = consensus(given_votes)
    seen = list(dict.fromkeys(itertools.chain.from_iterable(given_votes)))

    def rank(emoji: str) -> tuple[int, float, int]:
        places = [vote.index(emoji) for vote in given_votes if emoji in vote]
        return -len(places), round(fmean(places), 9), seen.index(emoji)

    ranking = sorted(seen, key=rank)
    beginnings = [ranking[:n] for n in range(1, min(5, len(ranking)) + 1)]
    scores = [fmean(jaccard(answer, vote) for vote in given_votes) for answer in (*given_votes, *beginnings)]
    assert list(found) == [emoji for emoji in ranking if emoji in found]
    assert fmean(jaccard(found, vote) for vote in given_votes) == pytest.approx(max(scores))


@given(vote, vote)
def test_two_votes_give_the_emoji_of_the_first(first: list[str], second: list[str]) -> None:
    assert set(consensus([first, second])) == set(first)


@given(votes, st.randoms(use_true_random=False))
def test_the_order_of_the_votes_matters_only_where_two_answers_or_two_emoji_tie(
    given_votes: list[list[str]], rng: random.Random
) -> None:
    places = {
        emoji: [vote.index(emoji) for vote in given_votes if emoji in vote]
        for emoji in set(itertools.chain.from_iterable(given_votes))
    }
    keys = {(-len(where), round(fmean(where), 9)): emoji for emoji, where in places.items()}
    ranking = [keys[key] for key in sorted(keys)]
    answers = {frozenset(vote) for vote in given_votes} | {frozenset(ranking[:n]) for n in range(1, 6)}
    scores = sorted(fmean(jaccard(tuple(answer), vote) for vote in given_votes) for answer in answers)
    assume(len(keys) == len(places) and (len(scores) == 1 or scores[-1] - scores[-2] > 1e-9))

    shuffled = given_votes[:]
    rng.shuffle(shuffled)

    assert consensus(shuffled) == consensus(given_votes)


@given(vote, st.integers(1, 5))
def test_votes_that_agree_are_their_consensus(agreed: list[str], times: int) -> None:
    assert consensus([agreed] * times) == tuple(agreed)


@pytest.mark.parametrize("bad", [[[]], [["a", "a"]], [list("abcdef")], [], ["ab"]])
def test_what_is_no_vote_is_refused(bad) -> None:
    with pytest.raises(MetricInputError, match="vote"):
        consensus(bad)
