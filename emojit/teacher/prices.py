"""What a reply cost: as the endpoint billed it, or by its tokens and a price that somebody stated. emojit knows no prices of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass

from emojit.recipe import PriceConfig
from emojit.teacher.records import Reply
from emojit.teacher.wire import token_count

MILLION = 1_000_000
"""Tokens that a price of the recipe stands for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What one or more replies took, by the endpoint's own count.

    Attributes:
        prompt: tokens of the questions (count).
        completion: tokens of the answers, thinking among them (count).
    """

    prompt: int = 0
    completion: int = 0

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(prompt=self.prompt + other.prompt, completion=self.completion + other.completion)


def used_tokens(usage: str | None) -> Tokens | None:
    """Read the endpoint's token counts.

    Args:
        usage: `usage` of a reply (JSON), or None.

    Returns:
        The tokens, or None where the endpoint does not count both kinds.
    """
    if usage is None:
        return None
    counts = json.loads(usage)
    prompt, completion = (token_count(counts.get(name)) for name in ("prompt_tokens", "completion_tokens"))
    if prompt is None or completion is None:
        return None
    return Tokens(prompt=prompt, completion=completion)


def token_cost(tokens: Tokens, price: PriceConfig) -> float | None:
    """Return what so many tokens cost at a price (USD), or None where no price is stated."""
    if price.prompt is None or price.completion is None:
        return None
    return (tokens.prompt * price.prompt + tokens.completion * price.completion) / MILLION


def usage_cost(usage: str | None, price: PriceConfig) -> float | None:
    """Return what a reply's tokens cost at a price (USD), or None where the tokens or the price are not known."""
    tokens = used_tokens(usage)
    return None if tokens is None else token_cost(tokens, price)


def reply_cost(reply: Reply, price: PriceConfig) -> float | None:
    """Return what a reply cost (USD): what was billed, else its tokens at the stated price, else None for not known."""
    return reply.cost if reply.cost is not None else usage_cost(reply.usage, price)
