"""The answer to a request for a Xet token, the same for reading and for writing."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response


def token_answer(address: str, token: str, expiry: int) -> Response:
    """Say a token twice: the Rust side of the clients reads the body, the Python side the headers.

    Args:
        address: where xorbs and reconstructions are asked for with it.
        token: opaque to the client.
        expiry: end of its life (seconds since 1970).
    """
    headers = {
        "X-Xet-Cas-Url": address,
        "X-Xet-Access-Token": token,
        "X-Xet-Token-Expiration": str(expiry),
        "Cache-Control": "no-store",
    }
    return JSONResponse({"accessToken": token, "exp": expiry, "casUrl": address}, headers=headers)
