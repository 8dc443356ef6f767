"""The first place in which two files of the same kind differ: a row and column, a key, or a line."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from emojit.errors import DatasetError

_BATCH_ROWS = 1000
_SHOWN_CHARS = 300  # of a value: a text may be as long as it likes
_CLOSE = 1e-6
"""Relative difference up to which two numbers of the statistics are the same: another machine may round a sum otherwise."""

_TEXTS = (".json", ".md", ".toml")
"""Files in which a difference can be named; a plot is no such file."""

NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The first difference of a file.

    Attributes:
        place: "row 12, column emojis", "key rows.train" or "line 3"; rows count from 0.
        released: what stands there in the release, shortened.
        rebuilt: what was made in its place, shortened.
        why: the reason, as far as it can be told, or None.
    """

    place: str
    released: str
    rebuilt: str
    why: str | None = None


def difference(released: Path, rebuilt: Path) -> Difference | None:
    """Return the first difference in content between two files of one name; None where they say the same, if in other bytes.

    Raises:
        DatasetError: one of them is damaged.
    """
    if released.suffix == ".parquet":
        return _rows(released, rebuilt)
    if released.suffix not in _TEXTS:
        return Difference(place="bytes", released="a file", rebuilt="another one")
    try:
        ours, theirs = rebuilt.read_text(encoding="utf-8"), released.read_text(encoding="utf-8")
        if released.suffix == ".json":
            return values(json.loads(theirs), json.loads(ours))
    except ValueError as exc:
        raise DatasetError(f"{released}: cannot be read ({exc})", hint="download the release again") from exc
    return _lines(theirs, ours)


def values(released: Any, rebuilt: Any, key: str = "") -> Difference | None:
    """Return the first difference of two JSON values."""
    if isinstance(released, dict) and isinstance(rebuilt, dict):
        for name in dict.fromkeys((*released, *rebuilt)):
            below = f"{key}.{name}" if key else name
            if name not in released or name not in rebuilt:
                return _differ(f"key {below}", released.get(name, NOTHING), rebuilt.get(name, NOTHING))
            if (found := values(released[name], rebuilt[name], below)) is not None:
                return found
        return None
    if isinstance(released, list) and isinstance(rebuilt, list):
        for number, (one, other) in enumerate(zip_longest(released, rebuilt, fillvalue=NOTHING)):
            if (found := values(one, other, f"{key}[{number}]")) is not None:
                return found
        return None
    return None if _same(released, rebuilt) else _differ(f"key {key}", released, rebuilt)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=_CLOSE)
    return type(one) is type(other) and bool(one == other)


def _rows(released: Path, rebuilt: Path) -> Difference | None:
    ours, theirs = _types(rebuilt), _types(released)
    if ours != theirs:
        for name in dict.fromkeys((*theirs, *ours)):
            if theirs.get(name) != ours.get(name):
                return _differ(f"column {name}", theirs.get(name, "no such column"), ours.get(name, "no such column"))
        return _differ("order of the columns", ", ".join(theirs), ", ".join(ours))
    for number, (row, again) in enumerate(zip_longest(_table(released), _table(rebuilt))):
        if row == again:
            continue
        if row is None or again is None:
            return _differ(f"row {number}", row or "no such row", again or "no such row")
        name = next(name for name in row if row[name] != again[name])
        return _differ(f"row {number}, column {name}", row[name], again[name])
    return None


def _types(path: Path) -> dict[str, str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return {field.name: str(field.type) for field in pq.read_schema(path)}
    except (pa.ArrowException, OSError) as exc:
        raise DatasetError(f"{path}: cannot be read ({exc})", hint="download the release again") from exc


def _table(path: Path) -> Iterator[Mapping[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=_BATCH_ROWS):
                yield from batch.to_pylist()
    except (pa.ArrowException, OSError) as exc:
        raise DatasetError(f"{path}: cannot be read ({exc})", hint="download the release again") from exc


def _lines(released: str, rebuilt: str) -> Difference | None:
    for number, (line, again) in enumerate(zip_longest(released.split("\n"), rebuilt.split("\n")), start=1):
        if line != again:
            return _differ(
                f"line {number}",
                "no such line" if line is None else line,
                "no such line" if again is None else again,
            )
    return None


def _differ(place: str, released: object, rebuilt: object) -> Difference:
    return Difference(place=place, released=_shown(released), rebuilt=_shown(rebuilt))


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}…"
