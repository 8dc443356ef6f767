"""How figures are written, the same in every report."""

from __future__ import annotations

from collections.abc import Sequence

from emojit.evaluation.report import Interval
from emojit.experiment.comparison.facts import TestRows


def score(value: float) -> str:
    """Return a fraction with four places, as the older tables have them."""
    return f"{value:.4f}"


def percent(value: float) -> str:
    """Return a share in percent with one place."""
    return f"{100 * value:.1f} %"


def gap(interval: Interval) -> str:
    """Return a difference with its interval."""
    return f"{interval.mean:+.4f} [{interval.low:+.4f}, {interval.high:+.4f}]"


def between(interval: Interval) -> str:
    """Return a mean with its interval."""
    return f"{interval.mean:.4f} [{interval.low:.4f}, {interval.high:.4f}]"


def p(value: float) -> str:
    """Return a p-value: three places, or that it is below."""
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"


def setting(value: object) -> str:
    """Return a value of a recipe as TOML would write it."""
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.6g}"
    return f'"{value}"' if isinstance(value, str) else str(value)


def drawn(test: TestRows) -> str:
    """Return what the bootstrap draws."""
    return "rows" if test.articles is None else "articles with all their rows"


def drawn_of(test: TestRows) -> str:
    """Return what the bootstrap draws, and of how many."""
    if test.articles is None:
        return f"rows, {test.rows:,} of them; which are of one article the runs do not say, and sentences of an article are alike, so that intervals may be too narrow"
    return f"articles, {test.articles:,} of them, each with all its rows: sentences of an article are alike"


def listed(names: Sequence[str]) -> str:
    """Return names as a list in a sentence."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def count(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
