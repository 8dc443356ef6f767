"""A plain run over sentences: as many workers as conversations keep the teacher busy take sentences from one iterator, each to its end.

A slow answer holds up its own sentence only. The build has a loop of its own (`emojit.dataset`), because it decides between the answers what is asked
next; this is the loop for everybody who has a list of sentences and wants labels.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sized
from typing import TYPE_CHECKING, Never

from emojit.logs import progress
from emojit.recipe import TeacherConfig
from emojit.teacher.budget import money_note, projected_cost
from emojit.teacher.conversation import banned_forms, converse
from emojit.teacher.engine import Counts, Engine, Teacher, run, together
from emojit.teacher.records import Labelled, LabelRun, Task
from emojit.teacher.store import ReplyStore

if TYPE_CHECKING:
    from tqdm import tqdm

logger = logging.getLogger(__name__)


def label(
    tasks: Iterable[Task],
    config: TeacherConfig,
    teacher: Teacher,
    store: ReplyStore,
    *,
    on_done: Callable[[Labelled], None] | None = None,
    quiet: bool = False,
) -> LabelRun:
    """Ask the teacher about every sentence.

    Args:
        tasks: sentences; taken lazily, so a generator is read only as fast as it is worked off.
        config: prompts' parameters, concurrency.
        teacher: who answers what the store does not hold.
        store: replies that are already there, and where new ones go; afterwards it holds every key of the result.
        on_done: called with each finished record, in the order in which they finish.
        quiet: no progress bar.

    Returns:
        One record per task in the order of the tasks, and the counts.

    Raises:
        ConfigError: something banned is no emoji.
        TeacherError: the teacher cannot be asked, mostly fails, or the store cannot be written. What was answered is stored.
    """
    banned_forms(config.banned)  # a wrong recipe is refused before anything is asked
    total = len(tasks) if isinstance(tasks, Sized) else None
    start = time.monotonic()
    results: dict[int, Labelled] = {}
    bar: tqdm[Never]
    with progress(total=total, label="teacher", unit="sentence", quiet=quiet) as bar:

        async def work(engine: Engine) -> Counts:
            numbered = enumerate(tasks)

            async def worker() -> None:
                for index, task in numbered:  # one iterator for all workers: whoever is free takes the next task
                    labelled = results[index] = await converse(task, engine, config)
                    bar.update()
                    if not bar.disable:
                        bar.set_postfix_str(progress_note(engine.counts, len(results), total), refresh=False)
                    if on_done is not None:
                        on_done(labelled)

            await together(worker() for _ in range(engine.width))
            return engine.counts

        counts = run(work, config, teacher, store)
    result = LabelRun(
        labelled=[results[index] for index in range(len(results))],
        asked=counts.asked,
        from_store=counts.from_store,
        failed=counts.failed,
        seconds=time.monotonic() - start,
    )
    logger.info(
        "labelled rows=%d asked=%d stored=%d failed=%d seconds=%.1f",
        len(result.labelled), result.asked, result.from_store, result.failed, result.seconds,
    )  # fmt: skip
    return result


def progress_note(counts: Counts, done: int = 0, total: int | None = None) -> str:
    """Return the counts and the money as a progress line shows them.

    Args:
        counts: of the run.
        done: sentences, or pairs, that stand (count).
        total: how many there will be (count), or None where nobody knows; then nothing is projected.
    """
    money = money_note(counts.spent_usd, projected_cost(counts, done, total))
    return ", ".join(
        filter(None, [f"asked {counts.asked}, stored {counts.from_store}, failed {counts.failed}", money])
    )
