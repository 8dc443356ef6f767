"""The record beside a file of silver rows: who labelled what, and under which licence its texts stand.

It lies next to the file, as `<name>.record.json`. `emojit baseline label` writes it, a stage of a student reads it, and so the licence of the sentences reaches the
card of whatever learned from them.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from emojit.dataset.folder import write_json
from emojit.errors import DatasetError, UsageError

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SilverRecord:
    """What is known of a file of silver rows."""

    sha256: str
    """Of the file (64 hex digits)."""
    baseline: str
    """Name of the baseline that labelled."""
    data: Mapping[str, object]
    """Data set whose training split it learned from: name, repo_id, commit, fingerprint, input_column."""
    corpus: Mapping[str, object] | None
    """What the sentences were read from, with sha256 or commit; None where there are none."""
    licence: str
    """Of all texts together, as the Hub writes it; "unknown" where a row has none."""
    rows: Mapping[str, int]
    """posts, mixtures, swapped, named, words, sentences (count)."""
    parts: int
    """Models that labelled what they had not learned (count)."""
    seed: int
    """Of mixtures and choice."""
    versions: Mapping[str, str]
    """Packages that can change the labels."""
    code: Mapping[str, object]
    """The code that labelled."""
    student: Mapping[str, object] | None = None
    """Whose scores are in the mean with the baseline's: name, commit, weights_sha256, weight; None where it is the baseline's alone."""
    schema_version: int = SCHEMA_VERSION
    """Version of this layout."""


def record_path(path: Path) -> Path:
    """Return where the record of a file lies."""
    return path.with_name(f"{path.name}.record.json")


@contextmanager
def silver_file(out: Path) -> Iterator[IO[str]]:
    """Open a file of silver rows to write. It is there under its name when it is complete, without a record, which comes after it; an error leaves the old one.

    Raises:
        UsageError: it cannot be written. An error at another file passes as it is.
    """
    partial = out.with_name(f"{out.name}.partial")
    try:
        with partial.open("w", encoding="utf-8", newline="\n") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        # A stop between the two leaves a file without a record, never one with another's.
        record_path(out).unlink(missing_ok=True)
        partial.replace(out)
    except OSError as exc:
        # A full disk names no file; what cannot be opened does.
        if exc.filename is not None and Path(os.fsdecode(exc.filename)) not in (partial, out, record_path(out)):
            raise
        raise UsageError(
            f"--out {out}: cannot be written ({exc.strerror or exc})", hint="free some space or give another file"
        ) from exc
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def digest(path: Path) -> str:
    """Return the sha256 of a file (64 hex digits)."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_record(path: Path, record: SilverRecord) -> None:
    """Write the record of a file."""
    write_json(record_path(path), dataclasses.asdict(record))


def read_record(path: Path) -> SilverRecord | None:
    """Read the record of a file, or return None where it has none: pairs of another making.

    Raises:
        DatasetError: the record cannot be read, or is that of another file.
    """
    place = record_path(path)
    if not place.is_file():
        return None
    hint = f"label again with `emojit baseline label`, or remove {place.name} if the pairs are of another making"
    try:
        table = json.loads(place.read_text(encoding="utf-8"))
        known = {field.name for field in dataclasses.fields(SilverRecord)}
        record = SilverRecord(**{name: value for name, value in table.items() if name in known})
    except (OSError, ValueError, TypeError, AttributeError) as exc:
        raise DatasetError(f"{place}: no record of silver rows ({exc})", hint=hint) from exc
    if digest(path) != record.sha256:
        raise DatasetError(f"{place}: is the record of another file than {path.name}", hint=hint)
    return record
