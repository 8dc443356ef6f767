"""Where the teacher lives and with which key it is asked; checked before any call is made."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from emojit.errors import ConfigError, OfflineError
from emojit.network import is_barred, is_loopback
from emojit.recipe import TeacherConfig
from emojit.recipe.teacher import check_base_url

DEFAULT_BASE_URL = "https://api.openai.com/v1"
_NO_KEY = "no-key-on-loopback"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """An endpoint.

    Attributes:
        base_url: where the API is, such as "http://127.0.0.1:8077/v1".
        where: the same without anything that could be a credential, for messages and files.
        loopback: whether it is on this machine: a proxy of the environment has no business there.
        key: the API key; a placeholder on loopback, where none is needed.
    """

    base_url: str
    where: str
    loopback: bool
    key: str = field(repr=False)


def find_address(config: TeacherConfig) -> Address:
    """Find out where the teacher is asked, from the recipe and the environment; no call is made.

    Raises:
        ConfigError: no API key in the environment, or a wrong OPENAI_BASE_URL.
        OfflineError: `EMOJIT_OFFLINE` is set and the endpoint is not on this machine.
    """
    base_url = config.base_url or os.environ.get("OPENAI_BASE_URL") or DEFAULT_BASE_URL
    check_base_url(base_url, "OPENAI_BASE_URL")  # the recipe has checked its own
    where, loopback = _shown(base_url), is_loopback(base_url)
    if is_barred(base_url):
        hint = "unset EMOJIT_OFFLINE; a build can take --teacher recorded instead"
        raise OfflineError(f"EMOJIT_OFFLINE is set: {where} is not asked", hint=hint)
    return Address(base_url=base_url, where=where, loopback=loopback, key=_api_key(where, loopback))


def _shown(base_url: str) -> str:
    parts = urlsplit(base_url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}{f':{parts.port}' if parts.port else ''}{parts.path}"


def _api_key(where: str, loopback: bool) -> str:
    name = next((name for name in ("EMOJIT_API_KEY", "OPENAI_API_KEY") if os.environ.get(name, "").strip()), None)
    if name is None:
        if loopback:
            return _NO_KEY
        hint = "export EMOJIT_API_KEY=… (OPENAI_API_KEY is read too); a build can take --teacher recorded instead"
        raise ConfigError(f"no API key for {where}", hint=hint)
    key = os.environ[name].strip()
    if not (key.isascii() and key.isprintable()):
        hint = f"export {name} again, without quotes or line breaks"
        raise ConfigError(f"{name} holds characters that no HTTP header can carry", hint=hint)
    return key
