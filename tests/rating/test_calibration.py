"""Judge and overlap against people, on ratings whose truth is known."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest
from scipy.stats import spearmanr

from emojit.errors import UsageError
from emojit.evaluation.rating.calibration import calibrate
from emojit.evaluation.rating.calibration_table import markdown
from emojit.evaluation.rating.correlation import spearman
from emojit.evaluation.rating.judgements import read_judgements
from emojit.evaluation.rating.ratings import write_ratings


@pytest.fixture
def people(opinions):
    return opinions({"gold": 3.0, "a": 2.2, "b": 1.4}, ["anna", "ben", "carl"])


def judge_file(path, ratings, *, turned=()):
    """Write a judge who says what people say, but takes the scores of two systems for each other's where `turned`."""
    said = {}
    for one in ratings.ratings:
        said.setdefault((one.id, one.system), []).append(one.semantic)
    swap = dict(zip(turned, reversed(turned), strict=True))
    lines = []
    for (text, system), values in said.items():
        mark = sorted(said.get((text, swap.get(system, system)), values))[1]
        row = {"id": text, "system": system, "semantic": mark, "naturalness": mark // 2, "misleading": mark == 0}
        lines.append(json.dumps(row | {"error_category": "none", "reason": "よい"}, ensure_ascii=False))
    for text in {one.id for one in ratings.ratings}:
        for first, second in (("a", "b"), ("b", "a")):
            winner = "b" if turned else "a"
            choice = "first" if first == winner else "second"
            lines.append(json.dumps({"id": text, "first": first, "second": second, "choice": choice}))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def some_answers(ratings):
    rng = random.Random(0)
    pool = ["😊", "🎉", "📖", "😢"]
    return {(text, name): rng.sample(pool, 2) for text in ratings.ids for name in ratings.systems}


def test_spearman_is_that_of_scipy():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 5, 60).astype(float), rng.integers(0, 5, 60).astype(float)

    assert spearman(a, b) == pytest.approx(spearmanr(a, b)[0])
    assert spearman(a, np.ones(60)) is None


def test_the_figure_that_follows_people_best_is_named_with_its_lead(people, tmp_path):
    judgements = read_judgements([judge_file(tmp_path / "judge.jsonl", people)])

    found = calibrate(people, judgements, some_answers(people))

    lead = found.leads[0]
    assert (lead.target, lead.best) == ("people semantic", "judge semantic")
    assert lead.is_clear
    check = found.judge[0]
    assert check.answers == 90
    assert check.spearman.value > 0.9
    assert check.alpha == 1.0  # this judge gives people's median
    assert sum(map(sum, check.confusion)) == 90
    assert sum(check.confusion[n][n] for n in range(5)) == 90
    assert found.answers == 60
    assert {one.name for one in found.figures} >= {"Jaccard", "precision", "recall", "judge semantic"}
    assert {one.target for one in found.figures} >= {"people semantic", "judge semantic"}
    assert found.warnings == ()
    assert lead.follows
    assert lead.spearman == next(one.spearman for one in found.figures if one.target == lead.target)
    against = [one.next for one in found.leads if one.target == "people semantic"]
    assert against[0] == found.figures[1].name
    assert "Jaccard" in against  # what everybody reports is compared in any case
    page = markdown(found)
    assert "followed best by **judge" in page
    assert "人の「意味の一致」に最もよく従う自動の値は judge semantic（順位相関 " in page
    assert "順番が逆になったシステムの組はない" in page


def test_a_judge_who_ranks_two_systems_the_other_way_round_is_warned_of(people, tmp_path):
    judgements = read_judgements([judge_file(tmp_path / "judge.jsonl", people, turned=("a", "b"))])

    found = calibrate(people, judgements, {})

    assert len(found.warnings) == 3
    assert found.warnings[0].startswith("semantic: people put a before b")
    assert "the judge b before a" in found.warnings[0]
    assert not found.warnings[0].endswith("which may be chance")
    assert found.warnings[2].startswith("preference: people put a before b")
    page = markdown(found)
    assert page.count("> Warning") == 3
    assert page.count("- 注意: ") == 3
    assert "意味の一致では、人は `a` ＞ `b`" in page
    assert "審査モデルは `b` ＞ `a`" in page


def test_overlap_is_held_against_people_without_a_judge(people):
    found = calibrate(people, None, some_answers(people))

    assert found.judge == ()
    assert {one.name for one in found.figures} == {"Jaccard", "precision", "recall"}
    assert not any(one.follows for one in found.leads)  # these answers were drawn by chance
    assert "no figure follows people beyond chance here" in markdown(found)
    assert "人の評価にはっきり従う値はない" in markdown(found)


def test_orders_that_may_be_chance_are_said_to_be_so_and_what_has_one_value_is_named(opinions, tmp_path):
    close = opinions({"gold": 3.0, "a": 2.0, "b": 2.0}, ["anna", "ben"], items=8)
    judgements = read_judgements([judge_file(tmp_path / "judge.jsonl", close, turned=("a", "b"))])
    same = {(text, name): ["😊"] for text in close.ids for name in close.systems}

    found = calibrate(close, judgements, same)

    scales = [one for one in found.warnings if not one.startswith("preference")]
    assert scales
    assert all(one.endswith("over 8 texts, which may be chance") for one in scales)
    assert found.constant == ("Jaccard", "precision", "recall")
    page = markdown(found)
    assert "One value for all of these 16 answers, so no correlation: Jaccard, precision, recall." in page
    assert "偶然かもしれない）" in page
    assert "Jaccard、precision、recall は16個の答えすべてで同じ値" in page


def test_two_orders_that_do_not_agree_are_a_tie_and_several_marks_their_median(tmp_path):
    path = tmp_path / "judge.jsonl"
    rows = [
        {"id": "t", "first": "a", "second": "b", "choice": "first"},
        {"id": "t", "first": "b", "second": "a", "choice": "first"},
        {"id": "u", "first": "b", "second": "a", "choice": "a"},
        *(
            {"id": "t", "system": "a", "ask": ask, "semantic": mark, "naturalness": 1, "misleading": False}
            for ask, mark in enumerate((0, 3, 4))
        ),
        {"id": "t", "system": "a", "candidates": ["x"], "choice": 1, "correct": True},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    found = read_judgements([tmp_path])

    assert found.choices == {("t", "a", "b"): None, ("u", "a", "b"): "a"}
    assert found.scores["t", "a"].semantic == 3
    assert found.guesses == {("t", "a"): 1.0}


def test_a_judge_of_other_texts_is_refused(people, tmp_path):
    path = tmp_path / "judge.jsonl"
    path.write_text(
        '{"id": "x", "system": "a", "semantic": 1, "naturalness": 1, "misleading": false}\n', encoding="utf-8"
    )

    with pytest.raises(UsageError, match="no answer in common"):
        calibrate(people, read_judgements([path]), {})


def test_the_command_writes_both_files(people, tmp_path, monkeypatch, capsys):
    import sys

    from emojit.cli.app import main

    write_ratings(tmp_path / "ratings.jsonl", people)
    judge = judge_file(tmp_path / "judge.jsonl", people)
    command = ["rate", "calibrate", str(tmp_path / "ratings.jsonl"), "--judge", str(judge)]
    monkeypatch.setattr(sys, "argv", ["emojit", *command, "--out", str(tmp_path / "out"), "--json"])
    with pytest.raises(SystemExit) as ended:
        main()

    assert not ended.value.code
    printed = json.loads(capsys.readouterr().out)
    assert json.loads((tmp_path / "out" / "calibration.json").read_text(encoding="utf-8")) == printed
    assert (tmp_path / "out" / "calibration.md").read_text(encoding="utf-8").startswith("# Judge")
