"""What a teacher's questions took so far: tokens, cost and readable answers, learned from the replies of the same model in the reply store."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import islice

from emojit.recipe import TeacherConfig
from emojit.teacher.conversation import banned_forms
from emojit.teacher.prices import used_tokens
from emojit.teacher.prompts import emoji_question, rewrite_question
from emojit.teacher.reading import Unreadable, read_emojis, read_rewrite
from emojit.teacher.records import Reply, Step, canonical_json
from emojit.teacher.store import ReplyStore

MOST_REPLIES = 2_000
"""Replies that are looked at (count). They come in the order of their keys, which are hashes: a fair sample of the store."""

STEPS: tuple[Step, ...] = ("rewrite", "emoji")
"""The questions about a sentence; the posts for rare emoji are too few to be estimated."""


@dataclass(slots=True, kw_only=True)
class StepUsage:
    """Sums over the replies to one of the questions.

    Attributes:
        replies: replies to it (count).
        readable: those that can be read (count).
        counted: those with token counts (count).
        chars: characters of the prompts of the counted ones (count).
        asked_chars: characters of the sentences or posts of the counted ones (count).
        prompt_tokens: tokens of their prompts (count).
        completion_tokens: tokens of their answers (count).
        billed: replies with a bill (count).
        cost: sum of the bills (USD).
        text_chars: characters of the sentences or posts of the readable ones (count).
        answer_chars: characters of the rewrites that could be read (count).
    """

    replies: int = 0
    readable: int = 0
    counted: int = 0
    chars: int = 0
    asked_chars: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    billed: int = 0
    cost: float = 0.0
    text_chars: int = 0
    answer_chars: int = 0


@dataclass(slots=True, kw_only=True)
class Usage:
    """What a model's stored replies tell.

    Attributes:
        steps: by question.
    """

    steps: dict[Step, StepUsage] = field(default_factory=lambda: {step: StepUsage() for step in STEPS})

    @property
    def replies(self) -> int:
        """Replies looked at (count)."""
        return sum(step.replies for step in self.steps.values())

    @property
    def counted(self) -> int:
        """Replies with token counts (count)."""
        return sum(step.counted for step in self.steps.values())

    @property
    def billed(self) -> int:
        """Replies with a bill (count)."""
        return sum(step.billed for step in self.steps.values())

    @property
    def pair_yield(self) -> float | None:
        """Share of the sentences that become a pair, as far as reading the answers decides it; None while one of the questions has no reply."""
        if any(not step.replies for step in self.steps.values()):
            return None
        share = 1.0
        for step in self.steps.values():
            share *= step.readable / step.replies
        return share


def learn(config: TeacherConfig, store: ReplyStore | None) -> Usage:
    """Look at the stored replies of a model.

    Args:
        config: the `[teacher]` section: model, and what counts as readable.
        store: the reply store, or None.

    Returns:
        Sums; empty ones where the store has no reply of this model to today's prompts.
    """
    usage = Usage()
    if store is None:
        return usage
    heads: dict[Step, str] = {
        "rewrite": rewrite_question("", config).messages[-1][1],
        "emoji": emoji_question("", config).messages[-1][1],
    }
    model = f'"model":{canonical_json(config.model)}'  # stands as it is in the canonical JSON of a request
    for reply in islice((reply for reply in store.answers() if model in reply.request), MOST_REPLIES):
        contents = [message["content"] for message in json.loads(reply.request)["body"]["messages"]]
        for step, head in heads.items():
            if contents[-1].startswith(head):
                _add(usage.steps[step], step, reply, contents, contents[-1][len(head) :], config)
                break
    return usage


def _add(sums: StepUsage, step: Step, reply: Reply, contents: list[str], text: str, config: TeacherConfig) -> None:
    sums.replies += 1
    try:
        if step == "rewrite":
            sums.answer_chars += len(read_rewrite(reply.text, text, finish_reason=reply.finish_reason).text)
        else:
            read_emojis(reply.text, banned_forms(config.banned), finish_reason=reply.finish_reason)
    except Unreadable:
        pass
    else:
        sums.readable += 1
        sums.text_chars += len(text)
    if (tokens := used_tokens(reply.usage)) is not None:
        sums.counted += 1
        sums.chars += sum(map(len, contents))
        sums.asked_chars += len(text)
        sums.prompt_tokens += tokens.prompt
        sums.completion_tokens += tokens.completion
    if reply.cost is not None:
        sums.billed += 1
        sums.cost += reply.cost
