"""Building responses: JSON, errors in the Hub's contract, and pages."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TypeVar
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from emojit.localhub.refusal import RefusalError, malformed

Item = TypeVar("Item")

NOT_A_PAGE = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}
"""Headers of files that users uploaded: a browser must not run them as pages of this server."""

IMAGE_TYPES = {
    ".avif": "image/avif",
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
}
"""What pages show as images. An SVG may hold scripts: in an image none of them runs, and opened by itself it is in the sandbox of `NOT_A_PAGE`."""


def ok(data: object = None) -> Response:
    """200 with a JSON body."""
    return JSONResponse({} if data is None else data)


def refused(error: RefusalError) -> Response:
    """An error as `huggingface_hub.utils.hf_raise_for_status` reads it: status, `X-Error-Code`, `X-Error-Message` and a JSON body."""
    ascii_text = " ".join(error.message.encode("ascii", errors="backslashreplace").decode().split())
    header_text = "".join(char if char.isprintable() else "?" for char in ascii_text)
    headers = {**error.headers, "X-Error-Message": header_text[:1000]}
    if error.code:
        headers["X-Error-Code"] = error.code
    return JSONResponse({"error": error.message, **error.body}, status_code=error.status, headers=headers)


def page(request: Request, items: Sequence[Item], *, size: int) -> tuple[Sequence[Item], dict[str, str]]:
    """The part of `items` that this request asks for, with the `Link` header to the next part.

    Args:
        request: may carry `limit` (count) and the `cursor` of an earlier page.
        items: all of them.
        size: the most that one page holds (count).

    Raises:
        RefusalError: 400, `limit` or `cursor` is no number or not ours.
    """
    try:
        limit = min(int(request.query_params.get("limit", size)), size)
        cursor = request.query_params.get("cursor")
        start = int(base64.urlsafe_b64decode(cursor)) if cursor else 0
    except ValueError:
        raise malformed("'limit' or 'cursor' is invalid") from None
    if limit < 1 or start < 0:
        raise malformed("'limit' or 'cursor' is out of range")
    stop = start + limit
    if stop >= len(items):
        return items[start:], {}
    next_cursor = base64.urlsafe_b64encode(str(stop).encode()).decode()
    query = [(key, value) for key, value in request.query_params.multi_items() if key != "cursor"]
    # The raw path, since `request.url` has lost the `%2F` of branch names.
    address = str(request.base_url).rstrip("/") + request.scope["raw_path"].decode("ascii")
    link = f'<{address}?{urlencode([*query, ("cursor", next_cursor)])}>; rel="next"'
    return items[start:stop], {"Link": link}
