"""The figures of a rating: the published report of the older tool, agreement against hand-made cases, outliers, texts needed."""

from __future__ import annotations

import functools
import itertools
import json
import math
import sys
from statistics import mean, pstdev

import numpy as np
import pytest

from emojit.errors import UsageError
from emojit.evaluation.rating.agreement import ALL_EQUAL, NEVER_TWICE, ONE_RATER, agreement
from emojit.evaluation.rating.ratings import Rating, Ratings, parse_ratings, read_lines, write_ratings
from emojit.evaluation.rating.report import load_ratings, make_report
from emojit.evaluation.rating.scores import items_needed
from emojit.evaluation.rating.table import markdown

PUBLISHED = {
    "teacher": ((2.30, 0.56), (2.15, 0.36), 0.0),
    "model A": ((1.00, 0.71), (1.30, 0.56), 0.10),
    "model B": ((0.90, 0.44), (1.25, 0.43), 0.05),
}
"""20 texts, one rater: semantic, naturalness, share misleading; preferred 6 : 3, 11 ties."""


@functools.cache
def marks(wanted: tuple[float, float]) -> list[int]:
    """Find 20 marks from 0 to 4 with that mean and standard deviation (n in the denominator), to two digits."""
    for counts in itertools.product(range(21), repeat=4):
        if sum(counts) <= 20:
            values = [value for value, count in enumerate((*counts, 20 - sum(counts))) for _ in range(count)]
            if math.isclose(mean(values), wanted[0]) and abs(pstdev(values) - wanted[1]) < 0.005:
                return values
    raise AssertionError(wanted)


def older_lines(spelling: str) -> str:
    columns = {
        name: (marks(semantic), marks(natural)[::-1], [n < round(20 * share) for n in range(20)])
        for name, (semantic, natural, share) in PUBLISHED.items()
    }
    best = ["model A"] * 6 + ["model B"] * 3 + ["tie"] * 11
    lines = []
    for n in range(20):
        row = {
            name: {"semantic": semantic[n], "naturalness": natural[n], "misleading": wrong[n]}
            for name, (semantic, natural, wrong) in columns.items()
        }
        if spelling == "space":  # as the Space of the older tool writes it
            names = dict(zip(PUBLISHED, ("gold", "model_a", "model_b"), strict=True))
            said = {"model A": "A（focal_top50）", "model B": "B（top50）", "tie": "同等"}[best[n]]
            line: dict[str, object] = {"evaluator_id": "anon_0a1b2c3d", "sample_id": n}
            line |= {names[name]: values for name, values in row.items()}
            line |= {"preference": said, "comment": "", "timestamp": "20260109_120000"}
        elif spelling == "nested":
            line = {"id": n, "text": f"文{n}", "ratings": row, "preference": best[n]}
        elif spelling == "beside":
            line = {"text": f"文{n}", **row, "winner": best[n].upper() if best[n] != "tie" else None}
        else:
            line = {
                f"{name}_{key}": (("yes" if value else "no") if key == "misleading" else str(value))
                for name, values in row.items()
                for key, value in values.items()
            }
            line |= {"item_id": n, "preferred": best[n]}
        lines.append(json.dumps(line, ensure_ascii=False))
    return "\ufeff" + "\n".join(lines) + "\n\n"


@pytest.mark.parametrize("spelling", ["space", "nested", "beside", "flat"])
def test_answers_of_the_older_tool_give_its_published_report(tmp_path, spelling):
    path = tmp_path / "ratings.jsonl"
    path.write_text(older_lines(spelling), encoding="utf-8")

    report = make_report(load_ratings(path))

    assert (report.items, len(report.raters), report.ties) == (20, 1, 11)
    found = {
        one.system: (
            (round(one.semantic.mean, 2), round(one.semantic.sd, 2)),
            (round(one.naturalness.mean, 2), round(one.naturalness.sd, 2)),
            one.misleading.mean,
        )
        for one in report.systems
    }
    names = ("gold", "model_a", "model_b") if spelling == "space" else tuple(PUBLISHED)
    assert found == dict(zip(names, PUBLISHED.values(), strict=True))
    assert [one.preferred for one in report.systems] == [0, 6, 3]
    (models,) = [one for one in report.pairs if (one.first, one.second) == names[1:]]
    assert (models.prefer_first, models.prefer_second, models.undecided) == (6, 3, 11)
    assert all((one.alpha, one.kappa, one.why) == (None, None, ONE_RATER) for one in report.agreement)
    text = markdown(report)
    assert "Krippendorff's α and Cohen's κ: not available with one rater." in text
    assert f"| {names[0]} | 2.30 ± 0.56 [" in text
    teacher, first, second = names
    assert f"意味の一致（0〜4、平均 ± 標準偏差、高い順）: `{teacher}` 2.30 ± 0.56、`{first}` 1.00 ± 0.71、" in text
    assert f"いちばんよいとされた回数: `{teacher}` 0回、`{first}` 6回、`{second}` 3回、差がない 11回。" in text
    assert "評価者が1人なので求められない" in text
    assert report.systems[0].misleading.low == 0
    assert report.systems[0].misleading.high == pytest.approx(1 - 0.025 ** (1 / 20))  # no case in 20 texts


def test_sessions_of_the_older_space_are_read_from_their_folder_and_open_questions_are_left_out(tmp_path, caplog):
    lines = [json.loads(line) for line in older_lines("space").removeprefix("\ufeff").split("\n") if line]
    other = [one | {"evaluator_id": "anon_second"} for one in lines]
    other[0]["model_a"] = {"semantic": None, "naturalness": 2, "misleading": None}
    other[1]["preference"] = None
    again = [lines[2] | {"gold": {"semantic": 4, "naturalness": 4, "misleading": False}}]
    folder = tmp_path / "responses"
    folder.mkdir()
    for name, rows in (("0a1b2c3d_1", lines), ("0a1b2c3d_2", again), ("second_1", other)):
        text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in rows)
        (folder / f"responses_anon_{name}.jsonl").write_text(text, encoding="utf-8")

    ratings = load_ratings(folder)

    assert ratings.raters == ("anon_0a1b2c3d", "anon_second")
    assert len(ratings.ratings) == 2 * 20 * 3 - 1
    assert "left out: 1 of 120 answers with an open question" in caplog.text
    assert len(ratings.preferences) == 39
    (changed,) = [one for one in ratings.ratings if (one.id, one.system, one.rater) == ("2", "gold", "anon_0a1b2c3d")]
    assert changed.semantic == 4
    assert make_report(ratings).agreement[0].kappa > 0.9


OBSERVERS = ("12332141 2 . . .", "1233224125 . 3", ". 33323422 5 1 .", "1233244125 1 .")
"""Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", example D: 4 observers, 12 units; nominal α 0.743, ordinal α 0.815."""


def test_alpha_is_that_of_the_published_example():
    data = [one.replace(" ", "") for one in OBSERVERS]
    assert {len(one) for one in data} == {12}
    ratings = tuple(
        Rating(
            id=str(unit),
            option="x",
            system="x",
            rater=str(observer),
            semantic=int(value) - 1,
            naturalness=0,
            misleading=False,
        )
        for observer, one in enumerate(data)
        for unit, value in enumerate(one)
        if value != "."
    )

    found = agreement(Ratings(systems=("x",), ratings=ratings, preferences=()))

    assert found[0].alpha == pytest.approx(0.815, abs=0.001)
    assert found[0].low < found[0].alpha < found[0].high
    assert found[0].units == 11
    assert found[1].why == found[2].why == ALL_EQUAL


def test_an_answer_that_two_systems_gave_counts_once_for_agreement_and_for_both_in_the_means():
    def rating(text, system, rater, semantic, option):
        return Rating(
            id=text,
            option=option,
            system=system,
            rater=rater,
            semantic=semantic,
            naturalness=semantic,
            misleading=False,
        )

    ratings = tuple(
        rating(text, system, rater, value, option)
        for text, values in (("t1", (4, 0)), ("t2", (1, 1)), ("t3", (3, 3)))
        for rater, value in zip("ab", values, strict=True)
        for system, option in (("gold", "1"), ("student", "1" if text == "t1" else "2"))
    )
    found = make_report(Ratings(systems=("gold", "student"), ratings=ratings, preferences=()))

    assert found.agreement[0].units == 5
    assert [one.ratings for one in found.systems] == [6, 6]
    assert found.ties is None


def test_agreement_is_high_where_raters_see_the_same_and_who_answers_without_looking_is_named(opinions):
    report = make_report(opinions({"gold": 3.0, "student": 1.5}, ["anna", "ben", "carl", "same"]))

    by_code = {one.rater: one for one in report.raters}
    assert len(by_code["same"].remarks) == 2
    assert "gave semantic 3 to 60 of 60 answers" in by_code["same"].remarks[0]
    assert "without this rater α on semantic rises" in by_code["same"].remarks[1]
    assert all(not by_code[code].remarks for code in ("anna", "ben", "carl"))
    assert by_code["same"].alpha_without > 0.6 > report.agreement[0].alpha
    assert report.agreement[0].pairs == 6
    assert report.agreement[-1].question == "preference"
    gap = report.pairs[0].gaps[0]
    assert gap.is_clear
    assert 2 <= gap.needed < 30
    text = markdown(report)
    assert text.count("| `") == 4
    assert "ほかの人と違う評価者（除いてはいない）: `same`（60個の答えのうち60個の意味に 3 を付けた、" in text
    assert "はっきりした差: 意味の一致で `gold` が `student` より" in text


def test_ratings_that_nobody_shares_have_no_agreement():
    ratings = tuple(
        Rating(id=rater, option="1", system="a", rater=rater, semantic=1, naturalness=1, misleading=False)
        for rater in ("r1", "r2")
    )
    found = make_report(Ratings(systems=("a",), ratings=ratings, preferences=()))

    assert {one.why for one in found.agreement} == {NEVER_TWICE}


def test_as_many_texts_as_needed_find_the_difference_four_times_out_of_five():
    needed = items_needed(0.5, 1.0)
    rng = np.random.default_rng(0)
    studies = rng.normal(0.5, 1.0, size=(4000, needed))
    found = np.abs(studies.mean(axis=1)) / (1 / math.sqrt(needed)) > 1.96

    assert needed == 32
    assert found.mean() == pytest.approx(0.8, abs=0.03)
    assert items_needed(0.0, 1.0) is None
    assert items_needed(2.0, 0.1) == 2


def test_ratings_survive_being_written_and_read_again(opinions, tmp_path):
    ratings = opinions({"gold": 3.0, "student": 1.5}, ["anna", "ben"], items=3)
    write_ratings(tmp_path / "ratings.jsonl", ratings)

    assert parse_ratings(read_lines(tmp_path / "ratings.jsonl")) == ratings


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "ratings.jsonl:1: no JSON"),
        ("[1]", "ratings.jsonl:1: no JSON object"),
        ("", "holds no rating"),
        ('{"id": 1, "note": "x"}', "no ratings of any model"),
        ('{"id": 1, "ratings": {"A": {"semantic": 5, "naturalness": 1, "misleading": false}}}', "A: semantic must be"),
        ('{"id": 1, "ratings": {"A": {"semantic": 2.5, "naturalness": 1, "misleading": 0}}}', "0 to 4, got 2.5"),
        ('{"id": 1, "ratings": {"A": {"semantic": 2, "misleading": false}}}', "A has no naturalness"),
        ('{"id": 1, "ratings": {"A": {"semantic": 2, "naturalness": 1, "misleading": "perhaps"}}}', "yes or no"),
        ('{"id": 1, "A_semantic": 2, "A_naturalness": 1, "A_misleading": 0, "preference": "C"}', "'C' is none of"),
        ('{"id": "t", "system": "a", "rater": "r", "semantic": true, "naturalness": 1, "misleading": 0}', "got True"),
    ],
)
def test_bad_ratings_are_one_clear_line(tmp_path, monkeypatch, capsys, line, message):
    from emojit.cli.app import main

    path = tmp_path / "ratings.jsonl"
    path.write_text(line, encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["emojit", "rate", "report", str(path)])
    with pytest.raises(SystemExit) as ended:
        main()

    said = capsys.readouterr()
    assert ended.value.code == 2
    assert message in said.err.splitlines()[0]
    assert len(said.err.splitlines()) <= 2


def test_a_rating_that_is_there_twice_is_refused():
    row = {"id": "t", "system": "a", "rater": "r", "semantic": 1, "naturalness": 1, "misleading": 0}

    with pytest.raises(UsageError, match="twice"):
        parse_ratings([("here", row), ("there", row)])
