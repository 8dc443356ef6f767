"""A judge through the batch API: all questions in one job, and what cannot be read goes into the next."""

from __future__ import annotations

from emojit.evaluation.judge.session import judge
from emojit.evaluation.predictions import write_predictions
from emojit.recipe import JudgeRecipe, load


def test_a_judge_asks_in_one_job_and_once_more_for_what_it_could_not_read(server, line, tmp_path):
    gold, student = [["🍜"]] * 10, [["🎉"]] * 10
    path = tmp_path / "p.parquet"
    texts = [f"{number}杯目のラーメン" for number in range(10)]
    write_predictions(path, ids=texts, texts=texts, references=gold, answers={"student": student})

    def behave(ask):
        if ask.batch == 1 and "3杯目" in ask.body["messages"][1]["content"]:
            return line(text="Aです。")
        better = "A" if "A: 🍜" in ask.body["messages"][1]["content"] else "B"
        return line(text=f'{{"reason": "麺の話だから。", "choice": "{better}"}}')

    server.behave = behave
    recipe = load(
        JudgeRecipe,
        "judge",
        overrides=[f'teacher.base_url="{server.url}"', 'teacher.mode="batch"', "teacher.batch_poll_s=0.05"],
    )

    report = judge("pairs", recipe, [path], out=tmp_path / "j", quiet=True).report.pairs

    assert [len(batch.asks) for batch in server.batches.values()] == [20, 2]
    (rate,) = report.win_rates
    assert (rate.system, rate.wins, rate.losses, report.rejected) == ("gold", 10, 0, {})
