"""From choices between two answers to win rates, strengths and the judge's own bias."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations

from emojit.evaluation.judge.bradley_terry import strengths
from emojit.evaluation.judge.intervals import mean_by_text, share_interval
from emojit.evaluation.judge.paired import win_rate_interval
from emojit.evaluation.judge.records import PairJudgement, Side
from emojit.evaluation.judge.schema import Bill, PairsReport, PositionBias, WinRate
from emojit.evaluation.judge.score_figures import exact_share, twice
from emojit.evaluation.report import Interval

Decided = dict[tuple[str, str, str, int], float]
"""By text, system, other system and number of the answer: 1.0 for a win of the first, 0.5 for a tie, 0.0 for a loss."""

Orders = dict[tuple[str, str, str, int], tuple[Side, Side]]
"""As `Decided`: what was chosen with the systems in their order, and with them swapped."""

_SWAPPED: dict[Side, Side] = {"first": "second", "second": "first", "tie": "tie"}


def pair_figures(
    rows: Sequence[PairJudgement], systems: Sequence[str], rejected: Mapping[str, int], bill: Bill
) -> PairsReport:
    """Return what choices come to."""
    orders = _both_orders(rows, systems)
    decided = decide(orders)
    asked = [row for row in rows if row.key is not None]
    return PairsReport(
        rejected=dict(rejected),
        bill=bill,
        texts=len({about[0] for about in decided}),
        same_answer=sum(row.key is None for row in rows) // 2,
        win_rates=tuple(_win_rate(decided, orders, one, other) for one, other in combinations(systems, 2)),
        # Of ties alone an order of the systems would be made up.
        strengths=strengths(decided, systems) if len(systems) > 2 and set(decided.values()) - {0.5} else (),
        position=_position(asked, systems),
        agreement=exact_share(twice({((row.id, row.first), row.second, row.ask): row.choice for row in asked})),
    )


def decide(orders: Orders) -> Decided:
    """Put the two orders together: whoever both orders choose has won, everything else is a tie."""
    decided: Decided = {}
    for about, (straight, swapped) in orders.items():
        agreed = straight if straight == _SWAPPED[swapped] else "tie"
        decided[about] = {"first": 1.0, "tie": 0.5, "second": 0.0}[agreed]
    return decided


def _both_orders(rows: Sequence[PairJudgement], systems: Sequence[str]) -> Orders:
    """Return what was chosen with the systems in their order, and with them swapped; each pair once.

    A pair of which one order could not be read is left out: it would not be known whether the place decided.
    """
    choices = {(row.id, row.first, row.second, row.ask): row.choice for row in rows}
    place = {name: number for number, name in enumerate(systems)}
    return {
        about: (choice, choices[about[0], about[2], about[1], about[3]])
        for about, choice in choices.items()
        if place[about[1]] < place[about[2]] and (about[0], about[2], about[1], about[3]) in choices
    }


def _win_rate(decided: Decided, orders: Orders, system: str, against: str) -> WinRate:
    values = [(about[0], value) for about, value in decided.items() if about[1:3] == (system, against)]
    counts = Counter(value for _, value in values)
    by_place = sum(
        straight == swapped != "tie"
        for about, (straight, swapped) in orders.items()
        if about[1:3] == (system, against)
    )
    rate = win_rate_interval(mean_by_text(values))
    if rate is not None and by_place == len(values):  # half of all is the rule's figure, and anything may be true
        rate = Interval(mean=rate.mean, low=0.0, high=1.0)
    return WinRate(
        system=system,
        against=against,
        wins=counts[1.0],
        ties=counts[0.5],
        losses=counts[0.0],
        by_place=by_place,
        rate=rate,
    )


def _position(asked: Sequence[PairJudgement], systems: Sequence[str]) -> PositionBias:
    counts = Counter(row.choice for row in asked)
    texts = list(dict.fromkeys(row.id for row in asked))
    chosen = Counter((row.id, row.choice) for row in asked)
    firsts = [chosen[text, "first"] for text in texts]
    either = [chosen[text, "first"] + chosen[text, "second"] for text in texts]
    orders = Counter(_both_orders(asked, systems).values())
    consistent = sum(orders[side, _SWAPPED[side]] for side in _SWAPPED)
    first_twice, second_twice = orders["first", "first"], orders["second", "second"]
    return PositionBias(
        first=counts["first"],
        second=counts["second"],
        tie=counts["tie"],
        first_share=share_interval(firsts, either),
        consistent=consistent,
        first_twice=first_twice,
        second_twice=second_twice,
        half=orders.total() - consistent - first_twice - second_twice,
    )
