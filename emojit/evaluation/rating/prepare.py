"""Texts for raters: drawn by topic from the test rows, with the answers of all systems and the reference, shuffled for each text."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path

from emojit.errors import UsageError
from emojit.evaluation.rating.task import MOST_ANSWERS, Option, Task, TaskItem, write_task
from emojit.evaluation.sampling import draw_stratified, rank, topic
from emojit.evaluation.systems import GOLD, SystemAnswers, read_systems

logger = logging.getLogger(__name__)

USUAL_ITEMS = range(50, 101)
"""Texts that 3 to 5 raters get through and that tell systems apart (count)."""
_DEFAULT_SYSTEMS = 3


def prepare(sources: Sequence[str], out: Path, *, systems: Sequence[str] | None, items: int, seed: int) -> Task:
    """Draw texts and write a task folder; the same files, systems and seed give the same bytes.

    Args:
        sources: prediction files, see `read_systems`.
        out: the folder.
        systems: who is rated beside the references; None for all, where they are at most three.
        items: texts wanted (count).
        seed: of the draw and the shuffling.

    Raises:
        UsageError: a file or a name is wrong, there are too many systems, or no text that all of them answered.
    """
    answers = _chosen(read_systems(sources), systems)
    if items not in USUAL_ITEMS:
        logger.warning("%d items: 50 to 100 are usual; `emojit rate report` says how many would be needed", items)
    places = _drawn(answers, items, seed)
    numbered = sorted(places, key=lambda place: rank(seed, "number", answers.ids[place]))
    task = Task(
        items=tuple(_item(answers, place, number, seed) for number, place in enumerate(numbered, start=1)),
        systems=answers.names,
        seed=seed,
        sources=tuple(_source(one) for one in sources),
    )
    write_task(out, task)
    return task


def _chosen(answers: SystemAnswers, systems: Sequence[str] | None) -> SystemAnswers:
    if systems is None:
        if len(answers.answers) > _DEFAULT_SYSTEMS:
            raise UsageError(
                f"the predictions hold {len(answers.answers)} systems, too many for one page",
                hint=f"choose: --systems {','.join(list(answers.answers)[:_DEFAULT_SYSTEMS])}; there are {', '.join(answers.answers)}",
            )
        return answers
    chosen = answers.pick(systems)
    if not chosen.answers:
        raise UsageError("no system is to be rated", hint=f"there are: {', '.join(answers.answers)}")
    if len(chosen.names) > MOST_ANSWERS:
        raise UsageError(
            f"{len(chosen.answers)} systems and the references are more than the {MOST_ANSWERS} answers that a page has room for",
            hint="make two tasks",
        )
    return chosen


def _drawn(answers: SystemAnswers, items: int, seed: int) -> list[int]:
    whole = [
        place
        for place in range(len(answers.ids))
        if all(answers.rows(name)[place] is not None for name in answers.names)
    ]
    if not whole:
        raise UsageError(
            f"no text has an answer of all systems ({', '.join(answers.answers)})",
            hint="name the systems to rate: --systems A,B",
        )
    if len(whole) < items:
        logger.warning("only %d texts have an answer of every system; all of them are taken", len(whole))
    drawn = draw_stratified(
        [answers.ids[place] for place in whole], [topic(answers.gold[place]) for place in whole], items, seed=seed
    )
    return [whole[place] for place in drawn]


def _item(answers: SystemAnswers, place: int, number: int, seed: int) -> TaskItem:
    who: dict[tuple[str, ...], list[str]] = {}
    for name in answers.names:
        who.setdefault(answers.rows(name)[place] or (), []).append(name)
    row = answers.ids[place]
    options = sorted(who, key=lambda emojis: rank(seed, "order", row, " ".join(emojis)))
    return TaskItem(
        name=f"i{number:03}",
        id=row,
        text=answers.texts[place],
        options=tuple(Option(emojis=emojis, systems=tuple(who[emojis])) for emojis in options),
    )


def _source(source: str) -> dict[str, str]:
    path = Path(source)
    if not path.exists():
        path = Path(source.partition("=")[2])
    with path.open("rb") as file:
        return {"name": source.rsplit("/", 1)[-1], "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def named(task: Task) -> str:
    """Return what is rated, in a line for people."""
    others = [name for name in task.systems if name != GOLD]
    return f"{len(task.items)} texts, {GOLD} and {', '.join(others)}"
