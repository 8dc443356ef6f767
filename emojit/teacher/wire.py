"""JSON as endpoints send it: what is no JSON in spite of its looks must not get into the store, nor stop a run.

Python reads more than JSON allows (NaN, Infinity, numbers beyond every float, halves of surrogate pairs), and cannot write it again: neither as
canonical JSON nor as UTF-8. So such a value is taken out where it comes in.
"""

from __future__ import annotations

import json
import math
import re

_HALF = re.compile(r"\\u[dD][89a-fA-F]")  # an escaped half of a surrogate pair; most stand beside their other half
_SHORTEST_SECRET = 16  # characters; what is shorter is a placeholder such as "EMPTY"
_MOST_TOKENS = 2**53  # what a float still counts


def parse_json(text: str, *, secret: str = "") -> object:
    """Read JSON that came from outside.

    NaN, infinite and too large numbers become null, halves of surrogate pairs U+FFFD.

    Args:
        text: as it came.
        secret: an API key that is masked wherever it stands, also where it came with JSON escapes; a short one is a placeholder and stays.

    Raises:
        ValueError: it is no JSON, or nested too deeply.
    """
    try:
        value = json.loads(text, parse_constant=lambda name: None, parse_float=_finite)
        hidden = json.dumps(secret, ensure_ascii=False)[1:-1] if len(secret) >= _SHORTEST_SECRET else ""
        if not hidden and not _HALF.search(text):
            return value
        plain = json.dumps(value, ensure_ascii=False)
        whole = plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        if hidden:
            whole = whole.replace(hidden, "***")
        if whole != plain:
            value = json.loads(whole)
    except RecursionError as exc:
        raise ValueError("nested too deeply") from exc
    return value


def token_count(value: object) -> int | None:
    """Return a number of tokens (count), or None where the value can be none: no whole number, negative, or beyond reason."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST_TOKENS:
        return value
    return None


def bill(value: object) -> float | None:
    """Return what was billed (USD), or None where the value can be no bill: no number, negative or not finite."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e300:
        return float(value)
    return None


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None
