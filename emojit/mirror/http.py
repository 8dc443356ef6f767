"""Requests that the Hub's client has no method for, made with its own session: its proxies, certificates and errors hold for them too."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from httpx2 import Client, Response


def session() -> Client:
    """The session of the Hub's client."""
    from huggingface_hub.utils import get_session  # type: ignore[attr-defined]

    found: Client = get_session()
    return found


def check(answer: Response) -> None:
    """Raise the client's own error for an answer that is one.

    Raises:
        HfHubHTTPError: the Hub refused.
    """
    from huggingface_hub.utils import hf_raise_for_status  # type: ignore[attr-defined]

    hf_raise_for_status(answer)


def headers(token: str | None) -> dict[str, str]:
    """Who asks."""
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

    # False: without it the client would look for a token of its own
    found: dict[str, str] = build_hf_headers(token=token or False, library_name="emojit")
    return found
