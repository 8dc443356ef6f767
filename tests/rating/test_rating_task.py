"""`rate prepare` and `rate collect`: what raters may see, which answers count, and what is said about bad input."""

from __future__ import annotations

import json
import sys
from collections import Counter

import pytest

from emojit.errors import UsageError
from emojit.evaluation.rating.collect import collect
from emojit.evaluation.rating.prepare import prepare
from emojit.evaluation.rating.report import load_ratings
from emojit.evaluation.rating.task import ITEMS, KEY, read_task


def files(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_what_raters_see_names_no_system_and_the_order_tells_nothing(make_task):
    folder, task = make_task(60)

    shown = (folder / ITEMS).read_text(encoding="utf-8")
    assert not any(name in shown for name in task.systems)
    assert not any(item.id in shown for item in task.items)
    assert task.systems == ("gold", "student", "constant", "linear")
    assert len({item.id for item in task.items}) == 60
    for item in task.items:
        assert sorted(name for option in item.options for name in option.systems) == sorted(task.systems)
        assert len({option.emojis for option in item.options}) == len(item.options)
    places = Counter(
        place for item in task.items for place, option in enumerate(item.options) if "gold" in option.systems
    )
    assert len(places) >= 4
    assert max(places.values()) < 30


def test_the_same_files_and_seed_give_the_same_bytes_and_another_seed_another_task(make_task):
    first, task = make_task(20, name="first")
    again, _ = make_task(20, name="again")
    _, other = make_task(20, name="other", seed=1)

    assert files(first) == files(again)
    assert read_task(first) == task
    assert other.name != task.name
    with pytest.raises(UsageError, match="holds another task already"):
        make_task(20, name="first", seed=1)


def test_a_text_that_a_system_did_not_answer_is_not_drawn(make_task):
    _, task = make_task(80)

    assert len(task.items) == 79
    assert f"{0:016x}" not in {item.id for item in task.items}


@pytest.mark.parametrize(
    ("systems", "message"),
    [(["nobody"], "no system nobody"), (["gold"], "no system is to be rated"), ([], "no system is to be rated")],
)
def test_systems_that_are_not_there_are_refused(predictions, tmp_path, systems, message):
    with pytest.raises(UsageError, match=message):
        prepare([str(predictions)], tmp_path / "task", systems=systems, items=10, seed=0)


def test_a_changed_or_foreign_key_is_refused(make_task):
    first, task = make_task(20, name="first")
    other, _ = make_task(20, name="other", seed=1)
    (first / KEY).write_bytes((other / KEY).read_bytes())

    with pytest.raises(UsageError, match="do not belong together"):
        read_task(first)
    (first / KEY).write_text(json.dumps({"task": task.name}), encoding="utf-8")
    with pytest.raises(UsageError, match="damaged"):
        read_task(first)


def test_the_last_answer_of_a_rater_counts_and_the_earlier_is_kept(make_task, record, tmp_path):
    folder, task = make_task(3)
    early = record(task, "anna", 0, 1, time="2026-01-01T00:00:01")
    late = record(task, "anna", 0, 4, time="2026-01-01T00:00:02", best=None)
    lines = [late, early, record(task, "ben", 0, 2), record(task, "ben", 1, 2), late]
    one, two = tmp_path / "one", tmp_path / "two"
    for place, part in ((one, lines[:3]), (two, lines[2:])):
        place.mkdir()
        (place / "answers.jsonl").write_text("\n".join(part) + "\n", encoding="utf-8")

    collect(folder, [str(one)])
    found = collect(folder, [str(two)]).as_dict()

    assert (found["records"], found["answers"], found["superseded"]) == (4, 3, 1)
    assert found["raters"] == [
        {"rater": "anna", "answers": 1, "finished": False},
        {"rater": "ben", "answers": 2, "finished": False},
    ]
    kept = [json.loads(line) for line in (folder / "answers.jsonl").read_text(encoding="utf-8").splitlines()]
    assert json.loads(early) in kept
    ratings = load_ratings(folder)
    assert {one.semantic for one in ratings.ratings if one.rater == "anna"} == {4}
    assert len([one for one in ratings.ratings if one.rater == "anna"]) == 4
    assert [one.systems for one in ratings.preferences if one.rater == "anna"] == [()]
    first = task.items[0].options[0].systems
    assert next(one.systems for one in ratings.preferences if one.rater == "ben") == first


def test_collect_says_what_it_left_out(make_task, record, tmp_path, monkeypatch, capsys):
    from emojit.cli.app import main

    folder, task = make_task(3)
    _, other = make_task(3, name="other", seed=1)
    path = tmp_path / "answers.jsonl"
    path.write_text("\n".join(["{", record(other, "anna", 0), record(task, "anna", 1)]) + "\n", encoding="utf-8")
    capsys.readouterr()
    monkeypatch.setattr(sys, "argv", ["emojit", "rate", "collect", str(folder), "--from", str(path)])
    with pytest.raises(SystemExit) as ended:
        main()

    said = capsys.readouterr()
    assert not ended.value.code, said.err
    assert said.out.splitlines()[:3] == [
        "1 rater, 1 answer (0 changed later)",
        "  anna  1 of 3",
        "left out: 1 damaged, 1 of other tasks",
    ]


def test_what_is_no_record_is_counted_and_named_and_the_rest_counts(make_task, record, tmp_path, caplog):
    folder, task = make_task(3)
    _, other = make_task(3, name="other", seed=1)
    bad = [
        "{",
        "[]",
        '{"record": "x"}',
        record(task, "anna", 0, 9),
        record(task, "anna", 0, best=9),
        record(task, "anna", 0, item="i999"),
        record(task, "anna", 0, ratings=[]),
    ]
    lines = [*bad, record(other, "anna", 0), record(task, "anna", 1), record(task, "anna", 0, kind="start")]
    path = tmp_path / "answers.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    found = collect(folder, [str(path)])

    assert (len(found.merged.damaged), found.merged.foreign, len(found.merged.answers)) == (7, 1, 1)
    assert len(found.merged.records) == 2
    assert f"{path}:4: semantic must be a whole number from 0 to 4, got 9" in caplog.text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["collect", "{empty}"], "no items.json, so this is no rating task"),
        (["collect", "{task}", "--from", "nothing"], "nothing: no such folder or file"),
        (["report", "{task}"], "no ratings.jsonl here"),
        (["report", "{empty}/none.jsonl"], "cannot be read (No such file"),
        (["space", "{task}", "--push", "me/rater"], "no data set is named"),
        (["space", "{task}", "--answers", "nonsense"], "must be namespace/name"),
        (["prepare", "--predictions", "none.parquet", "--out", "{empty}/t"], "none.parquet: cannot be read"),
        (["prepare", "--predictions", "{predictions}", "--out", "{task}/key.json/x"], "cannot be written"),
        (["calibrate", "{ratings}", "--judge", "{empty}"], "no JSON lines and no Parquet"),
    ],
)
def test_bad_input_is_one_clear_line(make_task, predictions, tmp_path, monkeypatch, capsys, arguments, message):
    from emojit.cli.app import main

    folder, _ = make_task(3)
    (tmp_path / "empty").mkdir()
    ratings = tmp_path / "ratings.jsonl"
    row = {"id": "t", "system": "a", "rater": "r", "semantic": 1, "naturalness": 1, "misleading": 0}
    ratings.write_text(json.dumps(row) + "\n", encoding="utf-8")
    given = {"task": folder, "empty": tmp_path / "empty", "predictions": predictions, "ratings": ratings}
    capsys.readouterr()  # what preparing said
    monkeypatch.setattr(sys, "argv", ["emojit", "-q", "rate", *(one.format(**given) for one in arguments)])
    with pytest.raises(SystemExit) as ended:
        main()

    said = capsys.readouterr()
    assert ended.value.code == 2, said.err
    assert message in said.err.splitlines()[0]
    assert len(said.err.splitlines()) == 2
