"""What every build does once its parts are at hand: draw, ask, decide, count, and write every file, the manifest last.

Where the parts come from is somebody else's business: `emojit.dataset.build` opens the corpus and asks a teacher, `emojit.dataset.rebuild` takes both from
a release. So a release is built again by the very code that built it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emojit.dataset.decontaminate import Leaks
from emojit.dataset.drawing import Drawing, Offers
from emojit.dataset.folder import CARD, RECIPE, STATISTICS, write_json, write_manifest, write_text
from emojit.dataset.identity import identity, released_recipe
from emojit.dataset.making import record_making
from emojit.dataset.replies import ReplyTotals
from emojit.dataset.rows import Rows
from emojit.dataset.session import Session, hold_session
from emojit.dataset.statistics import build_statistics
from emojit.dataset.tables import Tables
from emojit.errors import DatasetError, TeacherError
from emojit.recipe import BuildRecipe
from emojit.teacher import ReplyStore, Teacher

_BILL = ("tokens", "cost_usd", "billed", "cost_by_price_usd", "providers")
"""What the manifest repeats of the statistics of the teacher; what each reply took and who gave it stands in teacher/."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a build is made of, beside its recipe; the functions are called once, in this order.

    Attributes:
        guard: knows the rows of others.
        tables: opens the files that grow.
        offers: opens the corpus; the tables take what cannot be read of it.
        teacher: who is asked.
        store: replies that are there, and where new ones go.
        inputs: what was read, for the manifest, given what the corpus says about itself.
        max_unanswered: fraction of the questions that may stay without an answer, in [0, 1].
    """

    guard: Leaks
    tables: Callable[[Path, ExitStack], Tables] = Tables
    offers: Callable[[Tables], Offers]
    teacher: Callable[[], Teacher]
    store: ReplyStore
    inputs: Callable[[Mapping[str, object]], list[dict[str, object]]]
    max_unanswered: float


def fill(
    folder: Path, recipe: BuildRecipe, parts: Parts, render_card: Callable[[Path], str], *, quiet: bool
) -> tuple[Session, dict[str, Any]]:
    """Write every file of a build into an empty folder.

    Args:
        folder: where to.
        recipe: everything that decides the result, beside the parts.
        parts: of the build.
        render_card: gives the text of README.md for a folder that holds everything but README.md and the manifest.
        quiet: no progress bars.

    Returns:
        What asking came to, and the statistics.

    Raises:
        ConfigError: something banned is no emoji.
        CorpusError: the corpus cannot be used, or the filters keep nothing.
        TeacherError: the teacher cannot be asked, or left more questions unanswered than allowed.
        DatasetError: no pair came out, or the licences conflict.
    """
    with ExitStack() as stack:
        tables = parts.tables(folder, stack)
        drawing = Drawing(recipe, tables, parts.guard, parts.offers(tables))
        rows = Rows(recipe, tables, parts.store, parts.guard)
        session = hold_session(recipe, drawing, rows, parts.teacher(), parts.store, quiet=quiet)
        drawing.draw.check()
    totals = rows.replies.totals
    _check_answered(totals, parts.max_unanswered, failed=session.counts.failed)
    if not rows.tally.total:
        _refuse_empty(tables, drawing)
    inputs = parts.inputs(drawing.draw.inputs)
    statistics = build_statistics(
        recipe,
        tally=rows.tally,
        selection=drawing.draw,
        inputs=inputs,
        rejected=tables.reasons,
        replies=totals,
        leaked=rows.leaked,
        balance=session.outcome,
        decontamination=parts.guard.outcomes(),
    )
    write_json(folder / STATISTICS, statistics)
    write_text(folder / RECIPE, released_recipe(recipe))
    write_text(folder / CARD, render_card(folder))
    record_making(folder)
    write_manifest(
        folder,
        {
            "name": recipe.name,
            **identity(recipe, inputs),
            "seed": recipe.seed,
            "rows": statistics["rows"],
            "counts": {
                "candidates": drawing.draw.candidates,
                "kept": drawing.kept,
                "rejected": sum(tables.reasons.values()),
                "replies": totals.replies,
            },
            "bill": {name: statistics["teacher"][name] for name in _BILL},
        },
    )
    return session, statistics


def _check_answered(totals: ReplyTotals, allowed: float, *, failed: int) -> None:
    if totals.unanswered < failed:  # the rows were decided without these answers, so they are not what the replies say
        raise TeacherError(
            f"{failed - totals.unanswered} questions that got no answer here were answered by another run with the same reply store meanwhile",
            hint="run the same command again: it takes these answers from the store",
        )
    if totals.unanswered > allowed * totals.replies:
        raise TeacherError(
            f"{totals.unanswered} of {totals.replies} questions got no answer, more than teacher.max_unanswered = "
            f"{allowed:g} allows; the last one: {totals.last_error}",
            hint="run the same command again, it asks only these; or allow some with --set teacher.max_unanswered=0.01",
            last_reply=totals.last_error,
        )


def _refuse_empty(tables: Tables, drawing: Drawing) -> None:
    asked = {
        f"{stage}: {reason}": n for (stage, reason), n in tables.reasons.items() if stage not in {"source", "filter"}
    }
    listed = ", ".join(f"{reason} {count}" for reason, count in Counter(asked).most_common(3))
    raise DatasetError(
        f"no pair came out of {drawing.kept} sentences ({listed}); nothing was written",
        hint="look at the teacher's replies in the reply store, or try another model",
    )
