"""What an endpoint says in its headers about waiting: `Retry-After`, and the `x-ratelimit-*` family.

Sources: RFC 9110 section 10.2.3; https://platform.openai.com/docs/guides/rate-limits (durations such as "6m0s"); https://openrouter.ai/docs/api/reference/limits
(one counter without a suffix, its reset as Unix time in ms).
"""

from __future__ import annotations

import email.utils
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")
_UNITS_S = (86400.0, 3600.0, 60.0, 1.0, 1e-3)
_UNIX_S, _UNIX_MS = 1e9, 1e12  # from these numbers on a reset is a time and no duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Remaining:
    """What is left of one limit.

    Attributes:
        units: requests or tokens that may still be used (count).
        reset_s: when the count starts anew, from now (s).
    """

    units: float
    reset_s: float


def retry_after(headers: Mapping[str, str], *, now: datetime | None = None) -> float | None:
    """Read how long the endpoint asks to wait.

    Args:
        headers: response headers, in lower case or case-insensitive; `retry-after-ms` (ms, OpenAI) goes before `retry-after` (seconds or an HTTP date).
        now: the time to count an HTTP date from; None is the clock.

    Returns:
        Seconds, >= 0, or None where the header is missing or unreadable.
    """
    for name, unit_s in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        value = headers.get(name, "").strip()
        if _NUMBER.fullmatch(value):
            return float(value) * unit_s
    try:
        date = email.utils.parsedate_to_datetime(headers.get("retry-after", ""))
    except ValueError:
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return max(0.0, (date - (now or datetime.now(UTC))).total_seconds())


def remaining_requests(headers: Mapping[str, str]) -> Remaining | None:
    """Read what is left of the limit on requests, or None where the headers do not say it."""
    return _remaining(headers, "-requests") or _remaining(headers, "")


def remaining_tokens(headers: Mapping[str, str]) -> Remaining | None:
    """Read what is left of the limit on tokens, or None where the headers do not say it."""
    return _remaining(headers, "-tokens")


def _remaining(headers: Mapping[str, str], suffix: str) -> Remaining | None:
    units = headers.get(f"x-ratelimit-remaining{suffix}")
    if units is None or not _NUMBER.fullmatch(units.strip()):
        return None
    reset_s = _reset(headers.get(f"x-ratelimit-reset{suffix}", "").strip())
    return None if reset_s is None else Remaining(units=float(units), reset_s=reset_s)


def _reset(value: str) -> float | None:
    if _NUMBER.fullmatch(value):
        number = float(value)
        if number < _UNIX_S:
            return number
        return max(0.0, (number / 1000 if number >= _UNIX_MS else number) - datetime.now(UTC).timestamp())
    found = _DURATION.fullmatch(value)
    if found is None or not value:
        return None
    return sum(float(part) * unit for part, unit in zip(found.groups(), _UNITS_S, strict=True) if part)
