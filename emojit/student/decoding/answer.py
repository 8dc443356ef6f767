"""Texts to answers by the method that the settings name, and one text to its candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from emojit.student.decoding.mbr import best_prefixes, best_set, rank
from emojit.student.decoding.network import Network
from emojit.student.decoding.rule import top
from emojit.student.decoding.search import beam, diverse_beam, first_chances, greedy, sample, score
from emojit.student.decoding.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """An answer and how likely the model finds it."""

    columns: list[int]
    """One to five distinct emoji."""
    score: float
    """Probability per emoji, see `search.score`; in [0, 1]."""


def answers(network: Network, input_ids: Sequence[Sequence[int]], settings: Settings) -> list[list[int]]:
    """Answer a batch of texts.

    Args:
        network: the model.
        input_ids: token ids of each text, with the end token; of similar length, for a batch is as wide as its longest.
        settings: how.

    Returns:
        One list of distinct columns per text, `min_emojis` to `max_emojis` of them, or as many as the vocabulary has.
    """
    if not input_ids:
        return []
    settings = _fitting(settings, network)
    session, rows = network.open(input_ids), len(input_ids)
    least, most = settings.min_emojis, settings.max_emojis
    if settings.method == "beam":
        return beam(session, settings, rows)
    if settings.method == "diverse_beam":
        return diverse_beam(session, settings, rows)
    if settings.method == "sample":
        return [drawn[0] for drawn in sample(session, settings, _uniforms(input_ids, settings, 1))]
    if settings.method == "mbr" and settings.samples:
        drawn = sample(session, settings, _uniforms(input_ids, settings, settings.samples))
        return [best_set(one, least=least, most=most)[0] for one in drawn]
    if settings.method == "mbr":
        order, chances = rank(np.exp(first_chances(session, settings, rows)[:, :-1]), most)
        return best_prefixes(order, chances, scale=settings.scale, size=settings.size, least=least)
    return greedy(session, settings, rows)


def candidates(network: Network, input_ids: Sequence[int], settings: Settings, count: int) -> list[Choice]:
    """Return the answer to a text, and behind it, by falling score, what the model writes when it must begin with another emoji.

    A search for the likeliest answers would bring five that differ in their last emoji.

    Args:
        network: the model.
        input_ids: token ids of the text.
        settings: how the answer is found; the others are continued greedily.
        count: how many are returned at most (count, at least 1); choices that differ in their order alone count as one.
    """
    settings = _fitting(settings, network)
    distinct: dict[frozenset[int], list[int]] = {}
    for answer in answers(network, [input_ids], settings):
        distinct[frozenset(answer)] = answer
    session = network.open([input_ids])
    likely = first_chances(session, settings, 1)[:, :-1]
    first = top(likely, min(2 * count, likely.shape[1]))[0]
    for answer in greedy(network.open([input_ids] * len(first)), settings, len(first), first=first):
        distinct.setdefault(frozenset(answer), answer)
    choices = list(distinct.values())
    scores = score(network.open([input_ids] * len(choices)), settings, choices)
    found = [Choice(columns=choice, score=value) for choice, value in zip(choices, scores, strict=True)]
    return [found[0], *sorted(found[1:], key=lambda one: -one.score)][:count]


def _fitting(settings: Settings, network: Network) -> Settings:
    """Return settings that a small vocabulary can fulfil."""
    if network.emojis >= settings.max_emojis:
        return settings
    return replace(settings, min_emojis=min(settings.min_emojis, network.emojis), max_emojis=network.emojis)


def _uniforms(input_ids: Sequence[Sequence[int]], settings: Settings, count: int) -> NDArray[np.float64]:
    """Return random numbers (N, `count`, `max_emojis`) that depend on the seed and on the text alone: neighbours, order and resuming change nothing."""
    numbers = np.empty((len(input_ids), count, settings.max_emojis))
    for row, ids in enumerate(input_ids):
        text = f"{settings.seed}:{','.join(map(str, ids))}".encode()
        key = int.from_bytes(blake2b(text, digest_size=16).digest(), "little")
        numbers[row] = np.random.Generator(np.random.Philox(key=key)).random(numbers.shape[1:])
    return numbers
