"""How many parameters a model has, read out of the heads of its safetensors files.

Source of the format: https://huggingface.co/docs/safetensors, "Format" (read 2026-11): 8 bytes with the length of a JSON object, then that object.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Mapping
from typing import IO

MAX_HEAD_BYTES = 8 * 1024 * 1024
MAX_SHARDS = 256
SINGLE, INDEX = "model.safetensors", "model.safetensors.index.json"


def count_parameters(open_file: Callable[[str], IO[bytes] | None]) -> dict[str, object] | None:
    """What the Hub calls `safetensors`: parameters by type, and their sum. None when there are no weights, or they cannot be read.

    Args:
        open_file: opens a file of the repository by its path; None when it is not there.
    """
    names = [SINGLE]
    try:
        index = open_file(INDEX)
        if index is not None:
            with index:
                shards = _object(json.loads(index.read(MAX_HEAD_BYTES))).get("weight_map")
            names = sorted({str(name) for name in _object(shards).values()})
        if len(names) > MAX_SHARDS:
            return None
        counts: Counter[str] = Counter()
        for name in names:
            file = open_file(name)
            if file is None:
                return None
            with file:
                counts.update(_head_counts(file))
    except (TypeError, ValueError, RecursionError):
        return None
    return {"parameters": dict(counts), "total": counts.total()}


def _head_counts(file: IO[bytes]) -> dict[str, int]:
    size = int.from_bytes(file.read(8), "little")
    if size > MAX_HEAD_BYTES:
        raise ValueError("the head is too long")
    counts: Counter[str] = Counter()
    for name, tensor in _object(json.loads(file.read(size))).items():
        if name != "__metadata__":
            facts = _object(tensor)
            shape, dtype = facts.get("shape"), facts.get("dtype")
            if not isinstance(dtype, str) or not isinstance(shape, list):
                raise ValueError("a tensor without type or shape")
            if not all(isinstance(length, int) and 0 <= length < 2**40 for length in shape) or len(shape) > 16:
                raise ValueError("a tensor of impossible shape")
            counts[dtype] += math.prod(shape)
    return counts


def _object(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise TypeError("no JSON object")
    return value
