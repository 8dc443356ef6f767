"""The build: one recipe in, one finished folder out.

    corpus ─▶ select ─▶ label ─▶ assemble ─▶ statistics ─▶ card ─▶ manifest ─▶ rename

Everything is written into a partial folder that takes its name in the last step (`emojit.dataset.staging`), so what stands under `out` is whole.
The replies are in the store, outside, and survive whatever happens: the same command goes on where it was, and asks nothing twice.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emojit.corpus import Rejected, Sentence, open_articles
from emojit.dataset.assemble import Assembled, assemble
from emojit.dataset.folder import (
    CARD,
    RECIPE,
    STATISTICS,
    data_file,
    read_manifest,
    verify_manifest,
    write_json,
    write_manifest,
    write_text,
)
from emojit.dataset.identity import all_inputs, difference, identity, released_recipe
from emojit.dataset.licences import combined_licence
from emojit.dataset.parquet import PAIR_COLUMNS, REJECTED_COLUMNS, SENTENCE_COLUMNS, TableWriter
from emojit.dataset.replies import write_replies
from emojit.dataset.selection import Selection, make_tasks, select
from emojit.dataset.splits import SPLITS
from emojit.dataset.staging import locked, place, staged
from emojit.dataset.statistics import build_statistics
from emojit.dataset.tally import Tally
from emojit.errors import DatasetError, TeacherError
from emojit.recipe import BuildRecipe
from emojit.teacher import (
    LabelRun,
    ReplyStore,
    Teacher,
    check_licence,
    label,
    make_teacher,
    open_store,
    question_count,
)
from emojit.teacher.budget import BudgetedTeacher

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildResult:
    """What a build came to.

    Attributes:
        folder: the build folder.
        already_complete: whether it was there before and nothing was done.
        rows: rows by split (counts).
        rejected: stage -> reason -> count.
        asked: questions that went to the teacher in this run (count).
        from_store: questions that were answered by the reply store (count).
        seconds: wall time (s).
        teacher_seconds: the part of it in which the teacher was asked (s).
        store: file of the reply store, or None for one in memory.
    """

    folder: Path
    already_complete: bool
    rows: dict[str, int]
    rejected: dict[str, dict[str, int]]
    asked: int
    from_store: int
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
        CorpusError: the corpus cannot be used, or the filters keep nothing.
        TeacherError: the teacher cannot be asked, left questions unanswered, or would cost more than `max_cost`. Replies so far are stored.
        DatasetError: `out` holds something else, no pair came out, the licences conflict, or the disk is full. No partial folder is left.
    """
    check_licence(recipe.teacher)
    start = time.monotonic()
    out = place(out)
    store = store or default_store(out)
    with locked(out):
        if (finished := _finished(recipe, out)) is not None:
            return finished
        try:
            with staged(out) as folder, open_store(recipe.teacher, store) as replies:
                run, statistics = _fill(folder, recipe, replies, render_card, max_cost=max_cost, quiet=quiet)
        except OSError as exc:
            raise DatasetError(
                f"{out}: cannot be written ({exc.strerror or exc})",
                hint="free some space or choose another --out, then run the same command again: every reply so far is kept",
            ) from exc
    result = BuildResult(
        folder=out,
        already_complete=False,
        asked=run.asked,
        from_store=run.from_store,
        seconds=time.monotonic() - start,
        teacher_seconds=run.seconds,
        store=replies.path,
        rows=statistics["rows"],
        rejected=statistics["rejected"],
    )
    logger.info("built folder=%s rows=%s asked=%d seconds=%.1f", out, result.rows, result.asked, result.seconds)
    return result


def _finished(recipe: BuildRecipe, out: Path) -> BuildResult | None:
    """Return the result of an earlier run when `out` holds this very build, None when `out` is free."""
    if out.exists() and not out.is_dir():
        raise DatasetError(f"{out}: is a file", hint="choose another folder with --out")
    if not out.exists() or not any(out.iterdir()):
        return None
    hint = "choose another folder with --out, or remove this one"
    try:
        manifest = read_manifest(out)
    except DatasetError as exc:
        raise DatasetError(f"{out}: is not empty and holds no finished build", hint=hint) from exc
    differs = difference(manifest, identity(recipe, all_inputs(recipe, open_articles(recipe.corpus).inputs)))
    if differs is not None:
        raise DatasetError(f"{out}: holds a build of {differs}", hint=hint)
    verify_manifest(out)
    statistics = json.loads((out / STATISTICS).read_text(encoding="utf-8"))
    return BuildResult(
        folder=out,
        already_complete=True,
        asked=0,
        from_store=0,
        seconds=0.0,
        teacher_seconds=0.0,
        store=None,
        rows=statistics["rows"],
        rejected=statistics["rejected"],
    )


def _fill(
    folder: Path,
    recipe: BuildRecipe,
    store: ReplyStore,
    render_card: Callable[[Path], str],
    *,
    max_cost: float | None,
    quiet: bool,
) -> tuple[LabelRun, dict[str, Any]]:
    """Write every file of a build; the manifest last."""
    reasons: Counter[tuple[str, str]] = Counter()
    with TableWriter(folder / "rejected" / "rejected.parquet", REJECTED_COLUMNS, series=True) as table:

        def reject(rejected: Rejected) -> None:
            reasons[rejected.stage, rejected.reason] += 1
            table.add(dataclasses.asdict(rejected))

        selection = _write_sentences(folder, recipe, reject, quiet=quiet)
        licence = combined_licence(sentence.licence for sentence in selection.kept)
        logger.info("selected sentences=%d of=%d licence=%s", len(selection.kept), selection.candidates, licence.id)
        run = _ask(recipe, selection, store, max_cost=max_cost, quiet=quiet)
        assembled = assemble(recipe, selection.kept, run.labelled)
        for rejected in assembled.rejected:
            reject(rejected)
    if not assembled.total:
        _refuse_empty(assembled, len(selection.kept))
    tally = Tally()
    for split in SPLITS:
        if not assembled.pairs[split]:
            logger.warning("split %s has no rows: the corpus is too small for its share", split)
        with TableWriter(folder / data_file(split), PAIR_COLUMNS) as data:
            for pair in assembled.pairs[split]:
                data.add(dataclasses.asdict(pair))
                tally.add(split, pair)
    inputs = all_inputs(recipe, selection.inputs)
    totals = write_replies(folder / "teacher" / "replies.parquet", run.labelled, store)
    statistics = build_statistics(
        recipe,
        tally=tally,
        selection=selection,
        inputs=inputs,
        rejected=reasons,
        replies=totals,
        leaked=assembled.leaked,
    )
    write_json(folder / STATISTICS, statistics)
    write_text(folder / RECIPE, released_recipe(recipe))
    write_text(folder / CARD, render_card(folder))
    write_manifest(
        folder,
        {
            "name": recipe.name,
            **identity(recipe, inputs),
            "seed": recipe.seed,
            "rows": statistics["rows"],
            "counts": {
                "candidates": selection.candidates,
                "kept": len(selection.kept),
                "rejected": sum(reasons.values()),
                "replies": totals.replies,
            },
        },
    )
    return run, statistics


def _write_sentences(
    folder: Path, recipe: BuildRecipe, reject: Callable[[Rejected], None], *, quiet: bool
) -> Selection:
    with TableWriter(folder / "corpus" / "sentences.parquet", SENTENCE_COLUMNS, series=True) as table:

        def write(sentence: Sentence, reason: str | None) -> None:
            table.add({**dataclasses.asdict(sentence), "reason": reason})
            if reason is not None:
                reject(Rejected(id=sentence.id, stage="filter", reason=reason, detail="", text=sentence.text))

        selection = select(recipe, on_sentence=write, quiet=quiet)
    for line in selection.unreadable:
        reject(line)
    return selection


def _ask(
    recipe: BuildRecipe, selection: Selection, store: ReplyStore, *, max_cost: float | None, quiet: bool
) -> LabelRun:
    tasks = make_tasks(recipe, selection.kept)
    teacher: Teacher = make_teacher(recipe.teacher)
    if max_cost is not None:
        teacher = BudgetedTeacher(teacher, max_cost)
    run = label(tasks, recipe.teacher, teacher, store, quiet=quiet)
    questions = question_count(tasks)
    if run.failed > recipe.teacher.max_unanswered * questions:
        last = next((record.detail for record in reversed(run.labelled) if record.reason == "teacher_error"), None)
        raise TeacherError(
            f"{run.failed} of {questions} questions got no answer, more than teacher.max_unanswered = "
            f"{recipe.teacher.max_unanswered:g} allows" + (f"; the last one: {last}" if last else ""),
            hint="run the same command again, it asks only these; or allow some with --set teacher.max_unanswered=0.01",
            last_reply=last,
        )
    return run


def _refuse_empty(assembled: Assembled, asked: int) -> None:
    reasons = Counter(f"{rejected.stage}: {rejected.reason}" for rejected in assembled.rejected).most_common(3)
    listed = ", ".join(f"{reason} {count}" for reason, count in reasons)
    raise DatasetError(
        f"no pair came out of {asked} sentences ({listed}); nothing was written",
        hint="look at the teacher's replies in the reply store, or try another model",
    )
