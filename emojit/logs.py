"""Logging, configured in one place, and the progress bar that every long step uses.

Library code says `logger = logging.getLogger(__name__)` and nothing else; `emojit.cli.app` calls `configure` once. Messages and bars go to
stderr, so that stdout stays free for results.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Never, TypeVar, overload

if TYPE_CHECKING:
    from tqdm import tqdm

T = TypeVar("T")

_FORMAT = "%(levelname)s %(name)s: %(message)s"


def configure(*, verbosity: int = 0) -> None:
    """Send emojit's log records to stderr.

    Args:
        verbosity: -1 errors only, 0 warnings, 1 info, 2 or more debug.
    """
    level = {-1: logging.ERROR, 0: logging.WARNING, 1: logging.INFO}.get(verbosity, logging.DEBUG)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(_FORMAT))
    root = logging.getLogger("emojit")
    root.handlers[:] = [handler]
    root.setLevel(level)
    root.propagate = False


@overload
def progress(
    items: Iterable[T], *, total: int | None = None, label: str, unit: str = "it", quiet: bool = False
) -> tqdm[T]: ...


@overload
def progress(
    items: None = None, *, total: int | None = None, label: str, unit: str = "it", quiet: bool = False
) -> tqdm[Never]: ...


def progress(
    items: Iterable[T] | None = None, *, total: int | None = None, label: str, unit: str = "it", quiet: bool = False
) -> tqdm[T] | tqdm[Never]:
    """Make a progress bar on stderr with count, rate and time left.

    Args:
        items: what to iterate over; None for a bar that is moved by hand with `update`.
        total: number of items when `items` has no length (count).
        label: the words before the bar.
        unit: the name of one item; "B" are bytes, shown as kB, MB, GB.
        quiet: no bar at all (`--json`, tests). Where stderr is no terminal there is none either.

    Returns:
        A `tqdm` bar.
    """
    from tqdm import tqdm

    return tqdm(
        items,
        total=total,
        desc=label,
        unit=unit,
        unit_scale=unit == "B",
        file=sys.stderr,
        disable=quiet or None,  # None: tqdm itself switches the bar off where stderr is no terminal
        dynamic_ncols=True,
    )
