"""Whether the judge and people put two systems in the same order."""

from __future__ import annotations

import itertools
from collections import defaultdict

import numpy as np

from emojit.evaluation.rating.judgements import Judgements
from emojit.evaluation.rating.ratings import SCALES, Question, Ratings

_WORDS: dict[Question, str] = {"semantic": "意味の一致", "naturalness": "自然さ"}


def contradictions(ratings: Ratings, judgements: Judgements) -> list[tuple[str, str]]:
    """Say, in English and in Japanese, where the judge and people put two systems in different orders, over the texts for which both spoke of them."""
    found = []
    for first, second in itertools.combinations(ratings.systems, 2):
        for question in SCALES:
            gaps = _gaps(ratings, judgements, question, first, second)
            if gaps and gaps[0] * gaps[1] < 0:
                theirs, its, texts = gaps
                found.append(
                    (
                        (
                            f"{question}: people put {_order(theirs, first, second)} ({theirs:+.2f}), "
                            f"the judge {_order(its, first, second)} ({its:+.2f}), over {texts} texts"
                        ),
                        (
                            f"{_WORDS[question]}では、人は {_order_ja(theirs, first, second)}（{theirs:+.2f}）、"
                            f"審査モデルは {_order_ja(its, first, second)}（{its:+.2f}）の順とした（{texts}件の文）"
                        ),
                    )
                )
        low, high = sorted((first, second))
        said = {text: won for (text, one, other), won in judgements.choices.items() if (one, other) == (low, high)}
        asked = [one.systems for one in ratings.preferences if one.id in said]
        preferred = {one.id for one in ratings.preferences}
        its_choices = [won for text, won in said.items() if text in preferred]
        people = sum((first in one) - (second in one) for one in asked)
        judge = its_choices.count(first) - its_choices.count(second)
        if people * judge < 0:
            found.append(
                (
                    (
                        f"preference: people put {_order(people, first, second)} (by {abs(people)} of {len(asked)} preferences), "
                        f"the judge {_order(judge, first, second)} (by {abs(judge)} of {len(its_choices)} texts)"
                    ),
                    (
                        f"いちばんよい答えでは、人は {_order_ja(people, first, second)}（{len(asked)}回のうち差{abs(people)}回）、"
                        f"審査モデルは {_order_ja(judge, first, second)}（{len(its_choices)}件のうち差{abs(judge)}件）の順とした"
                    ),
                )
            )
    return found


def _gaps(
    ratings: Ratings, judgements: Judgements, question: Question, first: str, second: str
) -> tuple[float, float, int] | None:
    """Return people's and the judge's mean difference, first minus second, and over how many texts."""
    people: dict[tuple[str, str], list[int]] = defaultdict(list)
    for one in ratings.ratings:
        people[one.id, one.system].append(one.value(question))
    scores = judgements.scores
    texts = [
        text
        for text in ratings.ids
        if all((text, name) in people and (text, name) in scores for name in (first, second))
    ]
    if not texts:
        return None
    theirs = [float(np.mean(people[text, first]) - np.mean(people[text, second])) for text in texts]
    its = [scores[text, first].value(question) - scores[text, second].value(question) for text in texts]
    return float(np.mean(theirs)), float(np.mean(its)), len(texts)


def _order(gap: float, first: str, second: str) -> str:
    return f"{first} before {second}" if gap > 0 else f"{second} before {first}"


def _order_ja(gap: float, first: str, second: str) -> str:
    return f"`{first}` ＞ `{second}`" if gap > 0 else f"`{second}` ＞ `{first}`"
