"""Whether the judge and people put two systems in the same order."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from emojit.evaluation.rating.judgements import Judgements
from emojit.evaluation.rating.ratings import SCALES, Question, Ratings
from emojit.evaluation.same_value import CONFIDENCE
from emojit.metrics import bootstrap_interval

RESAMPLES = 500
"""Resamples of the texts, for whether a difference may be chance (count)."""

_WORDS: dict[Question, str] = {"semantic": "意味の一致", "naturalness": "自然さ"}


def contradictions(ratings: Ratings, judgements: Judgements, *, seed: int = 0) -> list[tuple[str, str]]:
    """Say, in English and in Japanese, where the judge and people put two systems in different orders, over the texts for which both spoke of them.

    Every such order is said, and of those where a difference may be chance (its interval over texts holds 0), that too.
    """
    found = []
    for first, second in itertools.combinations(ratings.systems, 2):
        for question in SCALES:
            people, judge = _gaps(ratings, judgements, question, first, second)
            theirs, its = _mean(people), _mean(judge)
            if theirs * its < 0:
                chance, chance_ja = _chance(people, judge, seed)
                english = (
                    f"{question}: people put {_order(theirs, first, second)} ({theirs:+.2f}), "
                    f"the judge {_order(its, first, second)} ({its:+.2f}), over {len(people)} texts{chance}"
                )
                japanese = (
                    f"{_WORDS[question]}では、人は {_order_ja(theirs, first, second)}（{theirs:+.2f}）、"
                    f"審査モデルは {_order_ja(its, first, second)}（{its:+.2f}）の順とした（{len(people)}件の文{chance_ja}）"
                )
                found.append((english, japanese))
        people, judge, asked = _choices(ratings, judgements, first, second)
        theirs, its = _mean(people), _mean(judge)
        if theirs * its < 0:
            chance, chance_ja = _chance(people, judge, seed)
            by, over = abs(round(sum(people))), abs(round(sum(judge)))
            english = (
                f"preference: people put {_order(theirs, first, second)} (by {by} of {asked} preferences), "
                f"the judge {_order(its, first, second)} (by {over} of {len(judge)} texts){chance}"
            )
            japanese = (
                f"いちばんよい答えでは、人は {_order_ja(theirs, first, second)}（{asked}回のうち差{by}回）、"
                f"審査モデルは {_order_ja(its, first, second)}（{len(judge)}件のうち差{over}件）の順とした{chance_ja}"
            )
            found.append((english, japanese))
    return found


def _gaps(
    ratings: Ratings, judgements: Judgements, question: Question, first: str, second: str
) -> tuple[list[float], list[float]]:
    """Return people's and the judge's difference for each text, first minus second."""
    people: dict[tuple[str, str], list[int]] = defaultdict(list)
    for one in ratings.ratings:
        people[one.id, one.system].append(one.value(question))
    scores = judgements.scores
    texts = [
        text
        for text in ratings.ids
        if all((text, name) in people and (text, name) in scores for name in (first, second))
    ]
    theirs = [float(np.mean(people[text, first]) - np.mean(people[text, second])) for text in texts]
    its = [float(scores[text, first].value(question) - scores[text, second].value(question)) for text in texts]
    return theirs, its


def _choices(
    ratings: Ratings, judgements: Judgements, first: str, second: str
) -> tuple[list[float], list[float], int]:
    """Return for each text by how many preferences people, and by how many choices (-1 to 1) the judge, put the first ahead; and how many preferences."""
    low, high = sorted((first, second))
    said = {text: won for (text, one, other), won in judgements.choices.items() if (one, other) == (low, high)}
    people: dict[str, float] = defaultdict(float)
    asked = 0
    for one in ratings.preferences:
        if one.id in said:
            people[one.id] += (first in one.systems) - (second in one.systems)
            asked += 1
    return list(people.values()), [float((said[text] == first) - (said[text] == second)) for text in people], asked


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _chance(people: Sequence[float], judge: Sequence[float], seed: int) -> tuple[str, str]:
    """Return what to add where one of the two differences may be chance."""
    if _is_clear(people, seed) and _is_clear(judge, seed):
        return "", ""
    return ", which may be chance", "、偶然かもしれない"


def _is_clear(values: Sequence[float], seed: int) -> bool:
    if len(values) < 2:
        return False
    low, high = bootstrap_interval(list(values), confidence=CONFIDENCE, resamples=RESAMPLES, seed=seed)
    return low > 0 or high < 0


def _order(gap: float, first: str, second: str) -> str:
    return f"{first} before {second}" if gap > 0 else f"{second} before {first}"


def _order_ja(gap: float, first: str, second: str) -> str:
    return f"`{first}` ＞ `{second}`" if gap > 0 else f"`{second}` ＞ `{first}`"
