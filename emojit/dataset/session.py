"""The part of a build in which the teacher is asked: blocks until the asked number stands, then posts for rare emoji."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Never

from emojit.dataset.balance import Ledger
from emojit.dataset.blocks import Ask, Blocks
from emojit.dataset.drawing import Drawing, make_task
from emojit.dataset.drive import drive
from emojit.dataset.outcome import BalanceOutcome
from emojit.dataset.rare import PostAnswer, PostAsk, RarePosts, write_posts
from emojit.dataset.rows import Rows
from emojit.logs import progress
from emojit.recipe import BuildRecipe
from emojit.teacher import Counts, Engine, Labelled, ReplyStore, Teacher, banned_forms, converse, progress_note, run

if TYPE_CHECKING:
    from tqdm import tqdm


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What asking came to.

    Attributes:
        counts: questions asked, answered by the store, failed.
        outcome: what the asked number, the cap and the floor came to.
        seconds: wall time (s).
    """

    counts: Counts
    outcome: BalanceOutcome
    seconds: float


def hold_session(
    recipe: BuildRecipe,
    drawing: Drawing,
    rows: Rows,
    teacher: Teacher,
    store: ReplyStore,
    *,
    quiet: bool,
) -> Session:
    """Ask the teacher until the build has its rows.

    Args:
        recipe: of the build.
        drawing: the sentences.
        rows: keeps what comes out.
        teacher: who is asked.
        store: replies that are there, and where new ones go.
        quiet: no progress bar.

    Raises:
        ConfigError: something banned is no emoji.
        CorpusError: as `Drawing`.
        DatasetError: licences that do not go together.
        TeacherError: the teacher cannot be asked, mostly fails, or the store cannot be written.
    """
    config = recipe.teacher
    banned_forms(config.banned)  # a wrong recipe is refused before anything is asked
    ledger = Ledger(recipe.balance.max_share)
    blocks = Blocks(iter(drawing), partial(make_task, recipe), rows, ledger, recipe.balance, recipe.count)
    # Before the first question: what is wrong with the corpus or its licences shall cost nothing, and Ctrl-C ends a long first pass at once.
    first = blocks.more()
    start = time.monotonic()
    bar: tqdm[Never]
    with progress(total=recipe.count or None, label="pairs", unit="pair", quiet=quiet) as bar:

        async def work(engine: Engine) -> tuple[Counts, RarePosts | None]:
            answered = 0

            def stand() -> tuple[int, int | None]:
                """Return the sentences that are answered, and how many there will be: for the asked number of pairs, at the yield so far."""
                if blocks.exhausted or not recipe.count:
                    return min(answered, drawing.given), drawing.given if blocks.exhausted else None
                tried = blocks.accepted + blocks.rejected
                return answered, max(
                    answered, round(recipe.count * (tried / blocks.accepted if blocks.accepted else 1))
                )

            def show() -> None:
                bar.update(rows.tally.total - bar.n)
                bar.set_postfix_str(progress_note(engine.counts, *stand()), refresh=False)

            async def about_sentence(ask: Ask) -> Labelled:
                nonlocal answered
                labelled = await converse(ask.task, engine, config)
                answered += 1
                show()
                return labelled

            async def about_emoji(ask: PostAsk) -> PostAnswer:
                answer = await write_posts(ask, engine, config)
                show()
                return answer

            await drive(blocks, first, about_sentence, width=engine.width)
            rare = None
            if recipe.balance.floor_rows and blocks.accepted:
                rare = RarePosts(recipe, ledger, rows)
                await drive(rare, rare.more(), about_emoji, width=engine.width)
            show()
            return engine.counts, rare

        counts, rare = run(work, config, teacher, store)
    outcome = BalanceOutcome(
        short_of=blocks.short_of,
        why=_why(blocks, drawing),
        deferred=blocks.deferred,
        asked_again=blocks.asked_again,
        floor_emoji=rare.inventory if rare else 0,
        posts=rare.posts if rare else 0,
        below=rare.below() if rare else (),
    )
    return Session(counts=counts, outcome=outcome, seconds=time.monotonic() - start)


def _why(blocks: Blocks, drawing: Drawing) -> str | None:
    """Return why pairs are missing, or None where none are."""
    if blocks.barren is not None:
        return f"{blocks.barren}, so no more were drawn"
    if blocks.short_of:
        which = (
            "that the filters keep"
            if drawing.given == drawing.kept
            else "that the filters keep and that repeat no row of others"
        )
        return f"the corpus is at its end: all {drawing.given} sentences {which} were asked about"
    return None
