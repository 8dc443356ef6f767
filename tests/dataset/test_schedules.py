"""Whole builds under schedules that hypothesis chooses: a build is a function of recipe, corpus and answers, and no answer is asked for twice.

The teacher is in this process and holds every question until the schedule lets it go: in the order of asking, the latest first (so that the first one
starves until nothing else can be answered), or any. Blocks are small, the cap bites, prompts are steered, sentences are asked again, posts are written
for rare emoji, several sentences get the same post, and some questions never get an answer.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import runpy
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from emojit.dataset.build import build
from emojit.errors import TeacherError
from emojit.recipe import BalanceConfig, BuildRecipe, CorpusConfig, SplitConfig, TeacherConfig
from emojit.teacher import Question, Reply

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
PHRASES = ("今日も鳥がとてもかわいいんだよね", "この町のごはんは本当においしいらしいよ")

EXAMPLES = 4  # each is a build or several; run with more by hand when engine, blocks or store change

PICK: dict[str, Callable[[random.Random, int], int]] = {
    "first": lambda rng, waiting: 0,
    "latest": lambda rng, waiting: waiting - 1,
    "any": lambda rng, waiting: rng.randrange(waiting),
}


class Rule:
    """Answers by the question and the number of the opinion alone, as the synthetic endpoint does; some posts are alike, some questions fail."""

    def __init__(self) -> None:
        self._synthetic = runpy.run_path(str(BENCHMARKS / "synthetic_teacher.py"))["Rule"](200)

    def reply(self, question: Question) -> Reply:
        digest = hashlib.sha256(question.body_json.encode()).digest()
        several = json.dumps({**question.body, "n": question.sample + 1}).encode()
        text = self._synthetic.answers(several)[question.sample]
        if question.step == "rewrite" and digest[0] < 64:
            text = PHRASES[digest[1] % 2]
        elif question.step == "post" and digest[0] < 64:
            text = f"{text}\n9. {PHRASES[digest[1] % 2]}"
        error = "HTTP 500" if digest[2] < 4 else None
        return Reply(
            key=question.key, request=question.request, text="" if error else text, finish_reason="stop", error=error
        )


class Scheduled:
    """A teacher that answers when the schedule says so.

    Attributes:
        answers: keys of the questions that it has answered, in that order.
    """

    live = True

    def __init__(self, rule: Rule, pick: str, seed: int, many: bool, stop_after: int | None = None) -> None:
        self.answers: list[str] = []
        self._rule, self._pick, self._rng, self._many, self._stop_after = (
            rule,
            PICK[pick],
            random.Random(seed),
            many,
            stop_after,
        )
        self._waiting: list[asyncio.Future[None]] = []
        self._pumping = False

    async def ask(self, question: Question) -> Reply:
        await self._turn()
        return self._say([question])[0]

    async def ask_many(self, questions: Sequence[Question]) -> list[Reply]:
        """Give all opinions, or some of them, or none at all."""
        if not self._many:
            return []
        await self._turn()
        return self._say(questions[: 1 + int(questions[0].key, 16) % len(questions)])

    async def close(self) -> None:
        self._waiting.clear()

    def _say(self, questions: Sequence[Question]) -> list[Reply]:
        if self._stop_after is not None and len(self.answers) >= self._stop_after:
            raise TeacherError("stopped here")
        replies = [self._rule.reply(question) for question in questions]
        self.answers += [reply.key for reply in replies if reply.error is None]
        return replies

    async def _turn(self) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        if not self._pumping:
            self._pumping = True
            asyncio.get_running_loop().call_soon(self._pump)
        await turn

    def _pump(self) -> None:
        """Let one go, mostly; now and then wait until whoever works beside the event loop has asked more."""
        loop = asyncio.get_running_loop()
        if self._rng.random() < 0.2:
            loop.call_later(0.001, self._pump)
            return
        turn = self._waiting.pop(self._pick(self._rng, len(self._waiting))) if self._waiting else None
        if turn is not None and not turn.done():
            turn.set_result(None)
        if self._waiting:
            loop.call_soon(self._pump)
        else:
            self._pumping = False


class Case:
    """A corpus, a recipe, and what a build of it in order comes to."""

    def __init__(self, folder: Path, contents: Callable[[Path], dict[str, bytes]]) -> None:
        path = folder / "made_up.jsonl"
        runpy.run_path(str(BENCHMARKS / "synthetic_corpus.py"))["write"](path, 60)
        self.rule = Rule()
        self.recipe = BuildRecipe(
            name="made-up",
            count=60,
            corpus=CorpusConfig(source=str(path)),
            splits=SplitConfig(validation=0.2, test=0.2),
            balance=BalanceConfig(block=6, lag=3, max_share=0.04, floor_rows=3, floor_top=40),
            teacher=TeacherConfig(
                kind="openai",
                model="m",
                licence="CC0-1.0",
                distillation_allowed=True,
                eval_samples=3,
                concurrency=8,
                max_unanswered=0.5,
            ),
        )
        self._contents = contents
        self.teacher = Scheduled(self.rule, "first", 0, many=False)
        self.made = self.build(folder / "v1", folder / "r.sqlite", self.teacher)
        self.statistics = json.loads(self.made["statistics.json"])

    def build(self, out: Path, store: Path, teacher: Scheduled) -> dict[str, bytes]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("emojit.dataset.build.make_teacher", lambda *args, **keys: teacher)
            return self._contents(
                build(self.recipe, out, render_card=lambda folder: "# card\n", store=store, quiet=True).folder
            )


@pytest.fixture(scope="module")
def case(tmp_path_factory, contents):
    return Case(tmp_path_factory.mktemp("case"), contents)


def test_the_case_has_in_it_what_could_go_wrong(case):
    balance, rejected = case.statistics["balance"], case.statistics["rejected"]

    assert balance["deferred"]
    assert balance["asked_again"]
    assert balance["steered"]
    assert balance["rare"]
    assert rejected["rewrite"]["teacher_error"]
    assert rejected["emoji"]["teacher_error"]
    assert rejected["pair"]["duplicate_rewrite"]
    assert rejected["post"]["over_represented"]
    assert all(case.statistics["rows"].values())
    assert max(Counter(case.teacher.answers).values()) == 1


schedules = st.tuples(st.sampled_from(sorted(PICK)), st.integers(0, 2**32), st.booleans())


@given(schedules)
@example(("latest", 0, True))
@settings(max_examples=EXAMPLES, deadline=None)
def test_the_order_of_the_answers_changes_neither_a_byte_nor_a_question(case, schedule):
    teacher = Scheduled(case.rule, *schedule)
    with tempfile.TemporaryDirectory() as folder:
        made = case.build(Path(folder) / "v1", Path(folder) / "r.sqlite", teacher)

    assert made == case.made
    assert sorted(teacher.answers) == sorted(case.teacher.answers)


@given(st.lists(schedules, min_size=2, max_size=4), st.data())
@settings(max_examples=EXAMPLES, deadline=None)
def test_runs_that_were_stopped_anywhere_come_to_the_same_and_no_answer_is_asked_for_twice(case, runs, data):
    answers: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        out, store = Path(folder) / "v1", Path(folder) / "r.sqlite"
        for schedule in runs[:-1]:
            left = len(case.teacher.answers) - answers.total()
            teacher = Scheduled(case.rule, *schedule, stop_after=data.draw(st.integers(0, max(0, left - 1))))
            with pytest.raises(TeacherError, match="stopped here"):
                case.build(out, store, teacher)
            answers.update(teacher.answers)
        teacher = Scheduled(case.rule, *runs[-1])
        made = case.build(out, store, teacher)
    answers.update(teacher.answers)

    assert made == case.made
    assert answers == Counter(case.teacher.answers)
