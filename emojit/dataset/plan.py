"""What a build would do and cost: counted and estimated, and no question asked."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from emojit.corpus import Sentence
from emojit.corpus.draw import Draw, draw
from emojit.dataset.decontaminate import Guard
from emojit.dataset.drawing import make_task, nothing_kept
from emojit.dataset.licences import combined_licence
from emojit.dataset.splits import SPLITS, split_of
from emojit.logs import progress
from emojit.recipe import BuildRecipe
from emojit.teacher import ReplyStore, banned_forms, open_store
from emojit.teacher.endpoint_price import endpoint_price
from emojit.teacher.estimate import ASSUMED_YIELD, Estimate, Outlook, PriceLookup, estimate, outlook
from emojit.teacher.permission import refusal
from emojit.teacher.usage import STEPS, Usage, learn

_SAMPLE = 200
"""Sentences whose prompts are looked at (count)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildPlan:
    """The plan of a build.

    Attributes:
        name: of the data set.
        inputs: what would be read: file with sha256, or repository with commit.
        articles: articles read (count).
        left_out: articles that `corpus.share` leaves out (count).
        unreadable: input lines that are no article, by reason.
        candidates: sentences offered (count).
        dropped: sentences by the filter that drops them.
        kept: sentences to ask about (count); where pairs are wanted, as many as they are expected to take.
        splits: kept sentences by split.
        licence: Hub id of the licence that the rows' licences come to.
        wanted: pairs wanted (count); 0 means one of every sentence.
        pair_yield: expected share of the sentences that become a pair, in [0, 1].
        yield_basis: what that rests on, in words.
        questions: questions to the teacher, when every rewrite can be read (count).
        stored: questions that the reply store answers already (count).
        to_ask: questions that are left (count).
        estimate: tokens and cost of those, and what the figures rest on.
        refusal: why the build would refuse to ask this teacher, or None.
    """

    name: str
    inputs: dict[str, object]
    articles: int
    left_out: int
    unreadable: dict[str, int]
    candidates: int
    dropped: dict[str, int]
    kept: int
    splits: dict[str, int]
    licence: str
    wanted: int
    pair_yield: float
    yield_basis: str
    questions: int
    stored: int
    to_ask: int
    estimate: Estimate
    refusal: str | None


@dataclass(kw_only=True)
class _Counted:
    """What was counted over the sentences, and a sample of those with something left to ask."""

    candidates: int = 0
    kept: int = 0
    stored: int = 0
    unreadable: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    splits: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    licences: set[str | None] = field(default_factory=set)
    open: int = 0
    sample: list[Outlook] = field(default_factory=list)


def plan(
    recipe: BuildRecipe, *, store: Path | None = None, look_up: PriceLookup = endpoint_price, quiet: bool = False
) -> BuildPlan:
    """Read and filter the corpus as a build would, count the questions and estimate their cost. Nothing is asked and nothing written.

    Args:
        recipe: of the build.
        store: file of the reply store; None, or a file that is not there, counts as empty.
        look_up: finds a price that neither the recipe nor the reply store tells: one free call to the endpoint.
        quiet: no progress bar.

    Raises:
        ConfigError: something banned is no emoji.
        CorpusError: the corpus cannot be used, or the filters keep nothing of it.
        DatasetError: the licences of its rows cannot be combined, or what the rows are to be held against cannot be read.
        TeacherError: the reply store cannot be read.
    """
    banned_forms(recipe.teacher.banned)
    Guard.open(recipe.decontaminate, quiet=quiet)  # what the build would stumble over hours later
    with ExitStack() as stack:
        replies: ReplyStore | None = None
        if store is not None and store.is_file():
            replies = stack.enter_context(open_store(recipe.teacher, store))
        usage = learn(recipe.teacher, replies)
        pair_yield, yield_basis = _yield(recipe, usage)
        counted = _Counted()
        sentences = math.ceil(recipe.count / pair_yield)
        drawn = draw(
            recipe.corpus,
            recipe.filters,
            seed=recipe.seed,
            spread=recipe.count > 0,
            wanted=sentences,
            on_rejected=lambda line: counted.unreadable.update([line.reason]),
        )
        _count(recipe, _kept(recipe, drawn, counted, sentences, quiet=quiet), counted, replies)
    drawn.check()
    left = {step: counted.left[step] for step in STEPS}
    return BuildPlan(
        name=recipe.name,
        inputs=drawn.inputs,
        articles=drawn.articles,
        left_out=drawn.left_out,
        unreadable=dict(counted.unreadable.most_common()),
        candidates=counted.candidates,
        dropped=dict(counted.dropped.most_common()),
        kept=counted.kept,
        splits={split: counted.splits[split] for split in SPLITS},
        licence=combined_licence(counted.licences).id,
        wanted=recipe.count,
        pair_yield=pair_yield,
        yield_basis=yield_basis,
        questions=counted.stored + sum(left.values()),
        stored=counted.stored,
        to_ask=sum(left.values()),
        estimate=estimate(counted.sample, left, recipe.teacher, usage, look_up),
        refusal=refusal(recipe.teacher),
    )


def _yield(recipe: BuildRecipe, usage: Usage) -> tuple[float, str]:
    """Return the expected share of the sentences that become a pair, and what it rests on."""
    if recipe.teacher.kind == "recorded":
        return 1.0, "recorded replies can be read"
    if usage.pair_yield:
        return usage.pair_yield, f"{usage.replies:,} stored replies of {recipe.teacher.model}"
    return ASSUMED_YIELD, "assumed"


def _kept(recipe: BuildRecipe, drawn: Draw, counted: _Counted, sentences: int, *, quiet: bool) -> Iterator[Sentence]:
    """Yield the kept sentences, at most so many (0: all), and count the others."""
    with progress(drawn, label="corpus", unit="sentence", quiet=quiet) as offers:
        for offer in offers:
            counted.candidates += 1
            if offer.reason is not None:
                counted.dropped[offer.reason] += 1
                continue
            counted.kept += 1
            yield offer.sentence
            if counted.kept == sentences:
                break
    if not counted.kept:
        raise nothing_kept(recipe, counted.dropped)


def _count(recipe: BuildRecipe, sentences: Iterator[Sentence], counted: _Counted, replies: ReplyStore | None) -> None:
    """Count the questions of the sentences, and keep a sample of those with something left to ask (Vitter's algorithm R)."""
    rng = random.Random(recipe.seed)
    for sentence in sentences:
        counted.licences.add(sentence.licence)
        counted.splits[split_of(sentence.source, sentence.doc_id, recipe.splits)] += 1
        one = outlook(make_task(recipe, sentence), recipe.teacher, replies)
        counted.stored += one.stored
        counted.left["rewrite"] += one.rewrite
        counted.left["emoji"] += one.emoji
        if not one.rewrite and not one.emoji:
            continue
        counted.open += 1
        if len(counted.sample) < _SAMPLE:
            counted.sample.append(one)
        elif (place := rng.randrange(counted.open)) < _SAMPLE:
            counted.sample[place] = one
