"""What a judge says about answers: the fields that every file of judgements has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Stage = Literal["scores", "pairs", "guess"]
"""What is asked: absolute scores, the better of two answers, or which text some emoji belong to."""

STAGES: tuple[Stage, ...] = ("scores", "pairs", "guess")

MOST = 4
"""Best mark of `semantic` and `naturalness`; the worst is 0."""

ERROR_CATEGORIES: dict[str, str] = {
    "none": "問題なし",
    "unrelated": "投稿と関係のない絵文字が入っている",
    "opposite_emotion": "気持ちが逆、または合わない",
    "missed_content": "投稿の大事な内容を表す絵文字がない",
    "wrong_detail": "惜しいが、物、国旗、数などが違う",
    "too_generic": "どの投稿にも付けられるような絵文字ばかり",
    "too_many": "多すぎる、くどい",
    "too_few": "少なすぎる、または絵文字がない",
    "other": "そのほか",
}
"""The greatest fault of an answer, and the words with which the judge is told about it."""

WITHOUT_ANSWER = "system_without_answer"
"""Reason of a row that was not judged because the system has no answer to it (null in the predictions)."""

Side = Literal["first", "second", "tie"]
"""What was chosen: the answer that was shown first, the other one, or neither."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What the judge says about one answer.

    Attributes:
        semantic: how well the emoji say what the text says, 0 to 4.
        naturalness: how natural they are in a post, 0 to 4.
        misleading: whether they make a reader misunderstand the text.
        error_category: the greatest fault, a key of `ERROR_CATEGORIES`.
        reason: why, in Japanese.
    """

    semantic: int
    naturalness: int
    misleading: bool
    error_category: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which of two answers the judge prefers.

    Attributes:
        side: where the better one stood.
        reason: why, in Japanese.
    """

    side: Side
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A row of `judgements.jsonl`.

    Attributes:
        id: of the text.
        system: whose answer was scored.
        ask: number of the independent answer of the judge, from 0.
        semantic: see `Score`, as the four after it.
        naturalness: see `Score`.
        misleading: see `Score`.
        error_category: see `Score`.
        reason: see `Score`.
        place: where the answer stood in the question, from 1.
        key: of the reply in the store.
    """

    id: str
    system: str
    ask: int
    semantic: int
    naturalness: int
    misleading: bool
    error_category: str
    reason: str
    place: int
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PairJudgement:
    """A row of `pairs.jsonl`: one of the two orders in which two answers were shown.

    Attributes:
        id: of the text.
        first: system whose answer was shown first.
        second: the other system.
        ask: number of the independent answer of the judge, from 0.
        choice: which one was chosen.
        reason: why, in Japanese; "" where nothing was asked.
        key: of the reply in the store; None where both answers are the same, which is a tie without a question.
    """

    id: str
    first: str
    second: str
    ask: int
    choice: Side
    reason: str
    key: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """A row of `guesses.jsonl`.

    Attributes:
        id: of the text.
        system: whose emoji were shown.
        ask: number of the independent answer of the judge, from 0.
        candidates: ids of the texts in the order in which they were shown.
        choice: number of the chosen text, from 1.
        correct: whether it is the text itself.
        key: of the reply in the store.
    """

    id: str
    system: str
    ask: int
    candidates: tuple[str, ...]
    choice: int
    correct: bool
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A row of `rejected/*.jsonl`: what was to be judged, and why there is no judgement.

    Attributes:
        id: of the text.
        systems: whose answers the question was about.
        ask: number of the independent answer of the judge, from 0.
        reason: a code of `emojit.evaluation.judge.reading`, "teacher_error" where no call was answered, or `WITHOUT_ANSWER`.
        detail: the last reply as it came, or the error.
        keys: of the replies in the store, one per time the question was asked.
    """

    id: str
    systems: tuple[str, ...]
    ask: int
    reason: str
    detail: str
    keys: tuple[str, ...]
