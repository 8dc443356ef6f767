"""Strengths of more than two systems from their wins against each other: the model of Bradley and Terry, fitted by choix.

Source: Bradley & Terry (1952), "Rank analysis of incomplete block designs"; the fit is iterative Luce spectral ranking, Maystre & Grossglauser (2015).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from emojit.errors import MissingExtraError
from emojit.evaluation.judge.intervals import resampled, tails
from emojit.evaluation.judge.schema import Strength
from emojit.evaluation.report import Interval

RESAMPLES = 500
"""Bootstrap resamples over texts (count); each is a fit of some milliseconds."""

PRIOR = 0.5
"""Wins that every system has against every other one beforehand, on both sides: one tie per pair of systems. Without it a system that never lost would be
infinitely strong; beside the choices of a whole sample it pulls the strengths together by very little."""


def strengths(decided: Mapping[tuple[str, str, str, int], float], systems: Sequence[str]) -> tuple[Strength, ...]:
    """Fit the strengths.

    Args:
        decided: 1.0 for a win, 0.5 for a tie, 0.0 for a loss, by text, system, other system and number of the judge's answer.
        systems: at least two.

    Returns:
        Systems with their log-strengths, the strongest first; nothing where no text was compared.

    Raises:
        MissingExtraError: choix is not installed.
    """
    if importlib.util.find_spec("choix") is None:
        raise MissingExtraError("not installed: choix", hint="pip install 'emojit[evaluate]'")
    if not decided:
        return ()
    wins = _wins(decided, systems)  # (N, S, S)
    point = _fit(wins.sum(axis=0))
    drawn_from = np.concatenate([wins, _one_win_each(len(systems))])
    weights = resampled(len(drawn_from), RESAMPLES)  # (R, N + S * (S - 1))
    totals = np.tensordot(weights, drawn_from, axes=1)  # (R, S, S)
    drawn = np.array([_fit(total, point) for total in totals])  # (R, S)
    order = sorted(range(len(systems)), key=lambda place: (-point[place], place))
    found = []
    for rank, place in enumerate(order, start=1):
        low, high = tails(drawn[:, place])
        interval = Interval(mean=float(point[place]), low=low, high=high)
        found.append(Strength(name=systems[place], rank=rank, strength=interval))
    return tuple(found)


def _wins(decided: Mapping[tuple[str, str, str, int], float], systems: Sequence[str]) -> NDArray[np.float64]:
    """Return wins of one system against another by text, ties as half a win for both; shape (texts, systems, systems)."""
    texts = {text: number for number, text in enumerate(dict.fromkeys(about[0] for about in decided))}
    place = {name: number for number, name in enumerate(systems)}
    wins = np.zeros((len(texts), len(systems), len(systems)))
    for (text, one, other, _), value in decided.items():
        wins[texts[text], place[one], place[other]] += value
        wins[texts[text], place[other], place[one]] += 1 - value
    return wins


def _one_win_each(systems: int) -> NDArray[np.float64]:
    """Return one text for every two systems in either order, which the first has won; shape (S * (S - 1), S, S).

    They are drawn beside the texts, for what always ended alike would otherwise have an interval without width; as for win rates, see
    `emojit.evaluation.judge.paired`.
    """
    ones = np.eye(systems * systems).reshape(-1, systems, systems)
    return ones[~np.eye(systems, dtype=bool).ravel()]


def _fit(wins: NDArray[np.float64], start: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """Return log-strengths with mean 0; shape (S,)."""
    import choix

    prior = PRIOR * (1 - np.eye(len(wins)))
    fitted: NDArray[np.float64] = choix.ilsr_pairwise_dense(
        wins + prior, initial_params=start, max_iter=1000, tol=1e-6
    )
    return fitted - np.mean(fitted)
