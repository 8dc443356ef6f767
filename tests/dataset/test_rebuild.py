"""A release is built again from itself alone: the same bytes, with nobody to ask and nothing else at hand."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from emojit.dataset.build import build
from emojit.dataset.corpus_folder import build_corpus
from emojit.dataset.parquet import read_rows
from emojit.dataset.rebuild import rebuild
from emojit.dataset.replay import MISSING
from emojit.errors import CorpusError, DatasetError
from emojit.recipe import BalanceConfig, DecontaminateConfig, FilterConfig

Contents = Callable[[Path], dict[str, bytes]]


def reasons(folder: Path) -> set[str]:
    return {row["reason"] for row in read_rows(folder / "rejected" / "rejected-00000.parquet")}


def released(folder: Path, place: Path) -> Path:
    """Return the folder alone somewhere else, as a download has it."""
    return shutil.copytree(folder, place / "downloaded")


def test_a_build_with_count_cap_steering_votes_and_posts(made_up, synthetic, tmp_path, card, contents):
    recipe = dataclasses.replace(
        made_up,
        count=120,
        balance=BalanceConfig(block=8, lag=3, max_share=0.05, floor_rows=8, floor_top=30, ask_again=1),
        teacher=dataclasses.replace(made_up.teacher, samples=2, eval_samples=3),
    )
    result = build(recipe, tmp_path / "v1", render_card=card, quiet=True)
    synthetic.process.kill()
    synthetic.process.wait()
    Path(recipe.corpus.source).unlink()

    made = rebuild(released(result.folder, tmp_path / "x"), tmp_path / "again", render_card=card, quiet=True)

    assert contents(made.folder) == contents(result.folder)
    statistics = json.loads((result.folder / "statistics.json").read_text(encoding="utf-8"))
    balance = statistics["balance"]
    assert balance["steered"]
    assert balance["deferred"]
    assert balance["rare"]
    assert statistics["agreement"]["train"]["rows"]
    assert made.missing == 0


@pytest.mark.parametrize("count", [0, 25])
def test_a_build_with_lines_that_cannot_be_read_and_questions_without_an_answer(
    recipe, corpus, server, tmp_path, card, contents, count
):
    lines = corpus.read_text(encoding="utf-8").splitlines()
    for place in (29, 14, 14, 3, 0):
        lines.insert(place, '{"text": 5}' if place == 14 else "no JSON")
    corpus.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    usual = server.reply
    server.reply = lambda step, text: (
        500 if "すずめの0号" in text and step == "emoji" else "" if "12号" in text else usual(step, text)
    )
    recipe = dataclasses.replace(
        recipe,
        count=count,
        balance=BalanceConfig(max_share=1.0, block=4, lag=2),
        corpus=dataclasses.replace(recipe.corpus, max_bad_lines=0.5),
        teacher=dataclasses.replace(recipe.teacher, max_unanswered=0.5, max_error_share=1.0),
    )
    result = build(recipe, tmp_path / "v1", render_card=card, quiet=True)
    server.shutdown()
    corpus.unlink()

    made = rebuild(released(result.folder, tmp_path / "x"), tmp_path / "again", render_card=card, quiet=True)

    assert {"no_json", "no_text", "teacher_error", "heading"} <= reasons(result.folder)
    assert contents(made.folder) == contents(result.folder)


def test_a_build_that_was_held_against_others_needs_them_no_more(recipe, corpus, tmp_path, card, contents):
    first = build(recipe, tmp_path / "v1", render_card=card, quiet=True)
    rows = read_rows(first.folder / "data" / "train-00000-of-00001.parquet")
    bench = tmp_path / "bench.jsonl"
    leaks = [rows[0]["original_text"], rows[3]["sns_text"]]
    bench.write_text(
        "".join(f"{json.dumps({'text': text}, ensure_ascii=False)}\n" for text in leaks), encoding="utf-8"
    )
    others = tmp_path / "others.txt"
    others.write_text("何の関係もない一文である。\n", encoding="utf-8")
    held = dataclasses.replace(
        recipe, decontaminate=DecontaminateConfig(against=(str(others), str(bench)), threshold=0.95)
    )
    result = build(held, tmp_path / "v2", render_card=card, quiet=True)
    for path in (bench, others, corpus):
        path.unlink()

    made = rebuild(released(result.folder, tmp_path / "x"), tmp_path / "again", render_card=card, quiet=True)

    found = [
        row["detail"]
        for row in read_rows(result.folder / "rejected" / "rejected-00000.parquet")
        if row["reason"] == "in_test_of_other"
    ]
    assert found == [f"bench.jsonl: {leaks[0]}", f"bench.jsonl: {leaks[1]}; post: {leaks[1]}"]
    assert contents(made.folder) == contents(result.folder)


@pytest.mark.parametrize("count", [0, 25])
def test_a_build_from_a_corpus_folder_and_one_by_two_processes(recipe, corpus, tmp_path, card, contents, count):
    lines = corpus.read_text(encoding="utf-8").splitlines()
    corpus.write_text("".join(f"{line}\n" for line in ["no JSON", *lines, "no JSON"]), encoding="utf-8")
    read = dataclasses.replace(recipe.corpus, max_bad_lines=0.5, processes=2, share=0.8)
    recipe = dataclasses.replace(recipe, count=count, corpus=read)
    prepared = build_corpus(recipe, tmp_path / "prepared", quiet=True).folder
    for number, source in enumerate((corpus, prepared)):
        drawn = dataclasses.replace(recipe, corpus=dataclasses.replace(read, source=str(source)))
        result = build(drawn, tmp_path / f"v{number}", render_card=card, quiet=True)
        for name in (None, str(source)):
            out = tmp_path / f"again-{number}-{name is None}"
            made = rebuild(result.folder, out, render_card=card, corpus=name, quiet=True)
            assert contents(made.folder) == contents(result.folder)


def test_the_corpus_step_can_be_run_again_too(recipe, corpus, server, tmp_path, card, contents):
    recipe = dataclasses.replace(recipe, count=20, filters=FilterConfig(near_duplicate_threshold=0.9))
    result = build(recipe, tmp_path / "v1", render_card=card, quiet=True)
    server.shutdown()

    made = rebuild(result.folder, tmp_path / "again", render_card=card, corpus=str(corpus), quiet=True)

    assert contents(made.folder) == contents(result.folder)
    with pytest.raises(CorpusError, match="no such file"):
        rebuild(result.folder, tmp_path / "x", render_card=card, corpus=str(tmp_path / "no.jsonl"), quiet=True)


def test_a_question_that_the_release_does_not_know_is_counted_and_the_build_goes_on(recipe, tmp_path, card):
    result = build(recipe, tmp_path / "v1", render_card=card, quiet=True)
    text = (result.folder / "recipe.toml").read_text(encoding="utf-8")
    (result.folder / "recipe.toml").write_text(text.replace("eval_samples = 2", "eval_samples = 3"), encoding="utf-8")

    made = rebuild(result.folder, tmp_path / "again", render_card=card, quiet=True)

    assert made.missing == result.rows["validation"] + result.rows["test"]
    assert made.first_missing.step == "emoji"
    assert made.folder is not None
    errors = [row["error"] for row in read_rows(made.folder / "teacher" / "replies-00000.parquet")]
    assert errors.count(MISSING) == made.missing


def test_other_prompts_leave_nothing_to_build(recipe, tmp_path, card, with_teacher):
    result = build(recipe, tmp_path / "v1", render_card=card, quiet=True)
    text = (result.folder / "recipe.toml").read_text(encoding="utf-8")
    (result.folder / "recipe.toml").write_text(text.replace('model = "m"', 'model = "n"'), encoding="utf-8")

    made = rebuild(result.folder, tmp_path / "again", render_card=card, quiet=True)

    assert made.folder is None
    assert "no pair came out" in made.refusal
    assert made.missing == 60
    assert not (tmp_path / "again").exists()


def test_tables_that_are_not_those_of_a_build_are_named(recipe, tmp_path, card):
    result = build(recipe, tmp_path / "v1", render_card=card, quiet=True)
    path = result.folder / "corpus" / "sentences-00000.parquet"
    whole = pq.read_table(path)
    for number, (table, message) in enumerate(
        [
            (whole.drop_columns(["text"]), "column text should be string, is no such column"),
            (whole.set_column(7, "text", pa.array(range(len(whole)))), "column text should be string, is int64"),
            (whole.set_column(7, "text", pa.nulls(len(whole), pa.string())), "row 0: text is null"),
        ]
    ):
        pq.write_table(table, path)
        made = rebuild(result.folder, tmp_path / f"again{number}", render_card=card, quiet=True)
        assert made.folder is None
        assert message in made.refusal


def test_a_folder_that_is_taken_and_a_recipe_of_another_version_are_refused(recipe, tmp_path, card):
    result = build(recipe, tmp_path / "v1", render_card=card, quiet=True)
    with pytest.raises(DatasetError, match="is not empty"):
        rebuild(result.folder, result.folder, render_card=card, quiet=True)
    (result.folder / "recipe.toml").write_text("moon = 1\n", encoding="utf-8")
    with pytest.raises(DatasetError, match="unknown key moon"):
        rebuild(result.folder, tmp_path / "again", render_card=card, quiet=True)
