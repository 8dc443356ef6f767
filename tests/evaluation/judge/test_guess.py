"""Texts guessed from emoji: who says what the text is about is told from who always says the same."""

from __future__ import annotations

import pytest

from emojit.errors import UsageError
from emojit.evaluation.judge.folder import JudgeFolder
from emojit.evaluation.judge.intervals import rate_interval
from emojit.evaluation.judge.report_file import read_report
from emojit.evaluation.judge.session import judge
from emojit.evaluation.predictions import write_predictions

NAMED = "🍜🍣🍕🍔🍟🌭🍿🥐🥞🧀🥗🍱🍙🍛🍝🍰🍩🍪🍫🍬"


@pytest.fixture
def foods(tmp_path):
    """Twenty texts of one topic and twenty of another; each reference is the only answer that says which text it is."""
    animals = "🐱🐶🐭🐹🐰🦊🐻🐼🐨🐯🦁🐮🐷🐸🐵🐔🐧🐦🐤🦆"
    gold = [[emoji] for emoji in NAMED + animals]
    path = tmp_path / "p.parquet"
    write_predictions(
        path,
        ids=[f"{number:04d}" for number in range(40)],
        texts=[f"「{emoji}」の話。" for (emoji,) in gold],
        references=gold,
        answers={"constant": [["😊"]] * 40},
    )
    return path


def reader(call):
    """Choose the text that holds the emoji, else the third."""
    emoji = call.text.removeprefix("絵文字: ")
    return f'{{"choice": {next((n for n, text in enumerate(call.answers, 1) if emoji in text), 3)}}}'


def test_references_are_recognised_and_a_constant_is_not(serve, recipe_for, foods, tmp_path):
    server = serve(reader)

    result = judge("guess", recipe_for(server, "systems=[]", "sample=0"), [foods], out=tmp_path / "j", quiet=True)

    gold, constant = result.report.guess.systems
    assert (gold.texts, gold.accuracy.mean) == (40, 1.0)
    assert constant.accuracy.low <= 0.25 <= constant.accuracy.high
    assert result.report.guess.chance == 0.25
    assert all(len(set(call.answers)) == 4 for call in server.calls)
    for row in JudgeFolder(path=tmp_path / "j").guesses():
        assert row.id in row.candidates
        assert len({int(one) // 20 for one in row.candidates}) == 1  # all of one topic
    assert read_report(tmp_path / "j") == result.report
    (gap,) = result.report.guess.differences
    assert (gap.system, gap.against, gap.texts) == ("gold", "constant", 40)
    assert gap.accuracy.mean == pytest.approx(1 - constant.accuracy.mean)
    assert 0 < gap.accuracy.low < gap.accuracy.mean < gap.accuracy.high
    page = (tmp_path / "j" / "judge.md").read_text(encoding="utf-8")
    assert "4択で当てた正解率: `gold` 100.0 %" in page
    assert "Clearly above blind guessing: `gold`." in page
    assert "当てずっぽうよりはっきり高いもの: `gold`。" in page
    assert "差がはっきりしている組（同じ投稿どうしの比較）: `gold` が `constant` より" in page
    assert f"| `gold` − `constant` | +{100 * gap.accuracy.mean:.1f} [" in page


def test_systems_are_compared_on_the_texts_of_both_where_one_has_fewer(serve, recipe_for, foods, tmp_path):
    """A system that leaves out all but its easy texts is no better than another one on these."""
    gold = [[emoji] for emoji in NAMED]
    path = tmp_path / "few.parquet"
    write_predictions(
        path,
        ids=[f"{number:04d}" for number in range(20)],
        texts=[f"「{emoji}」の話。" for (emoji,) in gold],
        references=gold,
        answers={
            "half": [["🍜"] if n < 10 else None for n in range(20)],
            "picky": [[emoji] if n in {0, 1, 2, 15} else None for n, (emoji,) in enumerate(gold)],
        },
    )
    server = serve(reader)
    recipe = recipe_for(server, 'systems=["gold", "half", "picky"]', "sample=0")

    report = judge("guess", recipe, [path], out=tmp_path / "j", quiet=True).report.guess

    assert [(one.texts, one.accuracy.mean) for one in report.systems if one.name != "half"] == [(20, 1.0), (4, 1.0)]
    assert report.common_texts == 3
    assert [one.common_accuracy.mean for one in report.systems if one.name != "half"] == [1.0, 1.0]
    assert [(one.system, one.against, one.texts) for one in report.differences] == [
        ("gold", "half", 10), ("gold", "picky", 4), ("half", "picky", 3)
    ]  # fmt: skip
    same = report.differences[1].accuracy
    assert (same.mean, same.high) == (0.0, -same.low)
    assert same.high > 0.4  # four texts on which both are right prove next to nothing
    page = (tmp_path / "j" / "judge.md").read_text(encoding="utf-8")
    assert "right, of the 3 texts of all systems" in page
    assert "すべてに答えがあるのは3件" in page
    assert "審査できなかったもの: システムの答えがない 26件。" in page


def test_the_interval_of_a_share_is_the_exact_one():
    one = rate_interval({str(n): float(n == 0) for n in range(60)})

    # the 2.5 % quantile of Beta(1, 60) and the 97.5 % quantile of Beta(2, 59)
    assert (one.mean, one.low, one.high) == (
        1 / 60, pytest.approx(0.000422, abs=1e-6), pytest.approx(0.089399, abs=1e-6)
    )  # fmt: skip
    assert rate_interval({"a": 0.5, "b": 1.0, "c": 0.0}).high <= 1
    assert rate_interval({}) is None


def test_other_texts_come_from_everywhere_if_asked_for_and_too_few_texts_are_refused(
    serve, recipe_for, foods, tmp_path
):
    server = serve(reader)
    recipe = recipe_for(server, 'systems=["gold"]', 'guess.distractors="any"')

    judge("guess", recipe, [foods], out=tmp_path / "j", quiet=True)

    mixed = [{int(one) // 20 for one in row.candidates} for row in JudgeFolder(path=tmp_path / "j").guesses()]
    assert {0, 1} in mixed
    few = tmp_path / "few.parquet"
    write_predictions(few, ids=["a", "b"], texts=["一", "一"], references=[["🍜"]] * 2, answers={"s": [["🍜"]] * 2})
    with pytest.raises(UsageError, match="a guess among 4 texts needs as many different ones, the predictions have 1"):
        judge("guess", recipe_for(server, "systems=[]"), [few], out=tmp_path / "k", quiet=True)
