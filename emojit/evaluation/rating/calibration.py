"""The judge and the automatic figures held against people, on the same answers.

The unit is an answer of one system to one text. People's value is the mean over raters for correlations and the lower median for α and confusion, which need
a value of the scale. Intervals draw texts with replacement, so that the answers to one text stay together.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median_low

import numpy as np

from emojit.dataset.folder import write_json, write_text
from emojit.errors import UsageError
from emojit.evaluation.rating.agreement import krippendorff_alpha, require_rate_extra
from emojit.evaluation.rating.correlation import Column, Figured, Interval, Key, Rows, interval, spearman
from emojit.evaluation.rating.judgements import Judgements
from emojit.evaluation.rating.orders import contradictions
from emojit.evaluation.rating.ratings import HIGHEST, QUESTIONS, SCALES, Question, Ratings
from emojit.evaluation.rating.task import KEY, read_task
from emojit.evaluation.systems import GOLD, read_systems
from emojit.metrics import row_scores

SCHEMA_VERSION = 1

_USUAL = "Jaccard"
"""The figure that everybody reports."""

Answers = Mapping[Key, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeCheck:
    """The judge against people on one question.

    Attributes:
        question: semantic, naturalness or misleading.
        answers: that both rated (count).
        spearman: correlation with people's mean; None where one of them gave one value alone.
        alpha: Krippendorff's α of the judge and people's median (nominal for misleading), or None.
        bias: judge minus people (points, or share).
        confusion: row = people's median, column = judge; 5 × 5, or 2 × 2 for misleading (no, yes).
    """

    question: Question
    answers: int
    spearman: Interval | None
    alpha: float | None
    bias: Interval | None
    confusion: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """How well an automatic figure follows a target; Spearman's correlation over the answers."""

    name: str
    target: str
    spearman: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """The figure that follows people best on a question, and by how much more than another one.

    Attributes:
        target: what people said.
        best: name of the figure.
        spearman: its correlation with the target.
        next: the figure that comes next, or Jaccard where that is neither of the two.
        by: by how much the correlation of `best` is higher.
    """

    target: str
    best: str
    spearman: Interval
    next: str
    by: Interval

    @property
    def follows(self) -> bool:
        """Whether the best figure follows people at all: its correlation is above 0 with its whole interval."""
        return self.spearman.low is not None and self.spearman.low > 0

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.by.low is not None and self.by.low > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """All that the comparison says.

    Attributes:
        schema_version: of this layout.
        judge: for each question; empty without a judge.
        figures: for each target the figures, best first; all on the same answers, the references' left out, for they are what overlap is measured against.
        answers: behind `figures` (count).
        constant: figures with one value for all these answers, which have no correlation.
        leads: for each question to people with two figures or more: the best one against the next, and against Jaccard where that is neither.
        warnings: where judge and people put two systems in different orders, in words.
        warnings_ja: the same in Japanese.
    """

    schema_version: int
    judge: tuple[JudgeCheck, ...]
    figures: tuple[Figure, ...]
    answers: int
    constant: tuple[str, ...]
    leads: tuple[Lead, ...]
    warnings: tuple[str, ...]
    warnings_ja: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """Return it as plain JSON types."""
        return dataclasses.asdict(self)


def calibrate(ratings: Ratings, judgements: Judgements | None, answers: Answers, *, seed: int = 0) -> Calibration:
    """Compare.

    Args:
        ratings: of people.
        judgements: of a judge, or None.
        answers: the emoji of every answer, the references as the system "gold", for the overlap; empty without.
        seed: of the intervals.

    Raises:
        MissingExtraError: the extra `rate` is not installed.
        UsageError: nothing is rated by both.
    """
    require_rate_extra()
    people = {question: _people(ratings, question) for question in QUESTIONS}
    checks: list[JudgeCheck] = []
    if judgements is not None:
        shared = sorted(set(judgements.scores) & set(people["semantic"]))
        if not shared and not judgements.choices:
            raise UsageError(
                "the judge and the raters have no answer in common",
                hint="judge the rated texts: the ids and the systems' names must be the same",
            )
        checks = [_check(question, people[question], judgements, shared, seed) for question in QUESTIONS if shared]
    keys, figures, targets = _columns(people, judgements, answers)
    found, leads = _figures(keys, figures, targets, seed)
    warned = [] if judgements is None else contradictions(ratings, judgements, seed=seed)
    return Calibration(
        schema_version=SCHEMA_VERSION,
        judge=tuple(checks),
        figures=tuple(found),
        answers=len(keys),
        constant=tuple(name for name, values in figures.items() if len(values) and values.min() == values.max()),
        leads=tuple(leads),
        warnings=tuple(english for english, _ in warned),
        warnings_ja=tuple(japanese for _, japanese in warned),
    )


def known_answers(source: Path, predictions: Sequence[str]) -> dict[Key, tuple[str, ...]]:
    """Return the emoji of every answer: of the task folder, or of prediction files where they are given.

    Args:
        source: a task folder, or a file beside which one may stand.
        predictions: see `read_systems`; none for the task's own.

    Raises:
        UsageError: a file is no such file.
    """
    if predictions:
        read = read_systems(predictions)
        return {
            (row, name): answer
            for name in read.names
            for row, answer in zip(read.ids, read.rows(name), strict=True)
            if answer is not None
        }
    folder = source if source.is_dir() else source.parent
    if not (folder / KEY).is_file():
        return {}
    return {
        (item.id, system): option.emojis
        for item in read_task(folder).items
        for option in item.options
        for system in option.systems
    }


def write_calibration(folder: Path, found: Calibration, markdown: str) -> None:
    """Write `calibration.md` and, last, `calibration.json`.

    Raises:
        UsageError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_text(folder / "calibration.md", markdown)
        write_json(folder / "calibration.json", found.as_dict())
    except OSError as exc:
        raise UsageError(
            f"--out {folder}: cannot be written ({exc.strerror or exc})", hint="give another folder"
        ) from exc


def _people(ratings: Ratings, question: Question) -> dict[Key, list[int]]:
    values: dict[Key, list[int]] = defaultdict(list)
    for one in ratings.ratings:
        values[one.id, one.system].append(one.value(question))
    return dict(values)


def _check(
    question: Question, people: Mapping[Key, list[int]], judgements: Judgements, shared: Sequence[Key], seed: int
) -> JudgeCheck:
    means = np.array([np.mean(people[key]) for key in shared])  # (answers,)
    judge = np.array([judgements.scores[key].value(question) for key in shared], dtype=np.float64)  # (answers,)
    pairs = [(median_low(people[key]), judgements.scores[key].value(question)) for key in shared]
    size = HIGHEST + 1 if question in SCALES else 2
    confusion = np.zeros((size, size), dtype=int)
    for mine, its in pairs:
        confusion[mine, its] += 1
    return JudgeCheck(
        question=question,
        answers=len(shared),
        spearman=interval(shared, lambda rows: spearman(means[rows], judge[rows]), seed),
        alpha=krippendorff_alpha(dict(enumerate(pairs)), "ordinal" if question in SCALES else "nominal"),
        bias=interval(shared, lambda rows: float((judge - means)[rows].mean()), seed),
        confusion=tuple(tuple(int(cell) for cell in row) for row in confusion),
    )


def _columns(
    people: Mapping[Question, Mapping[Key, list[int]]], judgements: Judgements | None, answers: Answers
) -> tuple[list[Key], dict[str, Column], dict[str, Column]]:
    """Return the answers that have every figure, and figures and targets over them."""
    keys = [key for key in sorted(people["semantic"]) if key[1] != GOLD]
    kinds: list[tuple[Sequence[str], dict[Key, tuple[float, ...]]]] = [
        # F1 would say the same as Jaccard here: of one row it is 2J / (1 + J), which keeps the ranks.
        (("Jaccard", "precision", "recall"), _overlap(keys, answers))
    ]
    if judgements is not None:
        scores, guesses = judgements.scores, judgements.guesses
        judged = {key: (scores[key].semantic, scores[key].naturalness) for key in keys if key in scores}
        kinds += [
            (("judge semantic", "judge naturalness"), {key: tuple(map(float, one)) for key, one in judged.items()}),
            (("back-translation",), {key: (guesses[key],) for key in keys if key in guesses}),
        ]
    there = [(names, table) for names, table in kinds if table]
    kept = [key for key in keys if there and all(key in table for _, table in there)]
    figures = {
        name: np.array([table[key][place] for key in kept], dtype=np.float64)
        for names, table in there
        for place, name in enumerate(names)
    }
    targets = {f"people {question}": np.array([np.mean(people[question][key]) for key in kept]) for question in SCALES}
    return kept, figures, targets


def _overlap(keys: Sequence[Key], answers: Answers) -> dict[Key, tuple[float, ...]]:
    found: dict[Key, tuple[float, ...]] = {}
    for key in keys:
        if key in answers and (key[0], GOLD) in answers:
            row = row_scores(answers[key], answers[key[0], GOLD])
            found[key] = (row.jaccard, row.precision, row.recall)
    return found


def _figures(
    keys: Sequence[Key], figures: Mapping[str, Column], targets: Mapping[str, Column], seed: int
) -> tuple[list[Figure], list[Lead]]:
    found: list[Figure] = []
    leads = []
    judge = {name: values for name, values in figures.items() if name.startswith("judge")}
    for target, wanted in (*targets.items(), *judge.items()):
        rows = [
            Figure(name=name, target=target, spearman=value)
            for name, values in figures.items()
            if (target in targets or not name.startswith("judge"))
            and (value := interval(keys, _correlation(values, wanted), seed)) is not None
        ]
        rows.sort(key=lambda one: -one.spearman.value)
        found += rows
        if target in targets:
            for other in [*rows[1:2], *(one for one in rows[2:] if one.name == _USUAL)]:
                best = rows[0]
                by = interval(keys, _difference(figures[best.name], figures[other.name], wanted), seed)
                if by is not None:
                    leads.append(Lead(target=target, best=best.name, spearman=best.spearman, next=other.name, by=by))
    return found, leads


def _correlation(values: Column, wanted: Column) -> Figured:
    return lambda rows: spearman(values[rows], wanted[rows])


def _difference(best: Column, other: Column, wanted: Column) -> Figured:
    first, second = _correlation(best, wanted), _correlation(other, wanted)

    def difference(rows: Rows) -> float | None:
        mine, theirs = first(rows), second(rows)
        return None if mine is None or theirs is None else mine - theirs

    return difference
