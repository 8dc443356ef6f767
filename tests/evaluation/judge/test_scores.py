"""Absolute scores by a real engine from a server with a known mind, and with faults."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest

from emojit.errors import DatasetError, LimitReachedError, TeacherError, UsageError
from emojit.evaluation.judge.folder import JudgeFolder
from emojit.evaluation.judge.plan import plan
from emojit.evaluation.judge.report_file import read_report
from emojit.evaluation.judge.session import judge, make_report, write_report
from emojit.evaluation.predictions import write_predictions
from emojit.evaluation.rating.prepare import prepare

TRUTH = {"✅": 4, "👍": 3, "👌": 2, "👎": 0}


def truth(answer: str) -> int:
    return TRUTH[answer.split()[1]]


def test_the_marks_of_the_judge_come_out_and_it_never_sees_a_name(serve, marked, recipe_for, predictions, tmp_path):
    server = serve(lambda call: marked(call, truth))

    result = judge("scores", recipe_for(server, "sample=20"), [predictions], out=tmp_path / "j", quiet=True)

    report = result.report.scores
    assert {one.name: one.semantic.mean for one in report.systems} == {"gold": 4, "good": 3, "fair": 2, "bad": 0}
    assert {one.name: one.misleading.mean for one in report.systems} == {"gold": 0, "good": 0, "fair": 0, "bad": 1}
    assert report.systems[0].misleading.high == pytest.approx(1 - 0.025 ** (1 / 20))  # twenty texts prove no more
    gap = next(one for one in report.differences if (one.system, one.against) == ("good", "bad"))
    assert (gap.semantic.mean, gap.texts) == (3, 20)
    rare = 1 - 0.025 ** (1 / 20)  # so many of all texts may differ: by one more, or by as little as -4
    assert (gap.semantic.low, gap.semantic.high) == (pytest.approx(3 - 7 * rare), pytest.approx(3 + rare))
    assert (report.systems[0].semantic.low, report.systems[0].semantic.high) == (pytest.approx(4 - 4 * rare), 4)
    assert report.systems[2].error_categories == {"unrelated": 20}
    assert result.report.sample.topics == {
        "Food & Drink": 5, "Activities": 5, "Animals & Nature": 5, "Travel & Places": 5
    }  # fmt: skip
    assert (report.rejected, report.bill.questions, report.bill.prompt_tokens) == ({}, 20, 10_000)
    assert len(server.calls) == 20
    said = json.dumps([call.payload for call in server.calls], ensure_ascii=False)
    assert not any(name in said for name in ("gold", "good", "fair", "bad"))
    places = Counter(row.place for row in JudgeFolder(path=tmp_path / "j").judgements() if row.system == "gold")
    assert set(places) == {1, 2, 3, 4}  # the order is mixed
    line = json.loads((tmp_path / "j" / "judgements.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert list(line) == [
        "id", "system", "ask", "semantic", "naturalness", "misleading", "error_category", "reason", "place", "key"
    ]  # fmt: skip
    page = (tmp_path / "j" / "judge.md").read_text(encoding="utf-8")
    assert "内容との一致（0〜4点の平均、高い順）: `gold` 4.00、`good` 3.00、`fair` 2.00、`bad` 0.00。" in page
    assert "semantic は内容との一致（0〜4）" in page
    assert "unrelated = 投稿と関係のない絵文字が入っている" in page
    assert "each asked for until it can be read, at most 3 times" in page


def test_faults_are_asked_again_and_what_stays_unreadable_is_kept(
    serve, marked, say, recipe_for, predictions, tmp_path
):
    def behave(call):
        number = int(call.text.removeprefix("これは").partition("番")[0])
        if number == 7:
            return marked(call, lambda answer: 9)  # always out of range
        fault = {
            1: "点数はつけません。",
            2: marked(call, lambda answer: 5),
            3: json.dumps({"answers": json.loads(marked(call, truth))["answers"][1:]}),
            4: say(status=429, headers={"Retry-After": "0"}),
            5: say(content=marked(call, truth), cut=True),
            6: say(status=500),
        }.get(number)
        return fault if fault is not None and call.nth == 1 else marked(call, truth)

    server = serve(behave)
    recipe = recipe_for(server, "sample=0")

    result = judge("scores", recipe, [predictions], out=tmp_path / "j", quiet=True)

    report = result.report.scores
    assert [one.texts for one in report.systems] == [39, 39, 39, 39]
    assert [one.semantic.mean for one in report.systems] == [4, 3, 2, 0]
    assert report.rejected == {"out_of_range": 1}
    assert "Warning" not in (tmp_path / "j" / "judge.md").read_text(encoding="utf-8")  # one of forty
    (lost,) = JudgeFolder(path=tmp_path / "j").rejected("scores")
    assert (lost.id, lost.reason, len(lost.keys)) == ("0000000000000007", "out_of_range", 3)
    assert sorted(lost.systems) == ["bad", "fair", "gold", "good"]
    assert '"semantic": 9' in lost.detail
    assert len(server.calls) == 40 + 6 + 2


def test_a_judge_that_mostly_cannot_be_read_is_warned_of(serve, marked, recipe_for, predictions, tmp_path):
    def behave(call):
        number = int(call.text.removeprefix("これは").partition("番")[0])
        return "点数はつけません。" if number % 4 else marked(call, truth)

    server = serve(behave)

    judge("scores", recipe_for(server, "sample=0", "attempts=1"), [predictions], out=tmp_path / "j", quiet=True)

    page = (tmp_path / "j" / "judge.md").read_text(encoding="utf-8")
    assert "> Warning: 75% of what was to be judged is missing" in page
    assert "審査できなかったもの: JSON でない 30件。" in page
    assert "注意: 採点の75%が審査できなかった。" in page


def test_an_endpoint_that_gives_up_ends_the_run_and_the_next_one_asks_only_what_is_missing(
    serve, marked, say, recipe_for, predictions, tmp_path
):
    down = {"これは3番目の投稿。"}
    server = serve(lambda call: say(status=500) if call.text in down else marked(call, truth))
    recipe = recipe_for(server, "sample=0", "teacher.max_attempts=2")

    with pytest.raises(TeacherError, match="1 of 40 questions got no answer"):
        judge("scores", recipe, [predictions], out=tmp_path / "j", quiet=True)
    assert not (tmp_path / "j" / "judge.json").exists()
    before = len(server.calls)
    down.clear()
    result = judge("scores", recipe, [predictions], out=tmp_path / "j", quiet=True)

    assert len(server.calls) - before == result.asked.counts.asked == 1
    assert result.report.scores.rejected == {}


def test_one_answer_per_question_and_the_same_answer_of_two_systems_is_scored_once(
    serve, marked, recipe_for, tmp_path
):
    path = tmp_path / "p.parquet"
    gold = [["🍜"], ["🎉"], ["🐱"]]
    answers = {"same": gold, "empty": [[], [], []], "partly": [None, ["🚗"], ["🚗"]]}
    write_predictions(path, ids=["a", "b", "c"], texts=["一", "二", "三"], references=gold, answers=answers)
    server = serve(lambda call: marked(call, lambda answer: 0 if "なし" in answer else 4))
    recipe = recipe_for(server, 'systems=["gold", "same", "empty", "partly"]', "scores.together=false")

    report = judge("scores", recipe, [path], out=tmp_path / "j", quiet=True).report.scores

    assert len(server.calls) == 3 + 3 + 2
    assert all(len(call.answers) == 1 for call in server.calls)
    assert [(one.texts, one.semantic.mean) for one in report.systems] == [(3, 4), (3, 4), (3, 0), (2, 4)]
    assert report.rejected == {"system_without_answer": 1}


def test_a_judge_that_is_asked_twice_is_held_against_itself(serve, marked, recipe_for, predictions, tmp_path):
    def behave(call):
        return marked(call, lambda answer: max(0, truth(answer) - (call.nth == 2 and "👍" in answer)))

    server = serve(behave)

    report = judge(
        "scores", recipe_for(server, "asks=2", "sample=8", "attempts=1"), [predictions], out=tmp_path / "j", quiet=True
    ).report.scores

    assert report.agreement.compared == 32
    assert report.agreement.semantic_exact == 0.75
    assert report.agreement.semantic_distance == 0.25
    # Which of the two answers came first is a race, and κ knows the order.
    assert report.agreement.semantic_kappa == pytest.approx(0.9, abs=0.03)
    assert report.agreement.misleading_exact == 1
    assert "2 independent answers to every question, each asked for once." in (tmp_path / "j" / "judge.md").read_text(
        encoding="utf-8"
    )
    assert report.systems[1].semantic.mean == 2.5


def test_a_dry_run_counts_what_the_run_then_asks_and_the_limit_ends_a_run(
    serve, marked, recipe_for, predictions, tmp_path
):
    server = serve(lambda call: marked(call, truth))
    price = ("teacher.price.prompt=1.0", "teacher.price.completion=4.0")
    recipe = recipe_for(server, "sample=12", *price)
    store = tmp_path / "j.replies.sqlite"

    before = plan("scores", recipe, [predictions], store=store)
    with pytest.raises(LimitReachedError, match=r"the limit of 0\.012 USD is reached") as stopped:
        judge("scores", recipe, [predictions], out=tmp_path / "j", max_cost=0.012, quiet=True)
    asked = len(server.calls)
    between = plan("scores", recipe, [predictions], store=store)
    assert f"{asked} of 12 questions are done, {12 - asked} are left" in str(stopped.value)
    advised = re.search(r"about \$0\.00\d+, .* again with --max-cost (0\.0\d+) to go on", stopped.value.hint)
    result = judge("scores", recipe, [predictions], out=tmp_path / "j", max_cost=float(advised[1]), quiet=True)

    assert (before.questions, before.to_ask) == (12, 12)
    assert before.estimate.tokens_basis.startswith("assumed")
    assert 0 < asked < 12
    assert (between.questions, between.to_ask) == (12, 12 - asked)
    assert between.estimate.tokens_basis == f"{asked} stored replies of gpt-4o-mini"
    assert between.estimate.completion_tokens == 50 * (12 - asked)
    assert len(server.calls) == 12
    assert result.report.scores.bill.cost_usd == pytest.approx(12 * (500 * 1 + 50 * 4) / 1e6)


def test_the_texts_that_people_rated_are_judged_instead_of_a_sample(serve, marked, recipe_for, predictions, tmp_path):
    server = serve(lambda call: marked(call, truth))
    task = prepare([str(predictions)], tmp_path / "task", systems=["good", "fair", "bad"], items=6, seed=3)
    ids = tmp_path / "ids.txt"
    ids.write_text('0000000000000003\n{"id": "0000000000000001"}\n\n', encoding="utf-8")

    judge("scores", recipe_for(server), [predictions], out=tmp_path / "a", texts=tmp_path / "task", quiet=True)
    few = judge("scores", recipe_for(server), [predictions], out=tmp_path / "b", texts=ids, quiet=True)

    judged = {row.id for row in JudgeFolder(path=tmp_path / "a").judgements()}
    assert judged == {item.id for item in task.items}
    assert len(judged) == 6
    assert (few.report.sample.texts, few.report.sample.given) == (2, True)
    ids.write_text("else\n", encoding="utf-8")
    with pytest.raises(UsageError, match="--texts names 'else', which is no row of the predictions"):
        judge("scores", recipe_for(server), [predictions], out=tmp_path / "c", texts=ids, quiet=True)


def test_an_endpoint_that_does_not_know_the_form_of_the_answer_is_explained(
    serve, say, recipe_for, predictions, tmp_path
):
    server = serve(lambda call: say(status=400, error="response_format is not supported"))

    with pytest.raises(TeacherError, match="response_format is not supported") as caught:
        judge("scores", recipe_for(server), [predictions], out=tmp_path / "j", quiet=True)

    assert caught.value.hint is not None
    assert "--set response_format=none" in caught.value.hint


def test_every_stage_has_its_files_in_one_folder_and_a_report_on_all(
    serve, marked, chosen, recipe_for, predictions, tmp_path
):
    answers = {
        "scores": lambda call: marked(call, truth),
        "pairs": lambda call: chosen("tie"),
        "guess": lambda _: '{"choice": 1}',
    }
    server = serve(lambda call: answers[call.stage](call))
    recipe = recipe_for(server, 'systems=["gold", "bad"]', "sample=8", "asks=2")

    for stage in ("scores", "pairs", "guess"):
        judge(stage, recipe, [predictions], out=tmp_path / "j", quiet=True)

    report = read_report(tmp_path / "j")
    assert report == make_report(JudgeFolder(path=tmp_path / "j"))
    assert (report.scores.bill.questions, report.pairs.bill.questions, report.guess.bill.questions) == (16, 32, 32)
    assert (report.pairs.agreement, report.guess.agreement) == (1.0, 1.0)
    assert (report.pairs.position.tie, report.pairs.position.first_share) == (32, None)
    assert server.url not in (tmp_path / "j" / "judge.toml").read_text(encoding="utf-8")


def test_judgements_of_another_setting_are_refused_by_name_and_a_report_asks_nothing(
    serve, marked, recipe_for, predictions, tmp_path
):
    server = serve(lambda call: marked(call, truth))
    judge("scores", recipe_for(server, "sample=4"), [predictions], out=tmp_path / "j", quiet=True)
    first = (tmp_path / "j" / "judge.json").read_bytes()

    with pytest.raises(DatasetError, match="holds judgements of another seed: 0 there, 1 now"):
        judge("scores", recipe_for(server, "sample=4", "seed=1"), [predictions], out=tmp_path / "j", quiet=True)
    write_report(tmp_path / "j")

    assert len(server.calls) == 4
    assert (tmp_path / "j" / "judge.json").read_bytes() == first
    with pytest.raises(DatasetError, match="cannot be read"):
        write_report(tmp_path)
