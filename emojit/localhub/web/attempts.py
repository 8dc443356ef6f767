"""Counting failed logins, and holding back whoever has too many of them.

Each address, and each token prefix that was tried, may fail a number of times at once and then a little per minute. A right token is not looked up here:
it holds 200 random bits, which no number of guesses finds, and behind a proxy one broken client would otherwise lock out everybody.
"""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from emojit.localhub.refusal import RefusalError

BURST = 30
"""Failures that are answered at once (count)."""
SECONDS_PER_FAILURE = 2.0
"""After the burst, one more failure is answered in this time."""
_MAX_KEYS = 10_000
_PREFIX_LENGTH = 8
"""Characters of a token that make a key: as many as are shown in a list of tokens."""
_V6_NETWORK_BITS = 64
"""One subscriber has that many IPv6 addresses to choose from."""


class Attempts:
    """The failed logins of late. Memory is bounded: the keys that failed longest ago are forgotten first."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with no failures.

        Args:
            clock: seconds, from any start.
        """
        self._clock = clock
        self._lock = threading.Lock()
        self._paid_until: OrderedDict[str, float] = OrderedDict()
        """By key, when all of its failures are forgiven (seconds of the clock); each failure adds `SECONDS_PER_FAILURE`."""

    def check(self, address: str | None, token: str = "") -> None:
        """Refuse one who failed too often.

        Args:
            address: where the request comes from.
            token: what was tried, if a token was.

        Raises:
            RefusalError: 429 with `Retry-After`.
        """
        now = self._clock()
        with self._lock:
            wait_s = max(self._paid_until.get(key, now) - now for key in _keys(address, token))
        wait_s -= (BURST - 1) * SECONDS_PER_FAILURE
        if wait_s > 0:
            headers = {"Retry-After": str(math.ceil(wait_s))}
            raise RefusalError(429, "Too many failed logins; wait before the next one", headers=headers)

    def failed(self, address: str | None, token: str = "") -> None:
        """Count a failed login.

        Args:
            address: where the request comes from.
            token: what was tried, if a token was.
        """
        now = self._clock()
        with self._lock:
            for key in _keys(address, token):
                self._paid_until[key] = max(self._paid_until.get(key, now), now) + SECONDS_PER_FAILURE
                self._paid_until.move_to_end(key)
            while len(self._paid_until) > _MAX_KEYS:
                self._paid_until.popitem(last=False)

    def __len__(self) -> int:
        """How many keys are remembered."""
        return len(self._paid_until)


def _keys(address: str | None, token: str) -> list[str]:
    keys = [f"address {_network(address)}"]
    return [*keys, f"token {token[:_PREFIX_LENGTH]}"] if token else keys


def _network(address: str | None) -> str:
    """The address itself, or the network of an IPv6 address."""
    try:
        found = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((int(found), _V6_NETWORK_BITS), strict=False))
