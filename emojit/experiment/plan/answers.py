"""The answers of the simple models on the same rows as those of the students: `baselines.parquet`."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

from emojit.dataset.folder import write_json
from emojit.dataset.loading import Loaded, load_rows
from emojit.dataset.parquet import TableWriter
from emojit.errors import MissingExtraError
from emojit.experiment.layout import PlanFolder
from emojit.experiment.plan.identity import ROOMS, code_digest
from emojit.experiment.plan.resolve import PlanData, ResolvedPlan
from emojit.recipe import BASE

logger = logging.getLogger(__name__)

_SPLITS = ("validation", "test")
_OTHER = ("original_text", "sns_text")
"""Columns that say the same in other words; they are read where a data set has them."""


def write_baselines(plan: ResolvedPlan, folder: PlanFolder, data: PlanData, say: Callable[[str], None]) -> str | None:
    """Fit the simple models that a plan names on the training split, and write their answers on validation and test.

    Nothing is done where the answers are there already. A model whose packages are not installed is left out, and the plan goes on.

    Returns:
        Why there are no answers, or not of all; None where they are there.

    Raises:
        UsageError: the plan names a baseline that does not exist.
    """
    from emojit.baselines import examples
    from emojit.baselines.registry import find_kind

    names = plan.config.baselines
    kinds = {name: find_kind(name) for name in names}
    column = plan.of(BASE)[0].recipe.data.input_column
    identity: dict[str, Any] = {
        "names": list(names),
        "column": column,
        "data": data.fingerprints,
        "code": code_digest((*ROOMS, "baselines")),
    }
    if not names:
        return "the plan names none"
    if folder.baselines.is_file() and _known(folder) == identity:
        return None
    rows = {split: _rows(data, split, column) for split in ("train", *_SPLITS)}
    answers: dict[str, dict[str, list[list[str]]]] = {}
    missing = []
    for name, kind in kinds.items():
        say(f"baseline {name}: {kind.label}")
        try:
            made = kind.make()
            made.fit(examples(rows["train"].rows, column))
        except MissingExtraError as exc:
            missing.append(f"{name}: {exc}" + (f" ({exc.hint})" if exc.hint else ""))
            logger.warning("baseline %s", missing[-1])
            continue
        answers[name] = {split: made.predict([row[column] for row in rows[split].rows]) for split in _SPLITS}
    partial = folder.baselines.with_suffix(".partial")
    with TableWriter(partial, {"id": "string", "split": "string", **dict.fromkeys(answers, "strings")}) as table:
        for split in _SPLITS:
            for index, row in enumerate(rows[split].rows):
                table.add(
                    {"id": row["id"], "split": split, **{name: found[split][index] for name, found in answers.items()}}
                )
    partial.replace(folder.baselines)
    if missing:
        return "; ".join(missing)
    write_json(folder.baselines_identity, identity)
    return None


def _rows(data: PlanData, split: str, column: str) -> Loaded:
    return load_rows(data.dataset, split, data.commit, columns=("id", column, "emojis"), optional=_OTHER)


def _known(folder: PlanFolder) -> object:
    try:
        return json.loads(folder.baselines_identity.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
