"""Answers in orders that were chosen to do harm: neither what is asked nor what is built depends on them."""

from __future__ import annotations

import json
import re
import threading
import time
import zlib
from collections import Counter

import pytest

from emojit.dataset.build import build
from emojit.dataset.splits import split_of
from emojit.errors import TeacherError
from emojit.teacher import Reply, ReplyStore
from emojit.teacher.records import canonical_json

PATIENCE_S = 60.0


class OneAtOnce:
    """Keeps the rewrites of some articles back until the second opinion on a post of the others is asked for."""

    def __init__(self, first: set[int], then: set[int]) -> None:
        self.first, self.then = first, then
        self.asked: Counter[str] = Counter()
        self.free = threading.Event()
        self.in_vain = 0

    def __call__(self, step: str, text: str) -> None:
        number = int(re.search(r"の(\d+)号", text)[1])
        if step == "emoji" and number in self.first:
            self.asked[text] += 1
            if self.asked[text] > 1:
                self.free.set()
        elif step == "rewrite" and number in self.then and not self.free.wait(PATIENCE_S):
            self.in_vain += 1


def test_what_is_sent_for_a_question_does_not_depend_on_which_answers_came_before(
    recipe, tmp_path, card, contents, server
):
    """The endpoint passes `n` by, which the first question for several opinions shows: one article is the first in one build and the last in the other."""
    one, *others = (i for i in range(30) if split_of("birds", f"d{i}", recipe.splits) != "train")
    sent, made = [], []
    for name, first, then in (("one", {one}, set(others)), ("two", set(others), {one})):
        server.answered.clear()
        server.hold = order = OneAtOnce(first, then)
        result = build(recipe, tmp_path / name / "v1", render_card=card, quiet=True)
        assert order.free.is_set()
        assert not order.in_vain
        sent.append(sorted(server.answered))
        made.append(contents(result.folder))

    assert sent[0] == sent[1]
    assert made[0] == made[1]


def test_calls_that_were_cut_change_neither_what_is_answered_nor_a_byte(recipe, tmp_path, card, contents, server):
    """Also where several opinions come in one call: the call is made again as it was."""
    first_opinion = server.reply
    server.reply = lambda step, text: (
        [first_opinion(step, text), "🍙 🍵"] if step == "emoji" else first_opinion(step, text)
    )
    whole = build(recipe, tmp_path / "whole" / "v1", render_card=card, quiet=True)
    answered = sorted(server.answered)
    server.answered.clear()
    met: Counter[str] = Counter()

    def cut(body: str) -> bool:
        met[body] += 1
        return met[body] == 1 and ('"n":' in body or zlib.crc32(body.encode()) % 8 == 0)

    server.cut = cut
    rough = build(recipe, tmp_path / "rough" / "v1", render_card=card, quiet=True)

    assert sum('"n":' in body for body in answered) == 10
    assert sum(met.values()) > len(answered) + 10
    assert sorted(server.answered) == answered
    assert contents(rough.folder) == contents(whole.folder)


def test_an_answer_of_another_run_that_comes_after_the_error_is_not_passed_off_as_the_reason(
    recipe, tmp_path, card, contents, server, with_teacher
):
    """The store holds an answer in the end, and the sentence was decided without it: such a build would be no function of its replies."""
    recipe = with_teacher(recipe, max_unanswered=0.1)
    whole = build(recipe, tmp_path / "whole" / "v1", render_card=card, quiet=True)
    usual = server.reply
    store = tmp_path / "v1.replies.sqlite"
    server.reply = lambda step, text: 503 if "の7号は、庭" in text else usual(step, text)

    def answer_of_another_run(step: str, text: str) -> None:
        if step != "rewrite" or "の29号は、庭" not in text:
            return
        with ReplyStore(store) as other:
            failed = []
            while not failed:
                time.sleep(0.01)
                failed = other._reader.execute("SELECT key, request FROM replies WHERE error IS NOT NULL").fetchall()
            [(key, request)] = failed
            sentence = json.loads(request)["body"]["messages"][-1]["content"].rpartition("\n\n")[2]
            usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15, "cost": 0.001}
            other.put(
                Reply(
                    key=key,
                    request=request,
                    text=usual("rewrite", sentence),
                    finish_reason="stop",
                    usage=canonical_json(usage),
                    cost=0.001,
                )
            )

    server.hold = answer_of_another_run
    with pytest.raises(
        TeacherError, match="1 questions that got no answer here were answered by another run"
    ) as caught:
        build(recipe, tmp_path / "v1", render_card=card, store=store, quiet=True)
    assert "run the same command again" in caught.value.hint
    server.reply, server.hold = usual, lambda step, text: None

    again = build(recipe, tmp_path / "v1", render_card=card, store=store, quiet=True)

    assert contents(again.folder) == contents(whole.folder)
