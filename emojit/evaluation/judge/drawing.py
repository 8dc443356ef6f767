"""From the answers of systems to the questions about them: which texts, in which order answers are shown, and beside which other texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations

from emojit.errors import UsageError
from emojit.evaluation.judge.asking import Unit
from emojit.evaluation.judge.questions import LABELS, guess_question, pairs_question, scores_question
from emojit.evaluation.judge.reading import read_choice, read_guess, read_scores
from emojit.evaluation.judge.records import WITHOUT_ANSWER, Choice, PairJudgement, Rejected, Score
from emojit.evaluation.sampling import draw_stratified, rank, topic
from emojit.evaluation.systems import GOLD, SystemAnswers
from emojit.recipe import JudgeRecipe

_PICKS = 64
"""Texts that are picked by hash for a guess before all of a pool are tried (count): a pool of thousands need not be sorted for every text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What is judged.

    Attributes:
        answers: of all texts of the files; the other texts of a guess may come from outside the sample.
        systems: those that are judged, in the order of the report.
        places: of the sampled texts.
        topics: one per text of the files.
        given: whether the texts were named, and not drawn.
    """

    answers: SystemAnswers
    systems: tuple[str, ...]
    places: tuple[int, ...]
    topics: tuple[str, ...]
    given: bool = False


def draw_sample(answers: SystemAnswers, recipe: JudgeRecipe, texts: Sequence[str] | None = None) -> Sample:
    """Draw the texts and name the systems.

    Args:
        answers: of all systems.
        recipe: which systems, how many texts.
        texts: ids of the texts that are taken instead of a sample.

    Raises:
        UsageError: there is no such system or text.
    """
    systems = recipe.systems or (GOLD, *answers.evaluated)
    picked = answers.pick(systems)
    topics = tuple(topic(gold) for gold in answers.gold)
    if texts is not None:
        return Sample(answers=picked, systems=systems, places=_named(answers, texts), topics=topics, given=True)
    count = recipe.sample or len(answers.ids)
    places = draw_stratified(answers.ids, topics, count, seed=recipe.seed)
    return Sample(answers=picked, systems=systems, places=places, topics=topics)


def _named(answers: SystemAnswers, texts: Sequence[str]) -> tuple[int, ...]:
    known = {row_id: place for place, row_id in enumerate(answers.ids)}
    for row_id in texts:
        if row_id not in known:
            raise UsageError(
                f"--texts names {row_id!r}, which is no row of the predictions",
                hint="the texts and the predictions must be of the same split of one data set",
            )
    return tuple(sorted(known[row_id] for row_id in texts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """The score of one system's answer, and where the answer stood in the question (from 1)."""

    system: str
    place: int
    score: Score


@dataclass(frozen=True, slots=True, kw_only=True)
class Guessed:
    """The ids of the texts that were shown, in their order, and the number of the chosen one (from 1)."""

    candidates: tuple[str, ...]
    choice: int


def score_units(sample: Sample, recipe: JudgeRecipe) -> tuple[list[Unit[list[Scored]]], list[Rejected]]:
    """Return the questions for absolute scores, and what cannot be asked about.

    The answers to a text are put in an order that a hash of seed, text and emoji decides, so it says nothing about the systems; the same answer of
    two systems is shown once.

    Raises:
        UsageError: more answers than letters.
    """
    units: list[Unit[list[Scored]]] = []
    rejected: list[Rejected] = []
    for place in sample.places:
        row_id, text = sample.answers.ids[place], sample.answers.texts[place]
        for ask in range(recipe.asks):
            rejected += _without_answer(sample, place, ask)
        shown = _shown_answers(sample, place, recipe.seed)
        if recipe.scores.together and len(shown) > len(LABELS):
            raise UsageError(
                f"{len(shown)} different answers to the text {row_id}: at most {len(LABELS)} fit into one question",
                hint="judge fewer systems, or give every answer a question of its own: --set scores.together=false",
            )
        for group in [shown] if recipe.scores.together and shown else [[one] for one in shown]:
            question = scores_question(text, [emojis for emojis, _ in group], recipe)
            systems = tuple(names for _, names in group)
            read = partial(_read_scores, systems)
            units += [
                Unit(id=row_id, systems=sum(systems, ()), ask=ask, question=question, read=read)
                for ask in range(recipe.asks)
            ]
    return units, rejected


def _shown_answers(sample: Sample, place: int, seed: int) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return the different answers to a text in the order in which they are shown, each with the systems that gave it."""
    found: dict[tuple[str, ...], list[str]] = {}
    for name in sample.systems:
        if (emojis := sample.answers.rows(name)[place]) is not None:
            found.setdefault(emojis, []).append(name)
    row_id = sample.answers.ids[place]
    order = sorted(found, key=lambda emojis: rank(seed, "scores", row_id, *emojis))
    return [(emojis, tuple(found[emojis])) for emojis in order]


def pair_units(sample: Sample, recipe: JudgeRecipe) -> tuple[list[Unit[Choice]], list[PairJudgement], list[Rejected]]:
    """Return the questions about two answers, each pair in both orders; the ties that need no question; and what cannot be asked about.

    Raises:
        UsageError: there is only one system.
    """
    if len(sample.systems) < 2:
        raise UsageError(
            f"pairs need two systems, got {', '.join(sample.systems)}",
            hint="name them: --systems gold,student; or give several --predictions",
        )
    units: list[Unit[Choice]] = []
    ties: list[PairJudgement] = []
    rejected: list[Rejected] = []
    for place in sample.places:
        row_id, text = sample.answers.ids[place], sample.answers.texts[place]
        for ask in range(recipe.asks):
            rejected += _without_answer(sample, place, ask)
        for one, other in combinations(sample.systems, 2):
            a, b = sample.answers.rows(one)[place], sample.answers.rows(other)[place]
            if a is None or b is None:
                continue
            for ask in range(recipe.asks):
                for (first, left), (second, right) in (((one, a), (other, b)), ((other, b), (one, a))):
                    if a == b:
                        ties.append(_same(row_id, first, second, ask))
                        continue
                    question = pairs_question(text, left, right, recipe)
                    units.append(
                        Unit(id=row_id, systems=(first, second), ask=ask, question=question, read=_read_choice)
                    )
    return units, ties, rejected


def guess_units(sample: Sample, recipe: JudgeRecipe) -> tuple[list[Unit[Guessed]], list[Rejected]]:
    """Return the questions which text some emoji belong to, and what cannot be asked about.

    Every system's emoji are shown beside the same texts in the same order. The others come from the same topic as far as it has enough
    (`guess.distractors`), then from all texts; none of them reads like the true one.

    Raises:
        UsageError: there are not enough different texts.
    """
    units: list[Unit[Guessed]] = []
    rejected: list[Rejected] = []
    pools = _pools(sample, recipe)
    for place in sample.places:
        shown = _candidates(sample, place, recipe, pools)
        texts = [sample.answers.texts[other] for other in shown]
        read = partial(_read_guess, tuple(sample.answers.ids[other] for other in shown))
        for ask in range(recipe.asks):
            rejected += _without_answer(sample, place, ask)
            for name in sample.systems:
                if (emojis := sample.answers.rows(name)[place]) is not None:
                    question = guess_question(emojis, texts, recipe)
                    units.append(
                        Unit(id=sample.answers.ids[place], systems=(name,), ask=ask, question=question, read=read)
                    )
    return units, rejected


def _candidates(sample: Sample, place: int, recipe: JudgeRecipe, pools: dict[str, list[int]]) -> list[int]:
    """Return the places of the texts to choose from, the true one among them, in the order in which they are shown."""
    answers, count = sample.answers, recipe.guess.candidates
    row_id = answers.ids[place]
    texts = {answers.texts[place]}
    chosen: list[int] = []
    for pool in (pools.get(sample.topics[place], []), pools[""]):
        for other in _drawn(pool, recipe.seed, row_id):
            if len(chosen) == count - 1:
                break
            if answers.texts[other] not in texts:
                texts.add(answers.texts[other])
                chosen.append(other)
    if len(chosen) < count - 1:
        raise UsageError(
            f"a guess among {count} texts needs as many different ones, the predictions have {len(chosen) + 1}",
            hint="--set guess.candidates=2, or predictions on more rows",
        )
    return sorted([place, *chosen], key=lambda other: rank(recipe.seed, "guess order", row_id, answers.ids[other]))


def _drawn(pool: Sequence[int], seed: int, row_id: str) -> Iterator[int]:
    """Yield places in an order that depends on the text: some picked by hash, which is enough nearly always, then the whole pool."""
    for number in range(_PICKS if pool else 0):
        yield pool[int.from_bytes(rank(seed, "guess", row_id, str(number))[:8]) % len(pool)]
    yield from pool


def _pools(sample: Sample, recipe: JudgeRecipe) -> dict[str, list[int]]:
    """Return the places of texts by topic, and of all of them under ""; in the order of their ids, not of the file."""
    places = sorted(range(len(sample.topics)), key=lambda place: sample.answers.ids[place])
    pools: dict[str, list[int]] = {"": places}
    if recipe.guess.distractors == "same_topic":
        for place in places:
            pools.setdefault(sample.topics[place], []).append(place)
    return pools


def _without_answer(sample: Sample, place: int, ask: int) -> list[Rejected]:
    return [
        Rejected(id=sample.answers.ids[place], systems=(name,), ask=ask, reason=WITHOUT_ANSWER, detail="", keys=())
        for name in sample.systems
        if sample.answers.rows(name)[place] is None
    ]


def _same(row_id: str, first: str, second: str, ask: int) -> PairJudgement:
    return PairJudgement(id=row_id, first=first, second=second, ask=ask, choice="tie", reason="", key=None)


def _read_scores(systems: Sequence[Sequence[str]], text: str, finish_reason: str | None) -> list[Scored]:
    labels = LABELS[: len(systems)]
    found = read_scores(text, labels, finish_reason=finish_reason)
    return [
        Scored(system=name, place=place, score=found[label])
        for place, (label, names) in enumerate(zip(labels, systems, strict=True), start=1)
        for name in names
    ]


def _read_choice(text: str, finish_reason: str | None) -> Choice:
    return read_choice(text, finish_reason=finish_reason)


def _read_guess(candidates: tuple[str, ...], text: str, finish_reason: str | None) -> Guessed:
    return Guessed(candidates=candidates, choice=read_guess(text, len(candidates), finish_reason=finish_reason))
