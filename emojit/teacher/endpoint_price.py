"""The price that an endpoint reports for a model, where it does: OpenRouter's `pricing` in the list of models. One free call."""

from __future__ import annotations

import http.client
import json
import math
import urllib.error
import urllib.request
from typing import IO, NoReturn

from emojit import __version__
from emojit.errors import ConfigError, OfflineError
from emojit.recipe import PriceConfig, TeacherConfig
from emojit.teacher.address import Address, find_address
from emojit.teacher.prices import MILLION

_TIMEOUT_S = 10.0
_MOST_BYTES = 32_000_000  # OpenRouter's list has about one


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the API key would travel with it."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> None:
        return None


def endpoint_price(config: TeacherConfig) -> tuple[PriceConfig | None, str]:
    """Ask the endpoint what its model costs, under the same rules as the questions: no call without a key, and none that `EMOJIT_OFFLINE` forbids.

    Source: https://openrouter.ai/docs/api-reference/list-available-models (`pricing.prompt` and `.completion` are USD per token, as strings).

    Returns:
        The price (USD per million tokens) and where it is from; or None and why there is none.
    """
    try:
        address = find_address(config)
    except (ConfigError, OfflineError) as exc:
        return None, str(exc)
    url = f"{address.base_url.rstrip('/')}/models"
    shown = f"{address.where.rstrip('/')}/models"
    try:
        models = _read(address, url)
    except (OSError, http.client.HTTPException, ValueError) as exc:
        return None, f"GET {shown} failed ({_words(exc)})"
    price = _find(models, config.model)
    if price is None:
        return None, f"GET {shown} says no price of {config.model}"
    return price, f"GET {shown}"


def _read(address: Address, url: str) -> object:
    request = urllib.request.Request(
        url,
        headers={
            "Authorization": f"Bearer {address.key}",
            "Accept": "application/json",
            "User-Agent": f"emojit/{__version__}",
        },
    )
    handlers: list[urllib.request.BaseHandler] = [_NoRedirect()]
    if address.loopback:
        handlers.append(urllib.request.ProxyHandler({}))
    with urllib.request.build_opener(*handlers).open(request, timeout=_TIMEOUT_S) as response:
        body = response.read(_MOST_BYTES)
    return json.loads(body, parse_constant=_no_number)


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _words(exc: Exception) -> str:
    """Say what went wrong without anything that the endpoint sent."""
    if isinstance(exc, urllib.error.HTTPError):
        return f"HTTP {exc.code}"
    if isinstance(exc, urllib.error.URLError):
        return str(exc.reason)
    return "no list of models" if isinstance(exc, ValueError) else type(exc).__name__


def _find(models: object, model: str) -> PriceConfig | None:
    listed = models.get("data") if isinstance(models, dict) else None
    for entry in listed if isinstance(listed, list) else []:
        if isinstance(entry, dict) and entry.get("id") == model:
            pricing = entry.get("pricing")
            prices = (
                [_usd(pricing.get(name)) for name in ("prompt", "completion")] if isinstance(pricing, dict) else []
            )
            if len(prices) == 2 and prices[0] is not None and prices[1] is not None:
                return PriceConfig(prompt=prices[0] * MILLION, completion=prices[1] * MILLION)
    return None


def _usd(value: object) -> float | None:
    """Read a price; OpenRouter writes -1 where it depends on what its router chooses."""
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return None
    try:
        price = float(value)
    except ValueError:
        return None
    return price if math.isfinite(price) and price >= 0 else None
