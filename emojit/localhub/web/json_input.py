"""Reading JSON that a client sent."""

from __future__ import annotations

import json

from emojit.localhub.refusal import malformed

MAX_INTEGER = 2**63 - 1
"""The largest number that the database and most clients hold."""


def parse_json(data: bytes, *, what: str, constants: bool = True) -> object:
    """The value of a JSON text that can be stored and sent back.

    Args:
        data: the text.
        what: what it is, for the message: "The body".
        constants: whether NaN and Infinity are taken for numbers, which JSON has not and no answer can hold; otherwise they become text.

    Raises:
        RefusalError: 400, it is not JSON, nested too deep, or holds halves of characters (lone surrogates), which no text has.
    """
    try:
        value: object = json.loads(data, parse_constant=None if constants else str)
        if not constants:
            json.dumps(value, allow_nan=False)  # 1e999 is infinite
        if b"\\u" in data:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise malformed(f"{what} is nested too deep") from None
    except ValueError:
        raise malformed(f"{what} is not JSON") from None
    return value
