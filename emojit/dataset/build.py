"""The build: one recipe in, one finished folder out.

    corpus ─▶ drawing ─▶ blocks ⇄ teacher ─▶ rows ─▶ posts for rare emoji ─▶ statistics ─▶ card ─▶ manifest ─▶ rename

Sentences, rows, rejections and replies are written as they are decided, so the memory does not grow with the build but for a few bytes per row.
Everything is written into a partial folder that takes its name in the last step (`emojit.dataset.staging`), so what stands under `out` is whole.
The replies are in the store, outside, and survive whatever happens: the same command goes on where it was, and asks nothing twice.
"""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from emojit.corpus import open_articles
from emojit.corpus.prepared import open_prepared
from emojit.dataset.decontaminate import Guard
from emojit.dataset.drawing import open_draw
from emojit.dataset.filling import Parts, fill
from emojit.dataset.finished import finished_statistics
from emojit.dataset.folder import STATISTICS
from emojit.dataset.identity import all_inputs, difference, identity
from emojit.dataset.staging import locked, place, staged
from emojit.errors import DatasetError, UsageError
from emojit.recipe import BuildRecipe
from emojit.teacher import ReplyStore, Teacher, check_licence, make_teacher, open_store
from emojit.teacher.budget import BudgetedTeacher

logger = logging.getLogger(__name__)

NEXT_STEP = (
    "The build stands as it is; for more, give a larger corpus, raise corpus.sentences_per_article or balance.max_share, and build into another "
    "--out with the same --store: no question is asked twice"
)
"""What a user can do about missing pairs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildResult:
    """What a build came to.

    Attributes:
        folder: the build folder.
        already_complete: whether it was there before and nothing was done.
        rows: rows by split (counts).
        rejected: stage -> reason -> count.
        wanted: pairs that were asked for (count); 0 means every sentence.
        short_of: pairs that are missing from that (count).
        why: why pairs are missing, or None.
        below_floor: emoji that stay below `balance.floor_rows` (count).
        asked: questions that went to the teacher in this run (count).
        from_store: questions that were answered by the reply store (count).
        spent_usd: what this run cost (USD), as far as the endpoint bills it or the recipe states a price.
        seconds: wall time (s).
        teacher_seconds: the part of it in which the teacher was asked (s).
        store: file of the reply store, or None for one in memory.
    """

    folder: Path
    already_complete: bool
    rows: dict[str, int]
    rejected: dict[str, dict[str, int]]
    wanted: int
    short_of: int
    why: str | None
    below_floor: int
    asked: int
    from_store: int
    spent_usd: float
    seconds: float
    teacher_seconds: float
    store: Path | None

    def as_dict(self) -> dict[str, object]:
        """Return plain JSON values."""
        return {
            **dataclasses.asdict(self),
            "folder": str(self.folder),
            "store": str(self.store) if self.store else None,
        }


def default_store(out: Path) -> Path:
    """Return where replies are kept unless told otherwise: beside the build folder, never inside."""
    out = place(out)
    return out.with_name(f"{out.name}.replies.sqlite")


def build(
    recipe: BuildRecipe,
    out: Path,
    *,
    render_card: Callable[[Path], str],
    store: Path | None = None,
    max_cost: float | None = None,
    quiet: bool = False,
) -> BuildResult:
    """Build a data set.

    Args:
        recipe: everything that decides the result.
        out: folder to make; missing, empty, or holding this very build already.
        render_card: gives the text of README.md for a folder that holds everything but README.md and the manifest.
        store: file of the reply store; None means `default_store(out)`. The recorded teacher keeps none.
        max_cost: stop before the questions of this run cost more than this (USD), by what the endpoint bills.
        quiet: no progress bars.

    Returns:
        The counts; `already_complete` where `out` held the same build.

    Raises:
        ConfigError: the teacher's licence, or its permission to train other models on its output, is not stated.
        UsageError: the reply store lies inside `out`.
        CorpusError: the corpus cannot be used, or the filters keep nothing.
        TeacherError: the teacher cannot be asked, left questions unanswered, or would cost more than `max_cost`. Replies so far are stored.
        DatasetError: `out` holds something else, no pair came out, the licences conflict, or the disk is full. No partial folder is left.
    """
    check_licence(recipe.teacher)
    start = time.monotonic()
    out = place(out)
    store = store or default_store(out)
    if store.resolve().is_relative_to(out):
        # Seen only now, it would cost every question first: the folder takes its name at the very end, and must be empty then.
        raise UsageError(
            f"{store}: the reply store lies inside the build folder {out}",
            hint=f"leave --store out, then it is {default_store(out)}; or give another path",
        )
    with locked(out):
        if (there := finished_statistics(out, "build", partial(_difference, recipe))) is not None:
            return _unchanged(out, there)
        try:
            with staged(out) as folder, open_store(recipe.teacher, store) as replies:
                parts = _parts(recipe, replies, max_cost=max_cost, quiet=quiet)
                session, statistics = fill(folder, recipe, parts, render_card, quiet=quiet)
                _warn(statistics)
        except OSError as exc:
            raise DatasetError(
                f"{out}: cannot be written ({exc.strerror or exc})",
                hint="free some space or choose another --out, then run the same command again: every reply so far is kept",
            ) from exc
    result = BuildResult(
        folder=out,
        already_complete=False,
        asked=session.counts.asked,
        from_store=session.counts.from_store,
        spent_usd=session.counts.spent_usd,
        seconds=time.monotonic() - start,
        teacher_seconds=session.seconds,
        store=replies.path,
        **_facts(statistics),
    )
    logger.info("built folder=%s rows=%s asked=%d seconds=%.1f", out, result.rows, result.asked, result.seconds)
    return result


def _difference(recipe: BuildRecipe, manifest: Mapping[str, Any]) -> str | None:
    """Say what build a manifest is of; None where it is of this very one."""
    inputs = all_inputs(recipe, (open_prepared(recipe.corpus) or open_articles(recipe.corpus)).inputs)
    differs = difference(manifest, identity(recipe, inputs))
    return None if differs is None else f"a build of {differs}"


def _unchanged(out: Path, statistics: dict[str, Any]) -> BuildResult:
    """Return the result of a run that found its build there."""
    return BuildResult(
        folder=out,
        already_complete=True,
        asked=0,
        from_store=0,
        spent_usd=0.0,
        seconds=0.0,
        teacher_seconds=0.0,
        store=None,
        **_facts(statistics),
    )


def _facts(statistics: dict[str, Any]) -> dict[str, Any]:
    """Return what a result says about a build, whether it was made now or before."""
    balance = statistics["balance"]
    return {
        "rows": statistics["rows"],
        "rejected": statistics["rejected"],
        "wanted": balance["wanted"],
        "short_of": balance["short_of"],
        "why": balance["why"],
        "below_floor": len(balance["below"]),
    }


def _parts(recipe: BuildRecipe, store: ReplyStore, *, max_cost: float | None, quiet: bool) -> Parts:
    """Open what the recipe names."""
    return Parts(
        guard=Guard.open(recipe.decontaminate, quiet=quiet),
        offers=lambda tables: open_draw(recipe, tables, quiet=quiet),
        teacher=lambda: _teacher(recipe, store, max_cost, quiet=quiet),
        store=store,
        inputs=partial(all_inputs, recipe),
        max_unanswered=recipe.teacher.max_unanswered,
    )


def _teacher(recipe: BuildRecipe, store: ReplyStore, max_cost: float | None, *, quiet: bool) -> Teacher:
    teacher = make_teacher(recipe.teacher, store, quiet=quiet)
    return teacher if max_cost is None else BudgetedTeacher(teacher, max_cost, recipe.teacher)


def _warn(statistics: dict[str, Any]) -> None:
    """Say what a reader of the build would want to have known."""
    for split, n in statistics["rows"].items():
        if not n:
            logger.warning("split %s has no rows: the corpus is too small for its share", split)
    balance = statistics["balance"]
    if balance["short_of"]:
        logger.warning(
            "%d of %d pairs are missing: %s. %s", balance["short_of"], balance["wanted"], balance["why"], NEXT_STEP
        )
    elif balance["why"]:
        logger.warning("the corpus was not read to its end: %s. %s", balance["why"], NEXT_STEP)
    if balance["below"]:
        logger.warning(
            "%d of %d emoji stay below %d rows: see balance.below in %s",
            len(balance["below"]),
            balance["floor_emoji"],
            balance["floor_rows"],
            STATISTICS,
        )
