"""The build as a whole: what stands in the folder, that its bytes are fixed, and what is refused."""

from __future__ import annotations

import dataclasses
import json

import pyarrow.parquet as pq
import pytest

from emojit.corpus.records import sentence_id
from emojit.dataset.build import build, default_store
from emojit.dataset.folder import verify_manifest
from emojit.dataset.parquet import PAIR_COLUMNS, REJECTED_COLUMNS, REPLY_COLUMNS, SENTENCE_COLUMNS, read_rows
from emojit.dataset.plan import plan
from emojit.dataset.splits import SPLITS, split_of
from emojit.errors import CorpusError, DatasetError, TeacherError, UsageError
from emojit.recipe import BuildRecipe, CorpusConfig, FilterConfig, SplitConfig, TeacherConfig, dump, load


def test_the_folder_holds_what_the_design_says(recipe, tmp_path, card, contents):
    result = build(recipe, tmp_path / "v1", render_card=card, quiet=True)

    assert (result.folder / ".provenance.json").is_file()
    assert list(contents(result.folder)) == [
        "README.md",
        "corpus/sentences-00000.parquet",
        "data/test-00000-of-00001.parquet",
        "data/train-00000-of-00001.parquet",
        "data/validation-00000-of-00001.parquet",
        "manifest.json",
        "recipe.toml",
        "rejected/rejected-00000.parquet",
        "statistics.json",
        "teacher/replies-00000.parquet",
    ]
    for name, columns in (
        ("data/train-00000-of-00001", PAIR_COLUMNS),
        ("corpus/sentences-00000", SENTENCE_COLUMNS),
        ("rejected/rejected-00000", REJECTED_COLUMNS),
        ("teacher/replies-00000", REPLY_COLUMNS),
    ):
        assert pq.read_schema(result.folder / f"{name}.parquet").names == list(columns)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["birds.jsonl", "v1", "v1.replies.sqlite"]


def test_every_sentence_is_a_row_or_a_rejection_and_keeps_its_source(recipe, tmp_path, card):
    result = build(recipe, tmp_path / "v1", render_card=card, quiet=True)

    offered = read_rows(result.folder / "corpus" / "sentences-00000.parquet")
    rejected = read_rows(result.folder / "rejected" / "rejected-00000.parquet")
    pairs = {split: read_rows(result.folder / f"data/{split}-00000-of-00001.parquet") for split in SPLITS}
    rows = [row for split in SPLITS for row in pairs[split]]
    assert len(offered) == 120
    assert len(rows) + len(rejected) == 120
    assert {row["id"] for row in rows} == {row["id"] for row in offered if row["reason"] is None}
    assert result.rejected["filter"] == {"heading": 30, "too_short": 30}
    for split in SPLITS:
        order = [row["id"] for row in offered if row["id"] in {pair["id"] for pair in pairs[split]}]
        assert [pair["id"] for pair in pairs[split]] == order
        assert {split_of(row["source"], row["doc_id"], recipe.splits) for row in pairs[split]} == {split}
        assert {len(row["votes"]) for row in pairs[split]} == {1 if split == "train" else 2}
    row = pairs["train"][0]
    assert row["id"] == sentence_id(row["source"], row["doc_id"], row["original_text"])
    assert row["emoji_string"] == " ".join(row["emojis"])
    assert set(row["votes"][0]) == set(row["emojis"])
    assert (row["source"], row["teacher"], row["flags"]) == ("birds", "m", [])
    assert row["title"].startswith("鳥")


def test_two_builds_have_the_same_bytes_whatever_the_order_of_the_answers(recipe, tmp_path, card, contents, server):
    first = build(recipe, tmp_path / "one" / "v1", render_card=card, quiet=True)
    order = list(server.answered)
    server.answered.clear()
    second = build(recipe, tmp_path / "two" / "v1", render_card=card, quiet=True)

    assert order != server.answered
    assert sorted(order) == sorted(server.answered)
    assert contents(first.folder) == contents(second.folder)


def test_nothing_in_the_folder_tells_time_place_or_run(recipe, tmp_path, card, contents):
    result = build(recipe, tmp_path / "v1", render_card=card, quiet=True)

    everything = b"".join(contents(result.folder).values())
    replies = read_rows(result.folder / "teacher" / "replies-00000.parquet")
    assert str(tmp_path).encode() not in everything
    assert {reply["created"] for reply in replies} == {reply["attempts"] for reply in replies} == {None}


def test_the_resolved_recipe_stands_in_the_folder_without_the_place_of_corpus_and_teacher(recipe, tmp_path, card):
    result = build(recipe, tmp_path / "v1", render_card=card, quiet=True)

    written = load(BuildRecipe, result.folder / "recipe.toml")
    defaults = TeacherConfig()
    how = {name: getattr(defaults, name) for name in ("base_url", "concurrency", "max_attempts", "timeout_s")}
    teacher = dataclasses.replace(recipe.teacher, **how)
    assert written == dataclasses.replace(recipe, corpus=CorpusConfig(source="birds.jsonl"), teacher=teacher)


def test_the_same_command_again_does_nothing_and_asks_nothing(recipe, tmp_path, card, contents, server, with_teacher):
    first = build(recipe, tmp_path / "v1", render_card=card, quiet=True)
    before, stamp = contents(first.folder), (first.folder / "manifest.json").stat().st_mtime_ns
    server.answered.clear()

    again = build(with_teacher(recipe, concurrency=3), tmp_path / "v1", render_card=card, quiet=True)

    assert again.already_complete
    assert (again.rows, again.rejected) == (first.rows, first.rejected)
    assert server.answered == []
    assert contents(first.folder) == before
    assert (first.folder / "manifest.json").stat().st_mtime_ns == stamp


def test_another_folder_with_the_same_store_asks_nothing(recipe, tmp_path, card, server):
    build(recipe, tmp_path / "v1", render_card=card, quiet=True)
    server.answered.clear()

    again = build(recipe, tmp_path / "v2", render_card=card, store=default_store(tmp_path / "v1"), quiet=True)

    assert (again.asked, server.answered) == (0, [])
    assert again.from_store > 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": 5}, "holds a build of another recipe"),
        ({"teacher": TeacherConfig(banned=("🎉",))}, "holds a build of other prompts"),
    ],
)
def test_a_folder_with_another_build_is_refused(recipe, tmp_path, card, contents, change, message):
    build(recipe, tmp_path / "v1", render_card=card, quiet=True)
    before = contents(tmp_path / "v1")
    if "teacher" in change:
        change = {"teacher": dataclasses.replace(recipe.teacher, banned=("🎉",))}

    with pytest.raises(DatasetError, match=message) as caught:
        build(dataclasses.replace(recipe, **change), tmp_path / "v1", render_card=card, quiet=True)

    assert "--out" in caught.value.hint
    assert contents(tmp_path / "v1") == before


def test_a_changed_corpus_is_another_build(recipe, corpus, tmp_path, card):
    build(recipe, tmp_path / "v1", render_card=card, quiet=True)
    corpus.write_text(corpus.read_text(encoding="utf-8").replace("庭", "森"), encoding="utf-8")

    with pytest.raises(DatasetError, match="another corpus"):
        build(recipe, tmp_path / "v1", render_card=card, quiet=True)


def test_a_store_inside_the_folder_is_refused_before_anything_is_asked(recipe, tmp_path, card, server):
    with pytest.raises(UsageError, match="lies inside the build folder"):
        build(recipe, tmp_path / "v1", render_card=card, store=tmp_path / "v1" / "deep" / "s.sqlite", quiet=True)

    assert server.answered == []
    assert not (tmp_path / "v1").exists()


def test_a_folder_of_somebody_else_is_refused_before_anything_is_asked(recipe, tmp_path, card, server):
    (tmp_path / "v1").mkdir()
    (tmp_path / "v1" / "thesis.txt").write_text("mine", encoding="utf-8")

    with pytest.raises(DatasetError, match="holds no finished build"):
        build(recipe, tmp_path / "v1", render_card=card, quiet=True)

    assert server.answered == []


def test_a_damaged_build_is_named_and_not_called_complete(recipe, tmp_path, card):
    build(recipe, tmp_path / "v1", render_card=card, quiet=True)
    (tmp_path / "v1" / "README.md").write_text("changed", encoding="utf-8")

    with pytest.raises(DatasetError, match=r"README\.md was changed"):
        build(recipe, tmp_path / "v1", render_card=card, quiet=True)


def test_replies_that_cannot_be_read_are_rejected_with_their_reason(recipe, tmp_path, card, server):
    usual = server.reply

    def reply(step, text):
        if step == "rewrite" and "つばめ" in text:
            return "申し訳ありませんが、提供いただいた文章が不完全なため、変換が困難です。"
        if step == "emoji" and "めじろ" in text:
            return "✨"
        return usual(step, text)

    server.reply = reply
    result = build(recipe, tmp_path / "v1", render_card=card, quiet=True)

    assert result.rejected["rewrite"] == {"refusal": 8}
    assert result.rejected["emoji"] == {"banned": 8}
    assert sum(result.rows.values()) == 60 - 16
    [detail] = {
        r["detail"] for r in read_rows(result.folder / "rejected/rejected-00000.parquet") if r["reason"] == "banned"
    }
    assert "✨" in detail


def test_a_rewrite_that_another_row_has_already_is_no_second_row(recipe, tmp_path, card, server):
    usual = server.reply
    server.reply = lambda step, text: (
        "鳥ってみんなかわいいよね" if step == "rewrite" and "すずめ" in text else usual(step, text)
    )

    result = build(recipe, tmp_path / "v1", render_card=card, quiet=True)

    assert result.rejected["pair"] == {"duplicate_rewrite": 7}
    assert sum(result.rows.values()) == 60 - 7


def test_no_pair_at_all_is_an_error_and_leaves_nothing(recipe, tmp_path, card, server):
    server.reply = lambda step, text: "" if step == "rewrite" else "🎉"

    with pytest.raises(DatasetError, match=r"no pair came out of 60 sentences \(rewrite: empty 60\)"):
        build(recipe, tmp_path / "v1", render_card=card, quiet=True)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["birds.jsonl", "v1.replies.sqlite"]


def test_filters_that_keep_nothing_are_an_error_that_names_the_reasons(recipe, tmp_path, card):
    recipe = dataclasses.replace(recipe, filters=FilterConfig(min_chars=100, max_chars=110))

    with pytest.raises(CorpusError, match=r"keep none of 120 sentences \(too_short 90, heading 30\)"):
        build(recipe, tmp_path / "v1", render_card=card, quiet=True)


def test_an_empty_split_is_written_with_its_columns_and_a_warning(recipe, tmp_path, card, caplog):
    recipe = dataclasses.replace(recipe, splits=SplitConfig(validation=0.0, test=0.1))

    result = build(recipe, tmp_path / "v1", render_card=card, quiet=True)

    assert result.rows["validation"] == 0
    table = pq.read_table(result.folder / "data/validation-00000-of-00001.parquet")
    assert (table.num_rows, table.column_names) == (0, list(PAIR_COLUMNS))
    assert "split validation has no rows" in caplog.text


def test_licences_that_do_not_go_together_stop_the_build_before_anything_is_asked(
    recipe, corpus, tmp_path, card, server
):
    corpus.write_text(corpus.read_text(encoding="utf-8").replace("CC BY-SA 3.0", "CC BY-NC 4.0"), encoding="utf-8")

    with pytest.raises(DatasetError, match=r"cc-by-nc-4\.0 and rows under cc-by-sa-4\.0"):
        build(recipe, tmp_path / "v1", render_card=card, quiet=True)

    assert server.answered == []


def test_unanswered_questions_stop_the_build_and_the_next_run_asks_only_them(recipe, tmp_path, card, server):
    usual = server.reply
    server.reply = lambda step, text: 500 if "すずめの0号" in text and step == "emoji" else usual(step, text)

    with pytest.raises(TeacherError, match=r"got no answer, more than teacher\.max_unanswered = 0 allows") as caught:
        build(recipe, tmp_path / "v1", render_card=card, quiet=True)

    assert "run the same command again" in caught.value.hint
    assert not (tmp_path / "v1").exists()
    server.reply = usual
    server.answered.clear()
    result = build(recipe, tmp_path / "v1", render_card=card, quiet=True)
    assert result.asked == len(server.answered) <= 4


def test_some_unanswered_questions_can_be_allowed(recipe, tmp_path, card, server, with_teacher):
    usual = server.reply
    server.reply = lambda step, text: 500 if "すずめの0号" in text else usual(step, text)

    result = build(with_teacher(recipe, max_unanswered=0.1), tmp_path / "v1", render_card=card, quiet=True)

    assert result.rejected["rewrite"] == {"teacher_error": 2}


def test_the_cost_limit_ends_the_run_below_it_and_loses_no_reply(recipe, tmp_path, card, server):
    with pytest.raises(TeacherError, match=r"limit of 0\.05 USD is reached") as caught:
        build(recipe, tmp_path / "v1", render_card=card, max_cost=0.05, quiet=True)

    asked = len(server.answered)
    assert asked <= 50
    assert "every reply is stored" in caught.value.hint
    assert not (tmp_path / "v1").exists()
    build(recipe, tmp_path / "v1", render_card=card, max_cost=10, quiet=True)
    assert len(server.answered) == len({*server.answered}) + sum_of_second_opinions(server)
    assert asked >= 40


def sum_of_second_opinions(server) -> int:
    """A second opinion is the same request once more."""
    return sum(count - 1 for count in (server.answered.count(body) for body in {*server.answered}))


def test_an_endpoint_that_bills_nothing_cannot_keep_a_cost_limit(recipe, tmp_path, card, server):
    server.cost = None

    with pytest.raises(TeacherError, match="nothing says what a reply costs"):
        build(recipe, tmp_path / "v1", render_card=card, max_cost=1, quiet=True)

    assert len(server.answered) == 1


def test_count_takes_the_first_sentences_and_a_larger_count_asks_only_the_new_ones(recipe, tmp_path, card, server):
    store = tmp_path / "replies.sqlite"
    small = build(dataclasses.replace(recipe, count=10), tmp_path / "v1", render_card=card, store=store, quiet=True)
    server.answered.clear()

    large = build(dataclasses.replace(recipe, count=20), tmp_path / "v2", render_card=card, store=store, quiet=True)

    assert sum(small.rows.values()) == 10
    assert sum(large.rows.values()) == 20
    assert large.from_store == small.asked


def test_the_plan_counts_what_the_build_then_does(recipe, tmp_path, card, server):
    before = plan(recipe, store=tmp_path / "none.sqlite", quiet=True)
    assert server.answered == []
    result = build(recipe, tmp_path / "v1", render_card=card, quiet=True)
    after = plan(recipe, store=default_store(tmp_path / "v1"), quiet=True)

    assert (before.articles, before.candidates, before.kept) == (30, 120, 60)
    assert before.splits == result.rows
    assert before.dropped == result.rejected["filter"]
    assert before.licence == "cc-by-sa-4.0"
    assert (before.questions, before.stored) == (result.asked, 0)
    assert after.stored == after.questions == before.questions
    assert not (tmp_path / "none.sqlite").exists()


def test_the_packaged_sample_builds_from_recorded_replies_alone(tmp_path, card):
    result = build(load(BuildRecipe, "sample"), tmp_path / "v1", render_card=card, quiet=True)

    assert sum(result.rows.values()) >= 600
    assert (
        result.rejected["rewrite"] == result.rejected["emoji"] == result.rejected["pair"] == {}
    )  # the cap costs no row
    assert (result.wanted, result.short_of, result.why) == (0, 0, None)
    assert result.store is None
    manifest = verify_manifest(result.folder)
    assert [i["role"] for i in manifest["inputs"]] == ["corpus", "replies"]
    agreement = json.loads((result.folder / "statistics.json").read_text(encoding="utf-8"))["agreement"]
    assert (agreement["train"]["rows"], agreement["train"]["jaccard"]) == (0, None)
    assert agreement["test"]["rows"] == result.rows["test"]
    assert 0 < agreement["test"]["jaccard"] < 1
    counts = json.loads((result.folder / "statistics.json").read_text(encoding="utf-8"))["emoji"]
    assert counts["counts"][0][1] <= 0.03 * counts["total"]


def test_the_recipe_text_reads_back_as_the_same_recipe(recipe):
    from emojit.recipe import load_text

    assert load_text(BuildRecipe, dump(recipe), where="x") == recipe
